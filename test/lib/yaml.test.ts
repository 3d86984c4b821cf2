import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/lib/errors.js';
import { parseYaml } from '../../src/lib/yaml.js';

const read = (text: string): unknown => parseYaml(text, 'a.yaml').value;

function complaintsOf(text: string): string {
  try {
    return `accepted: ${JSON.stringify(read(text))}`;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

describe('anchors and merge keys', () => {
  it('takes the lines of another map in, and lets the own ones win wherever they stand', () => {
    expect(read('base: &b { a: 1, b: 2 }\none: { <<: *b, a: 3 }\ntwo: { a: 3, <<: *b }\n')).toEqual({
      base: { a: 1, b: 2 },
      one: { a: 3, b: 2 },
      two: { a: 3, b: 2 },
    });
  });

  it('merges a list of maps, the first of them first, and maps that merge others', () => {
    const text = 'a: &a { x: 1 }\nb: &b { <<: *a, y: 2 }\nc: &c { x: 5, z: 3 }\nd: { <<: [*b, *c] }\n';
    expect(read(text)).toMatchObject({ d: { x: 1, y: 2, z: 3 } });
  });

  it('takes a quoted << for a key like any other', () => {
    expect(read('"<<": { a: 1 }\n')).toEqual({ '<<': { a: 1 } });
  });

  it('gives a merged value the place where it is written', () => {
    const file = parseYaml('base: &b\n  a: 1\none:\n  <<: *b\n', 'a.yaml');
    expect(file.place(['one', 'a'])).toMatchObject({ line: 2, column: 6 });
    expect(file.keyPlace(['one', 'a'])).toMatchObject({ line: 2, column: 3 });
  });

  it('refuses what cannot be merged, at its place', () => {
    expect(complaintsOf('a: { <<: 5 }\n')).toMatch(/^a\.yaml:1:10: << merges maps/);
    expect(complaintsOf('b: &b [1]\na: { <<: *b }\n')).toMatch(/^a\.yaml:2:10: << merges maps/);
    expect(complaintsOf('a: { <<: [5] }\n')).toMatch(/^a\.yaml:1:11: only maps can be merged/);
    expect(complaintsOf('a: &a { <<: *a }\n')).toMatch(/merges itself/);
    expect(complaintsOf('b: &b { x: 1 }\na:\n  <<: *b\n  <<: *b\n')).toMatch(/^a\.yaml:4:3: .*<<.*\[\*ONE, \*TWO\]/);
  });

  it('refuses an alias of nothing, at its place, with the nearest anchor', () => {
    expect(complaintsOf('one: &filter 1\ntwo: *fliter\n')).toBe(
      'a.yaml:2:6: nothing above is anchored as &fliter (did you mean "filter"?)',
    );
    expect(complaintsOf('two: *x\n')).toBe('a.yaml:1:6: nothing above is anchored as &x (there are no anchors)');
    expect(complaintsOf('a: *b\nb: &b 1\n')).toMatch(/^a\.yaml:1:4: nothing above is anchored as &b/);
  });

  it('is not made to work without end by merges of merges, nor by aliases that grow or turn in a circle', () => {
    const merges = Array.from({ length: 40 }, (_, at) => `m${at + 1}: &m${at + 1} { <<: [${`*m${at},`.repeat(9)}] }\n`);
    expect(read(`m0: &m0 { a: 1 }\n${merges.join('')}`)).toMatchObject({ m40: { a: 1 } });
    const aliases = Array.from({ length: 9 }, (_, at) => `n${at + 1}: &n${at + 1} [${`*n${at},`.repeat(9)}]\n`);
    expect(complaintsOf(`n0: &n0 [1]\n${aliases.join('')}`)).toMatch(/^a\.yaml:\d+:\d+: more than 250000 values/);
    expect(complaintsOf('a: &a\n  b: *a\n')).toMatch(/^a\.yaml:2:6: nested deeper than 64 levels/);
  });
});

describe('a mistake is told with its place and what to do', () => {
  const mistakes: readonly (readonly [text: string, complaint: RegExp])[] = [
    ['title: Redis: open\n', /^a\.yaml:1:8: .*\(a text that holds ": " needs quotes/],
    ['a: @x\n', /^a\.yaml:1:4: .*quotes/],
    ["a: 'it's'\n", /^a\.yaml:1:8: .*''/],
    ['a:\n  b: 1\n c: 2\n', /^a\.yaml:3:1: .*indent/],
    ['a: [1, 2\n', /^a\.yaml:2:1: .*bracket is not closed.*add \]/],
    ['a:\n\t- 1\n', /^a\.yaml:2:1: a tab/],
    ['a: !foo x\n', /^a\.yaml:1:4: .*tags have no meaning/],
    ['a: 1\n---\nb: 2\n', /^a\.yaml:2:1: a second document/],
    ['a: 1\na: 2\n', /^a\.yaml:2:1: the key "a" stands twice/],
    ['a: "\\x"\n', /^a\.yaml:1:5: .*single quotes/],
  ];
  for (const [text, complaint] of mistakes)
    it(`in ${JSON.stringify(text)}`, () => {
      expect(complaintsOf(text)).toMatch(complaint);
    });

  it('and all of them at once', () => {
    expect(complaintsOf('a: 1\na: 2\nb: @x\nc: 1\nc: 2\n').split('\n')).toHaveLength(3);
  });
});
