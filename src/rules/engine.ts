import { serviceNamed } from '../lib/services.js';
import { SUBJECTS, type Subject } from './fields.js';
import { indexParts } from './indexed.js';
import type { World } from './language/compile.js';
import { Lookup, type RuleIndex } from './lookup.js';
import type { IndexParts, Prepared, Rule, RuleSet } from './rule.js';

/** A rule set ready to run. */
export interface Engine {
  readonly world: World;
  /** Subjects that a rule speaks of. */
  readonly subjects: readonly Subject[];
  readonly indexOf: (subject: Subject) => RuleIndex;
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
  const known = engines.get(rules);
  if (known !== undefined) return known;
  const world = worldOf(rules);
  const { subjects, partsOf } = rules.prepared === undefined ? made(rules.rules, world) : ready(rules.prepared);
  const indexes = new Map<Subject, RuleIndex>();
  const engine: Engine = {
    world,
    subjects,
    indexOf: (subject) => {
      const index = indexes.get(subject) ?? new Lookup(partsOf(subject), world);
      indexes.set(subject, index);
      return index;
    },
  };
  engines.set(rules, engine);
  return engine;
}

/** Where rules of subjects are found. */
interface Parts {
  readonly subjects: readonly Subject[];
  readonly partsOf: (subject: Subject) => IndexParts;
}

const ready = ({ subjects, indexOf }: Prepared): Parts => ({ subjects, partsOf: indexOf });

function made(rules: readonly Rule[], world: World): Parts {
  const own = new Map<Subject, Rule[]>(SUBJECTS.map((subject) => [subject, []]));
  for (const rule of rules) if (rule.status !== 'deprecated') own.get(rule.subject)?.push(rule);
  return {
    subjects: SUBJECTS.filter((subject) => (own.get(subject)?.length ?? 0) > 0),
    partsOf: (subject) => indexParts(own.get(subject) ?? [], world),
  };
}
