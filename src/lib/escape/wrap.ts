import { columnsOf, columnsOfCharacter } from '../width.js';
import type { Escaped } from './escaped.js';

type Text = Escaped<'terminal'>;

/** Splits a text that is wider than `width` after its last whole character; what follows is the rest. */
function splitAt(text: string, width: number): readonly [string, string] {
  let columns = 0;
  let at = 0;
  for (const character of text) {
    const wide = columnsOfCharacter(character);
    if (columns + wide > width && at > 0) break;
    columns += wide;
    at += character.length;
  }
  return [text.slice(0, at), text.slice(at)];
}

/** Where a word too long for a line may break: after a separator in its last third, else anywhere. */
function breakWord(word: string, width: number): readonly [string, string] {
  const [head, tail] = splitAt(word, width);
  if (tail === '') return [head, tail];
  const after = Math.max(...['/', ':', ',', '-', '_', '.', '='].map((separator) => head.lastIndexOf(separator))) + 1;
  return after > (head.length * 2) / 3 ? [word.slice(0, after), word.slice(after)] : [head, tail];
}

/** Lines of at most `width` columns, broken at blanks where possible. Text that is already escaped stays so when cut anywhere. */
export function wrap(text: Text, width: number): readonly Text[] {
  if (columnsOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let columns = 0;
  for (let word of text.split(' ')) {
    let wide = columnsOf(word);
    if (line !== '' && columns + 1 + wide <= width) {
      line += ` ${word}`;
      columns += 1 + wide;
      continue;
    }
    if (line !== '') lines.push(line);
    while (wide > width) {
      const [head, tail] = breakWord(word, width);
      lines.push(head);
      word = tail;
      wide = columnsOf(word);
    }
    line = word;
    columns = wide;
  }
  if (line !== '') lines.push(line);
  return lines as Text[];
}

/** One line of at most `width` columns; `mark` says that something was left off. */
export function clip(text: Text, width: number, mark: string): Text {
  if (columnsOf(text) <= width) return text;
  return `${splitAt(text, width - columnsOf(mark))[0].trimEnd()}${mark}` as Text;
}

/** Blanks up to `width` columns. */
export const pad = (text: Text, width: number): string => ' '.repeat(Math.max(0, width - columnsOf(text)));

/** Where a shell reads on by itself at the end of a line. */
const READS_ON = /^(?:&&|\|\|?|.*;)$/;

/** The commands that operators join, each with the operator that follows it. */
function* joinedCommands(words: readonly string[]): Generator<string[]> {
  let command: string[] = [];
  for (const word of words) {
    command.push(word);
    if (!READS_ON.test(word)) continue;
    yield command;
    command = [];
  }
  if (command.length > 0) yield command;
}

/**
 * Breaks a shell command so that it can still be pasted whole: after `&&`, `||`, `|` and `;`, where a shell reads on by itself, else at
 * blanks outside quotes with a backslash. A word wider than the line is left as it is.
 */
export function wrapCommand(command: Text, width: number): readonly Text[] {
  if (columnsOf(command) <= width) return [command];
  const lines: string[] = [];
  for (const words of joinedCommands(shellWords(command))) {
    let line = '';
    for (const word of words) {
      if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > (READS_ON.test(word) ? width : width - 2)) {
        lines.push(`${line} \\`);
        line = '';
      }
      line = line === '' ? `${lines.length === 0 ? '' : '  '}${word}` : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines as Text[];
}

/** Splits at single blanks that stand outside quotes and are not escaped. */
function shellWords(command: string): readonly string[] {
  const words: string[] = [];
  let quote = '';
  let start = 0;
  for (let at = 0; at < command.length; at++) {
    const character = command[at] ?? '';
    if (quote === "'" ? character === "'" : quote === '"' && character === '"') quote = '';
    else if (quote !== "'" && character === '\\') at++;
    else if (quote === '' && (character === "'" || character === '"')) quote = character;
    else if (quote === '' && character === ' ') {
      words.push(command.slice(start, at));
      start = at + 1;
    }
  }
  words.push(command.slice(start));
  return words;
}
