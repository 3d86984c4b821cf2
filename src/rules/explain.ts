import { engineOf } from './engine.js';
import { severityAt } from './judge.js';
import { type Traced, trace } from './language/trace.js';
import type { Facts } from './record.js';
import type { Rule, RuleSet } from './rule.js';
import { recordsOf } from './subjects.js';

/** What a rule made of one subject. */
export interface Explanation {
  readonly subject: string;
  readonly holds: boolean;
  /** Severity by its exposure; null: it does not match. */
  readonly severity: string | null;
  readonly tree: Traced;
  /** Exceptions of overrides that hold. */
  readonly excepted: readonly Traced[];
}

/** Lines of the tree that hold: the more, the nearer it came. */
function holding(part: Traced): number {
  return (part.item !== null && part.holds ? 1 : 0) + part.parts.reduce((sum, inside) => sum + holding(inside), 0);
}

/** A rule over every subject of its kind: those it matches first, then those that came nearest. */
export function explain(rules: RuleSet, rule: Rule, facts: Facts): readonly Explanation[] {
  const { world } = engineOf(rules);
  const all: { readonly explanation: Explanation; readonly near: number }[] = [];
  for (const record of recordsOf(rule.subject, facts)) {
    const tree = trace(rule.expression, record.data, world);
    const excepted = rule.except.map((each) => trace(each, record.data, world)).filter((each) => each.holds);
    const holds = tree.holds && excepted.length === 0;
    const severity = holds ? severityAt(rule.severity, record.rank) : null;
    all.push({
      explanation: { subject: record.id, holds, severity, tree, excepted },
      near: holding(tree) + (holds ? 1000 : 0),
    });
  }
  return all.sort((a, b) => b.near - a.near).map(({ explanation }) => explanation);
}

/** The tree as lines: `✓` holds, `✗` does not, with the values found. ASCII has `yes` and `no `. */
export function treeLines(part: Traced, unicode: boolean, indent = ''): readonly string[] {
  const mark = unicode ? (part.holds ? '✓' : '✗') : part.holds ? 'yes' : 'no ';
  const found =
    part.item === null || part.item.item.field === null
      ? ''
      : `  ${unicode ? '←' : '<-'} ${part.item.values.length === 0 ? 'not there' : part.item.values.join(', ')}`;
  return [
    `${indent}${mark} ${part.label}${found}`,
    ...part.parts.flatMap((inside) => treeLines(inside, unicode, `${indent}    `)),
  ];
}
