import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/lib/sha256.js';

const reference = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

it('is the SHA-256 that node:crypto computes, around block ends and for any text', () => {
  for (const length of [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 1000]) {
    const text = 'x'.repeat(length);
    expect(sha256(text)).toBe(reference(text));
  }
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => sha256(text) === reference(text)));
});
