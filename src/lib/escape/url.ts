import { visible } from './visible.js';

/**
 * The address of a page of the web with every other byte than URL characters percent-encoded (RFC 3986), parentheses and brackets too,
 * so that it can stand in an attribute, a Markdown link or an escape sequence. Empty for anything that is not http or https.
 */
export function webAddress(url: string): string {
  if (!/^https?:\/\/[a-z0-9[]/i.test(url)) return '';
  return visible(url).replace(/[^\w\-.~:/?#&=+,;%]/gu, (character) =>
    character < '\u0080'
      ? `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
      : encodeURIComponent(character),
  );
}
