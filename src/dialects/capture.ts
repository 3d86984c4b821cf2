import { CollectionError, UsageError } from '../lib/errors.js';
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
  /** Asked between pieces of a file: whether reading must end, so that what was read can still be judged. Absent: never. */
  readonly timeIsUp?: (soFar: Progress) => boolean;
}

/** What was read so far. */
export interface Progress {
  readonly lines: number;
  /** Sockets that are no connections: each costs the judgement more than a line costs the reading. */
  readonly listeners: number;
}

/**
 * Snapshots of the hosts whose netstat, ss, lsof, … output the sources hold: several captures of one host (`-an`, `-rn`, `-i`) make one
 * snapshot, a scan of several hosts makes several. The dialect is recognised by itself, even in mid-file.
 * Throws UsageError where nothing is recognised, with the first line that made no sense, CollectionError where nothing came in time.
 */
export async function readCapture(
  sources: readonly CaptureSource[],
  options: CaptureOptions,
): Promise<readonly Snapshot[]> {
  const reading = new Reading();
  let late = false;
  for (const source of sources) {
    reading.file(source.name === '-' ? 'standard input' : source.name);
    late ||= options.timeIsUp?.(reading) ?? false;
    if (!late)
      for await (const { lines, ended } of textLines(source.bytes)) {
        for (const line of lines) reading.line(line);
        if (!ended) reading.lastMayBeCut();
        late = options.timeIsUp?.(reading) ?? false;
        if (late) break;
      }
    late ||= options.timeIsUp?.(reading) ?? false;
    if (late) reading.endsHere();
  }
  const hosts = reading.end();
  if (hosts.length === 0 && reading.ranOut && reading.firstUnread === null)
    throw new CollectionError(`${namesOf(sources)}: nothing came before the deadline (--timeout)`);
  if (hosts.length === 0) throw new UsageError([{ place: null, message: notRecognised(sources, reading), hint: HINT }]);
  return hosts.map((host) => host.snapshot(options.readAt));
}

const HINT = `what can be read: ${DIALECTS.map((dialect) => dialect.name).join('; ')}`;

const namesOf = (sources: readonly CaptureSource[]): string =>
  sources.map((source) => (source.name === '-' ? 'standard input' : source.name)).join(', ');

function notRecognised(sources: readonly CaptureSource[], reading: Reading): string {
  const names = namesOf(sources);
  const { refusal, firstUnread } = reading;
  if (refusal !== null)
    return `${names}: not a capture but a refusal: line ${refusal.line} of ${refusal.file} says ${quoted(refusal.text)}`;
  if (firstUnread === null) return `${names}: nothing to read in it`;
  return `${names}: not a capture that earshot knows; the first line that made no sense is line ${firstUnread.line} of ${firstUnread.file}: ${quoted(firstUnread.text)}`;
}
