import { createReadStream, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CaptureSource } from '../dialects/capture.js';
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

/** Snapshots from captured text. A capture has no time of its own: its file's is taken, so that judging it again gives the same report. */
export async function readCaptures(files: readonly string[], io: Io): Promise<readonly Snapshot[]> {
  const { readCapture } = await import('../dialects/capture.js');
  let readAt: Date | null = null;
  const sources = files.map((name): CaptureSource => {
    if (name === '-') return { name, bytes: io.stdin() };
    const { mtime } = statOf(name, io.cwd);
    if (readAt === null || mtime > readAt) readAt = mtime;
    return { name, bytes: createReadStream(resolve(io.cwd, name)) };
  });
  return readCapture(sources, { readAt: (readAt ?? io.now()).toISOString() });
}
