import { type Agreements, decide, type GateSettings } from './gate/gate.js';
import { fits, isAsked, isWhole, type Narrowing } from './gate/narrow.js';
import { identify } from './identify/identify.js';
import { holdReady } from './lib/escape/json.js';
import type { Rank } from './model/exposure.js';
import { type Finding, SEVERITIES } from './model/finding.js';
import type { Gap } from './model/gap.js';
import type { IdentifiedListener, Listener } from './model/listener.js';
import type { Layer, Published, Report, RuleSummary, Summary } from './model/report.js';
import type { Snapshot } from './model/snapshot.js';
import type { ZoneSettings } from './model/zones.js';
import { exposures, publishedPorts, reachGaps } from './reach/reach.js';
import { judge, type RuleSet, summaries, summariesReady } from './rules/rules.js';

/** Everything beside the snapshot that an audit depends on. The same snapshot and setup give the same report, byte for byte. */
export interface Setup {
  readonly rules: RuleSet;
  readonly zones: ZoneSettings;
  readonly agreements: Agreements;
  readonly gate: GateSettings;
  readonly narrowing: Narrowing;
  /** The OSI table of this host, where asked for; else null. */
  readonly layers: readonly Layer[] | null;
}

function summaryOf(findings: readonly Finding[], listeners: number, gaps: readonly Gap[]): Summary {
  const count = (severity: (typeof SEVERITIES)[number]): number =>
    findings.filter(
      (finding) => finding.severity === severity && (finding.status === 'new' || finding.status === 'known'),
    ).length;
  const [critical, high, medium, low, info] = SEVERITIES.map(count);
  return {
    critical: critical ?? 0,
    high: high ?? 0,
    medium: medium ?? 0,
    low: low ?? 0,
    info: info ?? 0,
    waived: findings.filter((finding) => finding.status === 'waived').length,
    listeners,
    gaps: gaps.length,
  };
}

const narrowed = <T>(
  items: readonly T[],
  narrowing: Narrowing,
  keyOf: (item: T) => IdentifiedListener,
): readonly T[] => (isWhole(narrowing) ? items : items.filter((item) => fits(keyOf(item), narrowing)));

/** A published port is asked the questions of a listener: its own port, its namespace, the owners behind it. */
const asListener = (published: Published): IdentifiedListener => ({
  ...published,
  means: [],
  device: null,
  listening: 'certain',
  ownersComplete: true,
  clients: null,
  queue: null,
  sockets: 0,
  file: null,
});

/**
 * What is judged beside listeners. Under `earshot exec` the question is what the command opened; the host around it is not its doing. An audit
 * of some ports, units or containers speaks of their listeners, one of some namespaces of what stands in these.
 */
function judgedFacts(snapshot: Snapshot, narrowing: Narrowing): Snapshot {
  const { ports, units, containers, namespaces } = narrowing;
  if (snapshot.collection.source === 'exec' || ports.length + units.length + containers.length > 0)
    return { ...snapshot, networks: [], statistics: null };
  if (namespaces.length === 0) return snapshot;
  const asked = snapshot.namespaces.filter((namespace) => isAsked(namespace, namespaces)).map(({ id }) => id);
  const networks = snapshot.networks.filter(({ namespace }) => asked.includes(namespace));
  return { ...snapshot, networks, statistics: null };
}

/** Under `earshot exec` a published port is the command's where it leads to a listener of the command's. */
const ofTheCommand = (snapshot: Snapshot, published: readonly Published[]): readonly Published[] =>
  snapshot.collection.source === 'exec' ? published.filter(({ target }) => target.listener !== null) : published;

/** An audit of some namespaces says nothing of what was not seen in another one. */
function gapsOf(snapshot: Snapshot, ofReach: readonly Gap[], { namespaces }: Narrowing): readonly Gap[] {
  const all = [...snapshot.collection.gaps, ...ofReach];
  if (namespaces.length === 0) return all;
  const asked = snapshot.namespaces.filter((one) => isAsked(one, namespaces)).map(({ id }) => id);
  return all.filter(({ namespace }) => namespace === undefined || asked.includes(namespace));
}

/** The spine: what was read becomes who listens, who can reach it, what is wrong with it, and what counts. Pure. */
export async function audit(snapshot: Snapshot, setup: Setup): Promise<Report> {
  // A packet for one port may end at another (NAT), so reach is asked about the whole host before the view is narrowed.
  const identified = identify(snapshot);
  const judged = await exposures(snapshot, identified, setup.zones);
  const listeners: readonly Listener[] = narrowed(
    identified.map((listener, index) => ({ ...listener, exposure: judged[index] ?? null })),
    setup.narrowing,
    (listener) => listener,
  );
  const published = narrowed(
    ofTheCommand(snapshot, await publishedPorts(snapshot, identified, judged, setup.zones)),
    setup.narrowing,
    asListener,
  );
  const matches = await judge(setup.rules, { snapshot: judgedFacts(snapshot, setup.narrowing), listeners, published });
  const widest = new Map<string, Rank>();
  for (const { id, exposure } of [...listeners, ...published]) if (exposure !== null) widest.set(id, exposure.widest);
  const gaps = gapsOf(snapshot, await reachGaps(snapshot), setup.narrowing);
  const decision = decide(
    matches,
    (subject) => widest.get(subject) ?? null,
    setup.agreements,
    gaps,
    setup.gate,
    snapshot.collection.startedAt,
  );
  const { source, startedAt, durationMs, dialect } = snapshot.collection;
  let rules: readonly RuleSummary[] | null = null;
  const report: Report = {
    schema: 'earshot.report/1',
    tool: snapshot.tool,
    host: snapshot.host,
    collection: { source, startedAt, durationMs, dialect, gaps },
    listeners,
    published,
    findings: decision.findings,
    // Hundreds, of which most formats show none.
    get rules() {
      rules ??= summaries(setup.rules, matches);
      return rules;
    },
    gate: {
      failOn: setup.gate.failOn,
      minSeverity: setup.gate.minSeverity,
      requireComplete: setup.gate.requireComplete,
      failOnKnown: setup.gate.failOnKnown,
      exitCode: decision.exitCode,
      narrowed: setup.gate.narrowed,
      notices: decision.notices,
      expiring: decision.expiring,
    },
    layers: setup.layers,
    summary: summaryOf(decision.findings, listeners.length, gaps),
  };
  holdReady(report, 'rules', () => summariesReady(setup.rules, matches));
  return report;
}
