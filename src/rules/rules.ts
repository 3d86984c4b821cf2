import { UsageError } from '../lib/errors.js';
import type { Match } from '../model/finding.js';
import type { RuleSummary } from '../model/report.js';
import { builtinRules } from './builtin.js';
import { judgeRules, summariesOf } from './judge.js';
import type { RuleSet } from './rule.js';
import type { OpenPack, PackFile } from './sources.js';
import type { Facts } from './subjects.js';

export type { RuleSet } from './rule.js';

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

/**
 * Loads rules, overrides, policies and waivers.
 * @throws UsageError with every problem of every file: never half of the rules.
 */
export async function loadRules(request: RuleRequest): Promise<RuleSet> {
  const base = await builtinRules(request.builtin);
  if (request.paths.length === 0 && request.config === null) return base;
  const files: PackFile[] = [];
  for (const path of request.paths) files.push(...(await request.open(path, request.cwd)));
  const { loadUserFiles } = await import('./load.js');
  return (await loadUserFiles(base, files, request.config, request.open)).ruleSet;
}

/** Every rule that matches a subject, and every violation of a policy; worst first. Same facts and rules, same matches. */
export function judge(rules: RuleSet, facts: Facts): readonly Match[] {
  return judgeRules(rules, facts);
}

/** Every rule of the run and what became of it. */
export function summaries(rules: RuleSet, matches: readonly Match[]): readonly RuleSummary[] {
  return summariesOf(rules, matches);
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
    throw error;
  }
}
