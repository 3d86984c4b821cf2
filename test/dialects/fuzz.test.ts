import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/dialects/capture.js';
import { UsageError } from '../../src/lib/errors.js';
import { toJson } from '../../src/lib/escape/json.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { pieces } from './from.js';

/** Reads bytes; a UsageError is an answer, anything else thrown is our mistake. */
async function survives(bytes: Uint8Array): Promise<readonly Snapshot[]> {
  try {
    return await readCapture([{ name: 'fuzz', bytes: pieces(bytes, 777) }], { readAt: '2026-01-01T00:00:00Z' });
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
}

/** What must hold of every snapshot, whatever it was read from. */
function sane(snapshots: readonly Snapshot[]): void {
  for (const snapshot of snapshots) {
    toJson(snapshot, 0);
    for (const socket of snapshot.sockets) {
      if (socket.port !== null)
        expect(Number.isInteger(socket.port) && socket.port >= 0 && socket.port <= 65535).toBe(true);
      if (socket.peer?.port != null) expect(socket.peer.port >= 0 && socket.peer.port <= 65535).toBe(true);
      if (socket.cut === 'port') expect(socket.port).toBeNull();
      for (const owner of socket.shown ?? [])
        if (owner.pid !== null) expect(Number.isSafeInteger(owner.pid)).toBe(true);
    }
    for (const gap of snapshot.collection.gaps) expect(gap.what.length).toBeLessThan(2000);
  }
}

const samples = readdirSync('fixtures/dialects')
  .filter((name) => name.endsWith('.txt') && !name.endsWith('.source.txt'))
  .map((name) => readFileSync(join('fixtures/dialects', name)));

const sample = fc.constantFrom(...samples);
const place = fc.nat({ max: 100_000 });

/** One change of the kinds that pastes, pipes and attackers make. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.nat({ max: 200 }) }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 24 }) }),
  fc.record({ kind: fc.constant('end' as const), at: place }),
  fc.record({ kind: fc.constant('double' as const), at: place, length: fc.nat({ max: 400 }) }),
);

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(bytes: Uint8Array, one: Change): Uint8Array {
  const at = bytes.length === 0 ? 0 : one.at % bytes.length;
  const join3 = (middle: Uint8Array, from: number): Uint8Array =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(from)]);
  switch (one.kind) {
    case 'flip':
      return join3(Uint8Array.of(one.byte), at + 1);
    case 'cut':
      return join3(new Uint8Array(), at + one.length);
    case 'insert':
      return join3(one.bytes, at);
    case 'end':
      return bytes.subarray(0, at);
    case 'double':
      return join3(bytes.subarray(at, at + one.length), at);
  }
}

describe('never a crash, whatever the bytes', () => {
  it('reads any bytes at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => sane(await survives(bytes))),
      { numRuns: 300 },
    );
  });

  it('reads any text, of words that captures are made of', async () => {
    const word = fc.constantFrom(
      'tcp',
      'udp',
      'unix',
      'LISTEN',
      '*.22',
      '*:22',
      ':::80',
      '[::]:443',
      '0',
      '0',
      '0x1f',
      '\t',
      '  ',
      '(',
      '))',
      'users:((',
      '"x",pid=1,fd=2',
      'TCP',
      '[::1%9]:7',
      'p1',
      'f3',
      'nTCP',
      '{',
      '}',
      '[',
      '"LocalPort":',
      '<port',
      'portid="1"',
      '/>',
      'Host: 1.2.3.4 ()',
      '%',
      ':',
      '.',
      '/',
      'é',
      '\u0000',
      '\u001b[31m',
      '99999',
      '65536',
      '-1',
    );
    const line = fc.array(word, { maxLength: 14 }).map((words) => words.join(' '));
    const text = fc.array(line, { maxLength: 20 }).map((lines) => new TextEncoder().encode(lines.join('\n')));
    await fc.assert(
      fc.asyncProperty(text, async (bytes) => sane(await survives(bytes))),
      { numRuns: 500 },
    );
  });

  it('reads every sample after any few changes', async () => {
    const mutated = fc
      .tuple(sample, fc.array(change, { minLength: 1, maxLength: 6 }))
      .map(([bytes, changes]) => changes.reduce(changed, bytes as Uint8Array));
    await fc.assert(
      fc.asyncProperty(mutated, async (bytes) => sane(await survives(bytes))),
      { numRuns: 1500 },
    );
  });

  it('reads two samples pasted one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(sample, sample, async (first, second) => sane(await survives(Buffer.concat([first, second])))),
      { numRuns: 300 },
    );
  });

  it('gives the same snapshots in whatever pieces the bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(sample, fc.integer({ min: 1, max: 4000 }), async (bytes, size) => {
        const whole = await survives(bytes);
        const options = { readAt: '2026-01-01T00:00:00Z' };
        const inPieces =
          whole.length === 0 ? [] : await readCapture([{ name: 'fuzz', bytes: pieces(bytes, size) }], options);
        expect(inPieces).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  it('is not slowed down by a line made to be slow', async () => {
    for (const line of [
      'tcp 0 0 '.repeat(9000),
      ' '.repeat(70_000),
      `users:((${'("a",pid=1,fd=2),'.repeat(4000)}`,
      `LISTEN 0 0 ${'a '.repeat(30_000)}`,
      '<'.repeat(70_000),
      '{'.repeat(70_000),
      `sshd 1 ${'x 5u '.repeat(12_000)}`,
      `unix 2 [ ] STREAM ${'1 '.repeat(30_000)}`,
      `${'a.1 '.repeat(17_000)}`,
      `${'0 '.repeat(30_000)}LISTEN`,
      `u_str LISTEN 0 0 ${'/a 1 '.repeat(13_000)}`,
    ]) {
      const bytes = new TextEncoder().encode(`tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN\n${line}\n${line}x\n`);
      sane(await survives(bytes));
    }
  }, 30_000);
});
