import { webAddress } from '../lib/escape/url.js';
import { type Exposure, RANKS, type Remark, type ZoneExposure } from '../model/exposure.js';
import { type Finding, type Remediation, SEVERITIES, type Severity } from '../model/finding.js';
import type { Gap } from '../model/gap.js';
import type { Listener } from '../model/listener.js';
import type { Published, Report } from '../model/report.js';
import { evidenceWords } from './fields.js';
import { layersData } from './html-layers.js';
import {
  type FixGroup,
  oneOfEachRule,
  placesOf,
  reachRows,
  referencesOf,
  remarksOf,
  sourceWords,
  standing,
  subjectsOfGroup,
  type View,
  viewOf,
  wildcardWords,
} from './view.js';
import {
  becauseWords,
  boundTo,
  capitalized,
  clientsShort,
  clientsWords,
  count,
  heardBy,
  heldBy,
  leadsTo,
  minuteOf,
  ownerFacts,
  ownersShort,
  prose,
  publishedAt,
  serviceShort,
  serviceWords,
  thousands,
  zoneWords,
} from './words.js';

/*
 * What reports/html.hbs and its partials read. Plain text everywhere; the templates escape it. Every name a template asks for is here,
 * because the templates are compiled to refuse what is missing.
 */

/** Paths in a square of 16, one shape a severity, so that colour is never alone. */
const SHAPES: Readonly<Record<Severity, string>> = {
  critical: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z',
  high: 'M8 1l7.5 13.5h-15z',
  medium: 'M8 .5L15.5 8 8 15.5.5 8z',
  low: 'M8 2a6 6 0 1 0 .01 0z',
  info: 'M8 5a3 3 0 1 0 .01 0z',
};

const NO_FINDING_SHAPE = 'M8 5a3 3 0 1 0 .01 0z';

/** Listeners with their details on the page; beyond that many the page would be too heavy to open. */
const DETAILS_MAX = 1_000;
const DOTS_MAX = 48;
const DOT_WIDTH = 18;

/** Gaps that stand open; the rest unfold. */
const GAPS_OPEN = 5;

const gapData = ({ what, why, hides, fix, hidesListeners }: Gap) => ({ what, why, hides, fix, hidesListeners });

const mark = (severity: Severity) => ({ severity, shape: SHAPES[severity] });

const lines = (command: string | undefined): readonly string[] =>
  command === undefined || command === '' ? [] : command.split('\n');

const step = ({ what, command, undo }: Remediation) => ({
  what: prose(what),
  command: lines(command),
  undo: lines(undo),
});

const zone = (row: ZoneExposure) => ({
  zone: row.zone,
  reachable: row.reachable,
  words: zoneWords(row),
  because: row.because.map(becauseWords),
});

const remark = ({ text, because }: Remark) => ({ text: prose(text), because: because.map(becauseWords) });

/** Anchors by id of a finding's subject and group. */
interface Anchors {
  readonly subject: (id: string) => string;
  readonly group: (id: string) => string;
}

function anchorsOf(view: View, host: string): Anchors {
  const subjects = new Map<string, string>();
  view.listeners.forEach((listener, index) => {
    subjects.set(listener.id, `${host}-listener-${index + 1}`);
  });
  view.report.published.forEach((entry, index) => {
    subjects.set(entry.id, `${host}-published-${index + 1}`);
  });
  const groups = new Map<string, string>();
  view.groups.forEach((group, index) => {
    for (const finding of group.findings)
      if (!groups.has(finding.subject)) groups.set(finding.subject, `${host}-fix-${index + 1}`);
  });
  return { subject: (id) => subjects.get(id) ?? '', group: (id) => groups.get(id) ?? '' };
}

function subjectData(view: View, finding: Finding, anchors: Anchors) {
  const listener = view.subjects.listener(finding.subject);
  const subject = listener ?? view.subjects.published(finding.subject);
  const clients = clientsWords(listener?.clients ?? null);
  const facts =
    subject === undefined
      ? ''
      : `${serviceWords(subject.service)}, ${heldBy(subject.owners, listener?.ownersComplete ?? true)}${clients === null ? '' : `; connected now: ${clients}`}`;
  return {
    words: view.subjects.words(finding.subject),
    anchor: anchors.subject(finding.subject),
    known: finding.status === 'known',
    facts,
  };
}

