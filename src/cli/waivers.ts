import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { audit } from '../audit.js';
import { covers, daysLeft, WARNING_DAYS } from '../gate/waivers.js';
import { UsageError } from '../lib/errors.js';
import { escapeTerminal, guardLog } from '../lib/escape/terminal.js';
import type { Report } from '../model/report.js';
import type { Waiver } from '../model/waiver.js';
import { openFile } from '../sinks/file.js';
import { parseReports, readNamed } from './files.js';
import type { AuditFlags } from './flags.js';
import type { Io } from './io.js';
import { ciOf } from './log.js';
import { type Settings, settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { readSnapshots } from './sources.js';

interface WaiverFlags extends Pick<AuditFlags, 'config' | 'snapshot'> {
  readonly report?: string;
  readonly dryRun?: boolean;
}

/** The waivers, and the report that says what they cover. */
interface Judged {
  readonly waivers: readonly Waiver[];
  readonly report: Report;
  readonly at: string;
}

async function reportFor(flags: WaiverFlags, settings: Settings, io: Io, setup: Parameters<typeof audit>[1]) {
  if (flags.report === undefined) {
    const [snapshot] = await readSnapshots(flags, settings, io);
    if (snapshot === undefined) throw new UsageError('there is nothing to judge the waivers by');
    return audit(snapshot, setup);
  }
  const [report, ...more] = await parseReports(await readNamed(flags.report, io), flags.report);
  if (report === undefined || more.length > 0)
    throw new UsageError(`${flags.report}: waivers are judged by the report of one host`);
  return report;
}

async function judged(flags: WaiverFlags, settings: Settings, io: Io): Promise<Judged> {
  const { setup } = await setupOf(settings, [], io);
  const { waivers } = setup.agreements;
  const report = await reportFor(flags, settings, io, setup);
  // A saved report is old; whether a waiver is over is a question of today.
  return { waivers, report, at: io.now().toISOString() };
}

const matchesOf = ({ report }: Judged, waiver: Waiver): number =>
  report.findings.filter((finding) => finding.status !== 'resolved' && covers(waiver, finding)).length;

function stateOf(waiver: Waiver, judgment: Judged): string {
  const left = daysLeft(waiver, judgment.at);
  if (left < 0) return 'expired';
  if (matchesOf(judgment, waiver) === 0) return 'unused';
  return left < WARNING_DAYS ? `ends in ${left} d` : 'in force';
}

function line(waiver: Waiver, judgment: Judged): string {
  const { rule, subject, owner, reason, expires, ticket, place } = waiver;
  const findings = matchesOf(judgment, waiver);
  const where = place === null ? '' : `  ${place.file}:${place.line}`;
  return `${stateOf(waiver, judgment).padEnd(12)}  ${expires}  ${rule}  ${subject}  ${findings} ${
    findings === 1 ? 'finding' : 'findings'
  }\n${' '.repeat(14)}${owner}: ${reason}${ticket === null ? '' : ` (${ticket})`}${where}`;
}

async function list(flags: WaiverFlags, io: Io): Promise<void> {
  const judgment = await judged(flags, await settingsOf({ ...configOf(flags) }, io), io);
  if (judgment.waivers.length === 0) await io.out('No finding is waived.\n');
  for (const waiver of judgment.waivers)
    await io.out(
      guardLog(
        `${line(waiver, judgment)
          .split('\n')
          .map((text) => escapeTerminal(text))
          .join('\n')}\n`,
        ciOf(io.env),
      ),
    );
}

const configOf = ({ config }: WaiverFlags): Pick<AuditFlags, 'config'> => (config === undefined ? {} : { config });

/** What may go, and why. What the audit could not see it cannot call gone. */
function superfluous(judgment: Judged): readonly { readonly waiver: Waiver; readonly why: string }[] {
  const complete = !judgment.report.collection.gaps.some((gap) => gap.hidesListeners);
  const whole = judgment.report.gate.narrowed.length === 0;
  return judgment.waivers.flatMap((waiver) => {
    if (daysLeft(waiver, judgment.at) < 0) return [{ waiver, why: `expired on ${waiver.expires}` }];
    return complete && whole && matchesOf(judgment, waiver) === 0 ? [{ waiver, why: 'matches no finding' }] : [];
  });
}

async function prune(flags: WaiverFlags, io: Io): Promise<void> {
  const settings = await settingsOf({ ...configOf(flags) }, io);
  const { file, text } = settings.loaded;
  const judgment = file === null ? null : await judged(flags, settings, io);
  if (file === null || judgment === null || judgment.waivers.length === 0) {
    await io.out('There is no waiver to prune.\n');
    return;
  }
  const going = superfluous(judgment);
  // Waivers of the configuration come in its order; those of a rule pack stand in files that are not ours to change.
  const own = judgment.waivers.filter(({ place }) => place?.file === file);
  const remove = new Set(going.map(({ waiver }) => own.indexOf(waiver)).filter((index) => index >= 0));
  const done = flags.dryRun === true ? 'would be removed' : 'removed';
  const said = going.map(
    ({ waiver, why }) =>
      `${own.includes(waiver) ? done : 'stays in its pack'}: ${waiver.rule} for ${waiver.subject}, of ${waiver.owner}: ${why}`,
  );
  if (judgment.report.collection.gaps.some((gap) => gap.hidesListeners))
    await io.err(
      'earshot: the audit did not see everything, so only expired waivers are pruned; earshot doctor says what was missing\n',
    );
  if (remove.size > 0 && flags.dryRun !== true) {
    const { withoutWaivers } = await import('../config/prune.js');
    const pruned = withoutWaivers(text, remove);
    openFile(file, statSync(file).mode & 0o777).write(pruned.text);
    said.push(`wrote ${file}${pruned.reformatted ? ' (its layout was not kept; its comments were)' : ''}`);
  }
  if (said.length === 0) said.push('Every waiver of this configuration is needed.');
  for (const each of said) await io.out(guardLog(`${escapeTerminal(each)}\n`, ciOf(io.env)));
}

const addFlags = (command: Command): Command =>
  command
    .option('--report <file>', 'judge them by a saved report instead of this host')
    .option('--snapshot <file>', 'judge them by a saved snapshot instead of this host')
    .option('--config <file>', 'configuration (default: earshot.yaml upwards from here, then /etc/earshot)');

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addFlags(command.command('list'))
    .description('accepted findings: in force, about to end, expired, or matching nothing')
    .action(async (flags: WaiverFlags) => {
      await list(flags, io);
      done(0);
    });
  addFlags(command.command('prune'))
    .description('take those that are over or match nothing out of the configuration; its comments stay')
    .option('--dry-run', 'say what would be removed')
    .action(async (flags: WaiverFlags) => {
      await prune(flags, io);
      done(0);
    });
}
