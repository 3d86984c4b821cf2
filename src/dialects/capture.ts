import { UsageError } from '../lib/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { DIALECTS } from './dialects.js';
import { textLines } from './encoding.js';
import { quoted, Reading } from './reading.js';

/** A file that holds captured text. */
export interface CaptureSource {
  /** Name for messages; `-` is standard input. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface CaptureOptions {
  /** A capture has no time of its own: RFC 3339 time at which it is judged (its file's, or now). */
  readonly readAt: string;
}

/**
 * Snapshots of the hosts whose netstat, ss, lsof, … output the sources hold: several captures of one host (`-an`, `-rn`, `-i`) make one
 * snapshot, a scan of several hosts makes several. The dialect is recognised by itself, even in mid-file.
 * Throws UsageError where nothing is recognised, with the first line that made no sense.
 */
export async function readCapture(
  sources: readonly CaptureSource[],
  options: CaptureOptions,
): Promise<readonly Snapshot[]> {
  const reading = new Reading();
  for (const source of sources) {
    reading.file(source.name === '-' ? 'standard input' : source.name);
    for await (const { lines, ended } of textLines(source.bytes)) {
      for (const line of lines) reading.line(line);
      if (!ended) reading.lastMayBeCut();
    }
  }
  const hosts = reading.end();
  if (hosts.length === 0) throw new UsageError([{ place: null, message: notRecognised(sources, reading), hint: HINT }]);
  return hosts.map((host) => host.snapshot(options.readAt));
}

const HINT = `what can be read: ${DIALECTS.map((dialect) => dialect.name).join('; ')}`;

function notRecognised(sources: readonly CaptureSource[], reading: Reading): string {
  const names = sources.map((source) => (source.name === '-' ? 'standard input' : source.name)).join(', ');
  const { refusal, firstUnread } = reading;
  if (refusal !== null)
    return `${names}: not a capture but a refusal: line ${refusal.line} of ${refusal.file} says ${quoted(refusal.text)}`;
  if (firstUnread === null) return `${names}: nothing to read in it`;
  return `${names}: not a capture that earshot knows; the first line that made no sense is line ${firstUnread.line} of ${firstUnread.file}: ${quoted(firstUnread.text)}`;
}
