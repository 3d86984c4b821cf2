import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { audit } from '../audit.js';
import { resolvedOf } from '../gate/agreed.js';
import { driftOf } from '../gate/drift.js';
import { UsageError } from '../lib/errors.js';
import { VERSION } from '../lib/version.js';
import type { Baseline } from '../model/baseline.js';
import type { Drift } from '../model/drift.js';
import type { Finding } from '../model/finding.js';
import type { Report } from '../model/report.js';
import { DRIFT_FORMATS, type DriftFormat, renderDrift } from '../report/drift.js';
import { openFile } from '../sinks/file.js';
import { parseBaseline, parseReports, parseSnapshot, readNamed } from './files.js';
import { type AuditFlags, oneOf } from './flags.js';
import type { Io } from './io.js';
import { lookOf } from './outputs.js';
import { type Settings, settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { readSnapshots } from './sources.js';
import { defaultStateFolder } from './state.js';

interface DiffFlags extends Pick<AuditFlags, 'config' | 'color' | 'rules' | 'builtin'> {
  readonly format?: DriftFormat;
  readonly output?: string;
  readonly onlyNew?: boolean;
  readonly since?: string;
  readonly state?: string | true;
}

/** One side of a comparison. */
interface Side {
  readonly report: Report;
  /** It is a baseline, which holds findings and no listeners. */
  readonly findingsOnly: boolean;
}

const whole = (report: Report): Side => ({ report, findingsOnly: false });

/** A report of nothing. */
const EMPTY: Report = {
  schema: 'earshot.report/1',
  tool: { name: 'earshot', version: VERSION },
  host: { hostname: '', os: '', kernel: '', platforms: [] },
  collection: { source: 'live', startedAt: '', durationMs: 0, dialect: null, gaps: [] },
  listeners: [],
  published: [],
  findings: [],
  rules: [],
  gate: {
    failOn: 'none',
    minSeverity: 'info',
    requireComplete: false,
    exitCode: 0,
    narrowed: [],
    notices: [],
    expiring: 0,
  },
  layers: null,
  summary: { critical: 0, high: 0, medium: 0, low: 0, info: 0, waived: 0, listeners: 0, gaps: 0 },
};

/** What a baseline agreed to, as a report with nothing else in it. */
function sideOfBaseline({ host, acceptedAt, findings }: Baseline): Side {
  const report: Report = {
    ...EMPTY,
    host: { ...EMPTY.host, hostname: host },
    collection: { ...EMPTY.collection, startedAt: acceptedAt },
    findings: findings.map((entry): Finding => ({ ...resolvedOf(entry), status: 'known' })),
  };
  return { report, findingsOnly: true };
}

/** A report, a snapshot judged by today's rules, a baseline, or `last`: the last run of the history. */
async function sideOf(name: string, settings: Settings, io: Io): Promise<Side> {
  if (name === 'last') return whole(await remembered(settings, null, io));
  const text = await readNamed(name, io);
  const head = text.slice(0, 200);
  if (/"schema"\s*:\s*"earshot\.snapshot\/1"/.test(head)) {
    const { setup } = await setupOf(settings, [], io);
    return whole(await audit(await parseSnapshot(text, name), setup));
  }
  if (/"schema"\s*:\s*"earshot\.baseline\/1"/.test(head)) {
    const found = await parseBaseline(text, name);
    if (found.kind === 'baseline') return sideOfBaseline(found.baseline);
  }
  const [report, ...more] = await parseReports(text, name);
  if (report === undefined || more.length > 0)
    throw new UsageError(`${name}: a comparison takes the report of one host`);
  return whole(report);
}

async function liveReport(settings: Settings, io: Io): Promise<Report> {
  const [snapshot] = await readSnapshots({}, settings, io);
  if (snapshot === undefined) throw new UsageError('there is nothing to compare');
  return audit(snapshot, (await setupOf(settings, [], io)).setup);
}

/** The run of the history that --since means, else the last one. */
async function remembered(settings: Settings, since: string | null, io: Io): Promise<Report> {
  const folder = settings.state ?? defaultStateFolder(io);
  if (!existsSync(folder))
    throw new UsageError(
      `${folder}: there is no history`,
      'earshot audit --state keeps one; --state names another folder',
    );
  const { openHistory } = await import('../history/history.js');
  const history = openHistory(folder, io.uid ?? 0, io.now().toISOString());
  try {
    const runs = history.runs();
    const wanted = since === null ? runs.at(-1) : (runs.filter((run) => run.startedAt <= since).at(-1) ?? runs[0]);
    const report = wanted === undefined ? null : history.report(wanted.number);
    if (report === null)
      throw new UsageError(`${folder}: has no run to compare with`, 'earshot audit --state keeps one');
    return report;
  } finally {
    history.close();
  }
}

/** A date or a time, as RFC 3339 in UTC. */
function timeOf(text: string): string {
  const days = /^(\d+)d$/.exec(text);
  const time = days === null ? Date.parse(text) : Date.now() - Number(days[1]) * 86_400_000;
  if (Number.isNaN(time))
    throw new UsageError(`--since ${text}: is no time`, 'write 2026-03-01, 2026-03-01T03:00:00Z or 7d');
  return new Date(time).toISOString();
}

const NEWS: readonly string[] = [
  'listener-new',
  'finding-new',
  'finding-worse',
  'gap-new',
  'owner',
  'executable',
  'service',
];

const onlyNew = (drift: Drift): Drift => ({
  ...drift,
  changes: drift.changes.filter(
    (change) => NEWS.includes(change.kind) || (change.kind === 'exposure' && change.direction !== 'narrowed'),
  ),
});

async function compare(from: string | undefined, to: string | undefined, flags: DiffFlags, io: Io): Promise<number> {
  const { format: _, output: __, ...rest } = flags;
  const settings = await settingsOf(rest, io);
  const since = flags.since === undefined ? null : timeOf(flags.since);
  // With --since the history is the first of the two, so a name given is the second.
  const [first, second] = since === null ? [from, to] : [undefined, to ?? from];
  if (since !== null && from !== undefined && to !== undefined)
    throw new UsageError('--since names the first of the two', 'give one file, or none to compare with this host now');
  const before = first === undefined ? whole(await remembered(settings, since, io)) : await sideOf(first, settings, io);
  const after = second === undefined ? whole(await liveReport(settings, io)) : await sideOf(second, settings, io);
  const all = driftOf(before.report, after.report);
  const agreed = before.findingsOnly || after.findingsOnly;
  const told = agreed ? { ...all, changes: all.changes.filter(({ kind }) => kind.startsWith('finding-')) } : all;
  const drift = flags.onlyNew === true ? onlyNew(told) : told;
  const look = lookOf({ color: flags.color }, io);
  const format = flags.format ?? (io.outIsTerminal ? 'terminal' : 'text');
  const text = await renderDrift(format, drift, look);
  if (flags.output === undefined) await io.out(text);
  else openFile(resolve(io.cwd, flags.output), 0o600).write(text);
  return drift.changes.length === 0 ? 0 : 1;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[A]', 'report, snapshot, baseline, or `last` (default: the last run that --state kept)')
    .argument('[B]', 'report, snapshot, baseline, or `last` (default: this host as it is now)')
    .option('-f, --format <name>', `format: ${DRIFT_FORMATS.join(', ')}`, oneOf(DRIFT_FORMATS))
    .option('-o, --output <file>', 'file for it (default: standard output)')
    .option('--only-new', 'only what is new, wider or in other hands')
    .option('--since <time>', 'compare with the run before this time: 2026-03-01, or 7d')
    .option('--state [folder]', 'where the history is kept')
    .option('--color <when>', 'auto, always or never', oneOf(['auto', 'always', 'never']))
    .option('--config <file>', 'configuration')
    .option('--no-config', 'use no configuration file')
    .addHelpText('after', '\nExit: 0 no difference, 1 differences.')
    .action(async (from: string | undefined, to: string | undefined, flags: DiffFlags) =>
      done(await compare(from, to, flags, io)),
    );
}
