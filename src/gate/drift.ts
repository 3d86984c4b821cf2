import type { Change, Drift } from '../model/drift.js';
import { type Because, RANKS, type ZoneExposure } from '../model/exposure.js';
import { SEVERITIES } from '../model/finding.js';
import type { Gap } from '../model/gap.js';
import type { Listener, Owner } from '../model/listener.js';
import type { Published, Report } from '../model/report.js';

type Subject = Listener | Published;

const isListener = (subject: Subject): subject is Listener => 'listening' in subject;

/** `telnet.socket`, `telnet.service` and `telnet@7-….service` are one thing: whether an activated unit runs or sleeps is no drift. */
const unitStem = (unit: string): string => unit.replace(/\.(?:socket|service|scope)$/, '').replace(/@.*$/, '');

/** Who holds it, in words that do not move from run to run: container and unit, else executable, else name; and as whom. */
function ownerName(owner: Owner): string {
  const where = owner.container === null ? '' : `${owner.container.name ?? owner.container.id} `;
  const what = owner.unit === null ? (owner.exe ?? owner.name ?? 'unknown') : `unit ${unitStem(owner.unit)}`;
  return `${where}${what}`;
}

const sorted = (words: Iterable<string>): readonly string[] => [...new Set(words)].sort();

const ownersOf = (subject: Subject): readonly string[] => sorted(subject.owners.map(ownerName));

/** An executable that an upgrade replaced is the same executable; a deleted one, or one from memory, is not. */
const executable = (owner: Owner): string | null =>
  owner.exe === null
    ? null
    : owner.exeState === 'deleted' || owner.exeState === 'memfd'
      ? `${owner.exe} (${owner.exeState})`
      : owner.exe;

/** A service manager that holds a socket for a unit that sleeps. */
const isManager = (owner: Owner): boolean => owner.unit?.endsWith('.socket') === true;

const executablesOf = (subject: Subject): readonly string[] =>
  sorted(subject.owners.filter((owner) => !isManager(owner)).flatMap((owner) => executable(owner) ?? []));

/** Ports drawn anew at each start are told by who draws them, not by the number. */
function keyOf(subject: Subject): string {
  if (!isListener(subject) || (subject.listening === 'certain' && subject.service.facts['port.drawn'] !== 'yes'))
    return subject.id;
  const who = subject.service.name ?? ownersOf(subject).join(',');
  return `drawn/${subject.protocol}/${subject.address ?? ''}/${subject.device ?? ''}/${who}@${subject.namespace.name}`;
}

/** Subjects by key; several drawn ports of one service are one entry. */
function byKey(report: Report): ReadonlyMap<string, Subject> {
  const map = new Map<string, Subject>();
  for (const subject of [...report.listeners, ...report.published]) {
    const key = keyOf(subject);
    if (!map.has(key)) map.set(key, subject);
  }
  return map;
}

const zoneLine = (zone: ZoneExposure): string =>
  `${zone.zone}${zone.interface === null ? '' : ` by ${zone.interface}`}: ${zone.reachable} from ${zone.sources.join(', ')}`;

const zoneLines = (subject: Subject): readonly string[] => sorted((subject.exposure?.zones ?? []).map(zoneLine));

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, index) => word === b[index]);

/** What decides in the widest zone that is not refused. */
function decidedBy(subject: Subject): readonly Because[] {
  const open = (subject.exposure?.zones ?? []).filter((zone) => zone.reachable !== 'no');
  const widest = open.sort((a, b) => RANKS.indexOf(b.rank) - RANKS.indexOf(a.rank))[0];
  return (widest ?? subject.exposure?.zones[0])?.because ?? [];
}

function exposureChange(before: Subject, after: Subject): Change | null {
  const [was, is] = [zoneLines(before), zoneLines(after)];
  if (same(was, is)) return null;
  const rank = (subject: Subject): number => RANKS.indexOf(subject.exposure?.widest ?? 'none');
  const step = rank(after) - rank(before);
  return {
    kind: 'exposure',
    subject: after.id,
    direction: step > 0 ? 'widened' : step < 0 ? 'narrowed' : 'changed',
    before: was.filter((line) => !is.includes(line)),
    after: is.filter((line) => !was.includes(line)),
    because: decidedBy(after),
  };
}

