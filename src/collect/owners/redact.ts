/**
 * Takes secrets out of arguments before they enter a snapshot. In doubt it takes too much: a report can do without a word of a command line,
 * but nobody can take back a password that was mailed.
 */
import { looksLikePath, nameKind } from './secret-names.js';
import { type SecretOptions, secretOptions } from './secret-options.js';

/** Stands where a secret stood. */
export const REDACTED = '[redacted]';

/** A command in quotes in a command in quotes …; what lies deeper is not looked at but taken out. */
const DEPTH_MAX = 5;

/** The shortest text that any of the shapes takes (`sk-` and eight characters are 11). */
const SHAPE_MIN = 10;
/** Shapes of secrets that need no name beside them, each with what stands in all of its kind: where that is missing, it need not even be made. */
const SHAPES: readonly (readonly [within: string, shape: RegExp])[] = [
  ['PRIVATE KEY', /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*/g],
  ['eyJ', /\beyJ[\w-]{4,4096}\.[\w-]{4,4096}(\.[\w-]*)?/g],
  [
    '',
    /\b(gh[pousr]_|github_pat_|glpat-|glrt-|xox[abeprs]-|xapp-|npm_|pypi-|hf_|dop_v1_|shpat_|sk_live_|sk_test_|rk_live_|sk-|SG\.|AIza|ya29\.|hvs\.|s\.(?=\w{24})|tskey-|AGE-SECRET-KEY-)[\w.+/=-]{8,}/g,
  ],
  ['IA', /\b(AKIA|ASIA)[A-Z0-9]{12,}/g],
  ['', /\b(bearer|basic)\s+[\w.+/=~-]{6,}/gi],
  ['$', /\$(1|2[aby]?|5|6|y|argon2(id|i|d))\$[\w./$=,+-]{8,}/g],
];

/** `scheme://user:secret@host`: up to the last `@` of the word; without an `@` (cut off) all that is no port. */
const USERINFO = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/:@]*):(?!\d{1,5}(?:[/?#\s"',;]|$))(?:\S*@|\S+)/gi;
/** `scheme://token@host`. */
const USERINFO_TOKEN = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/:@]{16,})@/gi;

/** Names are short; the limit keeps a hostile argument from costing the square of its length. */
const NAME = String.raw`[A-Za-z_][\w.-]{0,127}`;
/** A name, perhaps in quotes, then `=` or `:`. */
const ASSIGNMENT = new RegExp(String.raw`(?<![\w.])(["']?)(${NAME})\1(\s*(?:=|:)\s*)`, 'g');
/** Long, of all three classes, no path and no plain hex: nobody types that by hand. */
const LUMP_MIN = 40;
const LUMP = /(?<![\w/+=.-])[\w+/=-]{40,}(?![\w/+=-])/g;

function isLump(word: string): boolean {
  if (/^[0-9a-f-]+$/i.test(word) || word.startsWith('/') || word.startsWith('-')) return false;
  const slashes = word.split('/').length - 1;
  return /[a-z]/.test(word) && /[A-Z]/.test(word) && /[0-9]/.test(word) && slashes <= word.length / 16;
}

/** Where the value that starts at `at` ends: at its closing quote, else at the next blank that is not escaped. */
function valueEnd(text: string, at: number): number {
  const quote = text[at];
  const quoted = quote === '"' || quote === "'";
  for (let i = quoted ? at + 1 : at; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (quoted ? text[i] === quote : /\s/.test(text[i] ?? ''))
      return quoted && /^\S/.test(text.slice(i + 1)) ? valueEndAfterQuote(text, i + 1) : quoted ? i + 1 : i;
  }
  return text.length;
}

/** `'a'"b"c`: the shell joins what stands without a blank between. */
const valueEndAfterQuote = (text: string, at: number): number =>
  /^[,;)}\]&|]/.test(text.slice(at)) ? at : valueEnd(text, at);

