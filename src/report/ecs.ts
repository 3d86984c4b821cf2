import { toJson } from '../lib/escape/json.js';
import { parseAddress } from '../lib/ip/address.js';
import type { Finding, Severity } from '../model/finding.js';
import type { Owner } from '../model/listener.js';
import type { Report } from '../model/report.js';
import { oneLine } from './ci.js';
import type { Format } from './format.js';
import { type Subjects, subjectsOf } from './view.js';
import { prose } from './words.js';

/*
 * Elastic Common Schema, one document a finding and line. Our own fields stand under `earshot.*`. Keyword values of more than 1,024
 * characters are not indexed, so longer ones are cut and say so.
 */

const KEYWORD_MAX = 1_000;
const ARGS_MAX = 64;

const keyword = (text: string): string =>
  text.length <= KEYWORD_MAX ? text : `${text.slice(0, KEYWORD_MAX - 40)}… (cut, ${text.length} characters)`;

const SEVERITY_NUMBER: Readonly<Record<Severity, number>> = { info: 1, low: 21, medium: 47, high: 73, critical: 99 };

function processOf(owner: Owner | undefined): object {
  if (owner === undefined || owner.kind === 'kernel') return {};
  const container =
    owner.container === null
      ? {}
      : {
          container: {
            id: keyword(owner.container.id),
            runtime: keyword(owner.container.runtime),
            ...(owner.container.name === null ? {} : { name: keyword(owner.container.name) }),
            ...(owner.container.image === null ? {} : { image: { name: keyword(owner.container.image) } }),
          },
        };
  return {
    process: {
      ...(owner.pid === null ? {} : { pid: owner.pid }),
      ...(owner.name === null ? {} : { name: keyword(owner.name) }),
      ...(owner.exe === null ? {} : { executable: keyword(owner.exe) }),
      ...(owner.args.length === 0
        ? {}
        : { args: owner.args.slice(0, ARGS_MAX).map(keyword), args_count: owner.args.length }),
      ...(owner.user === null ? {} : { user: { name: keyword(owner.user) } }),
    },
    ...container,
  };
}

function serverOf(finding: Finding, subjects: Subjects): object {
  const listener = subjects.listener(finding.subject);
  const subject = listener ?? subjects.published(finding.subject);
  if (subject === undefined) return {};
  const address = subject.address === null ? null : parseAddress(subject.address);
  const server = {
    ...(subject.address === null ? {} : { address: keyword(subject.address) }),
    ...(address === null ? {} : { ip: subject.address }),
    ...(subject.port === null ? {} : { port: subject.port }),
  };
  const network = {
    transport: subject.protocol,
    ...(address === null ? {} : { type: address.family }),
    ...(subject.service.name === null ? {} : { protocol: keyword(subject.service.name) }),
  };
  return { server, network, ...processOf(subject.owners[0]) };
}

function documentOf(finding: Finding, report: Report, subjects: Subjects): object {
  const techniques = finding.references.map((reference) => reference.id).filter((id) => /^T\d{4}$/.test(id));
  const url = finding.references.find((reference) => reference.url !== '')?.url;
  const subject = subjects.listener(finding.subject) ?? subjects.published(finding.subject);
  return {
    '@timestamp': report.collection.startedAt,
    ecs: { version: '9.4.0' },
    message: oneLine(finding, subjects),
    event: {
      kind: finding.status === 'new' ? 'alert' : 'state',
      category: ['host'],
      type: ['info'],
      module: 'earshot',
      dataset: 'earshot.finding',
      severity: SEVERITY_NUMBER[finding.severity],
    },
    rule: {
      id: keyword(finding.ruleId),
      name: keyword(prose(finding.title)),
      description: keyword(prose(finding.rationale)),
      ...(url === undefined ? {} : { reference: keyword(url) }),
    },
    host: {
      hostname: keyword(report.host.hostname),
      name: keyword(report.host.hostname),
      os: {
        full: keyword(report.host.os),
        kernel: keyword(report.host.kernel),
        ...(report.collection.source === 'capture' ? {} : { type: 'linux' }),
      },
    },
    ...(techniques.length === 0 ? {} : { threat: { framework: 'MITRE ATT&CK', technique: { id: techniques } } }),
    ...serverOf(finding, subjects),
    earshot: {
      fingerprint: finding.fingerprint,
      severity: finding.severity,
      status: finding.status,
      subject: keyword(finding.subject),
      exposure: subject?.exposure?.widest ?? null,
      owners: subject?.owners.length ?? 0,
      remediation: finding.remediation.map((step) => keyword(step.command === '' ? step.what : step.command)),
      version: report.tool.version,
    },
  };
}

export const ecsFormat: Format = {
  name: 'ecs',
  render: (reports) =>
    reports
      .flatMap((report) => {
        const subjects = subjectsOf(report);
        return report.findings.map((finding) => `${toJson(documentOf(finding, report, subjects), 0)}\n`);
      })
      .join(''),
};
