import type { RE2JS } from 're2js';

/** A compiled regular expression: true where it is found anywhere in the text. Linear in the text's length, whatever the pattern. */
export type RegexTest = (text: string) => boolean;

/** Longest pattern accepted. */
export const PATTERN_CHARACTERS_MAX = 1024;

export type Flags = { readonly i: boolean; readonly m: boolean; readonly s: boolean };

const METACHARACTERS = new Set('\\^$.*+?()[]{}|');
/** Escapes that mean the same in RE2 and in JavaScript with the `u` flag. */
const SAME_ESCAPES = new Set(['d', 'D', 'w', 'W', 'n', 't', 'r', 'f', 'v']);

interface Shape {
  /** The pattern for the built-in engine. */
  readonly source: string;
  /** Literal text that every match holds; empty: none known. */
  readonly literal: string;
}

/** Where the class that opens at `at` ends, and its text; null where it holds something whose meaning differs between the engines. */
function readClass(pattern: string, at: number): { readonly end: number; readonly text: string } | null {
  const body = /^\[\^?((?:[A-Za-z0-9 _./:;,@%=!<>~#'"+*?$|(){}-]|\\[dDwWntr.\\\]^/*+?$|(){}-])+)\]/.exec(
    pattern.slice(at),
  );
  if (body === null || /&&|--|\|\|/.test(body[0])) return null;
  return { end: at + body[0].length, text: body[0].replace(/([(){}|/$+*?.])/g, (all) => (all === '/' ? '/' : all)) };
}

/**
 * Rewrites a pattern for the built-in engine where that is harmless: no unlimited quantifier, or one only behind a leading `^`, on a
 * single character; no quantified group; at most four optional parts. Then each start does a bounded amount of work, and an anchored
 * pattern has one start. null: not shown to be harmless.
 */
function harmless(pattern: string, flags: Flags): Shape | null {
  const anchored = pattern.startsWith('^') && !flags.m && !hasTopLevelBar(pattern);
  let source = '';
  let unlimited = 0;
  let optional = 0;
  let run = '';
  let literal = '';
  let depth = 0;
  const keep = (): void => {
    if (run.length > literal.length && !pattern.includes('|')) literal = run;
    run = '';
  };
  for (let at = 0; at < pattern.length; ) {
    const character = pattern.charAt(at);
    let atom = '';
    let single: string | null = null;
    if (character === '\\') {
      const next = pattern.charAt(at + 1);
      if (METACHARACTERS.has(next) || next === '/' || next === '-') {
        atom = next === '-' ? '-' : `\\${next}`;
        single = next;
      } else if (SAME_ESCAPES.has(next)) atom = `\\${next}`;
      else return null;
      at += 2;
    } else if (character === '[') {
      const found = readClass(pattern, at);
      if (found === null) return null;
      atom = found.text;
      at = found.end;
    } else if (character === '.') {
      atom = flags.s ? '[^]' : '[^\\n]';
      at++;
    } else if (character === '(') {
      if (pattern.charAt(at + 1) === '?' && pattern.charAt(at + 2) !== ':') return null;
      const opening = pattern.charAt(at + 1) === '?' ? '(?:' : '(';
      at += opening.length;
      source += '(?:';
      depth++;
      keep();
      continue;
    } else if (character === ')' || character === '|' || character === '^' || character === '$') {
      if (character === ')') depth--;
      if (depth < 0 || (flags.m && (character === '^' || character === '$'))) return null;
      keep();
      source += character;
      at++;
      if (character === ')' && /^[*+?{]/.test(pattern.slice(at))) {
        if (pattern.charAt(at) !== '?' || ++optional > 4) return null;
        source += '?';
        at++;
        literal = '';
        if (/^[*+?{]/.test(pattern.slice(at))) return null;
      }
      continue;
    } else if (METACHARACTERS.has(character)) return null;
    else {
      atom = character;
      single = character;
      at++;
    }
    const quantifier = /^(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})/.exec(pattern.slice(at))?.[0] ?? '';
    at += quantifier.length;
    if (/^[*+?{]/.test(pattern.slice(at))) return null;
    if (/^[*+]$|,\}$/.test(quantifier)) unlimited++;
    else if (quantifier === '?' || quantifier.includes(',')) optional++;
    if (single !== null && quantifier === '' && depth === 0) run += single;
    else keep();
    source += atom + quantifier;
  }
  keep();
  if (depth !== 0 || optional > 4 || unlimited > (anchored ? 1 : 0)) return null;
  return { source, literal };
}

/** A `|` outside of groups: then `^` binds its own branch only. */
function hasTopLevelBar(pattern: string): boolean {
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === '\\') at++;
    else if (character === '[') at = Math.max(at, pattern.indexOf(']', at + 2));
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}

/** A literal that every match holds makes most records cheap. Without case folding only. */
function prefiltered(test: RegexTest, literal: string, flags: Flags): RegexTest {
  return literal.length < 2 || flags.i ? test : (text) => text.includes(literal) && test(text);
}

/** True when the pattern needs the RE2 engine, which must then be given to `compileRegex`. */
export const needsRe2 = (pattern: string, flags: Flags): boolean => nativeRegex(pattern, flags) === null;

function nativeRegex(pattern: string, flags: Flags): RegexTest | null {
  const shape = harmless(pattern, flags);
  if (shape === null) return null;
  try {
    const regex = new RegExp(shape.source, flags.i ? 'iu' : 'u');
    return prefiltered((text) => regex.test(text), shape.literal, flags);
  } catch {
    return null;
  }
}

/** The longest text outside of groups, classes and quantified atoms, where it is plain to see; empty where not. */
function literalOf(pattern: string): string {
  if (/[|()\\[{?]/.test(pattern)) return '';
  const runs = pattern.split(/.?[*+]|[.^$]/);
  return runs.reduce((best, text) => (text.length > best.length ? text : best), '');
}

/** The RE2 engine, loaded when the first pattern needs it. */
export const loadRe2 = async (): Promise<typeof RE2JS> => (await import('re2js')).RE2JS;

/**
 * Compiles a pattern of RE2's syntax. A `re2` of null is allowed where `needsRe2` is false.
 * @throws Error with one line that says why the pattern is refused.
 */
export function compileRegex(pattern: string, flags: Flags, re2: typeof RE2JS | null): RegexTest {
  if (pattern.length > PATTERN_CHARACTERS_MAX)
    throw new Error(`the regular expression is longer than ${PATTERN_CHARACTERS_MAX} characters`);
  const native = nativeRegex(pattern, flags);
  if (native !== null) return native;
  if (re2 === null) throw new Error('the RE2 engine is not loaded');
  const bits = (flags.i ? re2.CASE_INSENSITIVE : 0) | (flags.m ? re2.MULTILINE : 0) | (flags.s ? re2.DOTALL : 0);
  try {
    const compiled = re2.compile(pattern, bits);
    return prefiltered((text) => compiled.test(text), literalOf(pattern), flags);
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
