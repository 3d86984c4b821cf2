import { describe, expect, it } from 'vitest';
import { load, mistakes, rule } from './files.js';

const SELECTION = '{ selection: { port: 23 }, condition: selection }';

describe('a mistake in a rule file is told with its place and what to write', () => {
  it('names all mistakes of all files at once, in the order of files and lines', async () => {
    const found = await mistakes({
      'b.yaml': `rules:\n${rule('two', '{ selection: { prot: 23 }, condition: selection }')}`,
      'a.yaml': `rules:\n${rule('one', '{ selection: { port: 23 }, condition: selecton }')}bogus: 1\n`,
    });
    expect(found).toEqual([
      expect.stringMatching(
        /^a\.yaml:2:\d+: the condition names "selecton", which is no selection \(did you mean "selection"\?\)$/,
      ),
      'a.yaml:3:1: unknown key "bogus" (valid keys: pack, version, extends, lists, macros, rules, overrides, policy, waivers)',
      expect.stringMatching(/^b\.yaml:2:\d+: a listener has no field "prot" \(did you mean "port"\?\)$/),
    ]);
  });

  it('gives the nearest valid word for keys, words, modifiers and fields', async () => {
    const found = await mistakes({
      'a.yaml': [
        'rules:',
        '  - id: one',
        '    titel: x',
        '    title: x',
        '    subject: listner',
        '    severity: hihg',
        `    detection: ${SELECTION}`,
        rule('two', '{ selection: { owners.exe|containz: x, adress: x }, condition: selection }'),
      ].join('\n'),
    });
    expect(found.join('\n')).toMatchInlineSnapshot(`
      "a.yaml:3:5: unknown key "titel" (did you mean "title"?)
      a.yaml:5:14: "subject" cannot be "listner" (did you mean "listener"?)
      a.yaml:6:15: "severity" must be one of critical, high, medium, low, info (did you mean "high"?)
      a.yaml:8:98: there is no modifier "containz" (did you mean "contains"?)
      a.yaml:8:122: a listener has no field "adress" (did you mean "address"?)"
    `);
  });

  it('refuses an id that is taken, wherever the other one stands', async () => {
    const found = await mistakes({
      'a.yaml': `rules:\n${rule('one', SELECTION)}`,
      'b.yaml': `rules:\n${rule('two', SELECTION, 'aliases: [one]')}`,
    });
    expect(found).toEqual([
      'b.yaml:2:5: the id "one" is taken (a.yaml:2 has it; give yours another, such as acme-one)',
    ]);
  });

  it('reads the detection of a rule whose head is wrong too', async () => {
    expect(
      await mistakes({
        'a.yaml':
          'rules:\n  - id: X\n    title: X\n    subject: listner\n    severity: high\n    detection: { s: { owners.args|contians: y }, condition: s and t }\n',
      }),
    ).toEqual([
      expect.stringMatching(/^a\.yaml:2:9: "id" must be words/),
      'a.yaml:4:14: "subject" cannot be "listner" (did you mean "listener"?)',
      'a.yaml:6:23: there is no modifier "contians" (did you mean "contains"?)',
      expect.stringMatching(/^a\.yaml:6:61: the condition names "t"/),
    ]);
  });

  it('tells what to write for a zone of your own, and that an override without effect has none', async () => {
    expect(
      await mistakes({
        'a.yaml':
          'overrides:\n  - { rule: x }\nrules:\n  - { id: x, title: X, subject: listener, severity: { office: low }, detection: { s: { port: 1 }, condition: s } }\n',
      }),
    ).toEqual([
      'a.yaml:2:5: the override of x changes nothing (give it severity, disable or except)',
      expect.stringMatching(/^a\.yaml:4:55: severity has no zone "office" \(.*exposure\.reachableFrom: office\)$/),
    ]);
    expect(await mistakes({ 'a.yaml': 'rules: [5]\n' })).toEqual(['a.yaml:1:9: this rule must be a map (found 5)']);
  });

  it('refuses packs, lists and macros that go in circles', async () => {
    const found = await mistakes({
      'a.yaml': 'extends: [./b.yaml]\nlists: { one: [{ list: two }], two: [{ list: one }] }\n',
      'b.yaml':
        'extends: [./a.yaml]\nmacros:\n  m: { s: { port: 1 }, condition: s or n }\n  n: { s: { port: 1 }, condition: s or m }\n',
    });
    expect(found.join('\n')).toContain('packs extend each other: a.yaml → b.yaml → a.yaml');
    expect(found.join('\n')).toContain('lists name each other: one → two → one');
    expect(found.join('\n')).toContain('macros use each other: m → n → m');
  });

  it('refuses a pack that is not there, at the line that names it', async () => {
    expect(await mistakes({ 'a.yaml': 'extends:\n  - ./gone.yaml\n' })).toEqual([
      'a.yaml:2:5: ./gone.yaml: there is no such rule file',
    ]);
  });

  it('refuses YAML that is broken, doubled, tagged, nested or blown up', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`),
    ].join('\n');
    expect(await mistakes({ 'a.yaml': 'rules:\n\t- x\n' })).toEqual([
      'a.yaml:2:1: a tab is used for indentation (use spaces)',
    ]);
    expect(await mistakes({ 'a.yaml': 'pack: a\npack: b\n' })).toEqual([
      'a.yaml:2:1: the key "pack" stands twice in one map (keep one of them)',
    ]);
    expect(await mistakes({ 'a.yaml': bomb })).toEqual([
      expect.stringMatching(/more than 250000 values, aliases counted/),
    ]);
    expect(await mistakes({ 'a.yaml': `${'['.repeat(20_000)}` })).toEqual([expect.stringMatching(/nested too deeply/)]);
    expect(await mistakes({ 'a.yaml': 'pack: !!js/function x\n' })).toEqual([expect.stringMatching(/^a\.yaml:1:7: /)]);
    expect(await mistakes({ 'a.yaml': `pack: ${'x'.repeat(5_000_000)}` })).toEqual([
      expect.stringMatching(/at most 4194304 are read/),
    ]);
  });

  it('refuses a regular expression outside of RE2, and says what is outside', async () => {
    const found = await mistakes({
      'a.yaml': `rules:\n${['(a+)+\\1$', 'x(?=y)', '(?>x)', '(x'].map((pattern, i) => rule(`r${i}`, `{ s: { owners.exe|re: '${pattern}' }, condition: s }`)).join('')}`,
    });
    expect(found).toEqual([
      expect.stringContaining('back-references are outside of RE2'),
      expect.stringContaining('look-ahead and look-behind are outside of RE2'),
      expect.stringContaining('atomic groups are outside of RE2'),
      expect.stringContaining("not a regular expression of RE2's syntax"),
    ]);
  });

  it('looks into shared lists and macros, where a mistake would be silence in many rules', async () => {
    const found = await mistakes({
      'a.yaml': [
        'lists: { ports: [23, x], nets: [10.0.0.1/8] }',
        'macros:',
        '  m: { adress: 10.* }',
        '  n: { s: { promiscuity|gt: 0 }, condition: s }',
        'rules:',
        rule('one', '{ s: { port|gt: { list: ports }, address|cidr: { list: nets } }, condition: s and n }'),
      ].join('\n'),
    });
    expect(found.map((line) => line.replace(/^a\.yaml:(\d+):\d+/, '$1'))).toEqual([
      '3: a listener has no field "adress" (did you mean "address"?)',
      '6: the list "ports": the modifier gt takes a number, not "x" (write it without quotes)',
      '6: the list "nets": 10.0.0.1/8 has bits set behind its prefix (the network is 10.0.0.0/8)',
      '6: the macro "n" speaks of "promiscuity", which a listener does not have',
    ]);
  });

  it('refuses an override of a rule that is not there, and a waiver until a day that never comes', async () => {
    const found = await mistakes({
      'a.yaml': `rules:\n${rule('telnet', SELECTION)}overrides:\n  - { rule: telnt, disable: true }\nwaivers:\n  - { rule: telnet, subject: "*", owner: me, reason: x, expires: 2027-02-30 }\n`,
    });
    expect(found).toEqual([
      'a.yaml:4:13: there is no rule "telnt" (did you mean "telnet"?)',
      expect.stringMatching(/^a\.yaml:6:\d+: "2027-02-30" is no day of the calendar \(write YYYY-MM-DD\)$/),
    ]);
  });
});

describe('what is loaded', () => {
  it('is the same whatever the order of files', async () => {
    const files = {
      'a.yaml': `lists: { one: [x] }\nrules:\n${rule('b', SELECTION)}`,
      'b.yaml': `rules:\n${rule('a', SELECTION)}`,
    };
    const forth = await load(files, ['a.yaml', 'b.yaml']);
    const back = await load(Object.fromEntries(Object.entries(files).reverse()), ['b.yaml', 'a.yaml']);
    expect(JSON.stringify(back.ruleSet.rules)).toBe(JSON.stringify(forth.ruleSet.rules));
    expect(forth.ruleSet.rules.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('reads a file once, however many extend it', async () => {
    const { ruleSet } = await load(
      {
        'a.yaml': 'extends: [./c.yaml]\n',
        'b.yaml': 'extends: [./c.yaml]\n',
        'c.yaml': `rules:\n${rule('c', SELECTION)}`,
      },
      ['a.yaml', 'b.yaml'],
    );
    expect(ruleSet.rules.map(({ id }) => id)).toEqual(['c']);
  });

  it('changes shared lists for every rule that uses them', async () => {
    const { ruleSet } = await load({
      'a.yaml': 'lists: { temp: [/tmp/*], all: [{ list: temp }, /x/*] }\n',
      'b.yaml': 'lists: { temp: { add: [/scratch/*] } }\n',
      'c.yaml': 'lists: { other: [1], more: [{ list: other }] }\n',
      'd.yaml': 'lists: { other: { replace: [2] } }\n',
    });
    expect(ruleSet.shared.lists).toEqual({
      all: ['/tmp/*', '/scratch/*', '/x/*'],
      more: [2],
      other: [2],
      temp: ['/tmp/*', '/scratch/*'],
    });
  });

  it('says who may not define a list twice', async () => {
    expect(await mistakes({ 'a.yaml': 'lists: { one: [x] }\n', 'b.yaml': 'lists: { one: [y] }\n' })).toEqual([
      'b.yaml:1:10: the list "one" is defined already in a.yaml (give it another name, or change it: `one: { add: … }` or `one: { replace: … }`)',
    ]);
  });
});
