import { toJson } from '../lib/escape/json.js';
import { cut } from '../lib/escape/visible.js';
import { parseAddress } from '../lib/ip/address.js';
import type { Finding, Severity, Status } from '../model/finding.js';
import type { Owner } from '../model/listener.js';
import type { Report } from '../model/report.js';
import { oneLine } from './ci.js';
import type { Format } from './format.js';
import { type Subjects, subjectsOf } from './view.js';
import { prose } from './words.js';

/*
 * OCSF Detection Finding (class 2004), one event a line: the attributes that 1.3.0 and 1.8.0 share, so that every consumer takes it.
 * Times are milliseconds. What the schema has no attribute for stands under `unmapped`.
 */

const CLASS = 2004;
const TEXT_MAX = 8_000;

const SEVERITY_ID: Readonly<Record<Severity, number>> = { info: 1, low: 2, medium: 3, high: 4, critical: 5 };
const SEVERITY_NAME: Readonly<Record<Severity, string>> = {
  info: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

/** Activity (1 create, 2 update, 3 close) and status (1 new, 3 suppressed, 4 resolved). */
const LIFE: Readonly<
  Record<
    Status,
    { readonly activity: number; readonly name: string; readonly status: number; readonly statusName: string }
  >
> = {
  new: { activity: 1, name: 'Create', status: 1, statusName: 'New' },
  known: { activity: 2, name: 'Update', status: 1, statusName: 'New' },
  waived: { activity: 2, name: 'Update', status: 3, statusName: 'Suppressed' },
  resolved: { activity: 3, name: 'Close', status: 4, statusName: 'Resolved' },
};

function processOf(owner: Owner): object | null {
  if (owner.pid === null) return null;
  return {
    pid: owner.pid,
    ...(owner.name === null ? {} : { name: owner.name }),
    ...(owner.args.length === 0 ? {} : { cmd_line: cut(owner.args.join(' '), TEXT_MAX) }),
    ...(owner.exe === null
      ? {}
      : { file: { name: owner.exe.split('/').at(-1) || owner.exe, path: owner.exe, type_id: 1 } }),
    ...(owner.user === null
      ? {}
      : { user: { name: owner.user, ...(owner.uid === null ? {} : { uid: String(owner.uid) }) } }),
    ...(owner.container === null
      ? {}
      : {
          container: {
            uid: owner.container.id,
            runtime: owner.container.runtime,
            ...(owner.container.name === null ? {} : { name: owner.container.name }),
          },
        }),
  };
}

const EVIDENCES_MAX = 10;

/** The listener as an endpoint, with each process that holds it. */
function evidencesOf(finding: Finding, subjects: Subjects): readonly object[] {
  const subject = subjects.listener(finding.subject) ?? subjects.published(finding.subject);
  if (subject === undefined) return [];
  const ip = subject.address === null || parseAddress(subject.address) === null ? {} : { ip: subject.address };
  const port = subject.port === null || subject.port < 1 || subject.port > 65_535 ? {} : { port: subject.port };
  const service = subject.service.name === null ? {} : { svc_name: subject.service.name };
  const endpoint = { name: subject.id, ...ip, ...port, ...service };
  const processes = subject.owners.slice(0, EVIDENCES_MAX).flatMap((owner) => processOf(owner) ?? []);
  if (processes.length === 0) return [{ dst_endpoint: endpoint }];
  return processes.map((process) => ({ dst_endpoint: endpoint, process }));
}

function remediationOf(finding: Finding): object {
  const desc = finding.remediation
    .map((step) => [step.what, step.command].filter((part) => part !== '').join(': '))
    .join('\n');
  if (desc === '') return {};
  return {
    remediation: {
      desc: cut(desc, TEXT_MAX),
      references: finding.references.map((reference) => reference.url).filter((url) => url !== ''),
    },
  };
}

const TECHNIQUE = /^T\d{4}(?:\.\d{3})?$/;

function eventOf(finding: Finding, report: Report, subjects: Subjects): object {
  const life = LIFE[finding.status];
  const time = Date.parse(report.collection.startedAt);
  const evidences = evidencesOf(finding, subjects);
  const attacks = finding.references
    .filter((reference) => TECHNIQUE.test(reference.id))
    .map(({ id }) => ({ technique: { uid: id } }));
  return {
    activity_id: life.activity,
    activity_name: life.name,
    category_name: 'Findings',
    category_uid: 2,
    class_name: 'Detection Finding',
    class_uid: CLASS,
    type_uid: CLASS * 100 + life.activity,
    type_name: `Detection Finding: ${life.name}`,
    time,
    severity_id: SEVERITY_ID[finding.severity],
    severity: SEVERITY_NAME[finding.severity],
    status_id: life.status,
    status: life.statusName,
    ...(finding.waiver === null
      ? {}
      : { comment: `Accepted by ${finding.waiver.owner} until ${finding.waiver.expires}: ${finding.waiver.reason}` }),
    message: cut(oneLine(finding, subjects), TEXT_MAX),
    metadata: {
      version: '1.8.0',
      product: { name: 'earshot', vendor_name: 'earshot', version: report.tool.version },
      log_name: 'earshot',
    },
    finding_info: {
      uid: finding.fingerprint,
      title: prose(finding.title),
      desc: prose(finding.rationale),
      types: [finding.ruleId],
      ...(attacks.length === 0 ? {} : { attacks }),
    },
    ...remediationOf(finding),
    resources: [
      { uid: finding.subject, name: subjects.words(finding.subject), type: 'Listener' },
      { name: report.host.hostname === '' ? 'unknown' : report.host.hostname, type: 'Host' },
    ],
    ...(evidences.length === 0 ? {} : { evidences }),
    unmapped: {
      earshot: {
        rule: finding.ruleId,
        status: finding.status,
        evidence: finding.evidence,
        exposure: widestOf(finding, subjects),
      },
    },
  };
}

function widestOf(finding: Finding, subjects: Subjects): string | null {
  return (subjects.listener(finding.subject) ?? subjects.published(finding.subject))?.exposure?.widest ?? null;
}

export const ocsfFormat: Format = {
  name: 'ocsf',
  render: (reports) =>
    reports
      .flatMap((report) => {
        const subjects = subjectsOf(report);
        return report.findings.map((finding) => `${toJson(eventOf(finding, report, subjects), 0)}\n`);
      })
      .join(''),
};
