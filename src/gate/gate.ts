import type { Rank } from '../model/exposure.js';
import { type Finding, type Match, SEVERITIES, type Severity } from '../model/finding.js';
import type { Gap } from '../model/gap.js';
import type { Waiver } from '../model/waiver.js';
import { type Agreed, knownIn } from './agreed.js';
import { judgeWaivers } from './waivers.js';

/** What counts in this run. */
export interface GateSettings {
  readonly failOn: Severity | 'none';
  readonly failOnKnown: boolean;
  readonly minSeverity: Severity;
  readonly requireComplete: boolean;
  /** What the audit was narrowed to, in words. */
  readonly narrowed: readonly string[];
}

/** What was agreed before: waivers and earlier states. */
export interface Agreements {
  readonly waivers: readonly Waiver[];
  /** Baseline, report to compare with, last finished run: whatever is in one of them, no worse, is known. */
  readonly agreed: readonly Agreed[];
}

export interface Decision {
  readonly findings: readonly Finding[];
  readonly exitCode: number;
  readonly notices: readonly string[];
  readonly expiring: number;
}

const severityIndex = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** True when `severity` is at or above `limit`. */
export const atLeast = (severity: Severity, limit: Severity): boolean =>
  severityIndex(severity) <= severityIndex(limit);

/** The exit code of several runs taken together: usage errors, then findings, then failures, then incompleteness. */
export function worstExit(codes: readonly number[]): number {
  return [2, 1, 4, 3].find((code) => codes.includes(code)) ?? 0;
}

const byWorst = (a: Finding, b: Finding): number =>
  severityIndex(a.severity) - severityIndex(b.severity) ||
  (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0) ||
  (a.ruleId < b.ruleId ? -1 : a.ruleId > b.ruleId ? 1 : 0) ||
  (a.fingerprint < b.fingerprint ? -1 : a.fingerprint > b.fingerprint ? 1 : 0);

function exitCodeOf(findings: readonly Finding[], gaps: readonly Gap[], settings: GateSettings): number {
  const { failOn } = settings;
  const fails = (finding: Finding): boolean =>
    failOn !== 'none' &&
    atLeast(finding.severity, failOn) &&
    (finding.status === 'new' || (finding.status === 'known' && settings.failOnKnown));
  const codes = [
    findings.some(fails) ? 1 : 0,
    gaps.some((gap) => gap.kind === 'internal') ? 4 : 0,
    settings.requireComplete && gaps.some((gap) => gap.hidesListeners) ? 3 : 0,
  ];
  return worstExit(codes);
}

/**
 * Gives each match its status and the run its exit code. `widestOf` tells a subject's exposure now; `at` is the snapshot's time
 * (RFC 3339): age and expiry are judged then, not when the report is made.
 */
export function decide(
  matches: readonly Match[],
  widestOf: (subject: string) => Rank | null,
  agreements: Agreements,
  gaps: readonly Gap[],
  settings: GateSettings,
  at: string,
): Decision {
  const { waiverOf, notices, expiring } = judgeWaivers(agreements.waivers, matches, at);
  const findings = matches.map((match): Finding => {
    const waiver = waiverOf(match);
    if (waiver !== null) {
      const { owner, reason, expires, ticket } = waiver;
      return { ...match, status: 'waived', waiver: { owner, reason, expires, ticket } };
    }
    const known = agreements.agreed.some((agreed) => knownIn(agreed, match, widestOf(match.subject)));
    return { ...match, status: known ? 'known' : 'new', waiver: null };
  });
  const present = new Set(matches.map((match) => match.fingerprint));
  const resolved = new Map<string, Finding>();
  for (const agreed of agreements.agreed)
    for (const gone of agreed.gone(present)) if (!resolved.has(gone.fingerprint)) resolved.set(gone.fingerprint, gone);
  const all = [...findings.sort(byWorst), ...[...resolved.values()].sort(byWorst)];
  return { findings: all, exitCode: exitCodeOf(findings, gaps, settings), notices, expiring };
}