/** A set that lost or won a member only because a unit runs or sleeps is told by its units, so plain comparison does. */
function ownerChanges(before: Subject, after: Subject): readonly Change[] {
  const changes: Change[] = [];
  const complete = (subject: Subject): boolean => !isListener(subject) || subject.ownersComplete;
  const [was, is] = [ownersOf(before), ownersOf(after)];
  if (!same(was, is) && complete(before) && complete(after))
    changes.push({ kind: 'owner', subject: after.id, before: was, after: is });
  const [ran, runs] = [executablesOf(before), executablesOf(after)];
  if (same(was, is) && ran.length > 0 && runs.length > 0 && !same(ran, runs))
    changes.push({ kind: 'executable', subject: after.id, before: ran, after: runs });
  return changes;
}

function serviceChange(before: Subject, after: Subject): Change | null {
  const [was, is] = [before.service, after.service];
  if (was.name === is.name || was.confidence === null || is.confidence === null) return null;
  return { kind: 'service', subject: after.id, before: was.name, after: is.name };
}

function subjectChanges(from: Report, to: Report): readonly Change[] {
  const [was, is] = [byKey(from), byKey(to)];
  const changes: Change[] = [];
  for (const [key, after] of is) {
    const before = was.get(key);
    if (before === undefined) {
      const { id, service, exposure } = after;
      changes.push({
        kind: 'listener-new',
        subject: id,
        service: service.name,
        widest: exposure?.widest ?? null,
        owners: ownersOf(after),
      });
      continue;
    }
    changes.push(...ownerChanges(before, after));
    for (const change of [serviceChange(before, after), exposureChange(before, after)])
      if (change !== null) changes.push(change);
  }
  for (const [key, before] of was)
    if (!is.has(key))
      changes.push({
        kind: 'listener-gone',
        subject: before.id,
        service: before.service.name,
        owners: ownersOf(before),
      });
  return changes;
}

function findingChanges(from: Report, to: Report): readonly Change[] {
  const counted = (report: Report) => report.findings.filter((finding) => finding.status !== 'resolved');
  const was = new Map(counted(from).map((finding) => [finding.fingerprint, finding]));
  const is = new Map(counted(to).map((finding) => [finding.fingerprint, finding]));
  const changes: Change[] = [];
  for (const [fingerprint, { subject, ruleId, title, severity }] of is) {
    const before = was.get(fingerprint);
    if (before === undefined) changes.push({ kind: 'finding-new', subject, ruleId, title, severity });
    else if (before.severity !== severity) {
      const worse = SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(before.severity);
      changes.push({
        kind: worse ? 'finding-worse' : 'finding-better',
        subject,
        ruleId,
        title,
        before: before.severity,
        after: severity,
      });
    }
  }
  for (const [fingerprint, { subject, ruleId, title, severity }] of was)
    if (!is.has(fingerprint)) changes.push({ kind: 'finding-gone', subject, ruleId, title, severity });
  return changes;
}

/** What tells one gap from another; numbers in it (pids, inodes) move by themselves. */
export const gapKey = (gap: Pick<Gap, 'kind' | 'what'>): string => `${gap.kind} ${gap.what.replace(/\d+/g, '#')}`;

function gapChanges(from: Report, to: Report): readonly Change[] {
  const keys = (report: Report) => new Map(report.collection.gaps.map((gap) => [gapKey(gap), gap]));
  const [was, is] = [keys(from), keys(to)];
  const change = (kind: 'gap-new' | 'gap-gone', gap: Gap): Change => ({
    kind,
    subject: 'host',
    what: gap.what,
    why: gap.why,
  });
  return [
    ...[...is].filter(([key]) => !was.has(key)).map(([, gap]) => change('gap-new', gap)),
    ...[...was].filter(([key]) => !is.has(key)).map(([, gap]) => change('gap-gone', gap)),
  ];
}

/** What changed from `from` to `to`. What moves by itself (pids, drawn ports, an activated unit that runs or sleeps, an upgrade) is none. */
export function driftOf(from: Report, to: Report): Drift {
  const end = (report: Report) => ({ host: report.host.hostname, at: report.collection.startedAt });
  return {
    schema: 'earshot.drift/1',
    from: end(from),
    to: end(to),
    changes: [...subjectChanges(from, to), ...findingChanges(from, to), ...gapChanges(from, to)],
  };
}
