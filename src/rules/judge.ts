import { loadRe2, Re2Missing } from '../lib/re.js';
import { RANKS, type Rank } from '../model/exposure.js';
import {
  type Evidence,
  type Match,
  type Reference,
  type Remediation,
  SEVERITIES,
  type Severity,
} from '../model/finding.js';
import type { Service } from '../model/service.js';
import { engineOf } from './engine.js';
import { Evidences } from './evidence.js';
import { listenerRecords } from './exposed.js';
import { fingerprintOf } from './fingerprint.js';
import { Kinds, readsOwn } from './kinds.js';
import type { World } from './language/compile.js';
import { predicateOf, type RuleIndex } from './lookup.js';
import { judgePolicies } from './policy.js';
import type { Facts, SubjectRecord } from './record.js';
import { filledIn, type Placed, speaksOfOne, stepsFor } from './remedy.js';
import type { Rule, RuleSet, SeverityByRank } from './rule.js';
import { recordsOf } from './subjects.js';

const worst = (words: readonly Severity[]): Severity =>
  SEVERITIES.find((severity) => words.includes(severity)) ?? 'info';

/** The worst severity a rule can have. */
export const worstSeverity = (severity: SeverityByRank): Severity =>
  typeof severity === 'string' ? severity : worst(Object.values(severity));

/** Severity for a rank: the entry of the widest rank that is not wider. A subject nobody connects to (null) has the worst. */
export function severityAt(severity: SeverityByRank, rank: Rank | null): Severity {
  if (typeof severity === 'string') return severity;
  if (rank === null) return worstSeverity(severity);
  for (let index = RANKS.indexOf(rank); index >= 0; index--) {
    const word = severity[RANKS[index] ?? 'none'];
    if (word !== undefined) return word;
  }
  return 'info';
}

/** Fields that say more of a service than its port does. */
const INDEPENDENT = [
  'owners.',
  'service.product',
  'service.version',
  'service.authentication',
  'service.facts.',
  'exposure.access',
];

/** True when nothing but a port number speaks for the finding. */
function restsOnPort(record: SubjectRecord, evidence: readonly Evidence[]): boolean {
  const confidence = (record.data['service'] as Partial<Service> | undefined)?.confidence ?? null;
  const fields = evidence.map(({ field }) => field);
  if (fields.some((field) => INDEPENDENT.some((prefix) => field.startsWith(prefix)))) return false;
  if (fields.includes('service.name')) return confidence === 'port-only';
  return fields.includes('port') && (confidence === 'port-only' || confidence === null);
}

/** On a live host an owner was there to be recognised: what only the number says is then no more than a suspicion. */
function capped(severity: Severity, record: SubjectRecord): Severity {
  if (record.source === 'capture' || record.owners.length === 0) return severity;
  return SEVERITIES.indexOf(severity) < SEVERITIES.indexOf('medium') ? 'medium' : severity;
}

/** What a rule says of a record it matches; all but `steps` stands in the finding as it is. */
interface Verdict {
  readonly title: string;
  readonly severity: Severity;
  readonly rationale: string;
  readonly evidence: readonly Evidence[];
  /** Filled in already where that is the same for all of a kind. */
  readonly remediation: readonly Remediation[] | null;
  readonly steps: readonly Placed[];
  readonly references: readonly Reference[];
}

const NONE: readonly never[] = [];

function verdictOf(
  rule: Rule,
  rules: RuleSet,
  record: SubjectRecord,
  platforms: readonly string[],
  evidence: readonly Evidence[],
): Verdict {
  const text = rules.textOf(rule.id);
  const byPort = restsOnPort(record, evidence);
  const severity = severityAt(rule.severity, record.rank);
  const steps = text === null ? NONE : stepsFor(text, record, platforms);
  return {
    title: byPort ? `${rule.title} (by its port number alone)` : rule.title,
    severity: byPort ? capped(severity, record) : severity,
    rationale: text?.rationale ?? '',
    evidence,
    remediation: speaksOfOne(steps) ? null : filledIn(steps, record),
    steps,
    references: text?.references ?? NONE,
  };
}

/** The finding that a rule makes of a record it matches. */
function findingOf(rule: Rule, record: SubjectRecord, verdict: Verdict): Match {
  const { title, severity, rationale, evidence, remediation, steps, references } = verdict;
  return {
    ruleId: rule.id,
    title,
    severity,
    subject: record.id,
    locations: record.locations,
    rationale,
    evidence,
    remediation: remediation ?? filledIn(steps, record),
    references,
    tags: rule.tags,
    fingerprint: fingerprintOf(rule.id, record.key),
  };
}

