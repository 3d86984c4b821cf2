import { serviceNamed } from '../lib/services.js';
import { SUBJECTS, type Subject } from './fields.js';
import { buildIndex, type RuleIndex } from './indexed.js';
import type { World } from './language/compile.js';
import type { RecordData } from './language/values.js';
import type { Rule, RuleSet } from './rule.js';

/** A rule set ready to run. */
export interface Engine {
  readonly world: World;
  /** Subjects that a rule speaks of. */
  readonly subjects: readonly Subject[];
  /** Rules that match a record, in the order of their ids. */
  readonly matching: (subject: Subject, record: RecordData, later: (rule: Rule) => void) => readonly Rule[];
}

/** Every name of a service, in lower case: what a rule may call it. */
function serviceNames(word: string): readonly string[] {
  const lower = word.toLowerCase();
  const entry = serviceNamed(lower);
  if (entry === null) return [lower];
  const iana = entry.iana?.toLowerCase();
  return [
    ...new Set([
      lower,
      entry.name.toLowerCase(),
      ...(iana === undefined ? [] : [iana]),
      ...entry.aliases.map((each) => each.toLowerCase()),
    ]),
  ];
}

/** What expressions of a rule set are compiled against. */
export function worldOf(rules: Pick<RuleSet, 'shared' | 're2'>): World {
  return {
    lists: new Map(Object.entries(rules.shared.lists)),
    macros: new Map(Object.entries(rules.shared.macros)),
    namesOf: (field) => (field === 'service.name' ? serviceNames : null),
    re2: rules.re2,
  };
}

const engines = new WeakMap<RuleSet, Engine>();

/** The engine of a rule set, made once. Rules are compiled when a record first comes near them. */
export function engineOf(rules: RuleSet): Engine {
  const made = engines.get(rules);
  if (made !== undefined) return made;
  const world = worldOf(rules);
  const own = new Map<Subject, Rule[]>(SUBJECTS.map((subject) => [subject, []]));
  for (const rule of rules.rules) if (rule.status !== 'deprecated') own.get(rule.subject)?.push(rule);
  const indexes = new Map<Subject, RuleIndex>();
  const indexOf = (subject: Subject): RuleIndex => {
    const made = indexes.get(subject) ?? buildIndex(own.get(subject) ?? [], world);
    indexes.set(subject, made);
    return made;
  };
  const engine: Engine = {
    world,
    subjects: SUBJECTS.filter((subject) => (own.get(subject)?.length ?? 0) > 0),
    matching: (subject, record, later) => indexOf(subject).matching(record, later),
  };
  engines.set(rules, engine);
  return engine;
}
