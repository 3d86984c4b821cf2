import { resolve } from 'node:path';
import type { Command } from 'commander';
import { agreedFromBaseline, agreedFromReport, baselineOf } from '../gate/agreed.js';
import { UsageError } from '../lib/errors.js';
import { toJson } from '../lib/escape/json.js';
import type { BaselineEntry } from '../model/baseline.js';
import { openFile } from '../sinks/file.js';
import { parseBaseline, parseReports, readNamed } from './files.js';
import type { Io } from './io.js';

const DEFAULT_FILE = 'earshot.baseline.json';

const line = (entry: BaselineEntry): string =>
  `${entry.severity.padEnd(8)}  ${(entry.widest ?? '-').padEnd(9)}  ${entry.subject}  ${entry.ruleId}`;

async function accept(file: string, options: { readonly output?: string }, io: Io): Promise<void> {
  const [report, ...more] = await parseReports(await readNamed(file, io), file);
  if (report === undefined || more.length > 0)
    throw new UsageError(`${file}: a baseline is made from the report of one host`);
  const baseline = baselineOf(report);
  const target = options.output ?? DEFAULT_FILE;
  openFile(resolve(io.cwd, target), 0o644).write(`${toJson(baseline, 2)}\n`);
  await io.out(
    `${target}: ${baseline.findings.length} ${baseline.findings.length === 1 ? 'finding' : 'findings'} accepted. Use it with: earshot audit --baseline ${target}\n`,
  );
}

async function show(file: string | undefined, io: Io): Promise<void> {
  const name = file ?? DEFAULT_FILE;
  const found = await parseBaseline(await readNamed(name, io), name);
  const agreed = found.kind === 'report' ? agreedFromReport(found.report) : agreedFromBaseline(found.baseline);
  const { forLog } = await import('./log.js');
  for (const entry of agreed.entries.values()) await io.out(forLog(`${line(entry)}\n`, io));
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .command('accept <report>')
    .description('write the findings of a saved report down as agreed')
    .option('-o, --output <file>', `file of the baseline (default ${DEFAULT_FILE})`)
    .action(async (file: string, options: { readonly output?: string }) => {
      await accept(file, options, io);
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
