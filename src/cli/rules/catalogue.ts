import { toJson } from '../../lib/escape/json.js';
import { loadRules, type Rule, ruleNamed, rulePage } from '../../rules/rules.js';
import type { Io } from '../io.js';
import { lineForLog } from '../log.js';
import { type RuleFlags, requestOf } from './request.js';

interface ListFlags extends RuleFlags {
  readonly subject?: string;
  readonly tag?: string;
  readonly json?: boolean;
}

const worstFirst = ['critical', 'high', 'medium', 'low', 'info'];

/** The worst severity that a rule can have. */
function worstOf({ severity }: Rule): string {
  const words = typeof severity === 'string' ? [severity] : Object.values(severity);
  return worstFirst.find((word) => (words as readonly string[]).includes(word)) ?? 'info';
}

/** `earshot rules list`. */
export async function listRules(flags: ListFlags, io: Io): Promise<number> {
  const rules = await loadRules(await requestOf(flags, [], io));
  const wanted = rules.rules.filter(
    (rule) =>
      (flags.subject === undefined || rule.subject === flags.subject) &&
      (flags.tag === undefined || rule.tags.includes(flags.tag)),
  );
  if (flags.json === true) {
    await rules.fetch('texts', wanted);
    const rows = wanted.map(({ id, aliases, title, status, subject, severity, tags, pack }) => {
      const { description } = rules.textOf(id) ?? { description: '' };
      return { id, aliases, title, description, status, subject, severity, tags, pack };
    });
    await io.out(`${toJson(rows, 2)}\n`);
    return 0;
  }
  const width = Math.max(0, ...wanted.map(({ id }) => id.length));
  for (const rule of wanted) {
    const note = rule.status === 'stable' ? '' : ` (${rule.status})`;
    await io.out(lineForLog(`${rule.id.padEnd(width)}  ${worstOf(rule).padEnd(8)}  ${rule.title}${note}`, io));
  }
  if (io.outIsTerminal) await io.out(`\n${wanted.length} rules. \`earshot rules show ID\` tells all of one.\n`);
  return 0;
}

/** `earshot rules show ID`. */
export async function showRule(id: string, flags: RuleFlags, io: Io): Promise<number> {
  const rules = await loadRules(await requestOf(flags, [], io));
  const page = await rulePage(rules, await ruleNamed(rules, id));
  for (const line of page.trimEnd().split('\n')) await io.out(lineForLog(line, io));
  return 0;
}
