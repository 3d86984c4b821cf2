import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/lib/escape/json.js';
import { loadRe2 } from '../../src/lib/re.js';
import { allServices } from '../../src/lib/services.js';
import { builtinRules } from '../../src/rules/builtin.js';
import { engineOf, worldOf } from '../../src/rules/engine.js';
import { loadUserFiles } from '../../src/rules/load.js';
import { predicateOf } from '../../src/rules/lookup.js';
import { copyOf } from '../../src/rules/rule.js';
import { judge, summaries, summariesReady } from '../../src/rules/rules.js';
import { aListener, anOwner, aService, aSnapshot, exposedTo } from './facts.js';

const rules = await builtinRules();
const world = { ...worldOf(rules), re2: await loadRe2() };

/** Records near the pack: services, programs and states that its rules name, and texts that could break a table kept as text. */
const record = fc
  .record({
    name: fc.oneof(
      fc.constantFrom(...allServices().map((service) => service.name)),
      fc.constantFrom('a\tb', '\n', '', '1', null),
    ),
    protocol: fc.constantFrom('tcp', 'udp', 'unix', 'raw', 'packet', 'TCP'),
    program: fc.constantFrom('nc', 'xmrig', 'socat', 'java', 'sshd', 'python3', 'kworker/0:1', ''),
    exeState: fc.constantFrom('present', 'deleted', 'memfd', 'replaced'),
    script: fc.constantFrom(null, '/tmp/a.py', '/srv/a.py'),
    widest: fc.constantFrom('public' as const, 'private' as const, 'loopback' as const),
    yes: fc.boolean(),
    port: fc.constantFrom(22, 80, 6379, 40_000),
  })
  .map(({ name, protocol, program, exeState, script, widest, yes, port }) => ({
    ...aListener({
      port,
      owners: [
        anOwner({
          name: program,
          exeState: exeState as 'present',
          script,
          exeWritable: yes,
          setuid: yes,
          posesAsKernel: yes,
        }),
      ],
      service: aService({ name }),
    }),
    protocol,
    exposure: { ...exposedTo(widest), ipv6Wider: yes },
    queue: { used: 1, max: 0, full: yes },
  }));

describe('the built-in pack', () => {
  const own = rules.rules.filter((rule) => rule.subject === 'listener' && rule.status !== 'deprecated');
  const loop = own.map((rule) => ({ id: rule.id, holds: predicateOf(rule, world) }));
  const indexes = { 'as stored': rules, 'made of its rules': { ...rules, prepared: undefined } };

  for (const [how, { prepared, ...rest }] of Object.entries(indexes))
    it(`finds by its index, ${how}, what asking every rule finds`, () => {
      const set = { ...rest, re2: world.re2, ...(prepared === undefined ? {} : { prepared }) };
      const index = engineOf(set).indexOf('listener');
      let found = 0;
      fc.assert(
        fc.property(record, (data) => {
          const matching = index.matching(data, () => {}).map(({ id }) => id);
          expect(matching).toEqual(loop.filter(({ holds }) => holds(data)).map(({ id }) => id));
          found += matching.length;
        }),
        { numRuns: 300 },
      );
      expect(found).toBeGreaterThan(100);
    });

  it('stands where its keys say: the index read backwards finds no less', () => {
    const copies = rules.rules.map(copyOf);
    const set = { ...rules, rules: copies, re2: world.re2 };
    const { prepared: _, ...made } = set;
    const index = engineOf(made).indexOf('listener');
    fc.assert(
      fc.property(record, (data) => {
        const ids = index.matching(data, () => {}).map(({ id }) => id);
        expect(ids).toEqual(loop.filter(({ holds }) => holds(data)).map(({ id }) => id));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps its index where a configuration leaves its rules alone, and only there', async () => {
    const open = async () => [];
    const prepared = async (text: string) =>
      (await loadUserFiles(rules, [], { file: 'e.yaml', text }, open)).ruleSet.prepared;
    expect(await prepared('zones: { office: { from: [10.0.0.0/8] } }\n')).toBe(rules.prepared);
    expect(await prepared('overrides: [{ rule: telnet-exposed, severity: low }]\n')).toBeUndefined();
    expect(await prepared('overrides: [{ rule: telnet-exposed, disable: true }]\n')).toBeUndefined();
    const list = { file: 'a.yaml', text: 'lists: { temporary_folders: { add: [/scratch/] } }\n' };
    expect((await loadUserFiles(rules, [list], null, open)).ruleSet.prepared).toBeUndefined();
  });

  it('has the JSON of its summaries ready as it would be made of them', async () => {
    const listeners = [aListener(), aListener({ id: 'b', service: aService({ name: 'redis' }) })];
    const matches = await judge(rules, { snapshot: aSnapshot(), listeners, published: [] });
    expect(matches.length).toBeGreaterThan(1);
    for (const some of [matches, []]) {
      const whole = toJson({ rules: summaries(rules, some) }, 2);
      expect(`{\n${summariesReady(rules, some)}\n}`).toBe(whole);
    }
  });
});
