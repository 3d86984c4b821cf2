import { cut } from '../lib/escape/visible.js';
import type { Finding, Severity } from '../model/finding.js';
import type { Gap } from '../model/gap.js';
import type { LogMessage } from '../model/message.js';
import type { Report } from '../model/report.js';
import { oneLine, shownFindings } from './ci.js';
import { atLeast, gapsInOrder, type Subjects, subjectsOf } from './view.js';
import { count } from './words.js';

/** More than this of one run is a flood; the summary says how many there are. */
const MESSAGES_MAX = 1000;
const VALUE_CHARACTERS_MAX = 600;

const field = (name: string, value: string | number | null | undefined): readonly (readonly [string, string])[] =>
  value === null || value === undefined || value === '' ? [] : [[name, cut(String(value), VALUE_CHARACTERS_MAX)]];

function findingMessage(finding: Finding, subjects: Subjects, report: Report): LogMessage {
  const listener = subjects.listener(finding.subject);
  const { ruleId, subject, status, severity, fingerprint } = finding;
  const resolved = status === 'resolved';
  const text = `${resolved ? 'resolved' : `${severity}, ${status}`}: ${oneLine(finding, subjects)} [${ruleId}]`;
  return {
    kind: 'finding',
    severity: resolved ? 'info' : severity,
    host: report.host.hostname,
    at: report.collection.startedAt,
    text: cut(text, VALUE_CHARACTERS_MAX),
    fields: [
      ...field('rule', ruleId),
      ...field('severity', severity),
      ...field('status', status),
      ...field('subject', subject),
      ...field('service', listener?.service.name),
      ...field('widest', listener?.exposure?.widest ?? subjects.published(subject)?.exposure.widest),
      ...field('exe', listener?.owners[0]?.exe),
      ...field('unit', listener?.owners[0]?.unit),
      ...field('fingerprint', fingerprint),
    ],
  };
}

function gapMessage(gap: Gap, report: Report): LogMessage {
  return {
    kind: 'gap',
    severity: gap.hidesListeners ? 'medium' : 'low',
    host: report.host.hostname,
    at: report.collection.startedAt,
    text: cut(`not seen: ${gap.what}: ${gap.why}; hides ${gap.hides}`, VALUE_CHARACTERS_MAX),
    fields: [
      ...field('gap', gap.kind),
      ...field('what', gap.what),
      ...field('hides_listeners', String(gap.hidesListeners)),
    ],
  };
}

function summaryMessage(report: Report, unsaid: number): LogMessage {
  const { summary, gate, collection, host } = report;
  const found = (['critical', 'high', 'medium', 'low', 'info'] as const).filter((severity) => summary[severity] > 0);
  const counts = found.map((severity) => `${summary[severity]} ${severity}`).join(', ');
  const severity: Severity = gate.exitCode === 0 ? 'info' : 'medium';
  return {
    kind: 'summary',
    severity,
    host: host.hostname,
    at: collection.startedAt,
    text: `audit done: ${counts === '' ? 'no findings' : counts}; ${count(summary.listeners, 'listener')}, ${count(summary.gaps, 'gap')}, exit ${gate.exitCode}${
      unsaid === 0 ? '' : `; ${count(unsaid, 'message')} more than one run may send were left out`
    }`,
    fields: [
      ...found.flatMap((name) => field(name, summary[name])),
      ...field('waived', summary.waived),
      ...field('listeners', summary.listeners),
      ...field('gaps', summary.gaps),
      ...field('exit', gate.exitCode),
    ],
  };
}

/** What a log is told of a run: each open or resolved finding, each gap, worst first, and a summary at the end. */
export function messagesOf(report: Report, minSeverity: Severity | null): readonly LogMessage[] {
  const subjects = subjectsOf(report);
  const least = minSeverity ?? report.gate.minSeverity;
  const resolved = report.findings.filter((each) => each.status === 'resolved' && atLeast(each.severity, least));
  const all = [
    ...[...shownFindings(report, minSeverity), ...resolved].map((each) => findingMessage(each, subjects, report)),
    ...gapsInOrder(report).map((gap) => gapMessage(gap, report)),
  ];
  return [...all.slice(0, MESSAGES_MAX), summaryMessage(report, Math.max(0, all.length - MESSAGES_MAX))];
}
