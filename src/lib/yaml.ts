import { type Alias, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type Place, type Problem, UsageError } from './errors.js';

/** Way to a value inside a document: keys and indexes. */
export type YamlPath = readonly (string | number)[];

/** Largest text accepted, in characters. A rule pack or configuration is a thousand times smaller. */
export const YAML_CHARACTERS_MAX = 4 * 1024 * 1024;
/** Most values in a document, aliases counted as often as they are used. */
const NODES_MAX = 250_000;
/** Levels of collections in one another. */
export const YAML_DEPTH_MAX = 64;
/** One missing bracket makes hundreds: the first of them say it. */
const MISTAKES_MAX = 20;

/** Openings of collections one behind the other: the parser, which recurses, is never shown more than are allowed. */
const TOO_DEEP = new RegExp(`(?:[[{]\\s*|[-?] +){${YAML_DEPTH_MAX + 1}}`);

/** Whether a text is nested deeper than any parser of ours is shown. */
export const isTooDeep = (text: string): boolean => TOO_DEEP.test(text);

/** A YAML document as plain JSON data, with the place of every value in its text. */
export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  /** Place of the value at `path`, or of the nearest one above it that exists. */
  readonly place: (path: YamlPath) => Place;
  /** Place of the key at the end of `path`; of the value where it has none. */
  readonly keyPlace: (path: YamlPath) => Place;
}

type Anything = Node | null | undefined;

class TooMuch extends Error {
  readonly node: Anything;
  constructor(node: Anything, message: string) {
    super(message);
    this.node = node;
  }
}

/**
 * A number that JavaScript cannot hold exactly (a 64-bit cookie) stays the text it is, and so does one with leading zeros: YAML 1.1 took 0644
 * for octal, 1.2 takes it for 644, and who writes it means neither.
 */
const isText = (value: number, source: string | undefined): boolean =>
  (Number.isInteger(value) && !Number.isSafeInteger(value)) || /^[-+]?0\d/.test(source ?? '');

/** Turns nodes into plain data. Aliases are followed here, counted, so that a few lines cannot become a billion values. */
function plain(root: Anything, resolve: (alias: Alias) => Anything): unknown {
  let nodes = 0;
  const convert = (node: Anything, depth: number): unknown => {
    if (++nodes > NODES_MAX) throw new TooMuch(node, `more than ${NODES_MAX} values, aliases counted`);
    if (depth > YAML_DEPTH_MAX) throw new TooMuch(node, `nested deeper than ${YAML_DEPTH_MAX} levels`);
    if (isAlias(node)) return convert(resolve(node), depth + 1);
    if (isScalar(node)) {
      const { value } = node;
      if (typeof value === 'number' && isText(value, node.source)) return node.source ?? String(value);
      return value === undefined ? null : value;
    }
    if (isSeq(node)) return node.items.map((item) => convert(isPair(item) ? null : (item as Anything), depth + 1));
    if (isMap(node)) {
      const object: Record<string, unknown> = {};
      for (const { key, value } of node.items)
        Object.defineProperty(object, keyText(key as Anything), {
          value: convert(value as Anything, depth + 1),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      return object;
    }
    return null;
  };
  return convert(root, 0);
}

function keyText(key: Anything): string {
  if (!isScalar(key)) return String(key ?? '');
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

interface Found {
  readonly node: Anything;
  readonly key: Anything;
}

function find(root: Anything, path: YamlPath, resolve: (alias: Alias) => Anything): Found {
  let node = root;
  let key: Anything = null;
  for (const step of path) {
    const inside: Anything = isAlias(node) ? resolve(node) : node;
    if (isMap(inside)) {
      const pair = inside.items.find((item) => keyText(item.key as Anything) === String(step));
      if (pair === undefined) return { node, key };
      key = pair.key as Anything;
      node = (pair.value as Anything) ?? key;
    } else if (isSeq(inside) && typeof step === 'number') {
      const item = inside.items[step] as Anything;
      if (item === undefined || item === null) return { node, key };
      key = null;
      node = item;
    } else return { node, key };
  }
  return { node, key };
}

/** What yaml says of a mistake, without its own position and picture. */
function explain(code: string, message: string, text: string, at: number): { message: string; hint: string | null } {
  const first = message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message;
  if (code === 'DUPLICATE_KEY') {
    const key = text.slice(at, at + 60).split(/[:\n]/)[0] ?? '';
    return { message: `the key "${key.trim()}" stands twice in one map`, hint: 'keep one of them' };
  }
  if (message.includes('call stack'))
    return { message: 'the file is nested too deeply', hint: `at most ${YAML_DEPTH_MAX} levels` };
  if (code === 'TAB_AS_INDENT') return { message: 'a tab is used for indentation', hint: 'use spaces' };
  return { message: `not valid YAML: ${first}`, hint: null };
}

/** Offsets as places. */
type At = (offset: number) => Place;

const offsetOf = (node: Anything): number => node?.range?.[0] ?? 0;

/** What is wrong with a text before it is parsed. */
function refusals(text: string, file: string): readonly Problem[] {
  if (text.length > YAML_CHARACTERS_MAX)
    return [
      {
        place: { file, line: 1, column: 1 },
        message: `the file has ${text.length} characters`,
        hint: `at most ${YAML_CHARACTERS_MAX} are read`,
      },
    ];
  const deep = TOO_DEEP.exec(text);
  return deep === null ? [] : [tooDeep(file, text.slice(0, deep.index).split('\n').length)];
}

const tooDeep = (file: string, line: number): Problem => ({
  place: { file, line, column: 1 },
  message: 'the file is nested too deeply',
  hint: `at most ${YAML_DEPTH_MAX} levels`,
});

/** One mistake makes the parser stumble more than once, at the same place or with the same words: the first is the one to read. */
function mistakesOf(document: ReturnType<typeof parseDocument>, text: string, at: At): readonly Problem[] {
  const all = [...document.errors, ...document.warnings].slice(0, MISTAKES_MAX);
  return all
    .filter(
      (error, index) =>
        !all.slice(0, index).some((other) => other.pos[0] === error.pos[0] || other.message === error.message),
    )
    .map((error) => ({ place: at(error.pos[0]), ...explain(error.code, error.message, text, error.pos[0]) }));
}

function toFile(document: ReturnType<typeof parseDocument>, file: string, at: At): YamlFile {
  const resolve = (alias: Alias): Anything => alias.resolve(document) ?? null;
  const root = document.contents as Anything;
  return {
    file,
    value: plain(root, resolve),
    place: (path) => at(offsetOf(find(root, path, resolve).node)),
    keyPlace: (path) => {
      const { node, key } = find(root, path, resolve);
      return at(offsetOf(key ?? node));
    },
  };
}

/**
 * Parses one YAML 1.2 document. Duplicate keys, unknown tags, several documents and everything else that is not plain data are errors.
 * @throws UsageError with every mistake of the file, each with its place.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const refused = refusals(body, file);
  if (refused.length > 0) throw new UsageError(refused);
  const lines = new LineCounter();
  const at: At = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(body, { lineCounter: lines, prettyErrors: false, stringKeys: false, merge: false });
    const mistakes = mistakesOf(document, body, at);
    if (mistakes.length > 0) throw new UsageError(mistakes);
    return toFile(document, file, at);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError([tooDeep(file, 1)]);
    if (!(error instanceof TooMuch)) throw error;
    throw new UsageError([
      { place: at(offsetOf(error.node)), message: error.message, hint: 'make the file smaller or flatter' },
    ]);
  }
}
