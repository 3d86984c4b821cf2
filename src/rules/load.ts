import { type Problem, UsageError } from '../lib/errors.js';
import { loadRe2 } from '../lib/re.js';
import { applyOverrides, byName, loadPolicies, loadWaivers } from './agreements.js';
import type { Known } from './check.js';
import { isMap, parseDetection } from './language/detection.js';
import { type ParsedRule, parseRule } from './parse.js';
import { copyOf, type Rule, type RuleSet, type RuleTest, type RuleText, type Shared } from './rule.js';
import { loadLists, loadMacros } from './shared.js';
import { type OpenPack, type PackFile, readSources, type Source } from './sources.js';

/** Without the engine a pattern could not be checked, so it is loaded wherever the word `re` stands. */
const mentionsRegex = (sources: readonly Source[], text: (source: Source) => string): boolean =>
  sources.some((source) => /\|re\b/.test(text(source)));

function parseRules(sources: readonly Source[], known: Known, problems: Problem[]): readonly ParsedRule[] {
  return sources.flatMap((source) => {
    const raw = source.value['rules'];
    if (!Array.isArray(raw)) return [];
    return raw.flatMap((rule: unknown, index) => {
      if (rule !== null) return [parseRule(source, index, known, problems)];
      checkLanguage(source, index, known, problems);
      return [];
    });
  });
}

/** A rule without a sound id or subject cannot be loaded, but its detection can be read: all mistakes are told at once. */
function checkLanguage({ yaml }: Source, index: number, known: Known, problems: Problem[]): void {
  const path = ['rules', index, 'detection'];
  const rules = isMap(yaml.value) ? yaml.value['rules'] : null;
  const rule: unknown = Array.isArray(rules) ? rules[index] : null;
  const detection = isMap(rule) ? rule['detection'] : null;
  if (!isMap(detection)) return;
  parseDetection(detection, path, new Set(known.macros.keys()), (at, message, hint, key) => {
    problems.push({ place: key === 'key' ? yaml.keyPlace(at) : yaml.place(at), message, hint });
  });
}

/** An id or alias stands for one rule. */
function checkIds(rules: readonly Rule[], problems: Problem[]): void {
  const owner = new Map<string, Rule>();
  for (const rule of rules)
    for (const name of [rule.id, ...rule.aliases]) {
      const other = owner.get(name);
      if (other !== undefined)
        problems.push({
          place: rule.place,
          message: other === rule ? `"${name}" is named twice` : `the id "${name}" is taken`,
          hint:
            other === rule
              ? 'keep one'
              : `${other.place.file}:${other.place.line} has it; give yours another, such as acme-${name}`,
        });
      else owner.set(name, rule);
    }
}

function checkReplacements(parsed: readonly ParsedRule[], all: readonly Rule[], problems: Problem[]): void {
  const names = byName(all);
  for (const { rule, text } of parsed)
    if (text.replacedBy !== null && !names.has(text.replacedBy))
      problems.push({
        place: rule.place,
        message: `replaced_by names "${text.replacedBy}", which is no rule`,
        hint: null,
      });
}

const inOrder = (a: Problem, b: Problem): number => {
  const [x, y] = [a.place, b.place];
  if (x === null || y === null) return x === y ? 0 : x === null ? -1 : 1;
  if (x.file !== y.file) return x.file < y.file ? -1 : 1;
  return x.line - y.line || x.column - y.column;
};

/** What was parsed of users' files, beside the rule set it becomes part of. */
export interface Loaded {
  readonly ruleSet: RuleSet;
  readonly parsed: readonly ParsedRule[];
}

/**
 * Reads the users' files and puts them together with `base`.
 * @throws UsageError with every problem of every file, in the order of files and lines.
 */
export async function loadUserFiles(
  base: RuleSet,
  files: readonly PackFile[],
  config: PackFile | null,
  open: OpenPack,
): Promise<Loaded> {
  const problems: Problem[] = [];
  const sources = await readSources(files, config, open, problems);
  const re2 = base.re2 ?? (mentionsRegex(sources, (source) => JSON.stringify(source.value)) ? await loadRe2() : null);
  const lists = loadLists(sources, base.shared, problems);
  const listValues = new Map(Object.entries(lists));
  const macros = loadMacros(sources, base.shared, { lists: listValues, re2 }, problems);
  const shared: Shared = { lists, macros };
  const known: Known = { macros: new Map(Object.entries(macros)), lists: listValues, re2 };
  const parsed = parseRules(sources, known, problems);
  const all = [
    ...(changes(base.shared, shared) ? base.rules.map(withoutKeys) : base.rules),
    ...parsed.map(({ rule }) => rule),
  ];
  checkIds(all, problems);
  checkReplacements(parsed, all, problems);
  all.sort((a, b) => (a.id < b.id ? -1 : 1));
  const rules = applyOverrides(all, sources, known, problems);
  const policies = loadPolicies(sources, known, problems);
  const waivers = loadWaivers(sources, config?.file ?? null, all, problems);
  if (problems.length > 0) throw new UsageError(unique([...problems].sort(inOrder)));
  const texts = new Map<string, RuleText>(parsed.map(({ rule, text }) => [rule.id, text]));
  const tests = new Map<string, readonly RuleTest[]>(parsed.map((each) => [each.rule.id, each.tests]));
  return {
    parsed,
    ruleSet: {
      rules,
      shared,
      policies,
      waivers,
      fetch: base.fetch,
      textOf: (id) => texts.get(id) ?? base.textOf(id),
      testsOf: (id) => tests.get(id) ?? base.testsOf(id),
      re2,
      ...(base.prepared !== undefined && sameRules(base, rules, shared) ? { prepared: base.prepared } : {}),
    },
  };
}

/** True where a list or macro of the built-in pack is another now: what its rules are indexed by may be too. */
const changes = (before: Shared, after: Shared): boolean =>
  (['lists', 'macros'] as const).some((part) =>
    Object.keys(before[part]).some((name) => JSON.stringify(before[part][name]) !== JSON.stringify(after[part][name])),
  );

/** True where the users' files left the rules of the built-in pack as they are: most have zones, waivers and the like. */
const sameRules = (base: RuleSet, rules: readonly Rule[], shared: Shared): boolean =>
  !changes(base.shared, shared) &&
  rules.length === base.rules.length &&
  rules.every((rule, at) => rule === base.rules[at]);

function withoutKeys(rule: Rule): Rule {
  const { keys: _, ...rest } = copyOf(rule);
  return rest;
}

const unique = (problems: readonly Problem[]): readonly Problem[] => {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify(problem);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
};
