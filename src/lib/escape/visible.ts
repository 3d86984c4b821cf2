/** What no person can see, or what changes how the rest is seen, as ranges of a character class. */
const UNSEEN_RANGES = [
  '\\u0000-\\u001f\\u007f-\\u009f', // C0, DEL, C1
  '\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u3164\\uffa0', // soft hyphen, joiners and fillers without a glyph
  '\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff', // zero-width and bidirectional marks
  '\\u2028\\u2029', // line and paragraph separators
  '\\ufe00-\\ufe0f\\u{e0000}-\\u{e0fff}', // variation selectors and tags
  '\\ufff0-\\ufffb\\ufffe\\uffff\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}', // annotation, noncharacters, format marks
  '\\ue000-\\uf8ff\\u{f0000}-\\u{10ffff}', // private use
  '\\ud800-\\udfff', // surrogates without a partner
];

const UNSEEN = new RegExp(`[${UNSEEN_RANGES.join('')}]`, 'gu');

/** Plain text that is the same everywhere: nothing to escape, one column a character. */
const PLAIN = /^[ -~]*$/;

/** `\xNN` below U+0100, `\u{NNNN}` above. */
function codeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Foreign text on one line, with everything invisible written as `\xNN` or `\u{NNNN}`. Safe in no medium yet. */
export function visible(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSEEN, codeOf);
}

/** As `visible`, and everything beyond ASCII too: for terminals and logs that do not take UTF-8. */
export function visibleAscii(text: string): string {
  return PLAIN.test(text) ? text : text.replace(/[^ -~]/gu, codeOf);
}

/** As `visible`, but line ends stay. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visible).join('\n');
}

/** The first characters of a long text, and how long it was. `max` counts characters, not bytes. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max).replace(/[\ud800-\udbff]$/, '');
  return `${kept}… (cut, ${text.length} characters)`;
}

/**
 * Plain data with every string longer than `max` cut, but for those under the keys of `whole`. What needs no cutting is given back as
 * it is, not copied.
 */
export function cutStrings<T>(data: T, max: number, whole: ReadonlySet<string>): T {
  return cutValue(data, max, whole) as T;
}

function cutValue(value: unknown, max: number, whole: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return cut(value, max);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const made = value.map((inner) => cutValue(inner, max, whole));
    return made.some((inner, index) => inner !== value[index]) ? made : value;
  }
  let changed = false;
  const made: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const kept = whole.has(key) ? inner : cutValue(inner, max, whole);
    if (kept !== inner) changed = true;
    made.push([key, kept]);
  }
  return changed ? Object.fromEntries(made) : value;
}
