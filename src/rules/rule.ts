import type { Place } from '../lib/errors.js';
import type { Rank } from '../model/exposure.js';
import type { Reference, Severity } from '../model/finding.js';
import type { Waiver } from '../model/waiver.js';
import type { Subject } from './fields.js';
import type { Expression } from './language/expression.js';
import type { Scalar } from './language/modifiers.js';

export type RuleStatus = 'stable' | 'test' | 'experimental' | 'deprecated';
export const RULE_STATUSES: readonly RuleStatus[] = ['stable', 'test', 'experimental', 'deprecated'];

/** Severity by exposure: an entry holds for its rank and every wider one, up to the next entry. One word stands for every rank. */
export type SeverityByRank = Severity | Readonly<Partial<Record<Rank, Severity>>>;

/** What judging needs of a rule. Small, since all of them are read at every start. */
export interface Rule {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly status: RuleStatus;
  readonly subject: Subject;
  readonly severity: SeverityByRank;
  readonly tags: readonly string[];
  readonly expression: Expression;
  /** Exceptions of overrides: the rule does not fire where one holds. */
  readonly except: readonly Expression[];
  readonly pack: string;
  readonly place: Place;
  /** Where the index keeps it, as found out when the pack was built; absent: not found out yet. */
  readonly keys?: readonly IndexKey[] | null;
}

/** A rule as a plain object: one of the built-in pack has what is made on demand behind getters, which a spread would lose. */
export function copyOf(rule: Rule): Rule {
  const { id, aliases, title, status, subject, severity, tags, expression, except, pack, place, keys } = rule;
  const copy: Rule = { id, aliases, title, status, subject, severity, tags, expression, except, pack, place };
  return keys === undefined ? copy : { ...copy, keys };
}

/** A field and the values of which a record must have one (in lower case) for the rule to match. */
export interface IndexKey {
  readonly field: string;
  readonly values: readonly string[];
}

/** An index of the rules of one subject: rules by the values of fields, and those that every record is shown to. Rules are numbers, in their order. */
export interface IndexParts {
  readonly always: readonly number[];
  readonly fields: readonly string[];
  /** The rules that stand under a value (in lower case) of a field. */
  readonly rulesAt: (field: string) => (value: string) => readonly number[];
  readonly ruleAt: (number: number) => Rule;
}

/** What the built-in pack has ready, so that a start need not make its rules. */
export interface Prepared {
  /** Subjects that a rule speaks of. */
  readonly subjects: readonly Subject[];
  readonly indexOf: (subject: Subject) => IndexParts;
  readonly ruleAt: (number: number) => Rule;
  /** What a report's JSON says of each rule where nothing matched, in order (summaries.ts). */
  readonly summaries: () => readonly string[];
}

/** One step of a remediation. */
export interface Step {
  readonly what: string;
  /** What to type, with placeholders; empty: nothing to type. */
  readonly command: string;
  readonly undo: string;
}

/** Platforms a remediation can be for, the general one last. */
export const PLATFORMS = ['docker', 'kubernetes', 'debian', 'rhel', 'alpine', 'systemd', 'generic'] as const;
export type Platform = (typeof PLATFORMS)[number];

export interface Compliance {
  readonly framework: string;
  readonly control: string;
}

/** What people read of a rule, loaded only when somebody will. */
export interface RuleText {
  readonly description: string;
  readonly rationale: string;
  readonly references: readonly Reference[];
  readonly compliance: readonly Compliance[];
  readonly remediation: Readonly<Partial<Record<Platform, readonly Step[]>>>;
  readonly falsepositives: readonly string[];
  readonly replacedBy: string | null;
}

/** An example of a rule: a record, or a record of a fixture file. */
export interface RuleTest {
  readonly expected: boolean;
  /** null: the record stands in `fixture`. */
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly fixture: string | null;
  /** Severity that the finding must have; null: any. */
  readonly severity: Severity | null;
  readonly place: Place;
}

/** Values of shared lists and shared selections, by name. */
export interface Shared {
  readonly lists: Readonly<Record<string, readonly Scalar[]>>;
  readonly macros: Readonly<Record<string, Expression>>;
}

/** A listener or published port that a policy lets be. */
export interface PolicyEntry {
  readonly name: string;
  readonly expression: Expression;
  readonly place: Place;
}

/** Which listeners may be there: all others are violations. */
export interface Policy {
  readonly severity: Severity;
  readonly allow: readonly PolicyEntry[];
  readonly place: Place;
}

/** Everything that was loaded, checked. */
export interface RuleSet {
  /** By id, in order. */
  readonly rules: readonly Rule[];
  readonly shared: Shared;
  readonly policies: readonly Policy[];
  readonly waivers: readonly Waiver[];
  /** Loads the texts or examples of rules, which `textOf` and `testsOf` then give. */
  readonly fetch: (part: 'texts' | 'tests', rules: readonly Rule[]) => Promise<void>;
  /** The texts of a rule; null: there is no such rule, or they were not fetched. */
  readonly textOf: (id: string) => RuleText | null;
  readonly testsOf: (id: string) => readonly RuleTest[];
  /** The RE2 engine, where a pattern needs it. */
  readonly re2: Parameters<typeof import('../lib/re.js').compileRegex>[2];
  /** Absent: it is made of the rules. */
  readonly prepared?: Prepared;
}

/** A set without anything in it. */
export const EMPTY_RULES: RuleSet = {
  rules: [],
  shared: { lists: {}, macros: {} },
  policies: [],
  waivers: [],
  fetch: async () => {},
  textOf: () => null,
  testsOf: () => [],
  re2: null,
};
