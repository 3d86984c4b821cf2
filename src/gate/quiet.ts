import type { Report } from '../model/report.js';
import { gapKey } from './drift.js';
import { atLeast } from './gate.js';

/**
 * True when a quiet night stays quiet: no new finding at or above the level that fails, no gap that was not there before, no waiver
 * about to expire, nothing failed. `before` is the last run or the report compared with; null: nothing is known of before, so every gap
 * is new.
 */
export function isQuiet(report: Report, before: Pick<Report, 'collection'> | null): boolean {
  const { failOn, minSeverity, exitCode, expiring } = report.gate;
  const level = failOn === 'none' ? minSeverity : failOn;
  if (exitCode === 4 || expiring > 0) return false;
  if (report.findings.some((finding) => finding.status === 'new' && atLeast(finding.severity, level))) return false;
  const known = new Set((before?.collection.gaps ?? []).map(gapKey));
  return report.collection.gaps.every((gap) => known.has(gapKey(gap)));
}
