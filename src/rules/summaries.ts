import { toJson } from '../lib/escape/json.js';
import { type Match, SEVERITIES, type Severity } from '../model/finding.js';
import type { RuleSummary } from '../model/report.js';
import { helpOf } from './help.js';
import { worstSeverity } from './judge.js';
import { POLICY_RULE, POLICY_TEXT, POLICY_TITLE } from './policy.js';
import type { Rule, RuleSet } from './rule.js';

const worst = (words: readonly Severity[]): Severity =>
  SEVERITIES.find((severity) => words.includes(severity)) ?? 'info';

function countsOf(matches: readonly Match[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { ruleId } of matches) counts.set(ruleId, (counts.get(ruleId) ?? 0) + 1);
  return counts;
}

function summaryOf(rule: Rule, rules: RuleSet, matched: number): RuleSummary {
  const text = matched > 0 ? rules.textOf(rule.id) : null;
  return {
    id: rule.id,
    title: rule.title,
    help: text === null ? '' : helpOf(rule.aliases, text),
    worst: worstSeverity(rule.severity),
    ran: rule.status !== 'deprecated',
    matched,
    tags: rule.tags,
  };
}

/** Every rule of the run and what became of it. The help of rules that did not match stays where it is: it is long. */
export function summariesOf(rules: RuleSet, matches: readonly Match[]): readonly RuleSummary[] {
  const counts = countsOf(matches);
  const all = rules.rules.map((rule) => summaryOf(rule, rules, counts.get(rule.id) ?? 0));
  return rules.policies.length === 0 ? all : [...all, policySummary(rules, counts.get(POLICY_RULE) ?? 0)];
}

function policySummary(rules: RuleSet, matched: number): RuleSummary {
  return {
    id: POLICY_RULE,
    title: POLICY_TITLE,
    help: helpOf([], POLICY_TEXT),
    worst: worst(rules.policies.map(({ severity }) => severity)),
    ran: true,
    matched,
    tags: [],
  };
}

/** Where the JSON of one summary ends and the next begins, in a list that is a member of a document's top. */
export const SUMMARY_END = '\n    },\n';
const CLOSED = '\n    }';
const LIST_START = '{\n  "rules": [\n';
const LIST_END = '\n  ]\n}';

/** The JSON of summaries, cut at SUMMARY_END. */
const entriesOf = (summaries: readonly RuleSummary[]): readonly string[] =>
  toJson({ rules: summaries }, 2).slice(LIST_START.length, -LIST_END.length).split(SUMMARY_END);

/** The summaries of rules that nothing matched, as the built-in pack keeps them. */
export const storedSummaries = (rules: RuleSet): string => entriesOf(summariesOf(rules, [])).join(SUMMARY_END);

/** What one part of `storedSummaries`, cut at SUMMARY_END, says. */
export const summaryIn = (entry: string): RuleSummary =>
  JSON.parse(entry.endsWith(CLOSED) ? entry : entry + CLOSED) as RuleSummary;

/**
 * `summariesOf` as JSON, a member of a document's top, made of what the built-in pack has ready: most rules match nothing, and what is said of
 * them is known. null: the set has nothing ready.
 */
export function summariesJson(rules: RuleSet, matches: readonly Match[]): string | null {
  if (rules.prepared === undefined || rules.policies.length > 0) return null;
  const entries = [...rules.prepared.summaries()];
  for (const [id, matched] of countsOf(matches)) {
    const at = entries.findIndex((entry) => entry.startsWith(`    {\n      "id": "${id}",`));
    if (at < 0) return null;
    const [entry = ''] = entriesOf([summaryOf(rules.prepared.ruleAt(at), rules, matched)]);
    entries[at] = at === entries.length - 1 ? entry : entry.slice(0, -CLOSED.length);
  }
  return `  "rules": [\n${entries.join(SUMMARY_END)}\n  ]`;
}
