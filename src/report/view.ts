import { cutStrings } from '../lib/escape/visible.js';
import { RANKS, type Remark, type ZoneExposure } from '../model/exposure.js';
import { type Finding, type Reference, type Remediation, SEVERITIES, type Severity } from '../model/finding.js';
import type { Gap } from '../model/gap.js';
import type { Listener } from '../model/listener.js';
import type { Published, Report } from '../model/report.js';
import { boundTo, byInterfaces, count, heardSentence, listed, publishedAt } from './words.js';

/** Findings that the same commands (or, without commands, the same rule) put right. */
export interface FixGroup {
  /** Worst of its findings. */
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  /** The steps for this host. */
  readonly steps: readonly Remediation[];
  /** Steps for other systems. */
  readonly otherSteps: readonly Remediation[];
}

/** What every format for people shows, in the order in which it shows it. Plain text: each format escapes it. */
export interface View {
  readonly report: Report;
  /** One line that a mail's subject can carry. */
  readonly headline: string;
  /** What the gate says of it, in a sentence. */
  readonly verdict: string;
  /** Those that hide listeners first. */
  readonly gaps: readonly Gap[];
  /** New and known findings at or above the least severity shown, worst first. */
  readonly findings: readonly Finding[];
  readonly groups: readonly FixGroup[];
  /** Findings below the least severity shown. */
  readonly hiddenFindings: number;
  readonly waived: readonly Finding[];
  readonly resolved: readonly Finding[];
  /** Widest exposure first. */
  readonly listeners: readonly Listener[];
  readonly next: NextStep;
  readonly subjects: Subjects;
}

/** The one thing to do now. */
interface NextStep {
  readonly what: string;
  /** Empty: nothing to type. */
  readonly command: string;
}

/** Listeners and published ports by id. */
export interface Subjects {
  readonly listener: (id: string) => Listener | undefined;
  readonly published: (id: string) => Published | undefined;
  /** `tcp 0.0.0.0:23`, with its namespace where that is not the host's. */
  readonly words: (id: string) => string;
  /** Worst open finding of each subject. */
  readonly worst: (id: string) => Severity | null;
}

export const atLeast = (severity: Severity, least: Severity): boolean =>
  SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least);

const inNamespace = (name: string): string => (name === 'host' ? '' : ` in ${name}`);

/** `interface/eth0@host`, `firewall@web` and the like, in words. */
function otherSubject(id: string): string {
  const at = id.lastIndexOf('@');
  const [subject, namespace] = at < 0 ? [id, 'host'] : [id.slice(0, at), id.slice(at + 1)];
  if (subject === 'host') return 'this host';
  const slash = subject.indexOf('/');
  const words = slash < 0 ? `the ${subject}` : `${subject.slice(0, slash)} ${subject.slice(slash + 1)}`;
  return `${words}${inNamespace(namespace)}`;
}

/** Looks up what the ids of a report stand for. */
export function subjectsOf(report: Report): Subjects {
  const listeners = new Map(report.listeners.map((listener) => [listener.id, listener]));
  const published = new Map(report.published.map((entry) => [entry.id, entry]));
  const worst = new Map<string, Severity>();
  for (const { subject, severity, status } of report.findings) {
    if (status !== 'new' && status !== 'known') continue;
    const before = worst.get(subject);
    if (before === undefined || atLeast(severity, before)) worst.set(subject, severity);
  }
  return {
    listener: (id) => listeners.get(id),
    published: (id) => published.get(id),
    worst: (id) => worst.get(id) ?? null,
    words: (id) => {
      const listener = listeners.get(id);
      if (listener !== undefined)
        return `${listener.protocol} ${boundTo(listener)}${inNamespace(listener.namespace.name)}`;
      const entry = published.get(id);
      if (entry !== undefined)
        return `published ${entry.protocol} ${publishedAt(entry)}${inNamespace(entry.namespace.name)}`;
      return otherSubject(id);
    },
  };
}

const EVERYWHERE = new Set([undefined, 'generic', 'systemd', 'docker', 'kubernetes']);

/** Steps that this host can take, and those that are for other systems. Where none fits, all do. */
function stepsFor(finding: Finding, platforms: readonly string[]): readonly [Remediation[], Remediation[]] {
  const fits = (step: Remediation): boolean => EVERYWHERE.has(step.platform) || platforms.includes(step.platform ?? '');
  const here = finding.remediation.filter(fits);
  return here.length === 0 ? [[...finding.remediation], []] : [here, finding.remediation.filter((step) => !fits(step))];
}

