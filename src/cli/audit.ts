import { resolve } from 'node:path';
import type { Command } from 'commander';
import { audit, type Setup } from '../audit.js';
import { worstExit } from '../gate/gate.js';
import { isQuiet } from '../gate/quiet.js';
import { identify } from '../identify/identify.js';
import { UsageError } from '../lib/errors.js';
import type { Report } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import { type FileSink, OutputLost, openFile } from '../sinks/file.js';
import { snapshotText } from './files.js';
import {
  type AuditFlags,
  addCollectFlags,
  addGateFlags,
  addNarrowFlags,
  addOutputFlags,
  addSourceFlags,
  addStateFlags,
} from './flags.js';
import type { Io } from './io.js';
import { forLog } from './log.js';
import { deliverReports, type OutputPlan, planOutputs, withPlaces } from './outputs.js';
import { type Settings, settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { readSnapshots } from './sources.js';
import { openState, type State } from './state.js';

/** Keeps the snapshot that was judged (--save-snapshot). */
function save(snapshots: readonly Snapshot[], sink: FileSink): void {
  const [snapshot] = snapshots;
  if (snapshot === undefined || snapshots.length > 1) {
    sink.discard();
    throw new UsageError(
      `--save-snapshot takes one host, and there are ${snapshots.length}`,
      'split the capture by host',
    );
  }
  sink.write(snapshotText(snapshot));
}

/** The OSI table of a snapshot. */
async function layersFor(snapshot: Snapshot): Promise<Setup['layers']> {
  const { layersOf } = await import('../netstat/layers.js');
  return layersOf(snapshot, identify(snapshot));
}

async function judgeAll(
  snapshots: readonly Snapshot[],
  setup: Setup,
  withLayers: boolean,
  state: State | null,
): Promise<readonly Report[]> {
  const reports: Report[] = [];
  for (const snapshot of snapshots) {
    const layers = withLayers ? await layersFor(snapshot) : null;
    const report = await audit(snapshot, { ...setup, layers });
    reports.push(state === null ? report : state.dated(report));
  }
  return reports;
}

/**
 * True when an output was lost while it was written: it is said, the others are there, and the run is still remembered. What waits for
 * the next run is said on a night that says anything.
 */
async function delivered(delivery: Promise<readonly string[]>, quiet: boolean, io: Io): Promise<boolean> {
  try {
    for (const waits of await delivery) if (!quiet) await io.err(forLog(`earshot: ${waits}\n`, io));
    return false;
  } catch (error) {
    if (!(error instanceof OutputLost)) throw error;
    await io.err(forLog(`earshot: ${error.message}\n`, io));
    return true;
  }
}

/** Why a state cannot be used now (a full disk, a lock that is never given up), as SQLite says it. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Keeps the run. False: it could not be kept, which is said and costs no report. */
async function remembered(
  state: State,
  reports: readonly Report[],
  snapshots: readonly Snapshot[],
  io: Io,
): Promise<boolean> {
  try {
    for (const [index, report] of reports.entries()) state.record(report, snapshots[index] as Snapshot);
    return true;
  } catch (error) {
    await io.err(`earshot: the history could not be kept: ${reasonOf(error)}; earlier runs are still there\n`);
    return false;
  }
}

/** The history; null where it cannot be opened, which is said: this run then takes everything for new. @throws UsageError */
async function openedState(folder: string, io: Io): Promise<State | null> {
  try {
    return await openState(folder, io);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    await io.err(`earshot: ${folder}: the history cannot be opened: ${reasonOf(error)}; everything counts as new\n`);
    return null;
  }
}

async function exitOf(reports: readonly Report[], plan: OutputPlan): Promise<number> {
  if (plan.nagios) return (await import('../gate/nagios.js')).nagiosExit(reports);
  return worstExit(reports.map((report) => report.gate.exitCode));
}

/** Reads, judges, delivers and remembers. A quiet night writes its files and no byte on either stream. */
async function run(
  flags: AuditFlags,
  settings: Settings,
  plan: OutputPlan,
  state: State | null,
  io: Io,
): Promise<number> {
  const setup = await setupOf(settings, state?.agreed ?? [], io);
  const sink =
    flags.saveSnapshot === undefined ? null : openFile(resolve(io.cwd, flags.saveSnapshot), settings.mode ?? 0o600);
  let snapshots: readonly Snapshot[];
  try {
    snapshots = await readSnapshots(flags, settings, io);
  } catch (error) {
    sink?.discard();
    throw error;
  }
  if (sink !== null) save(snapshots, sink);
  const judged = await judgeAll(snapshots, setup.setup, settings.layers, state);
  const { reports, places } = await withPlaces(judged, plan, settings.loaded.file, io);
  const before = state?.last ?? setup.comparedWith;
  const quiet =
    settings.quietIfUnchanged &&
    (state?.notices ?? []).length === 0 &&
    reports.every((report) => isQuiet(report, before));
  if (!quiet) for (const notice of state?.notices ?? []) await io.err(forLog(`earshot: ${notice}\n`, io));
  const lost = await delivered(
    deliverReports(
      reports,
      plan,
      {
        filesOnly: quiet,
        options: { ...places, lastCompleteAt: state?.lastCompleteAt ?? null },
        spool: plan.remote ? (state?.spool() ?? null) : null,
      },
      io,
    ),
    quiet,
    io,
  );
  const forgotten = state !== null && !(await remembered(state, reports, snapshots, io));
  if ((lost || forgotten) && !plan.nagios) return worstExit([4, ...reports.map((report) => report.gate.exitCode)]);
  return quiet ? 0 : exitOf(reports, plan);
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addStateFlags(addSourceFlags(addNarrowFlags(addGateFlags(addCollectFlags(addOutputFlags(command))))))
    .option('--save-snapshot <file>', 'keep the snapshot that was judged')
    .option('--layers', 'with the OSI table of this host')
    .action(async (flags: AuditFlags) => {
      const settings = await settingsOf(flags, io);
      const plan = planOutputs(settings.outputs, { ...flags, mode: settings.mode, minSeverity: null }, io);
      let state: State | null = null;
      try {
        state = settings.state === null ? null : await openedState(settings.state, io);
        const code = await run(flags, settings, plan, state, io);
        // A history that was asked for and cannot be had is a loss.
        done(settings.state !== null && state === null && !plan.nagios ? worstExit([4, code]) : code);
      } finally {
        state?.close();
        plan.discard();
      }
    });
}