function groupData(view: View, group: FixGroup, index: number, anchors: Anchors, host: string, level: string) {
  const [first] = group.findings;
  const rules = oneOfEachRule(group.findings);
  return {
    id: `${host}-fix-${index + 1}`,
    level,
    ...mark(group.severity),
    title: prose(first?.title ?? ''),
    subjects: subjectsOfGroup(group).map((finding) => subjectData(view, finding, anchors)),
    rules: rules.map(({ title, rationale }) => ({
      title: rules.length > 1 ? `${prose(title)}.` : '',
      rationale: prose(rationale),
    })),
    steps: group.steps.map(step),
    otherSteps: group.otherSteps.map(step),
    reach: first === undefined ? [] : reachRows(view.subjects, first.subject).map(zone),
    remarks: remarksOf(view.subjects, group.findings).map(remark),
    evidence: rules.flatMap((finding) => finding.evidence.map(evidenceWords)),
    ruleIds: [...new Set(group.findings.map((finding) => finding.ruleId))],
    references: referencesOf(group.findings).map(({ id, url }) => ({ id, url: webAddress(url) })),
    places: placesOf(group.findings),
  };
}

const severityOf = (view: View, id: string) => {
  const severity = view.subjects.worst(id);
  return severity === null ? { severity: '', shape: '' } : mark(severity);
};

function serviceFacts(listener: Listener): readonly string[] {
  const { service } = listener;
  const facts = [...service.evidence, ...Object.entries(service.facts).map(([name, value]) => `${name}: ${value}`)];
  if (service.disagreement !== null) facts.push(`Disagreement: ${service.disagreement}`);
  if (service.authentication === 'none') facts.push('Lets strangers in without a password');
  if (service.encryption === 'cleartext') facts.push('Speaks in clear text');
  if (service.relayTo !== null)
    facts.push(
      `Passes on to ${service.relayTo.address}${service.relayTo.port === null ? '' : ` port ${service.relayTo.port}`}`,
    );
  return facts;
}

const rankOf = (exposure: Exposure | null): string => exposure?.widest ?? '';

function listenerData(view: View, listener: Listener, anchors: Anchors) {
  return {
    id: anchors.subject(listener.id),
    href: anchors.group(listener.id),
    ...severityOf(view, listener.id),
    where: `${listener.protocol} ${boundTo(listener)}`,
    namespace: listener.namespace.name === 'host' ? '' : `in ${listener.namespace.name}`,
    possible: listener.listening === 'possible',
    answers: serviceShort(listener.service),
    heardBy: heardBy(listener.exposure),
    rank: rankOf(listener.exposure),
    owner: ownersShort(listener.owners, listener.ownersComplete),
    clients: clientsShort(listener),
    details: view.listeners.length <= DETAILS_MAX,
    service: serviceFacts(listener),
    owners: listener.owners.slice(0, 10).map(ownerFacts),
    zones: (listener.exposure?.zones ?? []).map(zone),
    remarks: (listener.exposure?.remarks ?? []).map(remark),
  };
}

function publishedData(view: View, entry: Published, anchors: Anchors) {
  return {
    id: anchors.subject(entry.id),
    ...severityOf(view, entry.id),
    where: `${entry.protocol} ${publishedAt(entry)}`,
    leadsTo: leadsTo(entry),
    answers: serviceShort(entry.service),
    heardBy: heardBy(entry.exposure),
    rank: rankOf(entry.exposure),
    via: becauseWords(entry.via),
  };
}

/** One row a rank that anything has, farthest first, with a mark for each listener; last what hears without being connected to. */
function ringsOf(view: View) {
  return [...[...RANKS].reverse(), null].flatMap((rank) => {
    const heard = view.listeners.filter((listener) => (listener.exposure?.widest ?? null) === rank);
    if (heard.length === 0) return [];
    const severities = heard.map((listener) => view.subjects.worst(listener.id));
    const order = (severity: Severity | null): number =>
      severity === null ? SEVERITIES.length : SEVERITIES.indexOf(severity);
    const dots = severities
      .sort((a, b) => order(a) - order(b))
      .slice(0, DOTS_MAX)
      .map((severity, index) => ({
        severity: severity ?? 'none',
        shape: severity === null ? NO_FINDING_SHAPE : SHAPES[severity],
        x: index * DOT_WIDTH,
      }));
    return [
      {
        who: rank === null ? 'Nobody connects, it hears' : capitalized(rankWords(rank)),
        count: thousands(heard.length),
        dots,
        width: Math.max(1, dots.length) * DOT_WIDTH,
      },
    ];
  });
}

