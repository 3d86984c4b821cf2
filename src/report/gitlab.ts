import { toJson } from '../lib/escape/json.js';
import { cut, visible } from '../lib/escape/visible.js';
import type { Severity } from '../model/finding.js';
import { oneLine, repositoryPlace, shownFindings } from './ci.js';
import type { Format } from './format.js';
import { subjectsOf } from './view.js';

/*
 * GitLab's code quality report (gitlabhq lib/gitlab/ci/parsers/codequality/code_climate.rb). Its parser stops at the first bad entry
 * and drops all that follow; entries with one fingerprint are shown as one; teams key on check_name, which is the rule's id.
 */

const SEVERITY: Readonly<Record<Severity, string>> = {
  critical: 'blocker',
  high: 'critical',
  medium: 'major',
  low: 'minor',
  info: 'info',
};

const DESCRIPTION_MAX = 1_000;

export const gitlabFormat: Format = {
  name: 'gitlab',
  render: (reports, look, options = {}) => {
    const seen = new Map<string, number>();
    const unique = (fingerprint: string): string => {
      const times = (seen.get(fingerprint) ?? 0) + 1;
      seen.set(fingerprint, times);
      return times === 1 ? fingerprint : `${fingerprint}-${times}`;
    };
    const entries = reports.flatMap((report) => {
      const subjects = subjectsOf(report);
      return shownFindings(report, look.minSeverity).map((finding) => {
        const place = repositoryPlace(finding, options);
        return {
          description: visible(cut(oneLine(finding, subjects), DESCRIPTION_MAX)),
          check_name: finding.ruleId,
          fingerprint: unique(finding.fingerprint),
          severity: SEVERITY[finding.severity],
          location: { path: visible(place.path), lines: { begin: place.line } },
        };
      });
    });
    return `${toJson(entries, 1)}\n`;
  },
};
