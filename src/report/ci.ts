import type { Finding, Severity } from '../model/finding.js';
import type { Report } from '../model/report.js';
import type { FormatOptions } from './format.js';
import { atLeast, reachOf, type Subjects } from './view.js';
import { prose } from './words.js';

/** A place in a repository that an annotation points at. */
export interface RepositoryPlace {
  /** Relative to the repository's root, without `./`. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/** Where a finding without a place in the repository points: code scanning refuses a whole file for one result without any. */
const FALLBACK_FILE = 'earshot.yaml';

/** Path below a repository's root: no scheme, no root, no way out. null where it is none. */
function relative(path: string): string | null {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(path) || parts.length === 0 || parts.includes('..'))
    return null;
  return parts.join('/');
}

/** The first place of a finding that lies in the repository, else the configuration's first line. */
export function repositoryPlace(finding: Finding, options: FormatOptions): RepositoryPlace {
  for (const location of finding.locations) {
    const path = location.repoPath === null ? null : relative(location.repoPath);
    if (path !== null) return { path, line: Math.max(1, location.line) };
  }
  return { path: options.fallbackFile ?? FALLBACK_FILE, line: 1 };
}

/** True where the gate counts it: new (or known, where known ones count) and at or above the severity that fails a run. */
export function fails(finding: Finding, report: Report): boolean {
  const { failOn, failOnKnown } = report.gate;
  if (failOn === 'none' || !atLeast(finding.severity, failOn)) return false;
  return finding.status === 'new' || (finding.status === 'known' && failOnKnown === true);
}

/** What, where and heard by whom, in one sentence. */
export function oneLine(finding: Finding, subjects: Subjects): string {
  const reach = reachOf(subjects, finding.subject);
  return `${prose(finding.title)}: ${subjects.words(finding.subject)}${reach === null ? '' : `, ${reach}`}`;
}

/** Least severity shown, findings that count and are shown, worst first. */
export function shownFindings(report: Report, minSeverity: Severity | null): readonly Finding[] {
  const least = minSeverity ?? report.gate.minSeverity;
  return report.findings.filter((f) => (f.status === 'new' || f.status === 'known') && atLeast(f.severity, least));
}