/** The finding that a rule makes of a single record. */
export const toMatch = (
  rule: Rule,
  rules: RuleSet,
  record: SubjectRecord,
  platforms: readonly string[],
  evidence: readonly Evidence[],
): Match => findingOf(rule, record, verdictOf(rule, rules, record, platforms, evidence));

const order: Readonly<{ [key in Severity]: number }> = { critical: 0, high: 1, medium: 2, low: 3, info: 4 };

/** Worst first, then by rule and subject: the order does not depend on that of rules or facts. */
function inOrder(a: Match, b: Match): number {
  if (a.severity !== b.severity) return order[a.severity] - order[b.severity];
  if (a.ruleId !== b.ruleId) return a.ruleId < b.ruleId ? -1 : 1;
  if (a.subject !== b.subject) return a.subject < b.subject ? -1 : 1;
  return a.fingerprint < b.fingerprint ? -1 : 1;
}

interface Pair {
  readonly rule: Rule;
  readonly record: SubjectRecord;
  /** Of a listener among many, where the rule says the same of all of its kind; else null. */
  readonly kind: number | null;
}

/** So many listeners are looked at by kinds. */
const MANY = 32;

/** The rules that match listeners, where there are many of these. */
function matchingKinds(index: RuleIndex, facts: Facts, world: World, pairs: Pair[], undecided: Pair[]): void {
  const kinds = new Kinds();
  const matching = index.byKinds();
  const own = new Map<Rule, boolean>();
  const saysOwn = (rule: Rule): boolean => {
    const known = own.get(rule) ?? readsOwn(rule, world);
    own.set(rule, known);
    return known;
  };
  for (const record of listenerRecords(facts)) {
    const later = (rule: Rule): number => undecided.push({ rule, record, kind: null });
    const kind = kinds.of(record.listener, record.wildcard);
    for (const rule of matching(record, kind, later)) pairs.push({ rule, record, kind: saysOwn(rule) ? null : kind });
  }
}

/** Every rule that matches a subject, and the world that says why. */
async function matchingPairs(rules: RuleSet, facts: Facts): Promise<{ readonly pairs: Pair[]; readonly world: World }> {
  const engine = engineOf(rules);
  const pairs: Pair[] = [];
  const undecided: Pair[] = [];
  for (const subject of engine.subjects) {
    const index = engine.indexOf(subject);
    if (subject === 'listener' && facts.listeners.length >= MANY) {
      matchingKinds(index, facts, engine.world, pairs, undecided);
      continue;
    }
    for (const record of recordsOf(subject, facts)) {
      const later = (rule: Rule): number => undecided.push({ rule, record, kind: null });
      for (const rule of index.matching(record.data, later)) pairs.push({ rule, record, kind: null });
    }
  }
  if (undecided.length === 0) return { pairs, world: engine.world };
  const world: World = { ...engine.world, re2: await loadRe2() };
  const asked = new Map<Rule, ReturnType<typeof predicateOf>>();
  for (const pair of undecided) {
    const holds = asked.get(pair.rule) ?? predicateOf(pair.rule, world);
    asked.set(pair.rule, holds);
    if (holds(pair.record.data)) pairs.push(pair);
  }
  return { pairs, world };
}

/** The findings of matching rules. What a rule says of one listener it says of all of its kind. */
function findingsOf(
  pairs: readonly Pair[],
  rules: RuleSet,
  world: World,
  platforms: readonly string[],
): readonly Match[] {
  const evidences = new Evidences(world);
  const said = new Map<Rule, Map<number, Verdict>>();
  return pairs.map(({ rule, record, kind }) => {
    const make = (): Verdict => verdictOf(rule, rules, record, platforms, evidences.of(rule, record.data));
    if (kind === null) return findingOf(rule, record, make());
    const ofRule = said.get(rule) ?? new Map<number, Verdict>();
    said.set(rule, ofRule);
    const verdict = ofRule.get(kind) ?? make();
    ofRule.set(kind, verdict);
    return findingOf(rule, record, verdict);
  });
}

/** Every rule that matches a subject, and every violation of a policy. */
export async function judgeRules(rules: RuleSet, facts: Facts): Promise<readonly Match[]> {
  const { pairs, world } = await matchingPairs(rules, facts);
  await rules.fetch(
    'texts',
    pairs.map(({ rule }) => rule),
  );
  const { platforms } = facts.snapshot.host;
  let matches: readonly Match[];
  try {
    matches = findingsOf(pairs, rules, world, platforms);
  } catch (error) {
    // A rule matched by one of its parts, and another part needs the engine to be told why.
    if (!(error instanceof Re2Missing)) throw error;
    matches = findingsOf(pairs, rules, { ...world, re2: await loadRe2() }, platforms);
  }
  return [...matches, ...judgePolicies(rules, facts)].sort(inOrder);
}
