import type { Report } from '../model/report.js';
import { atLeast } from './gate.js';

/**
 * Exit code of a monitoring plugin (monitoring-plugins guidelines): 2 new findings at or above --fail-on, 1 any other new or known
 * finding of medium or more, 3 where the audit failed or is incomplete and completeness was asked for, else 0.
 */
export function nagiosExit(reports: readonly Report[]): number {
  const codes: readonly number[] = reports.map((report) => {
    const { failOn, exitCode } = report.gate;
    const open = report.findings.filter((finding) => finding.status === 'new' || finding.status === 'known');
    if (exitCode === 1) return 2;
    if (exitCode !== 0) return 3;
    const critical = open.some(
      (finding) => finding.status === 'new' && failOn !== 'none' && atLeast(finding.severity, failOn),
    );
    if (critical) return 2;
    return open.some((finding) => atLeast(finding.severity, 'medium')) ? 1 : 0;
  });
  return [2, 3, 1].find((code) => codes.includes(code)) ?? 0;
}