const rankWords = (rank: Exposure['widest']): string => heardBy({ widest: rank, zones: [] });

function setAside(view: View, finding: Finding) {
  const { waiver } = finding;
  const terms = waiver === null ? '' : `accepted by ${waiver.owner} until ${waiver.expires}: ${waiver.reason}`;
  return { ...mark(finding.severity), title: prose(finding.title), words: view.subjects.words(finding.subject), terms };
}

function listenersLine(view: View): string {
  if (view.listeners.length === 0)
    return view.gaps.some((gap) => gap.hidesListeners)
      ? 'None was seen, but some may be hidden: see what was not seen.'
      : 'Nothing listens here.';
  const guessed = view.listeners.some((listener) => listener.service.confidence === 'port-only')
    ? ' A name with a question mark rests on the port number alone.'
    : '';
  return `${count(view.listeners.length, 'listener')}, harmless ones too. ${wildcardWords(view.listeners) ?? ''}${guessed}`.trim();
}

/** The colour of the result: `passed` only where nothing worth a second look is left. */
function resultOf({ gate, summary }: Report): 'passed' | 'noted' | 'incomplete' | 'failed' {
  if (gate.exitCode === 3) return 'incomplete';
  if (gate.exitCode !== 0) return 'failed';
  return summary.critical + summary.high + summary.medium > 0 ? 'noted' : 'passed';
}

function hostData(whole: Report, minSeverity: Severity | null, index: number, several: boolean) {
  const view = viewOf(whole, minSeverity);
  const { report } = view;
  const id = `h${index + 1}`;
  const anchors = anchorsOf(view, id);
  const [h1, h2, h3] = several ? ['h2', 'h3', 'h4'] : ['h1', 'h2', 'h3'];
  const { host, collection, gate } = report;
  const hidden =
    view.hiddenFindings === 0 ? '' : ` ${count(view.hiddenFindings, 'finding')} of lesser severity not shown.`;
  return {
    id,
    several,
    h1,
    h2,
    hostname: host.hostname,
    facts: `${host.os}, kernel ${host.kernel}, ${minuteOf(collection.startedAt)}, ${sourceWords(report)} in ${(collection.durationMs / 1000).toFixed(2)} s`,
    narrowed: gate.narrowed.join(', '),
    result: resultOf(report),
    headline: `${capitalized(standing(report, false))}.`,
    verdict: view.verdict,
    tiles: SEVERITIES.map((severity) => ({
      ...mark(severity),
      count: thousands(report.summary[severity]),
      none: report.summary[severity] === 0,
    })),
    rings: ringsOf(view),
    next: { what: prose(view.next.what), command: lines(view.next.command) },
    gapsTitle: view.gaps.length === 0 ? 'Nothing left unseen' : `Not seen: ${count(view.gaps.length, 'thing')}`,
    gaps: view.gaps.slice(0, GAPS_OPEN).map(gapData),
    moreGaps: view.gaps.slice(GAPS_OPEN).map(gapData),
    moreGapsTitle: `and ${thousands(view.gaps.length - GAPS_OPEN)} more`,
    notices: gate.notices,
    groupsLine: `${count(view.groups.length, 'fix', 'fixes')} for ${count(view.findings.length, 'finding')}.${hidden}`,
    groups: view.groups.map((group, at) => groupData(view, group, at, anchors, id, h3 ?? 'h3')),
    waived: view.waived.map((finding) => setAside(view, finding)),
    resolved: view.resolved.map((finding) => setAside(view, finding)),
    listenersLine: listenersLine(view),
    listeners: view.listeners.map((listener) => listenerData(view, listener, anchors)),
    published: report.published.map((entry) => publishedData(view, entry, anchors)),
    layers: layersData(report.layers),
  };
}

/** Everything the page shows, of one host or several. */
export function htmlData(reports: readonly Report[], minSeverity: Severity | null) {
  const several = reports.length !== 1;
  return {
    title: several ? `earshot: ${count(reports.length, 'host')}` : `earshot: ${reports[0]?.host.hostname ?? ''}`,
    several,
    version: reports[0]?.tool.version ?? '',
    hosts: reports.map((report, index) => hostData(report, minSeverity, index, several)),
  };
}
