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
  const whole = text.includes('\\ud') && /\\ud[89a-f]/.test(text) ? JSON.stringify(mended(value), null, indent) : text;
  // Most reports are ASCII through and through, and that is told faster than what is not.
  const plain = Buffer.byteLength(whole) === whole.length && !whole.includes('\u007f');
  const unseen = plain ? whole : whole.replace(OBEYED, unicodeEscape);
  return unseen.includes('##[') ? unseen.replaceAll('##[', '#\\u0023[') : unseen;
}

/** Items of a long list that are written together: their text is a part of a megabyte. */
const ITEMS_TOGETHER = 64;
const INDENT = 2;

/** Members of objects whose JSON stands ready: by object and name, made when it is asked for. */
const ready = new WeakMap<object, ReadonlyMap<string, () => string | null>>();

/**
 * Says that there is a shorter way to the JSON of a member: `make` gives the text that toJson would write of it (`"name": …` with its indent, nothing
 * before or behind), or null. A copy of the object knows nothing of it.
 */
export function holdReady(object: object, name: string, make: () => string | null): void {
  ready.set(object, new Map([...(ready.get(object) ?? []), [name, make]]));
}

/** The members of an object as they stand in a document's top; empty where all are undefined, and left out. */
const membersText = (object: object): string => toJson(object, INDENT).slice(2, -2);

/** A long list, some of its items at a time. */
function* listPieces(name: string, list: readonly unknown[]): Generator<string> {
  for (let at = 0; at < list.length; at += ITEMS_TOGETHER) {
    const text = membersText({ [name]: list.slice(at, at + ITEMS_TOGETHER) });
    const first = at === 0;
    const last = at + ITEMS_TOGETHER >= list.length;
    // What opens the list, `"name": [` and its line, stands before the first item; what closes it behind the last.
    yield `${first ? '' : ','}${text.slice(first ? 0 : text.indexOf('[\n') + 1, last ? undefined : text.lastIndexOf('\n'))}`;
  }
}

/** The members of an object; what is short is written together. */
function* members(object: object): Generator<string> {
  const texts = ready.get(object);
  let before = '{\n';
  const none = (): Record<string, unknown> => Object.create(null);
  let short = none();
  const shortText = (): string => {
    const text = membersText(short);
    short = none();
    if (text === '') return '';
    const separated = before + text;
    before = ',\n';
    return separated;
  };
  for (const name of Object.keys(object)) {
    const text = texts?.get(name)?.() ?? null;
    const value: unknown = text === null ? (object as Readonly<Record<string, unknown>>)[name] : null;
    const isLong = Array.isArray(value) && value.length > ITEMS_TOGETHER;
    if (text === null && !isLong) {
      short[name] = value;
      continue;
    }
    yield shortText();
    yield before;
    if (text !== null) yield text;
    else if (isLong) yield* listPieces(name, value);
    before = ',\n';
  }
  yield shortText();
  yield before === '{\n' ? '{}' : '\n}';
}

/** Characters of a piece, about: a small report is one. */
const PIECE = 131_072;

/** toJson(object, 2) and `end` in pieces, so that a long text need not lie in memory as a whole. */
export function* jsonPieces(object: object, end: string): Generator<string> {
  let piece = '';
  for (const member of members(object)) {
    piece += member;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece + end;
}
