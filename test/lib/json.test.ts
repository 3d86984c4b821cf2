import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdReady, jsonPieces, toJson } from '../../src/lib/escape/json.js';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('##[error]', '\ud800', '\u2028', '[\n', ']\n}', '"'),
);
const item = fc.oneof(
  hostile,
  fc.integer(),
  fc.constant(null),
  fc.dictionary(hostile, hostile, { maxKeys: 3 }),
  fc.array(hostile, { maxLength: 3 }),
);
const member = fc.oneof(item, fc.array(item, { minLength: 60, maxLength: 200 }), fc.constant(undefined));

describe('JSON in pieces', () => {
  it('joins to the text that is made at once, long lists and hostile texts too', () => {
    fc.assert(
      fc.property(fc.dictionary(hostile, member, { maxKeys: 6 }), (object) => {
        expect([...jsonPieces(object, '\n')].join('')).toBe(`${toJson(object, 2)}\n`);
      }),
      { numRuns: 150 },
    );
  });

  it('takes what stands ready, and makes what does not', () => {
    const object = { a: 1, b: ['far'], c: null };
    holdReady(object, 'b', () => '  "b": "near"');
    holdReady(object, 'c', () => null);
    expect([...jsonPieces(object, '')].join('')).toBe(toJson({ a: 1, b: 'near', c: null }, 2));
    expect([...jsonPieces({ ...object }, '')].join('')).toBe(toJson(object, 2));
  });

  it('is never one piece where it is long', () => {
    const object = { list: Array.from({ length: 5000 }, (_, number) => ({ number, text: 'x'.repeat(100) })) };
    const pieces = [...jsonPieces(object, '')];
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(200_000);
    expect(pieces.join('')).toBe(toJson(object, 2));
  });
});
