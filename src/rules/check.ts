import type { Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import { compileRegex } from '../lib/re.js';
import type { YamlFile, YamlPath } from '../lib/yaml.js';
import { fieldsOf, findField, type Subject } from './fields.js';
import { regexFlags, regexSource } from './language/compile.js';
import { type Expression, type Item, itemsOf, type Test } from './language/expression.js';
import { LanguageError, type Scalar, testOf } from './language/modifiers.js';

/** What rules may refer to. */
export interface Known {
  readonly macros: ReadonlyMap<string, Expression>;
  readonly lists: ReadonlyMap<string, readonly Scalar[]>;
  readonly re2: Parameters<typeof compileRegex>[2];
}

/** Where an expression stands. */
export interface Spot {
  readonly yaml: YamlFile;
  readonly path: YamlPath;
}

/** Names of the macros that an expression uses. */
export function macrosIn(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'macro':
      return [expression.name];
    case 'and':
    case 'or':
      return expression.parts.flatMap(macrosIn);
    case 'not':
    case 'selection':
      return macrosIn(expression.part);
    default:
      return [];
  }
}

const named = (subject: Subject): string =>
  subject === 'published' ? 'a published port' : `${/^[aeiou]/.test(subject) ? 'an' : 'a'} ${subject}`;
const whose = (subjects: readonly Subject[]): string => subjects.map(named).join(' or ');
const namesOf = (subjects: readonly Subject[]): ReadonlySet<string> =>
  new Set(subjects.flatMap((subject) => fieldsOf(subject).map((field) => field.name)));

/** Fields that an item names and none of the subjects has. */
function strangers(item: Item, subjects: readonly Subject[]): readonly string[] {
  const named = item.tests.flatMap((test) => (test.kind === 'fieldref' ? [test.field] : []));
  const all = item.field === null ? named : [item.field, ...named];
  return all.filter((name) => subjects.every((subject) => findField(subject, name) === null));
}

/** What is wrong with a test beyond its form: message and hint. */
function faultsOf(test: Test, known: Known): readonly (readonly [message: string, hint: string | null])[] {
  if (test.kind === 're') return regexFaults(test, known);
  if (test.kind !== 'list') return [];
  const values = known.lists.get(test.name);
  if (values === undefined)
    return [
      [
        `there is no list "${test.name}"`,
        didYouMean(test.name, known.lists.keys()) ?? `there are ${[...known.lists.keys()].join(', ') || 'none'}`,
      ],
    ];
  return values.flatMap((value): readonly (readonly [string, string | null])[] => {
    try {
      return faultsOf(testOf(value, test.modifiers), known);
    } catch (error) {
      if (!(error instanceof LanguageError)) throw error;
      return [[`the list "${test.name}": ${error.message}`, error.hint]];
    }
  });
}

function regexFaults(test: Extract<Test, { kind: 're' }>, known: Known): readonly (readonly [string, null])[] {
  const source = regexSource(test);
  try {
    compileRegex(source, regexFlags(test.flags), known.re2);
    return [];
  } catch (error) {
    return [[`${JSON.stringify(source)}: ${error instanceof Error ? error.message : String(error)}`, null]];
  }
}

/** Lists and regular expressions that an item names are looked up and compiled. */
export function checkTests(item: Item, known: Known, { yaml, path }: Spot, problems: Problem[]): void {
  for (const test of item.tests) {
    const value = test.kind === 're' ? test.source : null;
    for (const [message, hint] of faultsOf(test, known))
      problems.push({ place: yaml.place(placeOfKey(yaml.value, path, item.key, value)), message, hint });
  }
}

/**
 * Fields, lists, macros and regular expressions that an expression names are looked up, so that a typing mistake cannot become silence.
 * A field must be one of `subjects`'.
 */
export function checkExpression(
  expression: Expression,
  subjects: readonly Subject[],
  known: Known,
  { yaml, path }: Spot,
  problems: Problem[],
): void {
  for (const item of itemsOf(expression)) {
    const place = placeOfKey(yaml.value, path, item.key, null);
    for (const field of strangers(item, subjects))
      problems.push({
        place: yaml.keyPlace(place),
        message: `${whose(subjects)} has no field "${field}"`,
        hint: didYouMean(field, namesOf(subjects)) ?? `docs/rules.md lists the fields of ${whose(subjects)}`,
      });
    checkTests(item, known, { yaml, path }, problems);
  }
  for (const name of macrosIn(expression))
    for (const field of strangersOfMacro(name, subjects, known, []))
      problems.push({
        place: yaml.place([...path, 'condition']),
        message: `the macro "${name}" speaks of "${field}", which ${whose(subjects)} does not have`,
        hint: null,
      });
}

function strangersOfMacro(
  name: string,
  subjects: readonly Subject[],
  known: Known,
  trail: readonly string[],
): readonly string[] {
  const macro = known.macros.get(name);
  if (macro === undefined || trail.includes(name)) return [];
  return [
    ...[...itemsOf(macro)].flatMap((item) => strangers(item, subjects)),
    ...macrosIn(macro).flatMap((inside) => strangersOfMacro(inside, subjects, known, [...trail, name])),
  ];
}

/** The first place below `path` where a map has the key, and behind it the text (null: whatever stands there). */
export function placeOfKey(value: unknown, path: YamlPath, key: string, text: string | null): YamlPath {
  const behind = (at: unknown, here: YamlPath): YamlPath | null => {
    if (text === null || String(at) === text) return here;
    const index = Array.isArray(at) ? at.map(String).indexOf(text) : -1;
    return index < 0 ? null : [...here, index];
  };
  const search = (at: unknown, here: YamlPath): YamlPath | null => {
    if (typeof at !== 'object' || at === null) return null;
    if (!Array.isArray(at) && Object.hasOwn(at, key)) {
      const found = behind((at as Readonly<Record<string, unknown>>)[key], [...here, key]);
      if (found !== null) return found;
    }
    for (const [step, inside] of Object.entries(at)) {
      const found = search(inside, [...here, Array.isArray(at) ? Number(step) : step]);
      if (found !== null) return found;
    }
    return null;
  };
  const start = path.reduce<unknown>(
    (at, step) => (at as Readonly<Record<string | number, unknown>> | null)?.[step],
    value,
  );
  return search(start, path) ?? path;
}
