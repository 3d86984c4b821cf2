/** Any run of characters, none too (`*`). */
export const MANY = 0;
/** Exactly one character (`?`). */
export const ONE = 1;
/** A Sigma string, parsed: literal text and wildcards. */
export type Part = string | typeof MANY | typeof ONE;

const ESCAPE = '\\';

/**
 * Parses a Sigma value (rules specification 2.1.0, String Wildcard and Escape Character): `*` and `?` are wildcards; a backslash takes
 * their meaning, and its own, away; before any other character it is itself.
 */
export function parsePattern(text: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') parts.push(literal);
    literal = '';
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === ESCAPE && (next === '*' || next === '?' || next === ESCAPE)) {
      literal += next;
      at++;
    } else if (character === '*' || character === '?') {
      flush();
      parts.push(character === '*' ? MANY : ONE);
    } else literal += character;
  }
  flush();
  return parts;
}

export const hasWildcard = (parts: readonly Part[]): boolean => parts.some((part) => typeof part !== 'string');

/** `*` before and behind, unless it stands there already. */
export function widen(parts: readonly Part[], before: boolean, behind: boolean): readonly Part[] {
  const wide = before && parts[0] !== MANY ? [MANY as Part, ...parts] : parts;
  return behind && wide[wide.length - 1] !== MANY ? [...wide, MANY] : wide;
}

/** The pattern as a rule would write it. */
export const showPattern = (parts: readonly Part[]): string =>
  parts
    .map((part) => {
      if (part === MANY) return '*';
      return part === ONE ? '?' : part.replace(/[*?]/g, '\\$&');
    })
    .join('');

/** One step of a compiled pattern: a code point, or a wildcard (negative). */
const STEP_MANY = -1;
const STEP_ONE = -2;

function stepsOf(parts: readonly Part[]): readonly number[] {
  const steps: number[] = [];
  for (const part of parts) {
    if (part === MANY) {
      if (steps[steps.length - 1] !== STEP_MANY) steps.push(STEP_MANY);
    } else if (part === ONE) steps.push(STEP_ONE);
    else for (const character of part) steps.push(character.codePointAt(0) ?? 0);
  }
  return steps;
}

/** Matches greedily and goes back to the last `*` only, so the work is at most pattern × text, never exponential. */
function matchesSteps(steps: readonly number[], text: string): boolean {
  let step = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const point = text.codePointAt(at) ?? 0;
    const width = point > 0xffff ? 2 : 1;
    const wanted = steps[step];
    if (wanted === STEP_MANY) {
      star = step++;
      starAt = at;
    } else if (wanted === STEP_ONE || wanted === point) {
      step++;
      at += width;
    } else if (star >= 0) {
      step = star + 1;
      starAt += (text.codePointAt(starAt) ?? 0) > 0xffff ? 2 : 1;
      at = starAt;
    } else return false;
  }
  while (steps[step] === STEP_MANY) step++;
  return step === steps.length;
}

/** Compiles a pattern. Case counts only where `cased`; then the text is given as it is, else it must be given in lower case. */
export function compilePattern(parts: readonly Part[], cased: boolean): (text: string) => boolean {
  const folded = cased ? parts : parts.map((part) => (typeof part === 'string' ? part.toLowerCase() : part));
  const [first, second, third] = folded;
  if (folded.length === 0) return (text) => text === '';
  if (folded.length === 1) {
    if (typeof first === 'string') return (text) => text === first;
    if (first === MANY) return () => true;
  }
  if (folded.length === 2 && typeof first === 'string' && second === MANY) return (text) => text.startsWith(first);
  if (folded.length === 2 && first === MANY && typeof second === 'string') return (text) => text.endsWith(second);
  if (folded.length === 3 && first === MANY && typeof second === 'string' && third === MANY)
    return (text) => text.includes(second);
  const steps = stepsOf(folded);
  return (text) => matchesSteps(steps, text);
}
