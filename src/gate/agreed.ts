import type { Baseline, BaselineEntry } from '../model/baseline.js';
import { RANKS, type Rank } from '../model/exposure.js';
import { type Finding, type Match, SEVERITIES } from '../model/finding.js';
import type { Report } from '../model/report.js';

/** An earlier state that was agreed to: a baseline, a report to compare with, or the last finished run. */
export interface Agreed {
  readonly entries: ReadonlyMap<string, BaselineEntry>;
  /** What was in it and is not among `present` fingerprints, as `resolved` findings. */
  readonly gone: (present: ReadonlySet<string>) => readonly Finding[];
}

/** A finding is known where it was there before at no lower severity and no narrower exposure. */
export function knownIn(agreed: Agreed, match: Match, widest: Rank | null): boolean {
  const entry = agreed.entries.get(match.fingerprint);
  if (entry === undefined) return false;
  const worse = SEVERITIES.indexOf(match.severity) < SEVERITIES.indexOf(entry.severity);
  const grew = widest !== null && entry.widest !== null && RANKS.indexOf(widest) > RANKS.indexOf(entry.widest);
  return !worse && !grew;
}

/** What a baseline keeps of a resolved finding is all that is left of it. */
export function resolvedOf(entry: BaselineEntry): Finding {
  return {
    ruleId: entry.ruleId,
    title: entry.title,
    severity: entry.severity,
    status: 'resolved',
    subject: entry.subject,
    locations: [],
    rationale: '',
    evidence: [],
    remediation: [],
    references: [],
    tags: [],
    fingerprint: entry.fingerprint,
    waiver: null,
  };
}

function agreedFrom(entries: readonly BaselineEntry[], full: ReadonlyMap<string, Finding>): Agreed {
  const map = new Map(entries.map((entry) => [entry.fingerprint, entry]));
  return {
    entries: map,
    gone: (present) =>
      [...map.values()]
        .filter((entry) => !present.has(entry.fingerprint))
        .map((entry) => {
          const finding = full.get(entry.fingerprint);
          return finding === undefined ? resolvedOf(entry) : { ...finding, status: 'resolved', waiver: null };
        }),
  };
}

export const agreedFromBaseline = (baseline: Baseline): Agreed => agreedFrom(baseline.findings, new Map());

/** Widest exposure of a report's subjects, by id. */
export function widestBySubject(report: Pick<Report, 'listeners' | 'published'>): ReadonlyMap<string, Rank> {
  const map = new Map<string, Rank>();
  for (const listener of report.listeners)
    if (listener.exposure !== null) map.set(listener.id, listener.exposure.widest);
  for (const published of report.published) map.set(published.id, published.exposure.widest);
  return map;
}

/** The findings of a report that count (new, known, waived), as entries to agree to. */
export function entriesOf(report: Report): readonly BaselineEntry[] {
  const widest = widestBySubject(report);
  return report.findings
    .filter((finding) => finding.status !== 'resolved')
    .map((finding) => ({
      fingerprint: finding.fingerprint,
      ruleId: finding.ruleId,
      subject: finding.subject,
      title: finding.title,
      severity: finding.severity,
      widest: widest.get(finding.subject) ?? null,
    }));
}

export function agreedFromReport(report: Report): Agreed {
  const counted = report.findings.filter((finding) => finding.status !== 'resolved');
  return agreedFrom(entriesOf(report), new Map(counted.map((finding) => [finding.fingerprint, finding])));
}

/** The baseline of a report: sorted by subject and rule, so that a review in git shows only what changed. */
export function baselineOf(report: Report): Baseline {
  const key = (entry: BaselineEntry): string => `${entry.subject}\0${entry.ruleId}\0${entry.fingerprint}`;
  const findings = [...entriesOf(report)].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return {
    schema: 'earshot.baseline/1',
    host: report.host.hostname,
    acceptedAt: report.collection.startedAt,
    findings,
  };
}
