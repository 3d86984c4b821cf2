import { encode } from './codec.js';
import { worldOf } from './engine.js';
import { SUBJECTS, type Subject } from './fields.js';
import { indexParts } from './indexed.js';
import { loadUserFiles } from './load.js';
import type { Row, StoredIndex, StoredPack } from './pack.js';
import { EMPTY_RULES, type Rule, type RuleSet, type RuleTest, type RuleText } from './rule.js';
import type { PackFile } from './sources.js';
import { storedSummaries } from './summaries.js';

/** The built-in pack as the build stores it. What is a list of texts has one for each rule, in their order. */
export interface Stored {
  /** What every start reads. */
  readonly core: StoredPack;
  readonly rows: readonly string[];
  /** The expressions of the rules as JSON: each is parsed when a record first comes near. */
  readonly expressions: readonly string[];
  readonly summaries: string;
  /** Texts by pack, then rule. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, RuleText>>>>;
  readonly tests: Readonly<Record<string, readonly RuleTest[]>>;
  /** The rules themselves, for docs. */
  readonly rules: readonly Rule[];
}

/** The index of one subject as text; rules are numbered as in `all`. */
function storedIndex(all: readonly Rule[], own: readonly Rule[], ruleSet: RuleSet): StoredIndex {
  const { always, tables } = indexParts(own, worldOf(ruleSet));
  const numbers = own.map((rule) => all.indexOf(rule));
  const ofAll = (number: number): number => numbers[number] ?? 0;
  const lineOf = ([value, rules]: readonly [string, readonly number[]]): string => {
    if (/[\n\t]/.test(value)) throw new Error(`${JSON.stringify(value)} cannot stand in an index that is text`);
    return `${value}\t${rules.map(ofAll).join()}\n`;
  };
  return {
    always: always.map(ofAll),
    tables: Object.fromEntries([...tables].map(([field, table]) => [field, `\n${[...table].map(lineOf).join('')}`])),
  };
}

/**
 * Checks the files of the built-in pack.
 * @throws UsageError with every mistake.
 */
export async function storePack(files: readonly PackFile[]): Promise<Stored> {
  const { ruleSet, parsed } = await loadUserFiles(EMPTY_RULES, files, null, async () => []);
  const { rules, shared } = ruleSet;
  const packs = [...new Set(rules.map(({ pack }) => pack))].sort();
  const severities = [...new Set(rules.map(({ severity }) => JSON.stringify(severity)))].sort();
  const rows = rules.map(({ aliases, status, subject, severity, pack, place }): Row => {
    return [aliases, status, subject, severities.indexOf(JSON.stringify(severity)), packs.indexOf(pack), place.line];
  });
  const index: Partial<Record<Subject, StoredIndex>> = {};
  for (const subject of SUBJECTS) {
    const own = rules.filter((rule) => rule.subject === subject && rule.status !== 'deprecated');
    if (own.length > 0) index[subject] = storedIndex(rules, own, ruleSet);
  }
  const ofPack = (name: string) => parsed.filter(({ rule }) => rule.pack === name);
  return {
    core: { packs, severities: severities.map((text) => JSON.parse(text)), shared, index },
    rows: rows.map((row) => JSON.stringify(row)),
    expressions: rules.map(({ expression }) => JSON.stringify(encode(expression))),
    summaries: storedSummaries(ruleSet),
    texts: Object.fromEntries(
      packs.map((name) => [name, Object.fromEntries(ofPack(name).map(({ rule, text }) => [rule.id, text]))]),
    ),
    tests: Object.fromEntries(parsed.map(({ rule, tests }) => [rule.id, tests])),
    rules,
  };
}
