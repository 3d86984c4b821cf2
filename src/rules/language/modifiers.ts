import { formatPrefix, parsePrefix } from '../../lib/ip/address.js';
import { didYouMean } from '../../lib/nearest.js';
import type { Anchor, Comparison, Test } from './expression.js';
import { hasWildcard, type Part, parsePattern, widen } from './pattern.js';

/** A value as YAML gives it. */
export type Scalar = string | number | boolean | null;

/** What went wrong with a modifier or value: message and what to do. */
export class LanguageError extends Error {
  readonly hint: string | null;
  constructor(message: string, hint: string | null = null) {
    super(message);
    this.hint = hint;
  }
}

/** A value on its way through the modifiers. `raw` until one of them gives it a type. */
type Typed = { readonly kind: 'raw'; readonly value: Scalar } | Test;
type Modifier = (value: Typed, before: readonly string[]) => Typed;

function textParts(value: Typed, name: string): { readonly parts: readonly Part[]; readonly cased: boolean } {
  if (value.kind === 'text') return value;
  if (value.kind === 'raw' && typeof value.value === 'string')
    return { parts: parsePattern(value.value), cased: false };
  if (value.kind === 'raw' && typeof value.value === 'number')
    return { parts: [numberText(value.value)], cased: false };
  throw wrongType(name, 'a text', value, null);
}

/** What the modifiers before made of a value, in words. */
const KINDS: Readonly<Record<Test['kind'], string>> = {
  text: 'a pattern',
  boolean: 'a boolean',
  null: 'null',
  exists: 'the question whether a field is there',
  compare: 'a comparison',
  re: 'a regular expression',
  cidr: 'a network',
  fieldref: 'the name of a field',
  list: 'a list',
};

/** A modifier that does not take what it is given: by the rule itself, or by the modifiers before it. */
const wrongType = (name: string, takes: string, value: Typed, hint: string | null): LanguageError =>
  value.kind === 'raw'
    ? new LanguageError(`the modifier ${name} takes ${takes}, not ${JSON.stringify(value.value)}`, hint)
    : new LanguageError(
        `the modifier ${name} cannot follow one that made ${KINDS[value.kind]} of the value`,
        `take |${name} away`,
      );

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new LanguageError(`${value} is no number that a field can have`);
  return String(value);
}

const ANCHORS: Readonly<Record<'contains' | 'startswith' | 'endswith', Anchor>> = {
  contains: 'anywhere',
  startswith: 'start',
  endswith: 'end',
};

const placing =
  (name: 'contains' | 'startswith' | 'endswith'): Modifier =>
  (value) => {
    if (value.kind === 're' || value.kind === 'fieldref') {
      const both = value.anchor !== 'whole' && value.anchor !== ANCHORS[name];
      return { ...value, anchor: both ? 'anywhere' : ANCHORS[name] };
    }
    const { parts, cased } = textParts(value, name);
    return { kind: 'text', parts: widen(parts, name !== 'startswith', name !== 'endswith'), cased };
  };

const comparing =
  (operator: Comparison): Modifier =>
  (value) => {
    if (value.kind !== 'raw' || typeof value.value !== 'number')
      throw wrongType(
        operator,
        'a number',
        value,
        value.kind === 'raw' && typeof value.value === 'string' ? 'write it without quotes' : null,
      );
    numberText(value.value);
    return { kind: 'compare', operator, number: value.value };
  };

/** Modifiers that give the raw value its type must come first, as in pySigma: what they would do to a changed value is not defined. */
function mustBeFirst(name: string, before: readonly string[], mayFollow: readonly string[]): void {
  if (before.length === 0) return;
  const foreign = before.filter((each) => !mayFollow.includes(each));
  throw new LanguageError(
    `the modifier ${name} must come first, not after ${before.join('|')}`,
    foreign.length === 0 ? `write |${[name, ...before].join('|')}` : `take |${foreign.join('|')} away`,
  );
}

/** Modifiers that speak of the whole line. */
const OF_THE_LINE = ['all', 'neq'];

const flag =
  (letter: string, name: string): Modifier =>
  (value) => {
    if (value.kind !== 're')
      throw new LanguageError(
        `the modifier ${name} belongs to re`,
        `write |re|${name}, with a regular expression as value`,
      );
    return value.flags.includes(letter) ? value : { ...value, flags: [...value.flags, letter].sort().join('') };
  };

