import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex, loadRe2, needsRe2 } from '../../src/lib/re.js';
import { compilePattern, MANY, ONE, type Part, parsePattern, showPattern } from '../../src/rules/language/pattern.js';
import { matchDetection } from '../../src/rules/rules.js';

const outcome = async (detection: string, record: Readonly<Record<string, unknown>>) =>
  matchDetection(detection, record);
const matches = async (detection: string, record: Readonly<Record<string, unknown>>) => {
  const found = await outcome(detection, record);
  return 'error' in found ? found.error : found.match;
};

const FLAGS = { i: false, m: false, s: false };

describe('a text with wildcards', () => {
  const parts = fc.array(fc.oneof(fc.constantFrom<Part>(MANY, ONE), fc.stringMatching(/^[abc]{1,3}$/)), {
    maxLength: 6,
  });
  const text = fc.stringMatching(/^[abc\n]{0,12}$/);

  it('matches what the regular expression of the same shape matches', () => {
    fc.assert(
      fc.property(parts, text, (pattern, subject) => {
        const source = pattern.map((part) => (part === MANY ? '.*' : part === ONE ? '.' : part)).join('');
        expect(compilePattern(pattern, true)(subject)).toBe(new RegExp(`^(?:${source})$`, 's').test(subject));
      }),
    );
  });

  it('is shown as it would be written', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a*?]{0,10}$/), (written) => {
        expect(parsePattern(showPattern(parsePattern(written)))).toEqual(parsePattern(written));
      }),
    );
  });

  it('takes one character for ?, whatever its size in UTF-16', () => {
    expect(compilePattern(parsePattern('a?b'), false)('a😀b')).toBe(true);
  });

  it('needs no more than pattern times text', () => {
    const evil = compilePattern(parsePattern('*a'.repeat(50)), false);
    expect(evil('a'.repeat(49) + 'b'.repeat(20_000))).toBe(false);
  });
});

describe('a regular expression', () => {
  it('gives the same answer by the built-in engine, where that is used, as by RE2', async () => {
    const re2 = await loadRe2();
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^/]',
      '/',
      '\\.',
      '(a|b)',
      '(?:ab)?',
      'a*',
      '[^/]*',
      'b+',
      'a?',
      'b{1,2}',
      '$',
      '^',
    );
    const subject = fc.stringMatching(/^[abAB./\n]{0,14}$/);
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), fc.boolean(), subject, (pieces, i, value) => {
        const pattern = pieces.join('');
        const flags = { ...FLAGS, i };
        if (needsRe2(pattern, flags)) return;
        const expected = re2.compile(pattern, i ? re2.CASE_INSENSITIVE : 0).test(value);
        expect(compileRegex(pattern, flags, null)(value), `${pattern} on ${JSON.stringify(value)}`).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('is left to RE2 where backtracking could walk a text twice', () => {
    for (const pattern of [
      '(a+)+$',
      '(a|a)*b',
      'a*a*b',
      '.*x',
      'x.*y',
      '(ab)*',
      '[^a]*b',
      '(a?){20}a',
      'a?a?a?a?a?a?a?a?',
    ])
      expect(needsRe2(pattern, FLAGS), pattern).toBe(true);
    for (const pattern of [
      '^a.*$',
      'nginx',
      '^(in\\.)?(telnet|ftp)d$',
      '/\\.[^/]*/',
      '^-[a-z]*e$|^--exec',
      'a|b|c',
      'ab?c',
    ])
      expect(needsRe2(pattern, FLAGS), pattern).toBe(false);
  });

  it('takes time in proportion to the text', async () => {
    const evil = compileRegex('(a+)+$', FLAGS, await loadRe2());
    expect(evil(`${'a'.repeat(50_000)}b`)).toBe(false);
  });
});

describe('what Sigma leaves open', () => {
  it('a field with several values holds where one of them matches; neq where none does', async () => {
    expect(await matches('s: { args: --x }\ncondition: s', { args: ['a', '--x'] })).toBe(true);
    expect(await matches('s: { args|neq: --x }\ncondition: s', { args: ['a', '--x'] })).toBe(false);
    expect(await matches('s: { a.b: 1 }\ncondition: s', { a: [{ b: 2 }, { b: 1 }] })).toBe(true);
    expect(await matches('s: { a.b: 1 }\ncondition: s', { 'a.b': 1 })).toBe(true);
    expect(await matches('s: { a.b.c: 1 }\ncondition: s', { a: { 'b.c': 1 } })).toBe(true);
  });

  it('null means null or not there; an empty list is not there', async () => {
    for (const record of [{}, { unit: null }, { unit: [] }])
      expect(await matches('s: { unit: null }\ncondition: s', record)).toBe(true);
    expect(await matches('s: { unit: null }\ncondition: s', { unit: '' })).toBe(false);
    expect(await matches('s: { unit|exists: true }\ncondition: s', { unit: [] })).toBe(true);
  });

  it('keywords are found anywhere in any value', async () => {
    expect(await matches('k: [evil, worse]\ncondition: k', { a: { b: ['so EVIL!'] } })).toBe(true);
    expect(await matches("k: { '|all': [so, evil] }\ncondition: k", { a: 'so', b: 'evil' })).toBe(true);
    expect(await matches("k: { '|all': [so, good] }\ncondition: k", { a: 'so', b: 'evil' })).toBe(false);
    expect(await matches("k: { '|re': 'e.il$' }\ncondition: k", { a: 'so evil' })).toBe(true);
    expect(await matches('k: [e*l!]\ncondition: k', { a: 'so evil! now' })).toBe(true);
  });

  it('a record that is nested a thousandfold is an answer too', async () => {
    let record: Record<string, unknown> = { a: 'x' };
    for (let depth = 0; depth < 50_000; depth++) record = { a: record };
    expect(await matches('k: [evil]\ncondition: k', record)).toBe('the record is nested too deeply');
  });

  it('a number with leading zeros is the text it is', async () => {
    expect(await matches('s: { mode: 0666 }\ncondition: s', { mode: '0666' })).toBe(true);
  });

  it('cannot be made to speak of more than records have', async () => {
    for (const modifier of ['base64', 'base64offset', 'utf16le', 'wide', 'windash', 'expand', 'hour', 'year'])
      expect(await matches(`s: { f|${modifier}: x }\ncondition: s`, {})).toMatch(
        new RegExp(`the modifier ${modifier} is not supported: `),
      );
  });

  it.each([
    ['s: { f|all: x }\ncondition: s', /needs a list of at least two values/],
    ["s: { f: ['', null] }\ncondition: s", /null cannot stand in a list/],
    ['s: { f|all|re: [a, b] }\ncondition: s', /re must come first/],
    ['s: { f|cidr: 10.0.0.1/8 }\ncondition: s', /the network is 10\.0\.0\.0\/8/],
    ['s: { f: { g: h } }\ncondition: s', /a value is a text/],
    ['s: {}\ncondition: s', /the selection is empty/],
    ['s: { f: x }\ncondition: 1 of t_*', /no selection has such a name/],
    ['s: { f: x }\ncondition: 2 of s', /there is no quantifier "2"/],
    ['s: { f: x }\ncondition: (s', /not closed/],
    [`s: { f: x }\ncondition: ${'('.repeat(2000)}s`, /nested deeper|longer than/],
  ])('refuses %j', async (detection, message) => {
    expect(await matches(detection, {})).toMatch(message);
  });
});
