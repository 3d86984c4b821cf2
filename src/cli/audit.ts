import { resolve } from 'node:path';
import type { Command } from 'commander';
import { audit, type Setup } from '../audit.js';
import { worstExit } from '../gate/gate.js';
import { UsageError } from '../lib/errors.js';
import type { Report } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import { openFile } from '../sinks/file.js';
import {
  type AuditFlags,
  addCollectFlags,
  addGateFlags,
  addNarrowFlags,
  addOutputFlags,
  addSourceFlags,
} from './flags.js';
import type { Io } from './io.js';
import { deliverReports, type OutputPlan, planOutputs } from './outputs.js';
import { type Settings, settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { readSnapshots } from './sources.js';

/** Reserves the file of --save-snapshot, or null. */
function snapshotSink(flags: AuditFlags, settings: Settings, io: Io) {
  if (flags.saveSnapshot === undefined) return null;
  return openFile(resolve(io.cwd, flags.saveSnapshot), settings.mode ?? 0o600);
}

async function judgeAll(snapshots: readonly Snapshot[], setup: Setup): Promise<readonly Report[]> {
  const reports: Report[] = [];
  for (const snapshot of snapshots) reports.push(await audit(snapshot, setup));
  return reports;
}

async function reportOn(flags: AuditFlags, settings: Settings, plan: OutputPlan, io: Io): Promise<number> {
  const setup = await setupOf(settings, io);
  const saved = snapshotSink(flags, settings, io);
  let written = false;
  try {
    const snapshots = await readSnapshots(flags, settings, io);
    if (saved !== null) {
      if (snapshots.length !== 1)
        throw new UsageError(
          `--save-snapshot takes one host, and there are ${snapshots.length}`,
          'split the capture by host',
        );
      const { writeSnapshot } = await import('../collect/saved.js');
      written = true;
      saved.write(writeSnapshot(snapshots[0] as Snapshot));
    }
    const reports = await judgeAll(snapshots, setup);
    await deliverReports(reports, plan, io);
    if (plan.nagios) return (await import('../gate/nagios.js')).nagiosExit(reports);
    return worstExit(reports.map((report) => report.gate.exitCode));
  } finally {
    if (saved !== null && !written) saved.discard();
  }
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addSourceFlags(addNarrowFlags(addGateFlags(addCollectFlags(addOutputFlags(command)))))
    .option('--save-snapshot <file>', 'keep the snapshot that was judged')
    .option('--layers', 'with the OSI table of this host')
    .action(async (flags: AuditFlags) => {
      const settings = await settingsOf(flags, io);
      const plan = planOutputs(settings.outputs, { ...flags, mode: settings.mode, minSeverity: null }, io);
      try {
        done(await reportOn(flags, settings, plan, io));
      } finally {
        plan.discard();
      }
    });
}
