import { type Escaped, tag } from './escaped.js';
import { webAddress } from './url.js';
import { visible } from './visible.js';

/*
 * GitHub Flavored Markdown. A code span in backticks cannot be made safe inside a table (renderers disagree on a backslash before a
 * pipe), so code is a `<code>` element. A comment in the middle of an address keeps it from becoming a link: the autolink extension
 * looks at the text after entities have been read.
 */

/** Own text around escaped pieces. */
export const markdown = tag<'markdown'>();

const APART = '<!-- -->';

const entity = (character: string): string => `&#${character.codePointAt(0) ?? 0};`;

/** Breaks what GitHub would turn into a link, wherever it stands. */
const unlinked = (text: string): string =>
  text.replace(/:(?=\/)/g, `&#58;${APART}`).replace(/(w)ww(?=\.)/gi, (found) => `${found}${APART}`);

/** Foreign text as code: names, paths, addresses, arguments. */
export function markdownCode(text: string): Escaped<'markdown'> {
  const shown = visible(text).replace(/[^A-Za-z0-9 ./:\-\u00a0-\u{10ffff}]/gu, entity);
  return `<code>${unlinked(shown.replace(/&#64;/g, `&#64;${APART}`))}</code>` as Escaped<'markdown'>;
}

/** A sentence: of ours, of a rule, or with foreign words in it. It stays one line and plain text. */
export function markdownText(text: string): Escaped<'markdown'> {
  const shown = visible(text.trim())
    .replace(/[^A-Za-z0-9 .,;:/()'"?!%\u00a0-\u{10ffff}-]/gu, entity)
    .replace(/^(\d+)([.)])/, (_, digits: string, mark: string) => `${digits}${entity(mark)}`)
    .replace(/^-/, '&#45;')
    .replace(/&#64;/g, '<code>&#64;</code>');
  return unlinked(shown) as Escaped<'markdown'>;
}

/** A command in a fence longer than any run of backticks in it. Several lines stay several. */
export function markdownFence(command: string): Escaped<'markdown'> {
  const lines = command.split('\n').map(visible);
  const longest = Math.max(2, ...[...command.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${lines.join('\n')}\n${fence}` as Escaped<'markdown'>;
}

/** A link to a page of the web; other addresses stay text. */
export function markdownLink(text: string, url: string): Escaped<'markdown'> {
  const address = webAddress(url);
  if (address === '') return markdownText(text);
  return `[${markdownText(text)}](${address})` as Escaped<'markdown'>;
}
