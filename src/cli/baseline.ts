import { resolve } from 'node:path';
import type { Command } from 'commander';
import { audit } from '../audit.js';
import { agreedFromBaseline, agreedFromReport, baselineOf } from '../gate/agreed.js';
import { UsageError } from '../lib/errors.js';
import { toJson } from '../lib/escape/json.js';
import type { BaselineEntry } from '../model/baseline.js';
import type { Report } from '../model/report.js';
import { openFile } from '../sinks/file.js';
import { parseBaseline, parseReports, readNamed } from './files.js';
import type { AuditFlags } from './flags.js';
import type { Io } from './io.js';
import { settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { readSnapshots } from './sources.js';

const DEFAULT_FILE = 'earshot.baseline.json';

const line = (entry: BaselineEntry): string =>
  `${entry.severity.padEnd(8)}  ${(entry.widest ?? '-').padEnd(9)}  ${entry.subject}  ${entry.ruleId}`;

interface AcceptFlags extends Pick<AuditFlags, 'config'> {
  readonly output?: string;
}

/** The report to agree to: a saved one, or this host's as it is now. */
async function reportFor(file: string | undefined, flags: AcceptFlags, io: Io): Promise<Report> {
  if (file === undefined) {
    const settings = await settingsOf(flags.config === undefined ? {} : { config: flags.config }, io);
    const [snapshot] = await readSnapshots({}, settings, io);
    if (snapshot === undefined) throw new UsageError('this host could not be read');
    return audit(snapshot, (await setupOf(settings, [], io)).setup);
  }
  const [report, ...more] = await parseReports(await readNamed(file, io), file);
  if (report === undefined || more.length > 0)
    throw new UsageError(`${file}: a baseline is made from the report of one host`);
  return report;
}

async function accept(file: string | undefined, flags: AcceptFlags, io: Io): Promise<void> {
  const report = await reportFor(file, flags, io);
  const baseline = baselineOf(report);
  const target = flags.output ?? DEFAULT_FILE;
  openFile(resolve(io.cwd, target), 0o644).write(`${toJson(baseline, 2)}\n`);
  if (report.collection.gaps.some((gap) => gap.hidesListeners))
    await io.err('earshot: the audit did not see everything: what it did not see is not agreed to\n');
  await io.out(
    `${target}: ${baseline.findings.length} ${baseline.findings.length === 1 ? 'finding' : 'findings'} accepted. Use it with: earshot audit --baseline ${target}\n`,
  );
}

async function show(file: string | undefined, io: Io): Promise<void> {
  const name = file ?? DEFAULT_FILE;
  const found = await parseBaseline(await readNamed(name, io), name);
  const agreed = found.kind === 'report' ? agreedFromReport(found.report) : agreedFromBaseline(found.baseline);
  const { forLog } = await import('./log.js');
  const [host, at] =
    found.kind === 'report'
      ? [found.report.host.hostname, found.report.collection.startedAt]
      : [found.baseline.host, found.baseline.acceptedAt];
  const n = agreed.entries.size;
  await io.out(forLog(`${n} ${n === 1 ? 'finding' : 'findings'} of ${host}, agreed to at ${at}\n`, io));
  for (const entry of agreed.entries.values()) await io.out(forLog(`${line(entry)}\n`, io));
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .command('accept [report]')
    .description('write the findings of a saved report, or of this host now, down as agreed')
    .option('-o, --output <file>', `file of the baseline (default ${DEFAULT_FILE})`)
    .option('--config <file>', 'configuration (default: earshot.yaml upwards from here, then /etc/earshot)')
    .action(async (file: string | undefined, flags: AcceptFlags) => {
      await accept(file, flags, io);
      done(0);
    });
  command
    .command('show [file]')
    .description('what was agreed to')
    .action(async (file: string | undefined) => {
      await show(file, io);
      done(0);
    });
}