/** Modifiers by name. `all` and `neq` speak of the whole item and change no value. */
const MODIFIERS: Readonly<Record<string, Modifier>> = {
  all: (value) => value,
  neq: (value) => value,
  contains: placing('contains'),
  startswith: placing('startswith'),
  endswith: placing('endswith'),
  cased: (value) => {
    if (value.kind === 'raw' && typeof value.value !== 'string') throw wrongType('cased', 'a text', value, null);
    if (value.kind === 'fieldref') return { ...value, cased: true };
    return { kind: 'text', parts: textParts(value, 'cased').parts, cased: true };
  },
  exists: (value, before) => {
    mustBeFirst('exists', before, ['neq']);
    if (value.kind !== 'raw' || typeof value.value !== 'boolean')
      throw wrongType('exists', 'true or false', value, 'write it without quotes');
    return { kind: 'exists', value: value.value };
  },
  re: (value, before) => {
    mustBeFirst('re', before, [...OF_THE_LINE, 'contains', 'startswith', 'endswith', 'i', 'm', 's']);
    if (value.kind !== 'raw' || value.value === null || typeof value.value === 'boolean')
      throw wrongType('re', 'a regular expression', value, null);
    return { kind: 're', source: String(value.value), flags: '', anchor: 'whole' };
  },
  i: flag('i', 'i'),
  m: flag('m', 'm'),
  s: flag('s', 's'),
  cidr: (value, before) => {
    mustBeFirst('cidr', before, OF_THE_LINE);
    if (value.kind !== 'raw' || typeof value.value !== 'string')
      throw wrongType('cidr', 'a network such as 10.0.0.0/8', value, null);
    const prefix = parsePrefix(value.value);
    if (prefix === null)
      throw new LanguageError(
        `${JSON.stringify(value.value)} is no network`,
        'expected one such as 10.0.0.0/8 or fc00::/7',
      );
    const bits = parsePrefix(value.value.replace(/\/.*/, ''));
    if (bits === null || bits.value !== prefix.value)
      throw new LanguageError(
        `${value.value} has bits set behind its prefix`,
        `the network is ${formatPrefix(prefix)}`,
      );
    return { kind: 'cidr', prefix: formatPrefix(prefix) };
  },
  gt: comparing('gt'),
  gte: comparing('gte'),
  lt: comparing('lt'),
  lte: comparing('lte'),
  fieldref: (value) => {
    const plain = value.kind === 'raw' && typeof value.value === 'string';
    if (!plain && value.kind !== 'text') throw wrongType('fieldref', 'the name of a field', value, null);
    const { parts, cased } = textParts(value, 'fieldref');
    const [name] = parts;
    if (hasWildcard(parts) || typeof name !== 'string' || parts.length !== 1)
      throw new LanguageError('the modifier fieldref takes the name of one field, without wildcards');
    return { kind: 'fieldref', field: name, cased, anchor: 'whole' };
  },
};

/** Names a user may write, for hints and the schema. */
const MODIFIER_NAMES: readonly string[] = Object.keys(MODIFIERS);

const SAME_AS: Readonly<Record<string, string>> = { ignorecase: 'i', multiline: 'm', dotall: 's' };

const ENCODED = 'records hold decoded text, so there is nothing encoded to look for';
const CLOCK = 'records hold no time of day';
/** Modifiers of the Sigma specification that make no sense here, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  base64: ENCODED,
  base64offset: ENCODED,
  utf16: ENCODED,
  utf16le: ENCODED,
  utf16be: ENCODED,
  wide: ENCODED,
  windash: 'Linux programs have one kind of dash; list the spellings as values',
  expand: 'there are no placeholders; use a shared list: `field: { list: NAME }`',
  minute: CLOCK,
  hour: CLOCK,
  day: CLOCK,
  week: CLOCK,
  month: CLOCK,
  year: CLOCK,
};

/** Splits `field|modifier|modifier`. The field is null for keywords (`|all`). */
export function parseKey(key: string): { readonly field: string | null; readonly modifiers: readonly string[] } {
  const [field, ...names] = key.split('|');
  const modifiers = names.map((written) => {
    const name = SAME_AS[written] ?? written;
    const why = REFUSED[name];
    if (why !== undefined) throw new LanguageError(`the modifier ${written} is not supported: ${why}`);
    if (name === '')
      throw new LanguageError('a modifier is missing behind the |', `there are ${MODIFIER_NAMES.join(', ')}`);
    if (!Object.hasOwn(MODIFIERS, name))
      throw new LanguageError(
        `there is no modifier "${written}"`,
        didYouMean(written, MODIFIER_NAMES) ?? `there are ${MODIFIER_NAMES.join(', ')}`,
      );
    return name;
  });
  return { field: field === undefined || field === '' ? null : field, modifiers };
}

/** The test that a value makes under an item's modifiers. */
export function testOf(value: Scalar, modifiers: readonly string[]): Test {
  let typed: Typed = { kind: 'raw', value };
  const before: string[] = [];
  for (const name of modifiers) {
    const modifier = MODIFIERS[name];
    if (modifier === undefined) throw new LanguageError(`there is no modifier "${name}"`);
    typed = modifier(typed, before);
    before.push(name);
  }
  if (typed.kind !== 'raw') return typed;
  if (typed.value === null) return { kind: 'null' };
  if (typeof typed.value === 'boolean') return { kind: 'boolean', value: typed.value };
  if (typeof typed.value === 'number') return { kind: 'text', parts: [numberText(typed.value)], cased: false };
  return { kind: 'text', parts: parsePattern(typed.value), cased: false };
}
