import { type Escaped, tag } from './escaped.js';
import { webAddress } from './url.js';
import { visible, visibleAscii, visibleLines } from './visible.js';

/** A log that obeys lines printed into it. */
export type CiLog = 'github' | 'gitlab' | null;

/** Own text around escaped pieces. */
export const terminal = tag<'terminal'>();

/** Foreign text for one line of a terminal or log. `unicode` false: everything beyond ASCII is written as `\u{…}`. */
export function escapeTerminal(text: string, unicode = true): Escaped<'terminal'> {
  return (unicode ? visible(text) : visibleAscii(text)) as Escaped<'terminal'>;
}

/** Foreign text whose line ends may stay (an error of several lines). Pass the whole output through `guardLog` as well. */
export function escapeTerminalLines(text: string): Escaped<'terminal'> {
  return visibleLines(text) as Escaped<'terminal'>;
}

/** The commands GitHub's runner obeys at a line start (actions/runner, ActionCommandManager). */
const GITHUB_COMMAND =
  /^([ \t]*):(?=:(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher|save-state|set-env|set-output|stop-commands|warning)(?:[ :]|$))/gim;

/**
 * The last step before text reaches a log that obeys what is printed: breaks what GitHub's or GitLab's runner would take for a
 * command. Works on whole output, because where lines start is known only then.
 */
export function guardLog(text: string, ci: CiLog): string {
  if (ci === 'github') return text.replace(/##\[/g, '#\\x23[').replace(GITHUB_COMMAND, '$1\\x3a');
  if (ci === 'gitlab') return text.replace(/section_(?=(?:start|end):)/g, 'section\\x5f');
  return text;
}

/** Select Graphic Rendition parameters, ECMA-48: the 16 colours that every terminal's own theme defines. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan' | 'blue' | 'magenta' | 'underline' | 'inverse';

const SGR: Readonly<Record<Style, number>> = {
  bold: 1,
  dim: 2,
  underline: 4,
  inverse: 7,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

/** Text in our own colours. */
export function painted(text: Escaped<'terminal'>, styles: readonly Style[]): Escaped<'terminal'> {
  if (styles.length === 0 || text === '') return text;
  return `\u001b[${styles.map((style) => SGR[style]).join(';')}m${text}\u001b[0m` as Escaped<'terminal'>;
}

/** OSC 8 hyperlink to a page of the web; other addresses stay text. */
export function linked(text: Escaped<'terminal'>, url: string): Escaped<'terminal'> {
  const address = webAddress(url);
  return address === '' ? text : (`\u001b]8;;${address}\u001b\\${text}\u001b]8;;\u001b\\` as Escaped<'terminal'>);
}