function groupsOf(findings: readonly Finding[], platforms: readonly string[]): readonly FixGroup[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const commands = finding.remediation.map((step) => step.command).filter((command) => command !== '');
    const cause = commands.length === 0 ? `rule ${finding.ruleId}` : JSON.stringify(commands);
    const group = groups.get(cause);
    if (group === undefined) groups.set(cause, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].map((group): FixGroup => {
    const [first] = group;
    const [steps, otherSteps] = first === undefined ? [[], []] : stepsFor(first, platforms);
    return { severity: first?.severity ?? 'info', findings: group, steps, otherSteps };
  });
}

/** `2 critical, 1 high` in order, without zeros. */
function severityCounts(report: Report): string {
  return SEVERITIES.filter((severity) => report.summary[severity] > 0)
    .map((severity) => `${report.summary[severity]} ${severity}`)
    .join(', ');
}

/** How the host stands, in a line; `counts`: with the number of each severity. */
export function standing(report: Report, counts: boolean): string {
  const { summary } = report;
  const open = SEVERITIES.reduce((sum, severity) => sum + summary[severity], 0);
  const fresh = report.findings.filter((finding) => finding.status === 'new').length;
  const news = fresh === open || open === 0 ? '' : `, ${fresh === 0 ? 'none' : fresh} of them new`;
  const findings =
    open === 0 ? 'no findings' : `${count(open, 'finding')}${counts ? ` (${severityCounts(report)})` : ''}${news}`;
  const blind = report.collection.gaps.some((gap) => gap.hidesListeners) ? ', listeners may be missing' : '';
  const gaps = summary.gaps === 0 ? 'nothing left unseen' : `${count(summary.gaps, 'thing')} not seen${blind}`;
  return `${findings}; ${summary.listeners === 0 ? 'no listeners' : count(summary.listeners, 'listener')}; ${gaps}`;
}

function verdictOf(report: Report): string {
  const { failOn, exitCode } = report.gate;
  const limit =
    failOn === 'none' ? 'findings do not fail this run' : `new findings of severity ${failOn} or worse fail a run`;
  switch (exitCode) {
    case 0:
      return `Passed (exit 0): ${limit}.`;
    case 1:
      return `Failed (exit 1): ${limit}.`;
    case 3:
      return 'Incomplete (exit 3): something that could hide a listener was not seen, and this run was told to require completeness.';
    default:
      return `Failed (exit ${exitCode}): the collection did not work, or earshot made a mistake; see what was not seen.`;
  }
}

function nextOf(groups: readonly FixGroup[], gaps: readonly Gap[], subjects: Subjects): NextStep {
  const group = groups[0];
  const blind = gaps.find((gap) => gap.hidesListeners && gap.fix !== '');
  const urgent = group !== undefined && atLeast(group.severity, 'medium');
  if (blind !== undefined && !urgent) return { what: `See what was not seen: ${blind.fix}`, command: '' };
  const finding = group?.findings[0];
  if (group === undefined || finding === undefined) {
    return gaps.length > 0
      ? { what: 'Nothing to close. See above what was not seen.', command: '' }
      : { what: 'Nothing to do.', command: '' };
  }
  const step = group.steps.find((candidate) => candidate.command !== '');
  const closes = group.findings.length === 1 ? '' : ` (closes ${count(group.findings.length, 'finding')})`;
  if (step !== undefined) return { what: `${step.what || finding.title}${closes}`, command: step.command };
  return { what: `${finding.title}: ${subjects.words(finding.subject)}`, command: '' };
}

/** Widest first; the report's own order within. */
function widestFirst(listeners: readonly Listener[]): readonly Listener[] {
  const rank = (listener: Listener): number =>
    listener.exposure === null ? -1 : RANKS.indexOf(listener.exposure.widest);
  return [...listeners].sort((a, b) => rank(b) - rank(a));
}

/** Longest text that a person is shown; longer ones are cut and say so. */
const TEXT_MAX = 600;

/** Ids are looked up, commands are pasted, and rules are not foreign. */
const NEVER_CUT: ReadonlySet<string> = new Set([
  'id',
  'subject',
  'listener',
  'command',
  'undo',
  'rationale',
  'help',
  'url',
  'rules',
]);

/** Gaps that hide listeners first. */
export const gapsInOrder = (report: Report): readonly Gap[] =>
  [...report.collection.gaps].sort((a, b) => Number(b.hidesListeners) - Number(a.hidesListeners));

