import { type Escaped, joined } from '../lib/escape/escaped.js';
import { cut } from '../lib/escape/visible.js';
import { escapeXml, escapeXmlLines, xml } from '../lib/escape/xml.js';
import type { Finding } from '../model/finding.js';
import type { Report } from '../model/report.js';
import { fails, oneLine } from './ci.js';
import type { Format } from './format.js';
import { type Subjects, subjectsOf } from './view.js';
import { prose } from './words.js';

/*
 * JUnit XML that satisfies the two schemas in use (Jenkins' xUnit and Ant's). A finding that fails the run is a failure; one that
 * does not is a case that passes, with its text in its name; a waived one is skipped; a gap is an error where completeness was
 * demanded. A rule that ran and matched nothing is a case that passes: a report without any case fails a Jenkins step.
 */

type Text = Escaped<'xml'>;

const TEXT_MAX = 4_000;
const NAME_MAX = 300;
const LINE_END = xml`
`;

interface TestCase {
  readonly className: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'error';
  readonly type: string;
  readonly message: string;
  readonly body: string;
}

const passed = (className: string, name: string): TestCase => ({
  className,
  name,
  outcome: 'passed',
  type: '',
  message: '',
  body: '',
});

function findingCase(finding: Finding, report: Report, subjects: Subjects): TestCase {
  const message = oneLine(finding, subjects);
  const name = `${finding.severity}${finding.status === 'known' ? ', known' : ''}: ${message}`;
  const base = { className: `earshot.${finding.ruleId}`, name };
  if (finding.status === 'waived') {
    const { waiver } = finding;
    const why = waiver === null ? 'waived' : `accepted by ${waiver.owner} until ${waiver.expires}: ${waiver.reason}`;
    return { ...base, outcome: 'skipped', type: 'waived', message: why, body: '' };
  }
  if (!fails(finding, report)) return passed(base.className, base.name);
  const steps = finding.remediation.map((step) => (step.command === '' ? step.what : `${step.what}: ${step.command}`));
  const places = finding.locations.map((at) => `${at.repoPath ?? at.file} line ${at.line}: ${at.what}`);
  const evidence = finding.evidence.map((fact) => `${fact.field} is ${fact.value}: ${fact.why}`);
  const body = [prose(finding.rationale), ...evidence, ...places, ...steps, `fingerprint ${finding.fingerprint}`].join(
    '\n',
  );
  return { ...base, outcome: 'failed', type: finding.severity, message, body };
}

function casesOf(report: Report): readonly TestCase[] {
  const subjects = subjectsOf(report);
  const findings = report.findings.filter((finding) => finding.status !== 'resolved');
  const matched = new Set(findings.map((finding) => finding.ruleId));
  const rules = report.rules.filter((rule) => rule.ran && !matched.has(rule.id));
  const gaps = report.collection.gaps.map((gap): TestCase => {
    const name = `seen: ${gap.what}`;
    const body = `${gap.why}\nhides: ${gap.hides}\n${gap.fix}`;
    return report.gate.requireComplete && gap.hidesListeners
      ? {
          className: 'earshot.completeness',
          name,
          outcome: 'error',
          type: gap.kind,
          message: `not seen: ${gap.what} (${gap.why})`,
          body,
        }
      : {
          className: 'earshot.completeness',
          name,
          outcome: 'skipped',
          type: gap.kind,
          message: `not seen: ${gap.what} (${gap.why})`,
          body: '',
        };
  });
  const cases = [
    ...findings.map((finding) => findingCase(finding, report, subjects)),
    ...rules.map((rule) => passed(`earshot.${rule.id}`, `nothing found: ${prose(rule.title)}`)),
    ...gaps,
  ];
  return cases.length > 0 ? cases : [passed('earshot.audit', 'the audit ran')];
}

/** Names made one line, bounded, and unique within their class: servers know a case by class and name. */
function namesOf(cases: readonly TestCase[]): readonly string[] {
  const seen = new Map<string, number>();
  return cases.map(({ className, name }) => {
    const short = cut(name.replace(/\s+/g, ' ').trim(), NAME_MAX);
    const key = `${className} ${short}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times === 1 ? short : `${short} #${times}`;
  });
}

function caseElement(test: TestCase, name: string): Text {
  const open = xml`    <testcase classname="${escapeXml(test.className)}" name="${escapeXml(name)}" time="0"`;
  const message = escapeXml(cut(test.message, TEXT_MAX));
  switch (test.outcome) {
    case 'passed':
      return xml`${open}/>`;
    case 'skipped':
      return xml`${open}><skipped message="${message}"/></testcase>`;
    default: {
      const element = test.outcome === 'failed' ? xml`failure` : xml`error`;
      const body = escapeXmlLines(cut(test.body, TEXT_MAX));
      return xml`${open}><${element} type="${escapeXml(test.type)}" message="${message}">${body}</${element}></testcase>`;
    }
  }
}

function suiteElement(report: Report, id: number): Text {
  const cases = casesOf(report);
  const names = namesOf(cases);
  const of = (outcome: TestCase['outcome']): number => cases.filter((test) => test.outcome === outcome).length;
  const time = escapeXml((Math.min(report.collection.durationMs, 999_000) / 1000).toFixed(3));
  const host = escapeXml(report.host.hostname.trim() === '' ? 'localhost' : report.host.hostname);
  const stamp = escapeXml(report.collection.startedAt.slice(0, 19));
  const properties = [
    ['earshot.version', report.tool.version],
    ['os', report.host.os],
    ['kernel', report.host.kernel],
    ['listeners', String(report.summary.listeners)],
    ['gaps', String(report.summary.gaps)],
    ['fail-on', report.gate.failOn],
  ].map(([name = '', value = '']) => xml`      <property name="${escapeXml(name)}" value="${escapeXml(value)}"/>`);
  return joined(
    [
      xml`  <testsuite package="earshot" id="${id}" name="earshot ${host}" hostname="${host}" timestamp="${stamp}" tests="${cases.length}" failures="${of('failed')}" errors="${of('error')}" skipped="${of('skipped')}" time="${time}">`,
      xml`    <properties>`,
      ...properties,
      xml`    </properties>`,
      ...cases.map((test, index) => caseElement(test, names[index] ?? test.name)),
      xml`    <system-out></system-out>`,
      xml`    <system-err></system-err>`,
      xml`  </testsuite>`,
    ],
    LINE_END,
  );
}

export const junitFormat: Format = {
  name: 'junit',
  render: (reports) =>
    joined(
      [
        xml`<?xml version="1.0" encoding="UTF-8"?>`,
        xml`<testsuites>`,
        ...reports.map(suiteElement),
        xml`</testsuites>`,
        xml``,
      ],
      LINE_END,
    ),
};
