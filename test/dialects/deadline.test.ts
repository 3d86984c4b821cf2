import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/dialects/capture.js';
import { CollectionError } from '../../src/lib/errors.js';
import { pieces } from './from.js';
import { recordsOf } from './records.js';

const row = (port: number): string =>
  `tcp        0      0 0.0.0.0:${port}            0.0.0.0:*               LISTEN      \n`;
const long = new TextEncoder().encode(Array.from({ length: 4000 }, (_, at) => row(10_000 + at)).join(''));
const READ_AT = '2026-01-01T00:00:00Z';

describe('a capture that is longer than the time for it', () => {
  it('counts what was read and says where it ended, and which files it never saw', async () => {
    const asked: number[] = [];
    const [snapshot] = await readCapture(
      [
        { name: 'long', bytes: pieces(long, 70_000) },
        { name: 'second', bytes: pieces(long) },
      ],
      {
        readAt: READ_AT,
        timeIsUp: ({ lines, listeners }) => {
          asked.push(lines);
          expect(listeners).toBeLessThanOrEqual(lines);
          return lines > 0;
        },
      },
    );
    if (snapshot === undefined) throw new Error('no snapshot');
    const read = asked.at(-1) ?? 0;
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(4000);
    expect(recordsOf(snapshot).filter((record) => record.startsWith('listen tcp 0.0.0.0:1'))).toHaveLength(read);
    const gaps = snapshot.collection.gaps.filter((gap) => gap.hidesListeners).map((gap) => gap.what);
    expect(gaps).toEqual(expect.arrayContaining([`what follows line ${read} of long`, 'all of second']));
  });

  it('is a failed collection, not a mistake of the user, where nothing came at all', async () => {
    await expect(
      readCapture([{ name: '-', bytes: pieces(new Uint8Array()) }], { readAt: READ_AT, timeIsUp: () => true }),
    ).rejects.toThrow(new CollectionError('standard input: nothing came before the deadline (--timeout)'));
  });
});
