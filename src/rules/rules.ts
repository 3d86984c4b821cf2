import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import { loadRe2 } from '../lib/re.js';
import type { Match } from '../model/finding.js';
import type { RuleSummary } from '../model/report.js';
import { builtinRules } from './builtin.js';
import type { Explanation } from './explain.js';
import { judgeRules } from './judge.js';
import type { Traced } from './language/trace.js';
import type { LintFinding } from './lint.js';
import type { ParsedRule } from './parse.js';
import type { Facts } from './record.js';
import { EMPTY_RULES, type Rule, type RuleSet } from './rule.js';
import type { OpenPack, PackFile } from './sources.js';
import { summariesJson, summariesOf } from './summaries.js';
import type { ReadFixture, TestFailure } from './testing.js';

export type { Explanation, Facts, Rule, RuleSet };

/** Which rules a run uses. */
export interface RuleRequest {
  /** The pack that comes with earshot. */
  readonly builtin: boolean;
  /** Files, folders and npm packages of the user's. */
  readonly paths: readonly string[];
  /** earshot.yaml, for its overrides, policy and waivers. */
  readonly config: PackFile | null;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** Reads a file, the YAML files of a folder, those of an npm package. */
  readonly open: OpenPack;
}

/** Rules as loaded, and as their files have them; the built-in pack is not parsed again. */
export interface LoadedRules {
  readonly ruleSet: RuleSet;
  readonly parsed: readonly ParsedRule[];
}

/**
 * Loads rules, overrides, policies and waivers.
 * @throws UsageError with every problem of every file: never half of the rules.
 */
export async function loadRules(request: RuleRequest): Promise<RuleSet> {
  return (await loadRulesParsed(request)).ruleSet;
}

/** The same, with what the files say beside what runs: for lint. */
export async function loadRulesParsed(request: RuleRequest): Promise<LoadedRules> {
  const base = request.builtin ? await builtinRules() : EMPTY_RULES;
  if (request.paths.length === 0 && request.config === null) return { ruleSet: base, parsed: [] };
  const files: PackFile[] = [];
  for (const path of request.paths) files.push(...(await request.open(path, request.cwd)));
  const { loadUserFiles } = await import('./load.js');
  return loadUserFiles(base, files, request.config, request.open);
}

/** Every rule that matches a subject, and every violation of a policy; worst first. Same facts and rules, same matches. */
export function judge(rules: RuleSet, facts: Facts): Promise<readonly Match[]> {
  return judgeRules(rules, facts);
}

/** Every rule of the run and what became of it; help stands with those that matched. */
export function summaries(rules: RuleSet, matches: readonly Match[]): readonly RuleSummary[] {
  return summariesOf(rules, matches);
}

/** The same as JSON, `"rules": […]` as it stands in a report; null where that is not ready and is made of `summaries`. */
export function summariesReady(rules: RuleSet, matches: readonly Match[]): string | null {
  return summariesJson(rules, matches);
}

/** The rule of that id or alias. @throws UsageError with the nearest id where there is none. */
export async function ruleNamed(rules: RuleSet, name: string): Promise<Rule> {
  const found = rules.rules.find((rule) => rule.id === name || rule.aliases.includes(name));
  if (found !== undefined) return found;
  const names = rules.rules.flatMap((rule) => [rule.id, ...rule.aliases]);
  throw new UsageError(`there is no rule "${name}"`, didYouMean(name, names) ?? '`earshot rules list` names them all');
}

/** A rule's page in Markdown: what, why, what it matches and does not, how to close it, when it is fine. */
export async function rulePage(rules: RuleSet, rule: Rule): Promise<string> {
  await rules.fetch('texts', [rule]);
  await rules.fetch('tests', [rule]);
  return (await import('./page.js')).pageOf(rules, rule);
}

/** What its author should look at, of the parsed rules, or of all of `rules` where none were parsed. */
export async function lintRules({ ruleSet, parsed }: LoadedRules): Promise<readonly LintFinding[]> {
  const { lintRule } = await import('./lint.js');
  await ruleSet.fetch('texts', ruleSet.rules);
  await ruleSet.fetch('tests', ruleSet.rules);
  if (parsed.length === 0) return ruleSet.rules.flatMap((rule) => lintRule(ruleSet, rule, null));
  return parsed.flatMap((each) =>
    lintRule(ruleSet, ruleSet.rules.find(({ id }) => id === each.rule.id) ?? each.rule, each),
  );
}

/** Runs the examples of rules; returns those that failed. */
export async function testRules(
  rules: RuleSet,
  tested: readonly Rule[],
  readFixture: ReadFixture,
): Promise<readonly TestFailure[]> {
  const { runTests } = await import('./testing.js');
  await rules.fetch('tests', tested);
  const whole = await withRe2(rules);
  const failures: TestFailure[] = [];
  for (const rule of tested) failures.push(...(await runTests(whole, rule, readFixture)));
  return failures;
}

/** Rules that may be asked anything, one after the other. */
async function withRe2(rules: RuleSet): Promise<RuleSet> {
  if (rules.re2 !== null) return rules;
  const made = complete.get(rules) ?? { ...rules, re2: await loadRe2() };
  complete.set(rules, made);
  return made;
}

const complete = new WeakMap<RuleSet, RuleSet>();

/** How a rule came to match or not to match: its tree with the values of each subject, the nearest first. */
export async function explainRule(rules: RuleSet, rule: Rule, facts: Facts): Promise<readonly Explanation[]> {
  return (await import('./explain.js')).explain(await withRe2(rules), rule, facts);
}

/** An evaluated tree as lines, each part with the values found: what `explain` and a failed example show. */
export async function showTree(tree: Traced, unicode: boolean, indent: string): Promise<readonly string[]> {
  return (await import('./explain.js')).treeLines(tree, unicode, indent);
}

/** A rule to begin with, as the text of its file. @throws UsageError for an id or subject that cannot be. */
export async function newRule(id: string, subject: string): Promise<string> {
  return (await import('./template.js')).ruleTemplate(id, subject);
}

/** Tries a rule on a record (flat or nested fields of its subject). */
export async function tryRecord(
  rules: RuleSet,
  rule: Rule,
  record: Readonly<Record<string, unknown>>,
): Promise<{ readonly match: boolean; readonly severity: string | null }> {
  const { toRecord, tryRule } = await import('./testing.js');
  const { holds, severity } = tryRule(await withRe2(rules), rule, toRecord(record));
  return { match: holds, severity };
}

/** Tries a detection (as YAML text) on a record with any field names. */
export async function matchDetection(
  detection: string,
  record: Readonly<Record<string, unknown>>,
): Promise<{ readonly match: boolean } | { readonly error: string }> {
  const { compileDetection } = await import('./trial.js');
  try {
    return { match: (await compileDetection(detection, 'detection'))(record) };
  } catch (error) {
    if (error instanceof UsageError) return { error: error.message };
    // The stack: a record nested a thousandfold.
    if (error instanceof RangeError) return { error: 'the record is nested too deeply' };
    throw error;
  }
}
