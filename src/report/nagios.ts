import { type Escaped, joined } from '../lib/escape/escaped.js';
import { escapeNagios, nagios } from '../lib/escape/nagios.js';
import { cut } from '../lib/escape/visible.js';
import { SEVERITIES } from '../model/finding.js';
import type { Report } from '../model/report.js';
import { fails, oneLine, shownFindings } from './ci.js';
import type { Format } from './format.js';
import { atLeast, gapsInOrder, subjectsOf } from './view.js';
import { count } from './words.js';

/*
 * Output of a monitoring plugin (monitoring-plugins development guidelines, Icinga's service monitoring): a status line of about 80
 * characters with performance data, then long text without `|`. Nagios reads no more than 4 KiB.
 */

type Text = Escaped<'nagios'>;

const BYTES_MAX = 4_000;
const SUMMARY_MAX = 80;
const LINE_MAX = 200;

const WORDS = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;

/** The plugin's own exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Never earshot's. */
function codeOf(report: Report): 0 | 1 | 2 | 3 {
  if (report.gate.exitCode === 1 || report.findings.some((finding) => fails(finding, report))) return 2;
  if (report.gate.exitCode === 2 || report.gate.exitCode === 3 || report.gate.exitCode === 4) return 3;
  const open = report.findings.filter((finding) => finding.status === 'new' || finding.status === 'known');
  return open.some((finding) => atLeast(finding.severity, 'medium')) ? 1 : 0;
}

/** `'high'=3;;0;0`: value, warning and critical ranges, minimum. */
function performance(report: Report): Text {
  const { failOn } = report.gate;
  const severities = SEVERITIES.map((severity) => {
    const critical = failOn !== 'none' && atLeast(severity, failOn) ? nagios`0` : nagios``;
    const warning = atLeast(severity, 'medium') ? nagios`0` : nagios``;
    return nagios`'${escapeNagios(severity)}'=${report.summary[severity]};${warning};${critical};0`;
  });
  const rest = [
    nagios`'listeners'=${report.summary.listeners};;;0`,
    nagios`'gaps'=${report.summary.gaps};;;0`,
    nagios`'waived'=${report.summary.waived};;;0`,
  ];
  return joined([...severities, ...rest], nagios` `);
}

function summaryOf(reports: readonly Report[]): string {
  const counts = SEVERITIES.map(
    (severity) => [severity, reports.reduce((sum, report) => sum + report.summary[severity], 0)] as const,
  )
    .filter(([, n]) => n > 0)
    .map(([severity, n]) => `${n} ${severity}`);
  const gaps = reports.reduce((sum, report) => sum + report.summary.gaps, 0);
  const findings = counts.length === 0 ? 'no findings' : counts.join(', ');
  return `${findings}; ${gaps === 0 ? 'all seen' : `${count(gaps, 'thing')} not seen`}`;
}

/** As many lines as fit, and how many did not. */
function fitting(lines: readonly Text[], room: number): readonly Text[] {
  const kept: Text[] = [];
  let left = room - 60;
  for (const line of lines) {
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) return [...kept, nagios`and ${lines.length - kept.length} more; -f text shows them all`];
    kept.push(line);
  }
  return kept;
}

/** The code of several hosts taken together: CRITICAL, then UNKNOWN, then WARNING. */
function worstCode(reports: readonly Report[]): 0 | 1 | 2 | 3 {
  const codes = reports.map(codeOf);
  return ([2, 3, 1] as const).find((code) => codes.includes(code)) ?? 0;
}

export const nagiosFormat: Format = {
  name: 'nagios',
  render: (reports, look) => {
    const [first] = reports;
    const perf = first === undefined || reports.length > 1 ? nagios`` : nagios` | ${performance(first)}`;
    const word = WORDS[worstCode(reports)];
    const head = nagios`EARSHOT ${escapeNagios(word)} - ${escapeNagios(cut(summaryOf(reports), SUMMARY_MAX))}${perf}`;
    const lines = reports.flatMap((report) => {
      const subjects = subjectsOf(report);
      const gaps = gapsInOrder(report).map((gap) => escapeNagios(cut(`not seen: ${gap.what} (${gap.why})`, LINE_MAX)));
      const findings = shownFindings(report, look.minSeverity).map((finding) =>
        escapeNagios(
          cut(
            `${finding.severity}: ${oneLine(finding, subjects)}${finding.status === 'known' ? ' (known)' : ''}`,
            LINE_MAX,
          ),
        ),
      );
      return [...gaps.slice(0, 5), ...findings, ...gaps.slice(5)];
    });
    return joined(
      [head, ...fitting(lines, BYTES_MAX - Buffer.byteLength(head)), nagios``],
      nagios`
`,
    );
  },
};
