import { baseName } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import { namedBy, type Root } from '../software/root.js';
import { redactArguments } from './redact.js';

/** Bytes of one file of arguments, and files of one command line. */
const FILE_BYTES_MAX = 65_536;
const FILES_MAX = 4;
/** Words of one file that count. */
const WORDS_MAX = 256;

/** Options of java(1) whose value stands in the next word. */
const VALUED =
  /^(?:-cp|-classpath|--class-path|-p|--module-path|--add-modules|--add-opens|--add-exports|--add-reads|--source|--upgrade-module-path|--limit-modules)$/;
/** What ends the virtual machine's own options: from here on the words are the program's. */
const LAST = /^(?:-jar|-m|--module|--disable-@files)(?:=|$)/;

/** Words of a file of arguments: blanks part them, quotes join them, `#` begins a comment (java(1), “Command-Line Argument Files”). */
function wordsIn(text: string): readonly string[] {
  const words: string[] = [];
  for (const [whole, double, single] of text.matchAll(/#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[^\s"'#]\S*/gs))
    if (!whole.startsWith('#')) words.push((double ?? single ?? whole).replace(/\\(.)/gs, '$1'));
  return words;
}

/**
 * The arguments of a Java virtual machine with what the files say that it was told to read (`java @options Main`). Only its own options are looked
 * at, since a program's argument may begin with `@` for other reasons, and only files that the process itself could read.
 */
export function withArgumentFiles(root: Root, holder: Process): readonly string[] {
  const { exe, args } = holder;
  if (!/^javaw?$/.test(baseName(exe ?? '')) || !args.some((word) => word.startsWith('@'))) return args;
  const all: string[] = [];
  let files = 0;
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const isOwn = at === 0 || word.startsWith('-') || word.startsWith('@') || VALUED.test(args[at - 1] ?? '');
    if (!isOwn || LAST.test(word)) return [...all, ...args.slice(at)];
    const text = word.startsWith('@') && files++ < FILES_MAX ? fileOf(root, holder, word.slice(1)) : null;
    if (text === null) all.push(word);
    else {
      const words = redactArguments(wordsIn(text).slice(0, WORDS_MAX));
      all.push(...words);
      // The program's name stood in the file: what follows is the program's.
      if (words.some((one, index) => LAST.test(one) || (!one.startsWith('-') && !VALUED.test(words[index - 1] ?? ''))))
        return [...all, ...args.slice(at + 1)];
    }
  }
  return all;
}

function fileOf(root: Root, holder: Process, name: string): string | null {
  if (!name.startsWith('/') && holder.cwd === null) return null;
  const text = namedBy(root, holder).readText(name.startsWith('/') ? name : `${holder.cwd}/${name}`, FILE_BYTES_MAX);
  return text.ok ? text.value : null;
}
