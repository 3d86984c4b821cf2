import { didYouMean } from '../../lib/nearest.js';
import type { Expression } from './expression.js';
import { LanguageError } from './modifiers.js';
import { compilePattern, parsePattern } from './pattern.js';

const CONDITION_CHARACTERS_MAX = 4096;
const DEPTH_MAX = 100;
const OPERATORS = ['and', 'or', 'not'];
const QUANTIFIERS = ['1', 'any', 'all'];
/** Signs of other languages. */
const SIGNS: Readonly<Record<string, string>> = { '&': 'and', '!': 'not', '?': '*', '~': 'not' };
const NAME = /^[A-Za-z0-9_*-]+$/;

/** What the names in a condition stand for. */
export interface Names {
  readonly selections: ReadonlyMap<string, Expression>;
  /** Shared selections, which may be named but are never part of `them`. */
  readonly macros: ReadonlySet<string>;
}

/** Words, patterns and brackets; anything else is a token of its own, and a mistake. */
const tokensOf = (text: string): readonly string[] => text.match(/[A-Za-z0-9_*-]+|\S/g) ?? [];

class Parser {
  private at = 0;
  private depth = 0;
  readonly used = new Set<string>();

  private readonly tokens: readonly string[];
  private readonly names: Names;

  constructor(tokens: readonly string[], names: Names) {
    this.tokens = tokens;
    this.names = names;
  }

  whole(): Expression {
    if (this.tokens.length === 0) throw new LanguageError('the condition is empty', 'name a selection');
    const expression = this.or();
    const rest = this.tokens[this.at];
    if (rest !== undefined) throw this.unexpected(rest);
    return expression;
  }

  private unexpected(token: string): LanguageError {
    if (OPERATORS.includes(token.toLowerCase()) && token !== token.toLowerCase())
      return new LanguageError(
        `unexpected "${token}" in the condition`,
        `operators are lower case: ${token.toLowerCase()}`,
      );
    if (token === '|' && this.tokens[this.at + 1] === '|')
      return new LanguageError('unexpected "||" in the condition', 'write or');
    if (token === '|')
      return new LanguageError(
        'aggregations (`| count() …`) are no part of the language',
        'a rule speaks of one record',
      );
    const sign = SIGNS[token];
    return new LanguageError(
      `unexpected "${token}" in the condition`,
      sign === undefined ? 'expected and, or, or the end' : `write ${sign}`,
    );
  }

  /** A token that stands where a selection should: `and a`, `()`, `of them`, `a and them`. */
  private noSelection(token: string): LanguageError {
    const unexpected = `"${token}" stands where a selection is expected`;
    if (token === 'of') return new LanguageError(unexpected, 'write 1 of or all of');
    if (token === 'them') return new LanguageError(unexpected, 'write 1 of them or all of them');
    const sign = SIGNS[token];
    return new LanguageError(unexpected, sign === undefined ? null : `write ${sign}`);
  }

  private or(): Expression {
    return this.chain('or', () => this.chain('and', () => this.not()));
  }

  private chain(operator: 'and' | 'or', operand: () => Expression): Expression {
    const first = operand();
    if (this.tokens[this.at] !== operator) return first;
    const parts = [first];
    while (this.tokens[this.at] === operator) {
      this.at++;
      parts.push(operand());
    }
    return { kind: operator, parts };
  }

  private not(): Expression {
    if (++this.depth > DEPTH_MAX) throw new LanguageError(`the condition is nested deeper than ${DEPTH_MAX} levels`);
    try {
      if (this.tokens[this.at] !== 'not') return this.operand();
      this.at++;
      return { kind: 'not', part: this.not() };
    } finally {
      this.depth--;
    }
  }

  private operand(): Expression {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new LanguageError('the condition ends where a selection is expected');
    if (token === '(') {
      const inside = this.or();
      if (this.tokens[this.at++] !== ')') throw new LanguageError('a bracket in the condition is not closed', 'add )');
      return inside;
    }
    if (this.tokens[this.at] === 'of') return this.quantified(token);
    const known = this.names.selections.has(token);
    if (OPERATORS.includes(token) || !NAME.test(token)) throw this.noSelection(token);
    if ((token === 'of' || token === 'them') && !known) throw this.noSelection(token);
    if (token.includes('*'))
      throw new LanguageError(`the pattern ${token} needs a quantifier`, `write 1 of ${token} or all of ${token}`);
    return this.named(token);
  }

  private quantified(quantifier: string): Expression {
    if (!QUANTIFIERS.includes(quantifier))
      throw new LanguageError(`there is no quantifier "${quantifier}"`, 'write 1 of or all of');
    this.at++;
    const pattern = this.tokens[this.at++];
    if (pattern === undefined || !NAME.test(pattern))
      throw new LanguageError(`"${quantifier} of" needs a pattern such as selection_*, or them`);
    const names = this.matching(pattern);
    if (names.length === 0)
      throw new LanguageError(
        `${quantifier} of ${pattern}: no selection has such a name`,
        `there are ${[...this.names.selections.keys()].join(', ')}`,
      );
    const parts = names.map((name) => this.named(name));
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    return { kind: quantifier === 'all' ? 'and' : 'or', parts };
  }

  /** Names that begin with an underscore are meant only by patterns that do. */
  private matching(pattern: string): readonly string[] {
    const wanted = pattern === 'them' ? '*' : pattern;
    const matches = compilePattern(parsePattern(wanted), true);
    return [...this.names.selections.keys()].filter(
      (name) => matches(name) && (wanted.startsWith('_') || !name.startsWith('_')),
    );
  }

  private named(name: string): Expression {
    const part = this.names.selections.get(name);
    if (part !== undefined) {
      this.used.add(name);
      return { kind: 'selection', name, part };
    }
    if (this.names.macros.has(name)) return { kind: 'macro', name };
    const all = [...this.names.selections.keys()];
    const odd = all.find((each) => !NAME.test(each) && each.startsWith(name));
    throw new LanguageError(
      `the condition names "${name}", which is no selection`,
      odd === undefined
        ? (didYouMean(name, [...all, ...this.names.macros]) ?? `there are ${all.join(', ')}`)
        : `rename "${odd}": a condition can only name letters, digits, _ and -`,
    );
  }
}

/**
 * Parses a condition: `not` binds before `and`, `and` before `or`.
 * @throws LanguageError
 */
export function parseCondition(
  text: string,
  names: Names,
): { readonly expression: Expression; readonly used: ReadonlySet<string> } {
  if (text.length > CONDITION_CHARACTERS_MAX)
    throw new LanguageError(`the condition is longer than ${CONDITION_CHARACTERS_MAX} characters`);
  const parser = new Parser(tokensOf(text), names);
  return { expression: parser.whole(), used: parser.used };
}