function redactValue(kind: 'secret' | 'key' | 'pair', value: string): string {
  const bare = value.replace(/^["']|["']$/g, '');
  if (bare === '') return value;
  switch (kind) {
    case 'secret':
      return REDACTED;
    case 'key':
      return looksLikePath(bare) ? value : REDACTED;
    case 'pair':
      return redactPair(value);
  }
}

/** `user:secret`, `user%secret`, `user,secret`; two numbers are a user and group id. */
function redactPair(value: string): string {
  const at = value.search(/[:%,]/);
  if (at < 0 || /^\d+:\d+$/.test(value) || /:\/\//.test(value)) return value;
  return `${value.slice(0, at + 1)}${REDACTED}`;
}

/** Names with a value in the middle of a text. A header's value (`Cookie: a=b; c=d`) is all the rest. */
function redactAssignments(text: string): string {
  let out = '';
  let done = 0;
  ASSIGNMENT.lastIndex = 0;
  for (let match = ASSIGNMENT.exec(text); match !== null; match = ASSIGNMENT.exec(text)) {
    const [all, , name = '', sign = ''] = match;
    const kind = nameKind(name);
    const at = match.index + all.length;
    if (kind === 'plain' || (kind !== 'secret' && sign.includes(':')) || text.startsWith('//', at)) continue;
    const header = sign.includes(':') && !/^["']/.test(all);
    const end = header ? text.length : valueEnd(text, at);
    out += text.slice(done, at) + redactValue(kind, text.slice(at, end));
    done = end;
    ASSIGNMENT.lastIndex = Math.max(end, at);
  }
  return out + text.slice(done);
}

function redactUserinfo(text: string): string {
  const out = text.replace(
    USERINFO,
    (all, scheme: string, user: string) => `${scheme}${user}:${REDACTED}${all.endsWith('@') ? '@' : ''}`,
  );
  return out.replace(USERINFO_TOKEN, `$1${REDACTED}@`);
}

/** Secrets that show by themselves or by a name beside them. Most words hold nothing that an expression begins with: those are not run. */
export function redactText(text: string): string {
  let out = text.includes('://') ? redactUserinfo(text) : text;
  if (out.includes('=') || out.includes(':')) out = redactAssignments(out);
  if (out.length >= SHAPE_MIN)
    for (const [within, shape] of SHAPES) if (out.includes(within)) out = out.replace(shape, REDACTED);
  return out.length < LUMP_MIN ? out : out.replace(LUMP, (word) => (isLump(word) ? REDACTED : word));
}

/** Words of configuration languages that are also typed as arguments (`redis-server requirepass x`). */
const BARE_WORD = /^(password|passwd|passphrase|pass|secret|token|authtoken|requirepass|masterauth|apikey|psk)$/i;

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/:$/, '');

/** `--name`, `-name`, or the bare word: is the next argument its secret? */
function awaits(argument: string, options: SecretOptions | null): 'secret' | 'key' | 'pair' | null {
  if (options?.separate?.includes(argument)) return 'secret';
  if (options?.pair?.includes(argument)) return 'pair';
  if (!/^-{0,2}[A-Za-z][\w.-]*:?$/.test(argument)) return null;
  if (!argument.startsWith('-')) return BARE_WORD.test(argument) ? 'secret' : null;
  const kind = nameKind(argument.replace(/^-+|:$/g, ''));
  return kind === 'plain' || argument.length <= 2 ? null : kind;
}

/** `-pSECRET`: the option, if it is one of those. */
const attachedOption = (argument: string, options: SecretOptions | null): string | undefined =>
  options?.attached?.find(
    (option) => argument.startsWith(option) && argument.length > option.length && !argument.startsWith('--'),
  );

const WHOLE = new RegExp(String.raw`^(-{0,2}(?:D|X)?(?:${NAME}))=([\s\S]*)$`);

/** `NAME=VALUE` as a whole argument: the value may hold blanks. */
function redactWhole(argument: string): string | null {
  const match = argument.includes('=') ? WHOLE.exec(argument) : null;
  if (match === null) return null;
  const [, name = '', value = ''] = match;
  const kind = nameKind(name.replace(/^-+/, ''));
  const redacted = kind === 'plain' || value === '' ? value : redactValue(kind, value);
  return redacted === value ? null : `${name}=${redacted}`;
}

/** Splits a command in one argument into words and what stands between; quotes stay on their words. */
const split = (text: string): readonly string[] =>
  text.match(/\s+|(?:"(?:\\[\s\S]|[^"\\])*"?|'[^']*'?|\\[\s\S]?|[^\s"'\\])+/g) ?? [];

/** Takes the quotes of a shell word away. */
const unquote = (word: string): string =>
  word.replace(
    /"((?:\\[\s\S]|[^"\\])*)"?|'([^']*)'?|\\([\s\S]?)/g,
    (_, double?: string, single?: string, escaped?: string) =>
      double === undefined ? (single ?? escaped ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
  );

function redactCommand(text: string, depth: number): string {
  if (depth > DEPTH_MAX) return REDACTED;
  const pieces = split(text);
  const words = pieces.filter((piece) => !/^\s/.test(piece));
  const bare = words.map(unquote);
  const redacted = redactWords(bare, depth + 1);
  let next = 0;
  return pieces
    .map((piece) => {
      if (/^\s/.test(piece)) return piece;
      const at = next++;
      return redacted[at] === bare[at] ? (words[at] ?? '') : (redacted[at] ?? '');
    })
    .join('');
}

function redactWord(argument: string, options: SecretOptions | null, depth: number): string {
  const attached = attachedOption(argument, options);
  if (attached !== undefined) return `${attached}${REDACTED}`;
  const whole = redactWhole(argument);
  if (whole !== null) return whole;
  const text = redactText(argument);
  return /\s/.test(text.trim()) ? redactCommand(text, depth) : text;
}

function redactWords(args: readonly string[], depth: number): string[] {
  let options: SecretOptions | null = null;
  let pending: 'secret' | 'key' | 'pair' | null = null;
  return args.map((argument) => {
    if (pending !== null) {
      const kind = pending;
      // `--token --password x`: the first took no value after all, and the second's must not slip through.
      pending = argument.startsWith('-') ? awaits(argument, options) : null;
      const redacted = redactValue(kind, argument);
      if (redacted !== argument || kind === 'secret') return redacted;
    }
    if (!argument.startsWith('-')) options = known(argument, args) ?? options;
    pending = awaits(argument, options);
    return redactWord(argument, options, depth);
  });
}

function known(argument: string, args: readonly string[]): SecretOptions | null {
  const found = secretOptions(baseName(argument));
  return found?.onlyWith === undefined || args.includes(found.onlyWith) ? found : null;
}

/** So much of an argument is looked at; the word that is cut there goes too, because half a secret is not recognised. */
const LOOKED_CHARACTERS = 8_192;
const CUT = '[cut]';

const shortened = (argument: string): string =>
  argument.length <= LOOKED_CHARACTERS ? argument : argument.slice(0, LOOKED_CHARACTERS).replace(/\S*$/, CUT);

/** Arguments with secrets replaced by `[redacted]`. As many come back as go in; very long ones end in `[cut]`. */
export function redactArguments(args: readonly string[]): readonly string[] {
  return redactWords(args.map(shortened), 0);
}
