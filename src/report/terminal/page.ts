import { type Escaped, joined } from '../../lib/escape/escaped.js';
import { escapeTerminal, guardLog, linked, painted, type Style, terminal } from '../../lib/escape/terminal.js';
import { clip, pad, wrap, wrapCommand } from '../../lib/escape/wrap.js';
import { columnsOf } from '../../lib/width.js';
import type { Severity } from '../../model/finding.js';
import type { Look } from '../format.js';

type Text = Escaped<'terminal'>;

/** A cell of a table. */
export interface Cell {
  readonly text: string;
  readonly styles?: readonly Style[];
}

export interface Column {
  readonly title: string;
  /** Least and most columns it takes; what is left over is shared by `grow`. */
  readonly least: number;
  readonly most: number;
  /** Takes up to so many columns before the others share the rest. */
  readonly eager?: number;
}

/** A page that grows line by line. Takes plain text, escapes it, and keeps to the columns there are. */
export interface Page {
  readonly width: number;
  /** A section's title with a rule. */
  readonly heading: (title: string) => void;
  /** Wrapped text. */
  readonly paragraph: (text: string, indent?: number, styles?: readonly Style[]) => void;
  /** One line, cut where it is too long. */
  readonly line: (text: string, indent?: number, styles?: readonly Style[]) => void;
  /** Wrapped text that hangs behind a label of its own colours. */
  readonly item: (label: Cell, text: string, width: number, indent?: number, styles?: readonly Style[]) => void;
  /** The same on one line, cut where it is too long. */
  readonly itemLine: (label: Cell, text: string, width: number, styles?: readonly Style[]) => void;
  /** Number, badge, title, and at the right end a name, if it fits. */
  readonly titled: (number: string, badge: Cell, title: string, name: string, indent: number) => void;
  /** A command to paste: never broken inside a word. */
  readonly command: (command: string, indent: number) => void;
  /** Rows of the screen that a command would take. */
  readonly commandRows: (command: string, indent: number) => number;
  /** Rows of the screen that are filled. */
  readonly rows: () => number;
  /** Words that lead to pages, where the terminal can do that. */
  readonly links: (
    label: Cell,
    links: readonly { readonly id: string; readonly url: string }[],
    width: number,
    indent: number,
  ) => void;
  readonly table: (columns: readonly Column[], rows: readonly (readonly Cell[])[]) => void;
  readonly blank: () => void;
  readonly text: () => string;
}

export const SEVERITY_STYLES: Readonly<Record<Severity, readonly Style[]>> = {
  critical: ['bold', 'red', 'inverse'],
  high: ['bold', 'red'],
  medium: ['bold', 'yellow'],
  low: ['cyan'],
  info: ['dim'],
};

const COLUMNS_MIN = 40;
const COLUMNS_MAX = 120;

/** Widths of a table's columns: all get their least, then the rest is shared by need, first columns first. */
function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  safe: (text: string) => Text,
  width: number,
): readonly number[] {
  const needs = columns.map((column, index) => {
    let need = column.title.length;
    for (const row of rows) need = Math.max(need, columnsOf(safe(row[index]?.text ?? '')));
    return Math.min(column.most, need);
  });
  const widths = columns.map((column, index) => Math.min(column.least, needs[index] ?? 0));
  let left = width - 2 * (columns.length - 1) - widths.reduce((sum, w) => sum + w, 0);
  columns.forEach((column, index) => {
    if (column.eager === undefined) return;
    const wanted = Math.min(column.eager, needs[index] ?? 0) - (widths[index] ?? 0);
    const more = Math.max(0, Math.min(left, wanted));
    widths[index] = (widths[index] ?? 0) + more;
    left -= more;
  });
  while (left > 0) {
    const wanting = widths.map((w, index) => (w < (needs[index] ?? 0) ? index : -1)).filter((index) => index >= 0);
    if (wanting.length === 0) break;
    for (const index of wanting) {
      if (left === 0) break;
      widths[index] = (widths[index] ?? 0) + 1;
      left--;
    }
  }
  return widths;
}

/** Lines of a table: titles, then rows as tall as their tallest cell. */
function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  safe: (text: string) => Text,
  paint: (text: Text, styles: readonly Style[]) => Text,
): readonly Text[] {
  const widths = widthsOf(columns, rows, safe, width);
  const titles = columns.map((column): Cell => ({ text: column.title, styles: ['dim'] }));
  return [titles, ...rows].flatMap((cells) => {
    const wrapped = cells.map((cell, index) => wrap(safe(cell.text), Math.max(1, widths[index] ?? 1)));
    const height = Math.max(...wrapped.map((parts) => parts.length));
    return Array.from({ length: height }, (_, row) => {
      let line = terminal``;
      let gap = 0;
      cells.forEach((cell, index) => {
        const part = wrapped[index]?.[row] ?? terminal``;
        if (part !== '') {
          line = terminal`${line}${safe(' '.repeat(gap))}${paint(part, cell.styles ?? [])}`;
          gap = 0;
        }
        gap += Math.max(0, (widths[index] ?? 0) - columnsOf(part)) + 2;
      });
      return line;
    });
  });
}

