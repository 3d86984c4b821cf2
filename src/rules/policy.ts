import { type Evidence, type Match, SEVERITIES, type Severity } from '../model/finding.js';
import { engineOf } from './engine.js';
import { fingerprintOf } from './fingerprint.js';
import type { World } from './language/compile.js';
import { compile } from './language/compile.js';
import type { Traced } from './language/trace.js';
import { trace } from './language/trace.js';
import type { Facts, SubjectRecord } from './record.js';
import type { Policy, PolicyEntry, RuleSet, RuleText } from './rule.js';
import { recordsOf } from './subjects.js';

/** Id of the findings of policies. */
export const POLICY_RULE = 'policy-violation';
export const POLICY_TITLE = 'A listener that the policy does not allow';

const NOT_LISTED =
  'The policy names what may listen on this host. What it does not name was not decided on: nobody has said who needs it, who may reach it, or who keeps it up to date.';

/** What people read of a violation, the same for all. */
export const POLICY_TEXT: RuleText = {
  description: 'Every listener and published port that no entry of the policy allows.',
  rationale: NOT_LISTED,
  references: [],
  compliance: [],
  remediation: {},
  falsepositives: ['The listener was agreed to, and its entry is missing: add it to the policy.'],
  replacedBy: null,
};

interface Difference {
  readonly field: string;
  readonly wanted: string;
  readonly found: string;
}

/** What keeps an expression from holding, in its least form: of an `or` the part that comes nearest. */
function differences(part: Traced): readonly Difference[] {
  if (part.holds) return [];
  if (part.item !== null) {
    const { item, values } = part.item;
    const wanted = part.label.slice((item.field ?? 'any value').length + 1);
    return [{ field: item.field ?? 'any value', wanted, found: values.length === 0 ? 'not there' : values.join(', ') }];
  }
  const inside = part.parts.map(differences);
  if (part.kind === 'or')
    return inside.reduce((best, each) => (each.length < best.length ? each : best), inside[0] ?? []);
  if (part.kind === 'not')
    return [{ field: part.parts[0]?.label ?? 'not', wanted: 'must not hold', found: 'it holds' }];
  return inside.flat();
}

interface Near {
  readonly entry: PolicyEntry;
  readonly differences: readonly Difference[];
}

function nearestEntry(entries: readonly PolicyEntry[], record: SubjectRecord, world: World): Near | null {
  let best: Near | null = null;
  for (const entry of entries) {
    const found = differences(trace(entry.expression, record.data, world));
    if (best === null || found.length < best.differences.length) best = { entry, differences: found };
  }
  return best;
}

const worst = (policies: readonly Policy[]): Severity =>
  SEVERITIES.find((severity) => policies.some((policy) => policy.severity === severity)) ?? 'high';

function violation(record: SubjectRecord, near: Near | null, policies: readonly Policy[]): Match {
  const [policy] = policies;
  const place = near?.entry.place ?? policy?.place ?? null;
  const evidence = (near?.differences ?? []).map(
    ({ field, wanted, found }): Evidence => ({
      field,
      value: found,
      why: `the entry "${near?.entry.name ?? ''}" asks that it ${wanted}`,
    }),
  );
  const nearest =
    near === null
      ? 'The policy has no entry.'
      : `The nearest entry is "${near.entry.name}"; what differs: ${near.differences.map(({ field, found, wanted }) => `${field} ${wanted}, here ${found}`).join('; ')}.`;
  return {
    ruleId: POLICY_RULE,
    title: POLICY_TITLE,
    severity: worst(policies),
    subject: record.id,
    locations: [
      ...record.locations,
      ...(place === null
        ? []
        : [
            {
              file: place.file,
              repoPath: null,
              line: place.line,
              what: near === null ? 'the policy' : 'the nearest entry of the policy',
            },
          ]),
    ],
    rationale: `${NOT_LISTED} ${nearest}`,
    evidence,
    remediation: [
      {
        what: 'Stop it, if nobody needs it; if it was agreed to, add an entry to the policy',
        command: '',
        platform: 'generic',
      },
    ],
    references: [],
    tags: [],
    fingerprint: fingerprintOf(POLICY_RULE, record.key),
  };
}

/** A socket that merely may be heard (unconnected UDP on a port the kernel drew) comes and goes: no policy speaks of it. */
const isDecided = (record: SubjectRecord): boolean => record.data['listening'] !== 'possible';

/** Listeners and published ports that no entry of any policy allows. */
export function judgePolicies(rules: RuleSet, facts: Facts): readonly Match[] {
  if (rules.policies.length === 0) return [];
  const { world } = engineOf(rules);
  const entries = rules.policies.flatMap((policy) => policy.allow);
  const allowed = entries.map((entry) => compile(entry.expression, world));
  const matches: Match[] = [];
  for (const subject of ['listener', 'published'] as const)
    for (const record of recordsOf(subject, facts)) {
      if (!isDecided(record) || allowed.some((holds) => holds(record.data))) continue;
      matches.push(violation(record, nearestEntry(entries, record, world), rules.policies));
    }
  return matches;
}
