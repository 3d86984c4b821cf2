import type { Match } from '../model/finding.js';
import type { Waiver } from '../model/waiver.js';

/** A waiver that ends within this many days is announced. */
export const WARNING_DAYS = 14;
const DAY_MS = 86_400_000;

/** A pattern in which `*` stands for any run of characters; everything else is itself. */
function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts[parts.length - 1] ?? '';
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Whole days from `at` to the end of the waiver's last day; negative: expired. */
export function daysLeft(waiver: Waiver, at: string): number {
  return Math.floor((Date.parse(`${waiver.expires}T23:59:59.999Z`) - Date.parse(at)) / DAY_MS);
}

const placeOf = (waiver: Waiver): string =>
  waiver.place === null ? '' : ` (${waiver.place.file}:${waiver.place.line})`;

/** True when the waiver speaks of the finding, whether or not it has expired. */
export const covers = (waiver: Waiver, match: Pick<Match, 'ruleId' | 'subject'>): boolean =>
  matchesPattern(waiver.rule, match.ruleId) && matchesPattern(waiver.subject, match.subject);

export interface JudgedWaivers {
  /** The waiver in force for a finding, or null. */
  readonly waiverOf: (match: Match) => Waiver | null;
  /** What must be said of the waivers themselves: about to end, ended, matching nothing. */
  readonly notices: readonly string[];
  /** How many are about to end, or have ended with findings left. */
  readonly expiring: number;
}

/** Which waivers are in force at `at` (RFC 3339), and what is to be said of them. */
export function judgeWaivers(waivers: readonly Waiver[], matches: readonly Match[], at: string): JudgedWaivers {
  const inForce = waivers.filter((waiver) => daysLeft(waiver, at) >= 0);
  const notices: string[] = [];
  let expiring = 0;
  for (const waiver of waivers) {
    const used = matches.some((match) => covers(waiver, match));
    const left = daysLeft(waiver, at);
    const name = `waiver of ${waiver.rule} for ${waiver.subject}, accepted by ${waiver.owner}${placeOf(waiver)}`;
    if (!used && waiver.fromPack !== true)
      notices.push(`${name}: matches no finding; \`earshot waivers prune\` removes it`);
    else if (left < WARNING_DAYS) expiring++;
    if (!used || left >= WARNING_DAYS) continue;
    if (left < 0) notices.push(`${name}: expired on ${waiver.expires}; its findings count again`);
    else notices.push(`${name}: expires on ${waiver.expires}; renew it or close the hole`);
  }
  return { waiverOf: (match) => inForce.find((waiver) => covers(waiver, match)) ?? null, notices, expiring };
}
