import { resolve } from 'node:path';
import type { Command } from 'commander';
import { audit } from '../audit.js';
import { driftOf } from '../gate/drift.js';
import { UsageError } from '../lib/errors.js';
import type { Drift } from '../model/drift.js';
import type { Report } from '../model/report.js';
import { DRIFT_FORMATS, type DriftFormat, renderDrift } from '../report/drift.js';
import { openFile } from '../sinks/file.js';
import { parseReports, parseSnapshot, readNamed } from './files.js';
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

/** A report, or a snapshot judged by today's rules. */
async function reportOf(file: string, settings: Settings, io: Io): Promise<Report> {
  const text = await readNamed(file, io);
  if (/"schema"\s*:\s*"earshot\.snapshot\/1"/.test(text.slice(0, 200))) {
    const { setup } = await setupOf(settings, [], io);
    return audit(await parseSnapshot(text, file), setup);
  }
  const [report, ...more] = await parseReports(text, file);
  if (report === undefined || more.length > 0)
    throw new UsageError(`${file}: a comparison takes the report of one host`);
  return report;
}

async function liveReport(settings: Settings, io: Io): Promise<Report> {
  const [snapshot] = await readSnapshots({}, settings, io);
  if (snapshot === undefined) throw new UsageError('there is nothing to compare');
  return audit(snapshot, (await setupOf(settings, [], io)).setup);
}

/** The run of the history that --since means, else the last one. */
async function remembered(settings: Settings, since: string | null, io: Io): Promise<Report> {
  const folder = settings.state ?? defaultStateFolder(io);
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
  const before = from === undefined ? await remembered(settings, since, io) : await reportOf(from, settings, io);
  const after = to === undefined ? await liveReport(settings, io) : await reportOf(to, settings, io);
  const whole = driftOf(before, after);
  const drift = flags.onlyNew === true ? onlyNew(whole) : whole;
  const look = lookOf({ color: flags.color }, io);
  const format = flags.format ?? (io.outIsTerminal ? 'terminal' : 'text');
  const text = await renderDrift(format, drift, look);
  if (flags.output === undefined) await io.out(text);
  else openFile(resolve(io.cwd, flags.output), 0o600).write(text);
  return drift.changes.length === 0 ? 0 : 1;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[A]', 'report or snapshot (default: the last run that --state kept)')
    .argument('[B]', 'report or snapshot (default: this host as it is now)')
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
