import { RANKS } from '../model/exposure.js';
import { helpOf } from './help.js';
import type { Expression } from './language/expression.js';
import { showItem } from './language/trace.js';
import type { Rule, RuleSet, RuleTest, RuleText } from './rule.js';

const CODE = '`';
const asCode = (text: string): string => `${CODE}${text.replace(/`/g, "'")}${CODE}`;

/** A condition in words, over the names of its selections. */
export function showCondition(expression: Expression, inside = false): string {
  switch (expression.kind) {
    case 'selection':
      return expression.name;
    case 'macro':
      return expression.name;
    case 'not':
      return `not ${showCondition(expression.part, true)}`;
    case 'and':
    case 'or': {
      const text = expression.parts.map((part) => showCondition(part, true)).join(` ${expression.kind} `);
      return inside ? `(${text})` : text;
    }
    case 'item':
      return `${expression.field ?? 'any value'} ${showItem(expression)}`;
  }
}

/** Selections and macros of an expression by name, each once. */
function selectionsOf(
  expression: Expression,
  rules: Pick<RuleSet, 'shared'>,
  found = new Map<string, Expression>(),
): ReadonlyMap<string, Expression> {
  const { macros } = rules.shared;
  if (expression.kind === 'selection') found.set(expression.name, expression.part);
  else if (expression.kind === 'not') selectionsOf(expression.part, rules, found);
  else if (expression.kind === 'and' || expression.kind === 'or')
    for (const part of expression.parts) selectionsOf(part, rules, found);
  else if (expression.kind === 'macro' && !found.has(expression.name)) {
    const macro = macros[expression.name];
    if (macro !== undefined) found.set(expression.name, macro);
  }
  return found;
}

function itemLines(part: Expression, indent: string): readonly string[] {
  switch (part.kind) {
    case 'item':
      return [`${indent}- ${asCode(`${part.field ?? 'any value'} ${showItem(part)}`)}`];
    case 'and':
    case 'or': {
      const inside = part.parts.flatMap((each) => itemLines(each, `${indent}  `));
      return [`${indent}- ${part.kind === 'and' ? 'all' : 'one'} of`, ...inside];
    }
    // A shared selection's own selections stand nowhere else on the page.
    case 'selection':
      return [`${indent}- ${asCode(part.name)}:`, ...itemLines(part.part, `${indent}  `)];
    case 'not':
      if (part.part.kind !== 'selection') return [`${indent}- ${asCode(showCondition(part))}`];
      return [`${indent}- not ${asCode(part.part.name)}:`, ...itemLines(part.part.part, `${indent}  `)];
    default:
      return [`${indent}- ${asCode(showCondition(part))}`];
  }
}

function selectionLines(name: string, part: Expression, shared: boolean): readonly string[] {
  const several = part.kind === 'and' || part.kind === 'or';
  const head = `- ${asCode(name)}${shared ? ', shared by many rules' : ''}${several ? `: ${part.kind === 'and' ? 'all' : 'one'} of` : ':'}`;
  return [head, ...(several ? part.parts : [part]).flatMap((each) => itemLines(each, '  '))];
}

function severityText(rule: Rule): string {
  if (typeof rule.severity === 'string') return rule.severity;
  let before = '';
  const words: string[] = [];
  for (const rank of RANKS) {
    const word = rule.severity[rank];
    if (word !== undefined && word !== before) words.push(`${word} from ${rank}`);
    before = word ?? before;
  }
  return words.join(', ');
}

function exampleLines(tests: readonly RuleTest[], expected: boolean): readonly string[] {
  return tests
    .filter((test) => test.expected === expected)
    .map((test) => {
      const fields = Object.entries(test.record ?? {}).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
      const from = test.fixture === null ? '' : `${test.fixture} `;
      return `- ${asCode(`${from}${fields.join(', ')}`)}${test.severity === null ? '' : `: ${test.severity}`}`;
    });
}

const EMPTY_TEXT: RuleText = {
  description: '',
  rationale: '',
  references: [],
  compliance: [],
  remediation: {},
  falsepositives: [],
  replacedBy: null,
};

/** The page of a rule, all of one form. */
export function pageOf(rules: RuleSet, rule: Rule): string {
  const text = rules.textOf(rule.id) ?? EMPTY_TEXT;
  const tests = rules.testsOf(rule.id);
  const help = helpOf(rule.aliases, text);
  const [before, after] = splitAt(help, '## How to close it');
  const lines = [
    `# ${rule.title}`,
    '',
    `${asCode(rule.id)} · ${rule.status} · pack ${rule.pack}`,
    '',
    `Severity: ${severityText(rule)}. Speaks of: ${rule.subject}.${rule.tags.length === 0 ? '' : ` Tags: ${rule.tags.join(', ')}.`}`,
    '',
    before,
    '',
    '## What it matches',
    '',
    `Where ${asCode(showCondition(rule.expression))}:`,
    '',
    ...[...selectionsOf(rule.expression, rules)].flatMap(([name, part]) =>
      selectionLines(name, part, rules.shared.macros[name] === part),
    ),
    '',
    ...section('It matches', exampleLines(tests, true)),
    ...section('It does not match', exampleLines(tests, false)),
    after,
  ];
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`### ${title}`, '', ...lines, ''];

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  const other = at < 0 ? text.search(/^## (When it is fine|Controls|References)/m) : at;
  return other < 0 ? [text, ''] : [text.slice(0, other).trimEnd(), text.slice(other)];
}