/** Arranges a report for reading. `minSeverity` null: what the report's gate says. */
export function viewOf(whole: Report, minSeverity: Severity | null): View {
  const report = cutStrings(whole, TEXT_MAX, NEVER_CUT);
  const least = minSeverity ?? report.gate.minSeverity;
  const subjects = subjectsOf(report);
  const open = report.findings.filter((finding) => finding.status === 'new' || finding.status === 'known');
  const findings = open.filter((finding) => atLeast(finding.severity, least));
  const groups = groupsOf(findings, report.host.platforms);
  const gaps = gapsInOrder(report);
  return {
    report,
    headline: `${report.host.hostname}: ${standing(report, true)}`,
    verdict: verdictOf(report),
    gaps,
    findings,
    groups,
    hiddenFindings: open.length - findings.length,
    waived: report.findings.filter((finding) => finding.status === 'waived'),
    resolved: report.findings.filter((finding) => finding.status === 'resolved'),
    listeners: widestFirst(report.listeners),
    next: nextOf(groups, gaps, subjects),
    subjects,
  };
}

/** `live` and the like, in words. */
export function sourceWords(report: Report): string {
  switch (report.collection.source) {
    case 'live':
      return 'read from the running kernel';
    case 'capture':
      return `read from captured text${report.collection.dialect === null ? '' : ` (${report.collection.dialect})`}`;
    case 'exec':
      return 'opened by the command that earshot ran';
  }
}

/** Who can reach a subject, as the end of a sentence; null for what is no listener. */
export function reachOf(subjects: Subjects, id: string): string | null {
  const subject = subjects.listener(id) ?? subjects.published(id);
  return subject === undefined ? null : heardSentence(subject.exposure);
}

/** What `0.0.0.0` and `[::]` stand for on this host; null where no wildcard is bound or it is not known. */
export function wildcardWords(listeners: readonly Listener[]): string | null {
  const means = [...new Set(listeners.filter((l) => l.namespace.name === 'host').flatMap((l) => l.means))];
  const shown = means.slice(0, 6);
  const more = means.length - shown.length;
  return means.length === 0
    ? null
    : `0.0.0.0 and [::] stand for every address of this host: ${more > 0 ? `${shown.join(', ')} and ${more} more` : listed(shown)}.`;
}

/** One finding of each rule in a group: rule texts are the same for all its subjects. */
export function oneOfEachRule(findings: readonly Finding[]): readonly Finding[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const rule = `${finding.ruleId} ${finding.rationale}`;
    if (!first.has(rule)) first.set(rule, finding);
  }
  return [...first.values()];
}

/** One finding of each subject in a group. */
export function subjectsOfGroup(group: FixGroup): readonly Finding[] {
  return [...new Map(group.findings.map((finding) => [finding.subject, finding])).values()];
}

export function referencesOf(findings: readonly Finding[]): readonly Reference[] {
  return [...new Map(findings.flatMap((finding) => finding.references).map((r) => [r.id, r])).values()];
}

/** `/etc/inetd.conf line 41` of every place that a group's findings name. */
export function placesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.flatMap((finding) => finding.locations).map((at) => `${at.file} line ${at.line}`))];
}

/** The rows of an exposure that say who can reach a subject from farthest away, the certain ones first; where nobody can, none. */
export function reachRows(subjects: Subjects, id: string): readonly ZoneExposure[] {
  const exposure = (subjects.listener(id) ?? subjects.published(id))?.exposure ?? null;
  if (exposure === null) return [];
  const rows = exposure.zones.filter((row) => row.reachable !== 'no');
  const widest = rows.filter((row) => row.rank === exposure.widest);
  return [...byInterfaces(widest.length > 0 ? widest : rows)].sort(
    (a, b) => Number(b.reachable === 'yes') - Number(a.reachable === 'yes'),
  );
}

const REMARKS_MAX = 5;

/** What the owner of the firewall would not expect of what findings speak of, each once; mostly nothing. */
export function remarksOf(subjects: Subjects, findings: readonly Finding[]): readonly Remark[] {
  const found = new Map<string, Remark>();
  for (const { subject } of findings)
    for (const remark of (subjects.listener(subject) ?? subjects.published(subject))?.exposure?.remarks ?? [])
      if (found.size < REMARKS_MAX && !found.has(remark.text)) found.set(remark.text, remark);
  return [...found.values()];
}
