import { LineCounter, parseDocument } from 'yaml';
import { type Place, type Problem, UsageError } from './errors.js';
import { find, Nodes, offsetOf, plain, Refused, YAML_DEPTH_MAX, type YamlPath } from './yaml-nodes.js';

export type { YamlPath };
export { YAML_DEPTH_MAX };

/** Largest text accepted, in characters. A rule pack or configuration is a thousand times smaller. */
export const YAML_CHARACTERS_MAX = 4 * 1024 * 1024;
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

/** What to do about a mistake, by yaml's code for it. */
const HINTS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a text that holds ": " needs quotes; else check the indentation',
  BAD_SCALAR_START: 'put the text in quotes',
  MULTILINE_IMPLICIT_KEY: 'expected KEY: VALUE; check the colon and the indentation',
  BAD_INDENT: 'indent it as the lines beside it',
  BAD_DQ_ESCAPE: 'in double quotes a backslash begins an escape; use single quotes',
  TAG_RESOLVE_FAILED: 'tags have no meaning here; take it away',
  MULTIPLE_DOCS: 'one file holds one document; take the --- away',
};

/** What yaml says of a mistake, without its own position and picture. */
function explain(code: string, message: string, text: string, at: number): { message: string; hint: string | null } {
  const first = message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message;
  if (code === 'DUPLICATE_KEY') {
    const key = text.slice(at, at + 60).split(/[:\n]/)[0] ?? '';
    const twice = `the key "${key.trim()}" stands twice in one map`;
    return { message: twice, hint: key.trim() === '<<' ? 'write <<: [*ONE, *TWO]' : 'keep one of them' };
  }
  if (message.includes('call stack'))
    return { message: 'the file is nested too deeply', hint: `at most ${YAML_DEPTH_MAX} levels` };
  if (code === 'TAB_AS_INDENT') return { message: 'a tab is used for indentation', hint: 'use spaces' };
  if (code === 'MULTIPLE_DOCS') return { message: 'a second document begins here', hint: HINTS[code] ?? null };
  if (first.includes('Unexpected scalar at node end'))
    return { message: 'not valid YAML: text behind the end of a value', hint: "a ' in single quotes is written ''" };
  if (/end with a [\]}]/.test(first)) {
    const bracket = first.includes(']') ? ']' : '}';
    return { message: 'not valid YAML: a bracket is not closed before this', hint: `add ${bracket}` };
  }
  return { message: `not valid YAML: ${first}`, hint: HINTS[code] ?? null };
}

/** Offsets as places. */
type At = (offset: number) => Place;

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

/** Mistakes that do not make the parser stumble: each stands for itself. */
const INDEPENDENT = ['DUPLICATE_KEY', 'BAD_SCALAR_START', 'TAG_RESOLVE_FAILED', 'BAD_DQ_ESCAPE'];

/** Other mistakes make the parser stumble more than once, at the same place or with the same words: the first is the one to read. */
function mistakesOf(document: ReturnType<typeof parseDocument>, text: string, at: At): readonly Problem[] {
  const told = new Set<string | number>();
  const mistakes: Problem[] = [];
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const again = told.has(pos[0]) || (told.has(message) && !INDEPENDENT.includes(code));
    told.add(pos[0]).add(message);
    if (!again) mistakes.push({ place: at(pos[0]), ...explain(code, message, text, pos[0]) });
    if (mistakes.length === MISTAKES_MAX) break;
  }
  return mistakes;
}

function toFile(document: ReturnType<typeof parseDocument>, file: string, at: At): YamlFile {
  const nodes = new Nodes(document);
  return {
    file,
    value: plain(nodes),
    place: (path) => at(offsetOf(find(nodes, path).node)),
    keyPlace: (path) => {
      const { node, key } = find(nodes, path);
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
    if (!(error instanceof Refused)) throw error;
    throw new UsageError([{ place: at(offsetOf(error.node)), message: error.message, hint: error.hint }]);
  }
}
