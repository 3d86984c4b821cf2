import type { RE2JS } from 're2js';
import { type Flags, parseCommon, type Term } from './re-syntax.js';
import { unreachable } from './unreachable.js';

/** A compiled regular expression: true where it is found anywhere in the text. Linear in the text's length, whatever the pattern. */
export type RegexTest = (text: string) => boolean;

/** Longest pattern accepted. */
export const PATTERN_CHARACTERS_MAX = 1024;
/** Ways in which optional parts may be taken, at each place of the text. */
const CHOICES_MAX = 64;

export type { Flags };

/** What backtracking over a sequence can cost: unlimited quantifiers on one path through it, and ways to take its optional parts. */
interface Cost {
  readonly unlimited: number;
  readonly choices: number;
  readonly anchorsInside: boolean;
}

function costOf(terms: readonly Term[]): Cost {
  let unlimited = 0;
  let choices = 1;
  let anchorsInside = false;
  for (const { node, min, max } of terms) {
    if (node.kind === 'start' || node.kind === 'end') anchorsInside = true;
    const inside = node.kind === 'group' ? node.alternatives.map(costOf) : [];
    unlimited += Math.max(0, ...inside.map((cost) => cost.unlimited));
    // A group that may stand twice can split a text in more ways than can be counted here.
    if (node.kind === 'group' && max > 1) unlimited = Number.POSITIVE_INFINITY;
    else if (max === Number.POSITIVE_INFINITY) unlimited++;
    else choices *= max - min + 1;
    choices *= inside.reduce((sum, cost) => sum + cost.choices, inside.length === 0 ? 1 : 0);
    anchorsInside ||= inside.some((cost) => cost.anchorsInside);
  }
  return { unlimited, choices, anchorsInside };
}

/** True when no part without limit can match the character. */
function unlimitedExclude(terms: readonly Term[], character: string): boolean {
  return terms.every(({ node, max }) => {
    if (node.kind === 'group') return node.alternatives.every((inside) => unlimitedExclude(inside, character));
    return node.kind !== 'character' || max !== Number.POSITIVE_INFINITY || node.excludes(character);
  });
}

/**
 * One branch takes linear time by backtracking: it has nothing without limit; or one such part on a path, and either starts at one place (`^`)
 * or at a character which that part cannot pass, so that no text is walked twice.
 */
function isLinear(terms: readonly Term[]): boolean {
  const { unlimited, choices } = costOf(terms);
  if (choices > CHOICES_MAX || unlimited > 1) return false;
  if (unlimited === 0) return true;
  const [first] = terms;
  if (first === undefined || first.min !== 1 || first.max !== 1) return false;
  if (first.node.kind === 'start') return true;
  return first.node.kind === 'character' && first.node.literal !== null && unlimitedExclude(terms, first.node.literal);
}

function termSource({ node, min, max }: Term): string {
  const often = min === 1 && max === 1 ? '' : `{${min},${max === Number.POSITIVE_INFINITY ? '' : max}}`;
  switch (node.kind) {
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'group':
      return `(?:${sourceOf(node.alternatives)})${often}`;
    case 'character':
      return node.source + often;
    default:
      return unreachable(node);
  }
}

const sourceOf = (alternatives: readonly (readonly Term[])[]): string =>
  alternatives.map((terms) => terms.map(termSource).join('')).join('|');

/** The longest text that every match holds; empty where it is not plain to see. */
function literalOf(alternatives: readonly (readonly Term[])[]): string {
  const [terms] = alternatives;
  if (terms === undefined || alternatives.length > 1) return '';
  let best = '';
  let run = '';
  for (const { node, min, max } of terms) {
    run = node.kind === 'character' && node.literal !== null && min === 1 && max === 1 ? run + node.literal : '';
    if (run.length > best.length) best = run;
  }
  return best;
}

/** A pattern for the built-in engine, and a literal that every match holds. Plain JSON. */
export interface NativeRegex {
  readonly source: string;
  readonly flags: string;
  readonly literal: string;
}

/** What the built-in engine is to be given, where it is shown to be harmless; else null: the pattern needs RE2. */
export function nativeRegex(pattern: string, given: Flags): NativeRegex | null {
  const parsed = parseCommon(pattern, given);
  if (parsed === null || !parsed.alternatives.every(isLinear)) return null;
  const { alternatives, flags } = parsed;
  // At lines the engines mean different things: only a newline ends a line for RE2.
  if (flags.m && alternatives.some((terms) => costOf(terms).anchorsInside)) return null;
  const native = { source: sourceOf(alternatives), flags: flags.i ? 'iu' : 'u', literal: literalOf(alternatives) };
  try {
    nativeTest(native);
    return native;
  } catch {
    return null;
  }
}

/** The test of a pattern that `nativeRegex` let through. */
export function nativeTest({ source, flags, literal }: NativeRegex): RegexTest {
  const regex = new RegExp(source, flags);
  return prefiltered((text) => regex.test(text), literal);
}

/** A literal that every match holds makes most records cheap. */
function prefiltered(test: RegexTest, literal: string): RegexTest {
  return literal.length < 2 ? test : (text) => text.includes(literal) && test(text);
}

/** True when the pattern needs the RE2 engine. */
export const needsRe2 = (pattern: string, flags: Flags): boolean => nativeRegex(pattern, flags) === null;

/** The RE2 engine, about twenty times slower and a quarter of a megabyte of code: loaded when a pattern needs it. */
export const loadRe2 = async (): Promise<typeof RE2JS> => (await import('re2js')).RE2JS;

/** Thrown by a test that needs the RE2 engine, which was not loaded: load it, compile again and ask again. */
export class Re2Missing extends Error {}

/**
 * Compiles a pattern of RE2's syntax. Without `re2`, a test that needs it throws Re2Missing when it is first asked.
 * @throws Error with one line that says why the pattern is refused.
 */
export function compileRegex(pattern: string, flags: Flags, re2: typeof RE2JS | null): RegexTest {
  if (pattern.length > PATTERN_CHARACTERS_MAX)
    throw new Error(`the regular expression is longer than ${PATTERN_CHARACTERS_MAX} characters`);
  const native = nativeRegex(pattern, flags);
  if (native !== null) return nativeTest(native);
  const parsed = parseCommon(pattern, flags);
  const literal = parsed === null ? '' : literalOf(parsed.alternatives);
  if (re2 === null)
    return prefiltered(() => {
      throw new Re2Missing(pattern);
    }, literal);
  const bits = (flags.i ? re2.CASE_INSENSITIVE : 0) | (flags.m ? re2.MULTILINE : 0) | (flags.s ? re2.DOTALL : 0);
  try {
    const compiled = re2.compile(pattern, bits);
    return prefiltered((text) => compiled.test(text), literal);
  } catch (error) {
    throw new Error(explainRefusal(pattern, error instanceof Error ? error.message : String(error)));
  }
}

/** Names what is outside of RE2, since its own message only shows the place. */
function explainRefusal(pattern: string, message: string): string {
  if (/\(\?<?[=!]/.test(pattern)) return 'look-ahead and look-behind are outside of RE2, which matches in linear time';
  if (/\\[1-9]|\\k</.test(pattern)) return 'back-references are outside of RE2, which matches in linear time';
  if (/[*+?}]\+/.test(pattern) || pattern.includes('(?>'))
    return 'possessive quantifiers and atomic groups are outside of RE2, which matches in linear time';
  return `not a regular expression of RE2's syntax: ${message.replace(/\s+/g, ' ')}`;
}
