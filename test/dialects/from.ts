import { readCapture } from '../../src/dialects/capture.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { recordsOf } from './records.js';

/** Bytes in pieces of `size`, as a pipe gives them. */
export async function* pieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const READ_AT = '2026-01-01T00:00:00.000Z';

/** Snapshots of captures given as text or bytes, one a file. */
export const readAll = (...captures: readonly (string | Uint8Array)[]): Promise<readonly Snapshot[]> =>
  readCapture(
    captures.map((capture, at) => ({
      name: `capture-${at + 1}`,
      bytes: pieces(typeof capture === 'string' ? new TextEncoder().encode(capture) : capture),
    })),
    { readAt: READ_AT },
  );

/** The one snapshot of captures of one host. */
export async function readOne(...captures: readonly (string | Uint8Array)[]): Promise<Snapshot> {
  const [snapshot, ...others] = await readAll(...captures);
  if (snapshot === undefined || others.length > 0) throw new Error(`${others.length + 1} snapshots`);
  return snapshot;
}

export const records = async (...captures: readonly (string | Uint8Array)[]): Promise<readonly string[]> =>
  recordsOf(await readOne(...captures));

export const gapsOf = (snapshot: Snapshot): readonly string[] => snapshot.collection.gaps.map((gap) => gap.what);
