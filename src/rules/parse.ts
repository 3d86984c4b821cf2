import type { Place, Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { YamlFile, YamlPath } from '../lib/yaml.js';
import type { Rank } from '../model/exposure.js';
import type { Severity } from '../model/finding.js';
import { checkExpression, type Known, placeOfKey } from './check.js';
import { fieldsOf, findField, type Subject } from './fields.js';
import { isMap, parseDetection, parseSelection } from './language/detection.js';
import type { Expression } from './language/expression.js';
import type { Compliance, Platform, Rule, RuleStatus, RuleTest, RuleText, SeverityByRank, Step } from './rule.js';
import { PLATFORMS } from './rule.js';
import type { Source } from './sources.js';

/** A rule as its file has it, in its three parts. */
export interface ParsedRule {
  readonly rule: Rule;
  readonly text: RuleText;
  readonly tests: readonly RuleTest[];
  /** Selections that its condition does not use: lint speaks of them. */
  readonly unused: readonly string[];
  /** Place of what stands below the rule: at a path, or a line of its detection by its key. */
  readonly placeOf: (at: YamlPath | { readonly key: string }) => Place;
}

type Raw = Readonly<Record<string, unknown>>;

const asText = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
const asTexts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map((each) => asText(each)) : []);
const asMaps = (value: unknown): readonly Raw[] => (Array.isArray(value) ? value.filter(isMap) : []);

/** The schema has checked the words. */
const asSeverity = (value: unknown): SeverityByRank =>
  isMap(value) ? (value as Partial<Record<Rank, Severity>>) : (asText(value) as Severity);

function parseSteps(value: unknown): readonly Step[] {
  return asMaps(value).map((step) => ({
    what: asText(step['what']),
    command: asText(step['command']),
    undo: asText(step['undo']),
  }));
}

function parseText(raw: Raw): RuleText {
  const platforms: Partial<Record<Platform, readonly Step[]>> = {};
  const remediation = isMap(raw['remediation']) ? raw['remediation'] : {};
  for (const platform of PLATFORMS)
    if (Object.hasOwn(remediation, platform)) platforms[platform] = parseSteps(remediation[platform]);
  return {
    description: asText(raw['description']),
    rationale: asText(raw['rationale']),
    references: asMaps(raw['references']).map((each) => ({ id: asText(each['id']), url: asText(each['url']) })),
    compliance: asMaps(raw['compliance']).map(
      (each): Compliance => ({ framework: asText(each['framework']), control: asText(each['control']) }),
    ),
    remediation: platforms,
    falsepositives: asTexts(raw['falsepositives']),
    replacedBy: typeof raw['replaced_by'] === 'string' ? raw['replaced_by'] : null,
  };
}

/** Keys of an example that are no fields of the record. `severity` is one no record has. */
const ABOUT_THE_TEST = ['severity', 'why', 'fixture'];

function parseTests(
  raw: Raw,
  subject: Subject,
  source: Source,
  path: YamlPath,
  problems: Problem[],
): readonly RuleTest[] {
  const all = isMap(raw['tests']) ? raw['tests'] : {};
  const names = fieldsOf(subject).map((field) => field.name);
  return (['match', 'nomatch'] as const).flatMap((kind) =>
    asMaps(all[kind]).map((example, index): RuleTest => {
      const at = [...path, 'tests', kind, index];
      const record = Object.fromEntries(Object.entries(example).filter(([key]) => !ABOUT_THE_TEST.includes(key)));
      for (const field of flatFields(record, ''))
        if (findField(subject, field) === null && !names.some((name) => name.startsWith(`${field}.`)))
          problems.push({
            place: source.yaml.keyPlace([...at, field]),
            message: `a ${subject} has no field "${field}"`,
            hint: didYouMean(field, names),
          });
      const fixture = typeof example['fixture'] === 'string' ? example['fixture'] : null;
      return {
        expected: kind === 'match',
        record,
        fixture,
        severity: typeof example['severity'] === 'string' ? (example['severity'] as Severity) : null,
        place: source.yaml.place(at),
      };
    }),
  );
}

/** Dotted names of the values in a record. */
function flatFields(value: unknown, prefix: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each) => flatFields(each, prefix));
  if (!isMap(value)) return prefix === '' ? [] : [prefix];
  return Object.entries(value).flatMap(([key, each]) => flatFields(each, prefix === '' ? key : `${prefix}.${key}`));
}

/** One rule of a file. What has a mistake is left out; the rule is then not run. */
export function parseRule(source: Source, index: number, known: Known, problems: Problem[]): ParsedRule {
  const { yaml } = source;
  const path: YamlPath = ['rules', index];
  const raw = (source.value['rules'] as readonly Raw[])[index] ?? {};
  const subject = asText(raw['subject']) as Subject;
  const complain = (at: YamlPath, message: string, hint: string | null, key?: 'key'): void => {
    problems.push({ place: key === 'key' ? yaml.keyPlace(at) : yaml.place(at), message, hint });
  };
  const detection = parseDetection(raw['detection'], [...path, 'detection'], new Set(known.macros.keys()), complain);
  const tests = parseTests(raw, subject, source, path, problems);
  const expression: Expression = detection?.expression ?? { kind: 'or', parts: [] };
  checkExpression(expression, [subject], known, { yaml, path: [...path, 'detection'] }, problems);
  const rule: Rule = {
    id: asText(raw['id']),
    aliases: asTexts(raw['aliases']),
    title: asText(raw['title']),
    status: raw['deprecated'] === true ? 'deprecated' : ((asText(raw['status']) || 'stable') as RuleStatus),
    subject,
    severity: asSeverity(raw['severity']),
    tags: asTexts(raw['tags']),
    expression,
    except: [],
    pack: source.pack,
    place: yaml.place(path),
  };
  const placeOf: ParsedRule['placeOf'] = (at) => {
    if (!('key' in at)) return at.length === 0 ? rule.place : yaml.keyPlace([...path, ...at]);
    return yaml.keyPlace(placeOfKey(yaml.value, [...path, 'detection'], at.key, null));
  };
  return { rule, text: parseText(raw), tests, unused: detection?.unused ?? [], placeOf };
}

/** A selection outside of rules (an exception, a policy's entry), whose fields one of the subjects must have. */
export function parseFreeSelection(
  value: unknown,
  subjects: readonly Subject[],
  known: Known,
  yaml: YamlFile,
  path: YamlPath,
  problems: Problem[],
): Expression | null {
  const expression = parseSelection(value, path, (at, message, hint, key) => {
    problems.push({ place: key === 'key' ? yaml.keyPlace(at) : yaml.place(at), message, hint });
  });
  if (expression !== null) checkExpression(expression, subjects, known, { yaml, path }, problems);
  return expression;
}
