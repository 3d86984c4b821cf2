import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Listener } from '../../src/model/listener.js';
import { builtinRules } from '../../src/rules/builtin.js';
import type { RuleSet } from '../../src/rules/rule.js';
import { judge } from '../../src/rules/rules.js';
import { aListener, anOwner, aService, aSnapshot, exposedTo } from './facts.js';
import { load, rule } from './files.js';

const only = (selection: string): string => `{ selection: ${selection}, condition: selection }`;
const step = (command: string): string => `remediation: { generic: [{ what: Close it, command: '${command}' }] }`;

/** Rules that read what listeners of one kind share, what each has of its own, and both. */
const RULES = `rules:
${rule('shared', only('{ owners.name: python3 }'), step('kill {pid}'))}
${rule('shared-but-told-by-port', only('{ service.name: redis }'), step('nft add rule tcp dport {port} drop'))}
${rule('of-a-port', only('{ port: [80, 443] }'))}
${rule('of-a-range', only('{ port|gte: 60000 }'))}
${rule('of-a-queue', only('{ queue.full: true }'))}
${rule('of-clients', only('{ clients.count|gt: 2 }'))}
${rule('of-both', '{ a: { owners.name: nginx }, b: { port: 80 }, condition: a and not b }')}
${rule('of-either', '{ a: { service.name: redis }, b: { port: 22 }, condition: a or b }')}
${rule('of-words', only('[ "port 80" ]'))}
${rule('of-evidence', only('{ service.evidence|contains: "port 4" }'))}
${rule('of-another-field', only('{ service.facts.port|fieldref: port }'))}
${rule('of-nothing-shown', only('{ service.disagreement: null }'))}
${rule('of-an-engine', only("{ owners.args|re: '(a|b)+(c|d)+x$' }"))}
${rule('of-an-engine-and-a-port', "{ a: { owners.args|re: '(a|b)+(c|d)+x$' }, b: { port: 80 }, condition: a or b }")}
${rule('of-what-was-cut', only('{ cut: port }'))}
${rule('of-what-was-not-cut', only('{ cut|exists: false, service.name: telnet }'))}
${rule('wildcard', only('{ wildcard: true, exposure.widest: public }'))}
`;

const owners = fc.constantFrom(
  [anOwner()],
  [anOwner({ pid: 7, name: 'python3', args: ['aacdx'] })],
  [anOwner({ pid: 8, name: 'nginx', unit: 'nginx.service' }), anOwner({ pid: 9, name: 'nginx' })],
  [],
);
const service = fc
  .record({ name: fc.constantFrom('redis', 'telnet'), confidence: fc.constantFrom('port-only') })
  .map((parts) => aService(parts as Parameters<typeof aService>[0]));

/** Few owners, services and exposures for many ports: some shared as objects, some only alike. */
const aHost = fc.array(
  fc
    .record({
      port: fc.constantFrom(22, 80, 443, 4000, 60_001),
      address: fc.constantFrom('0.0.0.0', '10.0.0.1'),
      owners,
      copied: fc.boolean(),
      service,
      facts: fc.constantFrom({}, { port: '80' }),
      exposure: fc.constantFrom(exposedTo('public'), null),
      queue: fc.constantFrom(null, { used: 1, max: 5 }, { used: 6, max: 5 }),
      count: fc.integer({ min: 0, max: 4 }),
      more: fc.constantFrom<Pick<Listener, 'addresses' | 'cut'>>({}, { addresses: ['10.0.0.2'] }, { cut: 'port' }),
    })
    .map(({ more, ...drawn }) => ({
      ...drawn,
      ...more,
      owners: drawn.copied ? structuredClone(drawn.owners) : drawn.owners,
      service: { ...drawn.service, facts: drawn.facts, evidence: [`it listens on port ${drawn.port}`] },
      clients: { count: drawn.count, addresses: [], truncated: false },
    })),
  { minLength: 40, maxLength: 60 },
);

const listenersOf = (drawn: readonly (Partial<Listener> & { port: number; count: number; copied: boolean })[]) =>
  drawn.map(({ count: _, copied: __, ...parts }, at) => aListener({ ...parts, id: `tcp/${parts.port}-${at}` }));

const snapshot = aSnapshot();

/** Findings of the listeners alone, each as if it were the only one: so few are shown to every rule that may match. */
async function oneByOne(rules: RuleSet, listeners: readonly Listener[]) {
  const found = [];
  for (const listener of listeners)
    found.push(...(await judge(rules, { snapshot, listeners: [listener], published: [] })));
  return found.filter(({ subject }) => subject.startsWith('tcp/'));
}

const sorted = (findings: readonly { readonly ruleId: string; readonly subject: string }[]) =>
  [...findings].sort((a, b) => (`${a.subject} ${a.ruleId}` < `${b.subject} ${b.ruleId}` ? -1 : 1));

async function agree(rules: RuleSet, listeners: readonly Listener[]): Promise<number> {
  const together = await judge(rules, { snapshot, listeners, published: [] });
  const ofListeners = together.filter(({ subject }) => subject.startsWith('tcp/'));
  expect(sorted(ofListeners)).toEqual(sorted(await oneByOne(rules, listeners)));
  return ofListeners.length;
}

describe('many listeners, judged by their kinds', () => {
  it('have the findings that each would have alone, whatever a rule reads', async () => {
    const { ruleSet } = await load({ 'a.yaml': RULES });
    let found = 0;
    await fc.assert(
      fc.asyncProperty(aHost, async (drawn) => {
        found += await agree(ruleSet, listenersOf(drawn));
      }),
      { numRuns: 40 },
    );
    expect(found).toBeGreaterThan(100);
  });

  it('have them by the built-in pack too', async () => {
    const rules = await builtinRules();
    await fc.assert(
      fc.asyncProperty(aHost, async (drawn) => {
        await agree(rules, listenersOf(drawn));
      }),
      { numRuns: 10 },
    );
  });
});
