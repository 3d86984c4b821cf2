import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { formatProblem, type Place, UsageError } from '../../lib/errors.js';
import { type LoadedRules, lintRules, loadRulesParsed, ruleNamed, showTree, testRules } from '../../rules/rules.js';
import type { Io } from '../io.js';
import { lineForLog } from '../log.js';
import { type RuleFlags, requestOf } from './request.js';

interface TestFlags extends RuleFlags {
  readonly rule?: readonly string[];
}

const FIXTURE_BYTES_MAX = 100_000_000;

/** Records of a fixture: the listeners and published ports of a report, or one record a line. */
async function readFixture(fixture: string, from: Place, cwd: string): Promise<readonly Record<string, unknown>[]> {
  const path = resolve(cwd, dirname(from.file), fixture);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError([{ place: from, message: `${fixture}: cannot be read (${code})`, hint: null }]);
  }
  if (text.length > FIXTURE_BYTES_MAX)
    throw new UsageError([{ place: from, message: `${fixture}: too large for a fixture`, hint: null }]);
  try {
    const whole: unknown = JSON.parse(text);
    const report = whole as {
      readonly listeners?: readonly Record<string, unknown>[];
      readonly published?: readonly Record<string, unknown>[];
    };
    return report.listeners === undefined
      ? [whole as Record<string, unknown>]
      : [...report.listeners, ...(report.published ?? [])];
  } catch {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => parseLine(line, fixture, from));
  }
}

function parseLine(line: string, fixture: string, from: Place): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw new UsageError([
      { place: from, message: `${fixture}: neither a report nor records, one a line`, hint: null },
    ]);
  }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What the command speaks of: the files named, else everything that an audit would use. */
const spokenOf = (loaded: LoadedRules, paths: readonly string[]) =>
  loaded.parsed.length > 0 || paths.length > 0
    ? loaded.ruleSet.rules.filter(({ id }) => loaded.parsed.some(({ rule }) => rule.id === id))
    : loaded.ruleSet.rules;

/** `earshot rules test`: 0 all well, 1 a failure. */
export async function testCommand(paths: readonly string[], flags: TestFlags, io: Io): Promise<number> {
  const loaded = await loadRulesParsed(await requestOf(flags, paths, io));
  const { ruleSet } = loaded;
  const named = flags.rule === undefined ? null : await Promise.all(flags.rule.map((id) => ruleNamed(ruleSet, id)));
  const rules = named ?? spokenOf(loaded, paths);
  const failures = await testRules(ruleSet, rules, (fixture, from) => readFixture(fixture, from, io.cwd));
  for (const { rule, place, message, traced } of failures) {
    await io.out(lineForLog(formatProblem({ place, message: `${rule}: ${message}`, hint: null }), io));
    for (const line of traced === null ? [] : await showTree(traced, true, '    ')) await io.out(lineForLog(line, io));
  }
  const examples = rules.reduce((sum, { id }) => sum + ruleSet.testsOf(id).length, 0);
  const without = rules.filter(({ id }) => ruleSet.testsOf(id).length === 0).length;
  await io.out(
    `${counted(rules.length, 'rule')}, ${counted(examples, 'example')}, ${failures.length} failed${without > 0 ? `; without examples: ${without}` : ''}\n`,
  );
  return failures.length > 0 ? 1 : 0;
}

/** `earshot rules lint`: 0 all well, 1 something to look at. */
export async function lintCommand(paths: readonly string[], flags: RuleFlags, io: Io): Promise<number> {
  const loaded = await loadRulesParsed(await requestOf(flags, paths, io));
  const findings = paths.length > 0 && loaded.parsed.length === 0 ? [] : await lintRules(loaded);
  for (const { rule, place, check, message, hint } of findings)
    await io.out(lineForLog(formatProblem({ place, message: `${rule}: ${message} [${check}]`, hint }), io));
  await io.out(`${counted(spokenOf(loaded, paths).length, 'rule')}, ${counted(findings.length, 'thing')} to look at\n`);
  return findings.length > 0 ? 1 : 0;
}