const commandLines = (command: string, width: number, safe: (text: string) => Text): readonly Text[] =>
  command.split('\n').flatMap((row) => wrapCommand(safe(row), width));

/** Rows that a line of so many columns takes where the terminal itself wraps it. */
const rowsOf = (columns: number, width: number): number => Math.max(1, Math.ceil(columns / width));

export function pageFor(look: Look): Page {
  const width = Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, look.columns));
  const lines: Text[] = [];
  const mark = look.unicode ? '…' : '...';
  const safe = (text: string): Text => escapeTerminal(look.unicode ? text : text.replaceAll('…', '...'), look.unicode);
  const paint = (text: Text, styles: readonly Style[]): Text => (look.color ? painted(text, styles) : text);
  const blanks = (columns: number): Text => safe(' '.repeat(Math.max(0, columns)));

  const item: Page['item'] = (label, text, labelWidth, indent = 0, styles = []) => {
    const name = safe(label.text);
    const head = terminal`${blanks(indent)}${paint(name, label.styles ?? [])}${safe(pad(name, labelWidth))}`;
    wrap(safe(text), width - indent - labelWidth).forEach((part, index) => {
      lines.push(terminal`${index === 0 ? head : blanks(indent + labelWidth)}${paint(part, styles)}`);
    });
  };

  return {
    width,
    heading: (title) => {
      const words = clip(safe(title), width - 4, mark);
      const rule = (look.unicode ? '─' : '-').repeat(Math.max(2, width - columnsOf(words) - 1));
      lines.push(terminal`${paint(words, ['bold'])} ${paint(safe(rule), ['dim'])}`);
    },
    paragraph: (text, indent = 0, styles = []) => {
      for (const part of wrap(safe(text), width - indent))
        lines.push(terminal`${blanks(indent)}${paint(part, styles)}`);
    },
    line: (text, indent = 0, styles = []) => {
      lines.push(terminal`${blanks(indent)}${paint(clip(safe(text), width - indent, mark), styles)}`);
    },
    item,
    itemLine: (label, text, labelWidth, styles = []) => {
      const name = safe(label.text);
      const body = clip(safe(text), width - labelWidth, mark);
      lines.push(terminal`${paint(name, label.styles ?? [])}${safe(pad(name, labelWidth))}${paint(body, styles)}`);
    },
    titled: (number, badge, title, name, indent) => {
      // From the tenth on, the number is as wide as its column.
      const label = number.length < indent ? number.padEnd(indent) : `${number} `;
      const lead = terminal`${safe(label)}${paint(safe(badge.text), badge.styles ?? [])}  `;
      const hang = columnsOf(safe(label)) + columnsOf(safe(badge.text)) + 2;
      const right = safe(name);
      wrap(safe(title), width - hang).forEach((part, index) => {
        const room = width - hang - columnsOf(part) - columnsOf(right);
        const tail = index === 0 && room >= 2 ? terminal`${blanks(room)}${paint(right, ['dim'])}` : safe('');
        lines.push(terminal`${index === 0 ? lead : blanks(hang)}${paint(part, ['bold'])}${tail}`);
      });
    },
    command: (command, indent) => {
      for (const part of commandLines(command, width - indent, safe))
        lines.push(terminal`${blanks(indent)}${paint(part, ['green'])}`);
    },
    commandRows: (command, indent) =>
      commandLines(command, width - indent, safe).reduce((sum, row) => sum + rowsOf(columnsOf(row) + indent, width), 0),
    rows: () => lines.length,
    links: (label, links, labelWidth, indent) => {
      if (!look.color) return item(label, links.map((link) => link.id).join(', '), labelWidth, indent);
      const pieces = links.map((link) => linked(safe(link.id), link.url));
      const name = safe(label.text);
      lines.push(
        terminal`${blanks(indent)}${paint(name, label.styles ?? [])}${safe(pad(name, labelWidth))}${joined(pieces, safe(', '))}`,
      );
    },
    table: (columns, rows) => {
      for (const line of tableLines(columns, rows, width, safe, paint)) lines.push(line);
    },
    blank: () => {
      if (lines.length > 0 && lines.at(-1) !== '') lines.push(safe(''));
    },
    text: () => guardLog(`${lines.join('\n')}\n`, look.ci),
  };
}
