import { createReadStream, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CaptureSource, Progress } from '../dialects/capture.js';
import { UsageError } from '../lib/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Io } from './io.js';

function statOf(file: string, cwd: string): Stats {
  try {
    const stats = statSync(resolve(cwd, file));
    if (stats.isDirectory()) throw new UsageError(`${file}: is a folder`, 'name the capture in it');
    return stats;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(code === 'ENOENT' ? `${file}: there is no such file` : `${file}: cannot be read (${code})`);
  }
}

/** Share of the deadline after which nothing more is begun. */
const SHARE = 0.75;
/** What judging and showing one listener costs, in the time that reading one line takes (measured: 0.16 ms and 3 µs). */
const LISTENER_IN_LINES = 60;
/** Lines before which the speed says little; so many listeners are judged in a moment. */
const LINES_MIN = 10_000;
/** Listeners of a capture that are kept (dialects), so that no more of them are judged. */
const LISTENERS_MAX = 200_000;

/** Ends reading while there is time to judge what was read, on however slow a machine: its own speed so far is the measure. */
class Deadline {
  readonly #start = performance.now();
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms * SHARE;
  }

  left(): number {
    return this.#ms - (performance.now() - this.#start);
  }

  /** Milliseconds spent reading, as against waiting for bytes. */
  busy = 0;

  isUp({ lines, listeners }: Progress): boolean {
    const perLine = lines < LINES_MIN ? 0 : this.busy / lines;
    return this.left() <= Math.min(listeners, LISTENERS_MAX) * LISTENER_IN_LINES * perLine;
  }
}

type Bytes = AsyncIterable<Uint8Array> & { readonly destroy?: () => unknown };

/** The bytes that come before the deadline: a pipe whose writer hangs must not keep the audit waiting. */
async function* inTime(bytes: Bytes, deadline: Deadline): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), Math.max(0, deadline.left()));
    });
    const next = await Promise.race([iterator.next(), late]);
    clearTimeout(timer);
    if (next === null) {
      bytes.destroy?.();
      return;
    }
    if (next.done === true) return;
    const given = performance.now();
    yield next.value;
    deadline.busy += performance.now() - given;
  }
}

/**
 * Snapshots from captured text. A capture has no time of its own: its file's is taken, so that judging it again gives the same report.
 * What cannot be read and judged within `timeoutMs` is a gap.
 */
export async function readCaptures(files: readonly string[], timeoutMs: number, io: Io): Promise<readonly Snapshot[]> {
  const { readCapture } = await import('../dialects/capture.js');
  const deadline = new Deadline(timeoutMs);
  let readAt: Date | null = null;
  const streams: Bytes[] = [];
  const sources = files.map((name): CaptureSource => {
    const stats = name === '-' ? null : statOf(name, io.cwd);
    if (stats !== null && (readAt === null || stats.mtime > readAt)) readAt = stats.mtime;
    const stream: Bytes = name === '-' ? io.stdin() : createReadStream(resolve(io.cwd, name));
    streams.push(stream);
    return { name, bytes: inTime(stream, deadline) };
  });
  try {
    return await readCapture(sources, {
      readAt: (readAt ?? io.now()).toISOString(),
      timeIsUp: (soFar) => deadline.isUp(soFar),
    });
  } finally {
    for (const stream of streams) stream.destroy?.();
  }
}
