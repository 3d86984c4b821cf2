import type { Row, StoredPack } from './builtin.js';
import { encode } from './codec.js';
import { worldOf } from './engine.js';
import { indexKeysOf } from './indexed.js';
import { loadUserFiles } from './load.js';
import { EMPTY_RULES, type Rule, type RuleTest, type RuleText } from './rule.js';
import type { PackFile } from './sources.js';

/** The built-in pack as the build stores it. */
export interface Stored {
  /** What every start reads. */
  readonly core: StoredPack;
  /** The expressions of the rules, in their order, as JSON: each is parsed when a record first comes near. */
  readonly expressions: readonly string[];
  /** Texts by pack, then rule. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, RuleText>>>>;
  readonly tests: Readonly<Record<string, readonly RuleTest[]>>;
  /** The rules themselves, for docs. */
  readonly rules: readonly Rule[];
}

/**
 * Checks the files of the built-in pack.
 * @throws UsageError with every mistake.
 */
export async function storePack(files: readonly PackFile[]): Promise<Stored> {
  const { ruleSet, parsed } = await loadUserFiles(EMPTY_RULES, files, null, async () => []);
  const { rules, shared } = ruleSet;
  const world = worldOf(ruleSet);
  const packs = [...new Set(rules.map(({ pack }) => pack))].sort();
  const severities = [...new Set(rules.map(({ severity }) => JSON.stringify(severity)))].sort();
  const rows = rules.map((rule): Row => {
    const { id, aliases, title, status, subject, severity, tags, pack, place } = rule;
    return [
      id,
      aliases,
      title,
      status,
      subject,
      severities.indexOf(JSON.stringify(severity)),
      tags,
      packs.indexOf(pack),
      place.line,
      indexKeysOf(rule.expression, world),
    ];
  });
  const ofPack = (name: string) => parsed.filter(({ rule }) => rule.pack === name);
  return {
    core: { packs, severities: severities.map((text) => JSON.parse(text)), rows, shared },
    expressions: rules.map(({ expression }) => JSON.stringify(encode(expression))),
    texts: Object.fromEntries(
      packs.map((name) => [name, Object.fromEntries(ofPack(name).map(({ rule, text }) => [rule.id, text]))]),
    ),
    tests: Object.fromEntries(parsed.map(({ rule, tests }) => [rule.id, tests])),
    rules,
  };
}
