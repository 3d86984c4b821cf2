import type { Place } from '../lib/errors.js';
import { RANKS, type Rank } from '../model/exposure.js';
import type { Severity } from '../model/finding.js';
import { type Engine, engineOf } from './engine.js';
import { Evidences } from './evidence.js';
import { toMatch } from './judge.js';
import { compile } from './language/compile.js';
import { type Traced, trace } from './language/trace.js';
import { exists, type RecordData, readerOf } from './language/values.js';
import type { SubjectRecord } from './record.js';
import type { Rule, RuleSet, RuleTest } from './rule.js';

/** An example that did not come out as its rule says. */
export interface TestFailure {
  readonly rule: string;
  readonly place: Place;
  readonly message: string;
  /** The evaluated detection. */
  readonly traced: Traced | null;
}

/** Reads the records of a fixture file; an edge does. */
export type ReadFixture = (fixture: string, from: Place) => Promise<readonly RecordData[]>;

const firstValue = (record: RecordData, field: string): unknown => {
  let found: unknown = null;
  readerOf(field)(record, (value) => {
    found = value;
    return true;
  });
  return found;
};

const WILDCARDS: readonly unknown[] = ['0.0.0.0', '::', 'any'];
const isRank = (value: unknown): value is Rank => (RANKS as readonly unknown[]).includes(value);

/** A flat record as a rule sees it: `{ "service.name": … }` becomes nested, and what follows from the rest is filled in. */
export function toRecord(flat: RecordData): RecordData {
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(flat)) {
    const steps = name.split('.');
    const facts = name.startsWith('service.facts.') || name.startsWith('sysctls.') || name.startsWith('counters.');
    const way = facts
      ? [
          ...steps.slice(0, name.startsWith('service.') ? 2 : 1),
          steps.slice(name.startsWith('service.') ? 2 : 1).join('.'),
        ]
      : steps;
    put(record, way, value);
  }
  if (!exists(record, 'wildcard') && exists(record, 'address'))
    record['wildcard'] = WILDCARDS.includes(firstValue(record, 'address'));
  return record;
}

function put(record: Record<string, unknown>, way: readonly string[], value: unknown): void {
  const [step, ...rest] = way;
  if (step === undefined || step === '__proto__') return;
  if (rest.length === 0) {
    const there = record[step];
    record[step] = isPlain(there) && isPlain(value) ? { ...there, ...value } : value;
    return;
  }
  const there = record[step];
  const inside: Record<string, unknown> = isPlain(there) ? { ...there } : {};
  put(inside, rest, value);
  record[step] = inside;
}

const isPlain = (value: unknown): value is RecordData =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A record of a test as the subject of a finding. */
function asSubject(data: RecordData): SubjectRecord {
  const widest = firstValue(data, 'exposure.widest');
  const source = firstValue(data, 'source');
  const owners = exists(data, 'owners') || exists(data, 'owners.name');
  return {
    id: 'test',
    data,
    rank: isRank(widest) ? widest : null,
    key: [],
    source: source === 'capture' || source === 'exec' ? source : 'live',
    // Only whether there is one counts for the severity.
    owners: owners ? [NOBODY] : [],
    locations: [],
  };
}

const NOBODY: SubjectRecord['owners'][number] = {
  kind: 'process',
  pid: null,
  name: null,
  exe: null,
  exeState: null,
  script: null,
  args: [],
  user: null,
  uid: null,
  unit: null,
  inetd: null,
  container: null,
  package: null,
  parents: [],
  exeWritable: null,
  posesAsKernel: false,
  setuid: null,
  capabilities: null,
  sandbox: [],
};

/** Whether a rule matches a record, and how bad that would be. */
export function tryRule(
  rules: RuleSet,
  rule: Rule,
  data: RecordData,
): { readonly holds: boolean; readonly severity: Severity | null } {
  const { world } = engineOf(rules);
  const holds = compile(rule.expression, world)(data) && !rule.except.some((each) => compile(each, world)(data));
  if (!holds) return { holds, severity: null };
  const match = toMatch(rule, rules, asSubject(data), [], new Evidences(world).of(rule, data));
  return { holds, severity: match.severity };
}

function judgeOne(rules: RuleSet, rule: Rule, test: RuleTest, data: RecordData, engine: Engine): TestFailure | null {
  const { holds, severity } = tryRule(rules, rule, data);
  const failure = (message: string): TestFailure => ({
    rule: rule.id,
    place: test.place,
    message,
    traced: trace(rule.expression, data, engine.world),
  });
  if (holds !== test.expected)
    return failure(
      test.expected
        ? 'the rule should match this record, and does not'
        : 'the rule matches this record, and should not',
    );
  if (test.severity !== null && severity !== null && severity !== test.severity)
    return failure(`the severity should be ${test.severity}, and is ${severity}`);
  return null;
}

/** Runs a rule's examples; returns those that failed. */
export async function runTests(rules: RuleSet, rule: Rule, readFixture: ReadFixture): Promise<readonly TestFailure[]> {
  const engine = engineOf(rules);
  const failures: TestFailure[] = [];
  for (const test of rules.testsOf(rule.id)) {
    const flat = test.record ?? {};
    if (test.fixture === null) {
      const failure = judgeOne(rules, rule, test, toRecord(flat), engine);
      if (failure !== null) failures.push(failure);
      continue;
    }
    const records = await readFixture(test.fixture, test.place);
    const meant = records.filter((record) => flat['id'] === undefined || record['id'] === flat['id']);
    const holding = meant.filter((record) => tryRule(rules, rule, record).holds);
    if (meant.length === 0 || holding.length > 0 !== test.expected)
      failures.push({
        rule: rule.id,
        place: test.place,
        message:
          meant.length === 0
            ? `${test.fixture} has no record ${JSON.stringify(flat['id'] ?? '')}`
            : `the rule ${test.expected ? 'should match a record' : 'matches a record'} of ${test.fixture}${test.expected ? ', and matches none' : ', and should not'}`,
        traced: null,
      });
  }
  return failures;
}
