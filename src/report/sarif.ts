import { toJson } from '../lib/escape/json.js';
import { escapeSarif } from '../lib/escape/sarif.js';
import { cut, visible } from '../lib/escape/visible.js';
import type { Finding, Severity } from '../model/finding.js';
import type { Report } from '../model/report.js';
import { oneLine, repositoryPlace, shownFindings } from './ci.js';
import type { Format, FormatOptions, Look } from './format.js';
import { type Subjects, subjectsOf } from './view.js';
import { prose } from './words.js';

/*
 * SARIF 2.1.0 as GitHub code scanning takes it (docs.github.com, "SARIF support for code scanning"): every rule has help, every
 * result a file, the severity stands on the rule as its worst, waived findings stay out because suppressions are ignored there.
 */

const RESULTS_MAX = 25_000;
const DESCRIPTION_MAX = 1_000;
const HELP_MAX = 20_000;
const TAGS_MAX = 10;
const RUNS_MAX = 20;

const LEVELS = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' } as const;

/** On GitHub 9.0 and above is critical, 7.0 high, 4.0 medium. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '3.0',
  info: '1.0',
};

interface RuleFacts {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly worst: Severity;
  readonly tags: readonly string[];
}

/** Rules of the run, and those that only their findings tell of (a policy). */
function rulesOf(report: Report, findings: readonly Finding[]): readonly RuleFacts[] {
  const rules = new Map<string, RuleFacts>(report.rules.map((rule) => [rule.id, rule]));
  for (const { ruleId, title, rationale, severity, tags } of findings)
    if (!rules.has(ruleId)) rules.set(ruleId, { id: ruleId, title, help: rationale, worst: severity, tags });
  return [...rules.values()];
}

const nonEmpty = (text: string, otherwise: string): string => (text.trim() === '' ? otherwise : text);

function ruleObject(rule: RuleFacts): object {
  const title = nonEmpty(visible(cut(prose(rule.title), DESCRIPTION_MAX)), rule.id);
  const help = nonEmpty(cut(rule.help, HELP_MAX), title);
  return {
    id: rule.id,
    shortDescription: { text: title },
    fullDescription: { text: nonEmpty(visible(cut(prose(rule.help.replace(/^#+ /gm, '')), DESCRIPTION_MAX)), title) },
    help: { text: help, markdown: help },
    defaultConfiguration: { level: LEVELS[rule.worst] },
    properties: {
      'security-severity': SECURITY_SEVERITY[rule.worst],
      precision: 'high',
      tags: ['security', ...rule.tags.filter((tag) => tag !== 'security')].slice(0, TAGS_MAX),
    },
  };
}

/** A path as a relative URI reference (RFC 3986). */
const uriOf = (path: string): string =>
  path
    .split('/')
    .map((part) => encodeURIComponent(visible(part)))
    .join('/');

function resultObject(finding: Finding, ruleIndex: number, subjects: Subjects, options: FormatOptions): object {
  const place = repositoryPlace(finding, options);
  const fix = finding.remediation.find((step) => step.command !== '');
  const todo = fix === undefined ? '' : ` What to type: ${fix.command}`;
  const waiver = finding.waiver;
  return {
    ruleId: finding.ruleId,
    ruleIndex,
    level: LEVELS[finding.severity],
    message: {
      text: escapeSarif(cut(`${oneLine(finding, subjects)}. ${prose(finding.rationale)}${todo}`, DESCRIPTION_MAX * 2)),
    },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(place.path) }, region: { startLine: place.line } },
        logicalLocations: [{ fullyQualifiedName: visible(finding.subject), kind: 'resource' }],
      },
    ],
    partialFingerprints: { primaryLocationLineHash: `${finding.fingerprint}:1`, 'earshot/v1': finding.fingerprint },
    baselineState: finding.status === 'new' ? 'new' : 'unchanged',
    ...(finding.status === 'waived'
      ? { suppressions: [{ kind: 'external', status: 'accepted', justification: visible(waiver?.reason ?? 'waived') }] }
      : {}),
    properties: { severity: finding.severity, status: finding.status },
  };
}

const notification = (text: string): object => ({
  level: 'warning',
  message: { text: escapeSarif(cut(text, DESCRIPTION_MAX)) },
});

function runObject(report: Report, look: Look, options: FormatOptions): object {
  const shown = shownFindings(report, look.minSeverity);
  const waived = options.waived === true ? report.findings.filter((finding) => finding.status === 'waived') : [];
  const all = [...shown, ...waived];
  const findings = all.slice(0, RESULTS_MAX);
  const rules = rulesOf(report, findings);
  const index = new Map(rules.map((rule, at) => [rule.id, at]));
  const subjects = subjectsOf(report);
  const gaps = report.collection.gaps.map((gap) =>
    notification(`Not seen: ${gap.what} (${gap.why}). Hides: ${gap.hides}. ${gap.fix}`),
  );
  const left = all.length - findings.length;
  const cutOff =
    left === 0
      ? []
      : [notification(`${left} findings of least severity left off: code scanning takes ${RESULTS_MAX}.`)];
  const category = (options.category ?? report.host.hostname).replace(/[^\w.-]+/g, '-');
  return {
    tool: {
      driver: {
        name: 'earshot',
        version: report.tool.version,
        semanticVersion: report.tool.version,
        rules: rules.map(ruleObject),
      },
    },
    automationDetails: { id: `earshot/${category}/` },
    invocations: [
      {
        executionSuccessful: report.gate.exitCode !== 4,
        startTimeUtc: report.collection.startedAt,
        toolExecutionNotifications: [...gaps.slice(0, DESCRIPTION_MAX), ...cutOff],
      },
    ],
    columnKind: 'utf16CodeUnits',
    results: findings.map((finding) => resultObject(finding, index.get(finding.ruleId) ?? 0, subjects, options)),
  };
}

export const sarifFormat: Format = {
  name: 'sarif',
  render: (reports, look, options = {}) =>
    `${toJson(
      {
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: reports.slice(0, RUNS_MAX).map((report) => runObject(report, look, options)),
      },
      1,
    )}\n`,
};
