import type { Evidence } from '../model/finding.js';
import type { World } from './language/compile.js';
import { matchingValues, showItem, type Traced, trace } from './language/trace.js';
import type { RecordData } from './language/values.js';
import type { Rule } from './rule.js';

const VALUE_CHARACTERS_MAX = 200;
const EVIDENCE_MAX = 20;

/** The items that made an expression hold; what stands under a `not` shows nothing. */
function* supporting(part: Traced): Generator<NonNullable<Traced['item']>> {
  if (!part.holds) return;
  if (part.item !== null) yield part.item;
  else if (part.kind !== 'not') for (const inside of part.parts) yield* supporting(inside);
}

const cut = (text: string): string =>
  text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX)}…`;

/** Why a rule matched: each field that it asked for and found, once. */
export function evidenceOf(rule: Rule, record: RecordData, world: World): readonly Evidence[] {
  const evidence: Evidence[] = [];
  const seen = new Set<string>();
  for (const { item } of supporting(trace(rule.expression, record, world))) {
    const field = item.field ?? 'any value';
    if (seen.has(`${field} ${item.key}`) || evidence.length >= EVIDENCE_MAX) continue;
    seen.add(`${field} ${item.key}`);
    const values = matchingValues(item, record, world);
    evidence.push({
      field,
      value: cut(values.length === 0 ? 'not there' : values.join(', ')),
      why: showItem(item),
    });
  }
  return evidence;
}
