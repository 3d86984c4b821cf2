import { UsageError } from '../lib/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Io } from './io.js';

/** Snapshots from captured text. */
export async function readCaptures(files: readonly string[], _io: Io): Promise<readonly Snapshot[]> {
  throw new UsageError(`${files.join(', ')}: captures cannot be read yet`);
}
