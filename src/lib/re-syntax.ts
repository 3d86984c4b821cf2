/** Flags of a pattern: ignore case, `^` and `$` at lines, `.` matches a newline. */
export interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** A part of a pattern and how often it may stand. */
export interface Term {
  readonly node: Node;
  readonly min: number;
  /** Infinity: without limit. */
  readonly max: number;
}

/** What the same text means to RE2 and to the built-in engine; everything else is left to RE2. */
export type Node =
  /** One character. `excludes` is true where it surely is not `character`. */
  | {
      readonly kind: 'character';
      readonly source: string;
      readonly literal: string | null;
      readonly excludes: (character: string) => boolean;
    }
  | { readonly kind: 'group'; readonly alternatives: readonly (readonly Term[])[] }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

const METACHARACTERS = new Set('\\^$.*+?()[]{}|');
/** Escapes that mean the same in RE2 and in JavaScript with the `u` flag. */
const CLASS_ESCAPES: Readonly<Record<string, RegExp>> = { d: /\d/, D: /\D/, w: /\w/, W: /\W/ };
const CONTROL_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v' };
/** A class without escapes but those of single characters and digits, words and their opposites. */
const CLASS = /^\[\^?(?:[A-Za-z0-9 _./:;,@%=!<>~#'"+*?$|(){}-]|\\[dDwWntr.\\\]^/*+?$|(){}-])+\]/;
const QUANTIFIER = /^(?:[*+?]|\{(\d{1,2})(,(\d{0,2}))?\})/;

class Outside extends Error {}

const outside = (): never => {
  throw new Outside();
};

class Reader {
  at = 0;
  readonly text: string;
  readonly flags: Flags;

  constructor(text: string, flags: Flags) {
    this.text = text;
    this.flags = flags;
  }

  get next(): string {
    return this.text.charAt(this.at);
  }

  alternatives(depth: number): readonly (readonly Term[])[] {
    const all: Term[][] = [[]];
    while (this.at < this.text.length && this.next !== ')') {
      if (this.next === '|') {
        this.at++;
        all.push([]);
      } else all[all.length - 1]?.push(this.term(depth));
    }
    return all;
  }

  private term(depth: number): Term {
    const node = this.node(depth);
    const found = QUANTIFIER.exec(this.text.slice(this.at));
    if (found === null) return this.next === '{' ? outside() : { node, min: 1, max: 1 };
    this.at += found[0].length;
    // Lazy and possessive quantifiers, and quantified anchors, are left to RE2.
    if (/^[*+?{]/.test(this.text.slice(this.at)) || node.kind === 'start' || node.kind === 'end') return outside();
    switch (found[0]) {
      case '*':
        return { node, min: 0, max: Number.POSITIVE_INFINITY };
      case '+':
        return { node, min: 1, max: Number.POSITIVE_INFINITY };
      case '?':
        return { node, min: 0, max: 1 };
      default: {
        const min = Number(found[1]);
        const max = found[2] === undefined ? min : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]);
        return { node, min, max };
      }
    }
  }

  private node(depth: number): Node {
    const character = this.next;
    if (character === '(') return this.group(depth);
    if (character === '\\') return this.escape();
    if (character === '[') return this.characterClass();
    this.at++;
    if (character === '^') return { kind: 'start' };
    if (character === '$') return { kind: 'end' };
    if (character === '.') {
      const any = this.flags.s;
      return {
        kind: 'character',
        source: any ? '[^]' : '[^\\n]',
        literal: null,
        excludes: (other) => !any && other === '\n',
      };
    }
    return METACHARACTERS.has(character) ? outside() : this.literal(character, character);
  }

  private literal(character: string, source: string): Node {
    const letter = this.flags.i && character.toLowerCase() !== character.toUpperCase();
    return {
      kind: 'character',
      source,
      literal: letter ? null : character,
      excludes: (other) => other.toLowerCase() !== character.toLowerCase(),
    };
  }

  private group(depth: number): Node {
    if (depth > 10) return outside();
    this.at++;
    if (this.next === '?') {
      if (!this.text.startsWith('?:', this.at)) return outside();
      this.at += 2;
    }
    const alternatives = this.alternatives(depth + 1);
    if (this.next !== ')') return outside();
    this.at++;
    return { kind: 'group', alternatives };
  }

  private escape(): Node {
    const name = this.text.charAt(this.at + 1);
    this.at += 2;
    const control = CONTROL_ESCAPES[name];
    if (control !== undefined) return this.literal(control, `\\${name}`);
    const set = CLASS_ESCAPES[name];
    if (set !== undefined)
      return { kind: 'character', source: `\\${name}`, literal: null, excludes: (other) => !set.test(other) };
    if (name === '-') return this.literal('-', '-');
    return METACHARACTERS.has(name) || name === '/' ? this.literal(name, `\\${name}`) : outside();
  }

  private characterClass(): Node {
    const found = CLASS.exec(this.text.slice(this.at))?.[0];
    if (found === undefined) return outside();
    this.at += found.length;
    const set = new RegExp(found, this.flags.i ? 'iu' : 'u');
    return { kind: 'character', source: found, literal: null, excludes: (other) => !set.test(other) };
  }
}

/** A pattern in the part of the syntax that both engines read alike; null: it has more. `(?i)` and its kin may stand at its beginning. */
export function parseCommon(
  pattern: string,
  given: Flags,
): { readonly alternatives: readonly (readonly Term[])[]; readonly flags: Flags } | null {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const has = (letter: 'i' | 'm' | 's'): boolean => given[letter] || (inline?.[1]?.includes(letter) ?? false);
  const flags: Flags = { i: has('i'), m: has('m'), s: has('s') };
  const reader = new Reader(inline === null ? pattern : pattern.slice(inline[0].length), flags);
  try {
    const alternatives = reader.alternatives(0);
    return reader.at < reader.text.length ? null : { alternatives, flags };
  } catch (error) {
    // A class that the built-in engine refuses is left to RE2 too.
    if (error instanceof Outside || error instanceof SyntaxError) return null;
    throw error;
  }
}
