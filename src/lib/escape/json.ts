/** What JSON.stringify leaves as it is though a terminal or a reader obeys it: DEL, C1, bidirectional marks, line and paragraph separators. */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const EVERY_LONE_SURROGATE = /[\ud800-\udfff]/gu;

/** A lone surrogate is no character and has no UTF-8: U+FFFD stands in its place. */
const wellFormed = (text: string): string =>
  LONE_SURROGATE.test(text) ? text.replace(EVERY_LONE_SURROGATE, '\ufffd') : text;

/** Makes the strings (and keys) of plain data well-formed; gives back the same object where nothing was wrong. */
function mended(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(mended);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormed(key), mended(inner)]));
  return value;
}

const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * JSON text of plain data; `indent` 0 puts it on one line. Nothing in it does anything to a terminal it is printed on. `##[` stands only inside strings, where `#\\u0023[` means the same and a CI
 * log does not take it for a command.
 */
export function toJson(value: unknown, indent: number): string {
  const text = JSON.stringify(value, null, indent);
  // JSON.stringify writes a lone surrogate as `\udXXX`, lower case, and nothing else that way.
  const whole = /\\ud[89a-f]/.test(text) ? JSON.stringify(mended(value), null, indent) : text;
  const unseen = whole.replace(OBEYED, unicodeEscape);
  return unseen.includes('##[') ? unseen.replaceAll('##[', '#\\u0023[') : unseen;
}
