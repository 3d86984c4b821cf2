/** One `Key=value` of a unit file, with where it stands. */
export interface UnitLine {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

/** Lines of one unit file that are read. */
const LINES_MAX = 5_000;

/** Reads the syntax of systemd.syntax(7): sections, comments, lines continued by a backslash. What makes no sense is left out, as systemd does. */
export function parseUnitFile(text: string, file: string): readonly UnitLine[] {
  const found: UnitLine[] = [];
  const lines = text.split('\n', LINES_MAX);
  let section = '';
  for (let at = 0; at < lines.length; at++) {
    const start = at;
    let line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    while (line.endsWith('\\') && at + 1 < lines.length) {
      at++;
      const next = (lines[at] ?? '').trim();
      if (!next.startsWith('#') && !next.startsWith(';')) line = `${line.slice(0, -1)} ${next}`;
      else line = `${line.slice(0, -1)}\\`;
    }
    const header = /^\[([^\]]*)\]$/.exec(line);
    if (header !== null) {
      section = header[1] ?? '';
      continue;
    }
    const equals = line.indexOf('=');
    if (equals <= 0) continue;
    found.push({
      section,
      key: line.slice(0, equals).trim(),
      value: line.slice(equals + 1).trim(),
      file,
      line: start + 1,
    });
  }
  return found;
}

/** The value that counts of a key that is given once: the last. */
export function lastOf(lines: readonly UnitLine[], section: string, key: string): UnitLine | null {
  return lines.findLast((line) => line.section === section && line.key === key) ?? null;
}

/** Values of a key that is a list; an empty one forgets those before it. */
export function listOf(lines: readonly UnitLine[], section: string, keys: readonly string[]): readonly UnitLine[] {
  let list: UnitLine[] = [];
  for (const line of lines) {
    if (line.section !== section || !keys.includes(line.key)) continue;
    if (line.value === '') list = list.filter((other) => other.key !== line.key);
    else list.push(line);
  }
  return list;
}

/** Words of a command line are cut at this number. */
const WORDS_MAX = 64;

/** Splits as systemd.service(5) says: blanks, quotes, C escapes kept as they stand. A quote left open ends with the text: no text makes it slow. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  for (const match of text.matchAll(
    /"((?:[^"\\]|\\[\s\S]?)*)(?:"|$)|'((?:[^'\\]|\\[\s\S]?)*)(?:'|$)|((?:[^\s"'\\]|\\[\s\S]?)+)/g,
  )) {
    if (words.length >= WORDS_MAX) break;
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return words;
}
