/** One setting as a configuration has it. */
export interface Line {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Lines of one configuration that are looked at. */
const LINES_MAX = 50_000;
/** Longer lines are no settings. */
const LINE_CHARACTERS_MAX = 4_096;

function* numbered(text: string, comment: RegExp): Iterable<readonly [string, number]> {
  const lines = text.split('\n', LINES_MAX);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line !== '' && line.length <= LINE_CHARACTERS_MAX && !comment.test(line)) yield [line, index + 1];
  }
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

/** `key value`, `key = value`, `key: value`; keys in lower case, what stands after a comment sign at a line's start is none. */
export function keyValues(text: string, separator: RegExp, comment: RegExp = /^[#;]/): readonly Line[] {
  const found: Line[] = [];
  for (const [line, number] of numbered(text, comment)) {
    const match = separator.exec(line);
    if (match === null) found.push({ key: line.toLowerCase(), value: '', line: number });
    else
      found.push({
        key: line.slice(0, match.index).trim().toLowerCase(),
        value: unquoted(line.slice(match.index + match[0].length).trim()),
        line: number,
      });
  }
  return found;
}

export const BLANK = /\s+/;
export const EQUALS = /\s*=\s*/;
export const BLANK_OR_EQUALS = /\s*=\s*|\s+/;

/** `[section]` and `key = value`: the key is `section.key`, in lower case. */
export function iniValues(text: string): readonly Line[] {
  const found: Line[] = [];
  let section = '';
  for (const [line, number] of numbered(text, /^[#;]/)) {
    const header = /^\[(.*)\]$/.exec(line);
    if (header !== null) {
      section = (header[1] ?? '').trim().toLowerCase();
      found.push({ key: `[${section}]`, value: '', line: number });
      continue;
    }
    const at = line.indexOf('=');
    const key = (at < 0 ? line : line.slice(0, at)).trim().toLowerCase().replace(/\s+/g, ' ');
    found.push({ key: `${section}.${key}`, value: at < 0 ? '' : unquoted(line.slice(at + 1).trim()), line: number });
  }
  return found;
}

/** Nested `key:` lines of simple YAML as dotted keys, in lower case; lists and flow values stand as text. */
export function yamlValues(text: string): readonly Line[] {
  const found: Line[] = [];
  const stack: { indent: number; key: string }[] = [];
  for (const [index, raw] of text.split('\n', LINES_MAX).entries()) {
    if (raw.length > LINE_CHARACTERS_MAX) continue;
    const [, blanks = '', key, value = ''] =
      /^(\s*)([\w.-]+)\s*:(?:\s+(.*))?$/.exec(raw.replace(/\s#.*$/, '').trimEnd()) ?? [];
    if (key === undefined) continue;
    while (stack.length > 0 && (stack.at(-1)?.indent ?? 0) >= blanks.length) stack.pop();
    const whole = [...stack.map((part) => part.key), key].join('.').toLowerCase();
    if (value === '') stack.push({ indent: blanks.length, key });
    found.push({ key: whole, value: unquoted(value.trim()), line: index + 1 });
  }
  return found;
}

/** A `word word … { … }` or `word word …;` of nginx's and BIND's kind of configuration. */
export interface Statement {
  readonly words: readonly string[];
  readonly line: number;
  readonly block: readonly Statement[] | null;
}

const DEPTH_MAX = 32;
const STATEMENTS_MAX = 50_000;

/** What is left open (a quote, a comment) ends with the text, so that no text makes it slow. */
const TOKEN =
  /\n|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"((?:[^"\\]|\\[\s\S]?)*)(?:"|$)|'((?:[^'\\]|\\[\s\S]?)*)(?:'|$)|[{};]|[^\s{};#"']+/g;

/** Reads statements that end in `;` and blocks in braces; comments of three kinds. What is left open at the end is closed there. */
export function statements(text: string): readonly Statement[] {
  const root: Statement[] = [];
  const stack: Statement[][] = [root];
  let words: string[] = [];
  let line = 1;
  let count = 0;
  for (const match of text.matchAll(TOKEN)) {
    const token = match[0];
    const here = stack.at(-1) ?? root;
    if (count > STATEMENTS_MAX) break;
    if (token === '\n') line++;
    else if (token.startsWith('#') || token.startsWith('//')) continue;
    else if (token.startsWith('/*')) line += token.split('\n').length - 1;
    else if (token === ';') {
      if (words.length > 0) here.push({ words, line, block: null });
      words = [];
      count++;
    } else if (token === '{') {
      const block: Statement[] = [];
      here.push({ words, line, block });
      words = [];
      count++;
      if (stack.length < DEPTH_MAX) stack.push(block);
    } else if (token === '}') {
      if (words.length > 0) here.push({ words, line, block: null });
      words = [];
      if (stack.length > 1) stack.pop();
    } else words.push(match[1] ?? match[2] ?? token);
  }
  return root;
}

/** Every statement with the first words of the blocks around it, and its neighbours. */
export function* walk(
  list: readonly Statement[],
  parents: readonly string[] = [],
): Iterable<{
  readonly statement: Statement;
  readonly parents: readonly string[];
  readonly siblings: readonly Statement[];
}> {
  for (const statement of list) {
    yield { statement, parents, siblings: list };
    if (statement.block !== null) yield* walk(statement.block, [...parents, statement.words[0] ?? '']);
  }
}
