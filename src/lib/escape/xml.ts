import { type Escaped, tag } from './escaped.js';
import { visible, visibleLines } from './visible.js';

/** Own text around escaped pieces. */
export const xml = tag<'xml'>();

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text or attribute value on one line. XML 1.0 cannot hold most control characters at all, so they are shown as `\xNN`, as are
 * U+FFFE, U+FFFF and lone surrogates. `##[` and `[[` are broken: GitHub's log obeys the one, GitLab makes a link of the other in `[[ATTACHMENT|…]]`.
 */
export const escapeXml = (text: string): Escaped<'xml'> => encoded(visible(text));

/** The same for text of several lines. */
export const escapeXmlLines = (text: string): Escaped<'xml'> => encoded(visibleLines(text));

const encoded = (text: string): Escaped<'xml'> =>
  text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/\[\[(?=ATTACHMENT)/gi, '[\\x5b')
    .replaceAll('##[', '#&#35;[') as Escaped<'xml'>;
