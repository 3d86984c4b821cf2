import { isDeepStrictEqual } from 'node:util';
import { isMap, isSeq, LineCounter, parse, parseDocument } from 'yaml';

/** A list of the configuration without some of its entries. */
export interface Pruned {
  readonly text: string;
  /** True: the file had to be written anew, which keeps comments but not every blank. */
  readonly reformatted: boolean;
}

const KEY = 'waivers';

const blankOrComment = (line: string): boolean => /^\s*(?:#.*)?$/.test(line);
const comment = (line: string): boolean => /^\s*#/.test(line);

/** The lines of a block sequence's entry, from 0: with the comments right above it, without what stands above the next. */
function linesOfEntry(lines: readonly string[], first: number, last: number): readonly [number, number] {
  let from = first;
  while (from > 0 && comment(lines[from - 1] ?? '')) from--;
  let to = last;
  while (to > first && blankOrComment(lines[to] ?? '')) to--;
  return [from, to];
}

/** Cuts whole lines out; null: the entries do not stand on lines of their own. */
function cutLines(text: string, remove: ReadonlySet<number>): string | null {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const list = isMap(document.contents) ? document.contents.get(KEY, true) : null;
  if (!isSeq(list) || list.flow === true) return null;
  const lines = text.split('\n');
  const starts = list.items.map((item) => {
    const offset = (item as { range?: readonly number[] | null }).range?.[0];
    return offset === undefined ? -1 : counter.linePos(offset).line - 1;
  });
  if (starts.some((line) => !/^\s*-/.test(lines[line] ?? ''))) return null;
  const end = list.range?.[1] ?? text.length;
  const lastLine = counter.linePos(Math.max(0, end - 1)).line - 1;
  const gone = new Set<number>();
  for (const index of remove) {
    const [from, to] = linesOfEntry(lines, starts[index] ?? 0, (starts[index + 1] ?? lastLine + 1) - 1);
    for (let line = from; line <= to; line++) gone.add(line);
  }
  const kept = lines.filter((_, index) => !gone.has(index));
  if (remove.size < list.items.length) return kept.join('\n');
  const key = kept.findIndex((line) => new RegExp(`^${KEY}:\\s*(?:#.*)?$`).test(line));
  if (key < 0) return null;
  kept[key] = (kept[key] ?? '').replace(`${KEY}:`, `${KEY}: []`);
  return kept.join('\n');
}

/** As the parser of YAML writes it: comments stay, blanks need not. */
function rewritten(text: string, remove: ReadonlySet<number>): string {
  const document = parseDocument(text);
  for (const index of [...remove].sort((a, b) => b - a)) document.deleteIn([KEY, index]);
  return document.toString({ lineWidth: 0 });
}

/**
 * earshot.yaml without some of its waivers, everything else as it stood. What was cut is read again before it is believed.
 * @param remove indexes of the waivers to take away.
 */
export function withoutWaivers(text: string, remove: ReadonlySet<number>): Pruned {
  const before = parse(text) as Record<string, unknown>;
  const list = before[KEY] as readonly unknown[];
  const wanted = { ...before, [KEY]: list.filter((_, index) => !remove.has(index)) };
  const cut = cutLines(text, remove);
  if (cut !== null) {
    try {
      if (isDeepStrictEqual(parse(cut), wanted)) return { text: cut, reformatted: false };
    } catch {
      // The lines were not what they seemed; the parser's own way follows.
    }
  }
  return { text: rewritten(text, remove), reformatted: true };
}
