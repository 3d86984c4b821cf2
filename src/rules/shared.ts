import type { Place, Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { YamlPath } from '../lib/yaml.js';
import { checkExpression, type Known, macrosIn } from './check.js';
import { findField, SUBJECTS } from './fields.js';
import { isMap, listName, parseDetection, parseSelection } from './language/detection.js';
import { type Expression, itemsOf } from './language/expression.js';
import type { Scalar } from './language/modifiers.js';
import type { Shared } from './rule.js';
import type { Source } from './sources.js';

/** One definition of a shared list or macro, or a change to it. */
interface Definition {
  readonly source: Source;
  readonly path: YamlPath;
  readonly how: 'define' | 'add' | 'replace';
  readonly value: unknown;
}

/** Definitions by name, those of one name in the order of their files. */
function definitionsOf(
  sources: readonly Source[],
  key: 'lists' | 'macros',
): ReadonlyMap<string, readonly Definition[]> {
  const found = new Map<string, Definition[]>();
  for (const source of sources) {
    const all = source.value[key];
    if (!isMap(all)) continue;
    for (const [name, value] of Object.entries(all)) {
      const changes = isMap(value) && Object.keys(value).length === 1 ? value : {};
      const how =
        Array.isArray(changes['add']) || isMap(changes['add']) ? 'add' : 'replace' in changes ? 'replace' : 'define';
      const path = how === 'define' ? [key, name] : [key, name, how];
      const definition: Definition = { source, path, how, value: how === 'define' ? value : changes[how] };
      found.set(name, [...(found.get(name) ?? []), definition]);
    }
  }
  return found;
}

const placeOf = ({ source, path }: Definition): Place => source.yaml.place(path);

/** The definitions of a name that count: one definition, or one replacement, then additions. */
function effective(
  kind: string,
  name: string,
  definitions: readonly Definition[],
  known: boolean,
  problems: Problem[],
): readonly Definition[] {
  const of = (how: Definition['how']) => definitions.filter((definition) => definition.how === how);
  const [first, second] = of('define');
  const clash = second ?? (first !== undefined && known ? first : undefined);
  if (clash !== undefined)
    problems.push({
      place: clash.source.yaml.keyPlace(clash.path),
      message: `the ${kind} "${name}" is defined already${second === undefined || first === undefined ? ' by the built-in pack' : ` in ${first.source.yaml.file}`}`,
      hint: `give it another name, or change it: \`${name}: { add: … }\` or \`${name}: { replace: … }\``,
    });
  const [replacement, more] = of('replace');
  if (more !== undefined)
    problems.push({
      place: placeOf(more),
      message: `the ${kind} "${name}" is replaced twice`,
      hint: 'keep one of them',
    });
  if (first === undefined && !known)
    for (const change of definitions)
      problems.push({
        place: placeOf(change),
        message: `there is no ${kind} "${name}" to change`,
        hint: `define it: \`${name}: …\``,
      });
  const base = replacement ?? first;
  return [...(base === undefined ? [] : [base]), ...of('add')];
}

const DEFINE_LIST = 'define it: `lists: { NAME: [value, value] }`';

type ListEntry = Scalar | { readonly list: string };

function listEntries(definition: Definition, problems: Problem[]): readonly ListEntry[] {
  const values: readonly unknown[] = Array.isArray(definition.value) ? definition.value : [];
  return values.flatMap((value, index): readonly ListEntry[] => {
    const name = listName(value);
    if (name !== null) return [{ list: name }];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [value];
    // The schema has spoken of null.
    if (value === null) return [];
    const place = definition.source.yaml.place([...definition.path, index]);
    problems.push({
      place,
      message: 'a value of a list is a text or a number',
      hint: 'or { list: NAME } for another list',
    });
    return [];
  });
}

/** A circle is told once: from the name that comes first in it. */
const isFirstOf = (round: readonly string[]): boolean => round.every((name) => name >= (round[0] ?? ''));

/** Shared lists, with the lists they name spelled out. */
export function loadLists(sources: readonly Source[], base: Shared, problems: Problem[]): Shared['lists'] {
  const raw = new Map<string, readonly ListEntry[]>(Object.entries(base.lists));
  const places = new Map<string, Place>();
  for (const [name, definitions] of definitionsOf(sources, 'lists')) {
    const counting = effective('list', name, definitions, raw.has(name), problems);
    const entries = counting.flatMap((definition) => listEntries(definition, problems));
    const replaced = counting.some((definition) => definition.how !== 'add');
    raw.set(name, [...(replaced ? [] : (raw.get(name) ?? [])), ...entries]);
    const [first] = counting;
    if (first !== undefined) places.set(name, placeOf(first));
  }
  const resolve = (name: string, trail: readonly string[]): readonly Scalar[] =>
    (raw.get(name) ?? []).flatMap((entry): readonly Scalar[] => {
      if (typeof entry !== 'object' || entry === null) return [entry];
      const place = places.get(name) ?? null;
      if (!raw.has(entry.list))
        problems.push({
          place,
          message: `there is no list "${entry.list}"`,
          hint: didYouMean(entry.list, raw.keys()) ?? DEFINE_LIST,
        });
      else if (entry.list === name || trail.includes(entry.list)) {
        const round = [...trail, name, entry.list];
        if (isFirstOf(round))
          problems.push({
            place,
            message: `lists name each other: ${round.join(' → ')}`,
            hint: 'take one of them away',
          });
      } else return resolve(entry.list, [...trail, name]);
      return [];
    });
  return Object.fromEntries([...raw.keys()].sort().map((name) => [name, resolve(name, [])]));
}

/** Shared selections. */
export function loadMacros(
  sources: readonly Source[],
  base: Shared,
  { lists, re2 }: Pick<Known, 'lists' | 're2'>,
  problems: Problem[],
): Shared['macros'] {
  const macros = new Map<string, Expression>(Object.entries(base.macros));
  const places = new Map<string, Place>();
  const defined = definitionsOf(sources, 'macros');
  const names = new Set([...macros.keys(), ...defined.keys()]);
  for (const [name, definitions] of defined) {
    const counting = effective('macro', name, definitions, macros.has(name), problems);
    const known: Known = { macros: new Map(), lists, re2 };
    const parts = counting.flatMap((definition) => parseMacro(definition, names, known, problems) ?? []);
    const inherited = counting.some((definition) => definition.how !== 'add') ? undefined : macros.get(name);
    const all = inherited === undefined ? parts : [inherited, ...parts];
    const [only] = all;
    macros.set(name, all.length === 1 && only !== undefined ? only : { kind: 'or', parts: all });
    const [first] = counting;
    if (first !== undefined) places.set(name, placeOf(first));
  }
  for (const name of defined.keys()) {
    const round = cycle(name, macros, []);
    if (round !== null && isFirstOf(round))
      problems.push({
        place: places.get(name) ?? null,
        message: `macros use each other: ${round.join(' → ')}`,
        hint: 'take one of them away',
      });
  }
  return Object.fromEntries([...macros.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A macro does not know who will use it: its fields must be those of some subject. */
function parseMacro(
  { source: { yaml }, value, path }: Definition,
  names: ReadonlySet<string>,
  known: Known,
  problems: Problem[],
): Expression | null {
  const complain = (at: YamlPath, message: string, hint: string | null, key?: 'key'): void => {
    problems.push({ place: key === 'key' ? yaml.keyPlace(at) : yaml.place(at), message, hint });
  };
  const whole = isMap(value) && Object.hasOwn(value, 'condition');
  const expression = whole
    ? (parseDetection(value, path, names, complain)?.expression ?? null)
    : parseSelection(value, path, complain);
  for (const item of expression === null ? [] : itemsOf(expression)) {
    const named = SUBJECTS.filter((subject) => item.field !== null && findField(subject, item.field) !== null);
    const subjects = named.length === 0 ? SUBJECTS.slice(0, 1) : named;
    checkExpression({ kind: 'item', ...item }, subjects, known, { yaml, path }, problems);
  }
  return expression;
}

function cycle(
  name: string,
  macros: ReadonlyMap<string, Expression>,
  trail: readonly string[],
): readonly string[] | null {
  if (trail.includes(name)) return name === trail[0] ? [...trail, name] : null;
  const macro = macros.get(name);
  for (const next of macro === undefined ? [] : macrosIn(macro)) {
    const round = cycle(next, macros, [...trail, name]);
    if (round !== null) return round;
  }
  return null;
}
