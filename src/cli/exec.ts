import type { Command } from 'commander';
import { audit } from '../audit.js';
import { type Ended, type Running, runCommand, statusOf } from '../exec/run.js';
import { UsageError } from '../lib/errors.js';
import { type AuditFlags, addCollectFlags, addGateFlags, addOutputFlags, wholePort } from './flags.js';
import type { Io } from './io.js';
import { deliverReports, type OutputPlan, planOutputs } from './outputs.js';
import { type Settings, settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { Watch } from './watch.js';

/** Between two quick looks at what listens. */
const LOOK_MS = 100;
/** Nothing new for this long is idle. */
const IDLE_MS = 1500;
/** What a command that shall end gets before it is killed. */
const GRACE_MS = 5000;
/** env(1), timeout(1), docker run: the wrapper itself failed. */
const WRAPPER_FAILED = 125;

interface ExecFlags extends AuditFlags {
  readonly for?: number;
  readonly untilPort?: number;
  readonly untilIdle?: boolean;
  readonly untilExit?: boolean;
  readonly isolate?: boolean;
}

/** When to stop watching. */
type Until =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'exit' };

function untilOf(flags: ExecFlags): Until {
  const given = [flags.for, flags.untilPort, flags.untilIdle, flags.untilExit].filter((flag) => flag !== undefined);
  if (given.length > 1)
    throw new UsageError('--for, --until-port, --until-idle and --until-exit say when to look', 'give one of them');
  if (flags.for !== undefined) return { kind: 'time', ms: flags.for };
  if (flags.untilPort !== undefined) return { kind: 'port', port: flags.untilPort };
  return flags.untilExit === true ? { kind: 'exit' } : { kind: 'idle' };
}

/** `10s`, `500ms`, `2m`, or seconds. */
function duration(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  if (parts === null) throw new UsageError(`--for ${text}: is no time`, 'write 10s, 500ms or 2m');
  return Number(parts[1]) * ({ ms: 1, s: 1000, m: 60_000 }[parts[2] ?? 's'] ?? 1000);
}

/** Watches until it is time to look. Resolves early when the command ends or we are told to stop. */
async function watchUntil(until: Until, running: Running, watch: Watch, timeoutMs: number, io: Io): Promise<void> {
  const start = Date.now();
  const over = (): boolean => running.ended() !== null || running.interrupted() !== null;
  let changed = start;
  while (!over()) {
    if (await watch.look()) changed = Date.now();
    const now = Date.now();
    if (until.kind === 'time' && now - start >= until.ms) return;
    if (until.kind === 'port' && watch.opened(until.port)) return;
    if (until.kind === 'idle' && now - changed >= IDLE_MS) return;
    if (until.kind === 'port' && now - start >= timeoutMs)
      return io.err(`earshot: port ${until.port} was not opened within ${timeoutMs / 1000} s\n`);
    const left = until.kind === 'time' ? until.ms - (now - start) : LOOK_MS;
    await running.wait(Math.max(1, Math.min(LOOK_MS, left)));
  }
}

/** Whose status it is, as the last line on standard error. */
function farewell(ended: Ended | null, code: number, program: string): string {
  if (ended === null)
    return `earshot: exit ${code} is earshot's: ${code === 1 ? 'findings' : 'the audit passed'}; ${program} was ended by earshot\n`;
  if (ended.kind === 'failed') return `earshot: exit ${code}: ${ended.why}\n`;
  const status = statusOf(ended);
  if (status !== 0) return `earshot: exit ${code} is the status of ${program}\n`;
  return `earshot: exit ${code} is earshot's: ${code === 1 ? 'findings' : 'the audit passed'}; ${program} succeeded\n`;
}

async function auditCommand(
  argv: readonly string[],
  flags: ExecFlags,
  settings: Settings,
  plan: OutputPlan,
  io: Io,
): Promise<number> {
  const { setup } = await setupOf(settings, [], io);
  const words = flags.isolate === true ? (await import('../exec/isolate.js')).isolated(argv, io.uid) : argv;
  if (flags.isolate === true)
    await io.err(
      'earshot: the command has a network of its own: it reaches nothing outside, not even a database on this loopback\n',
    );
  const watch = await Watch.start(settings, flags.isolate === true);
  const running = runCommand(words, io.env, io.inIsTerminal);
  watch.follow(running.descent);
  await watchUntil(untilOf(flags), running, watch, settings.timeoutMs, io);
  const failed = running.ended();
  if (failed?.kind === 'failed') {
    await io.err(farewell(failed, failed.status, argv[0] ?? ''));
    return failed.status;
  }
  const snapshot = await watch.finish();
  const ended = running.ended();
  await running.end(GRACE_MS);
  const report = await audit(snapshot, setup);
  await deliverReports([report], plan, {}, io);
  const status = ended === null ? 0 : statusOf(ended);
  const judged = report.gate.exitCode === 4 ? WRAPPER_FAILED : report.gate.exitCode;
  const code = status !== 0 ? status : judged;
  await io.err(farewell(ended, code, argv[0] ?? ''));
  return code;
}

/** Our own failures are told apart from the command's: exit 125, and the last line says so. */
async function guarded(work: () => Promise<number>, debug: boolean, io: Io): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const { explainFailure } = await import('./failure.js');
    await io.err(`${explainFailure(error, debug).text}earshot: exit ${WRAPPER_FAILED} is earshot's own: it failed\n`);
    return WRAPPER_FAILED;
  }
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addGateFlags(addCollectFlags(addOutputFlags(command)))
    .argument('<command...>', 'command and its arguments, after --')
    .passThroughOptions()
    .option('--for <time>', 'look after this time: 10s, 500ms, 2m', duration)
    .option('--until-port <port>', 'look when the command listens on this port', wholePort)
    .option('--until-idle', 'look when nothing new has begun to listen for a while (default)')
    .option('--until-exit', 'watch until the command ends, and report everything that ever listened')
    .option('--isolate', 'give the command a network namespace of its own')
    .addHelpText(
      'after',
      "\nExit: the command's status where it failed, else 1 with findings, 125 earshot failed, 126 cannot be run, 127 not found.",
    )
    .action(async (argv: readonly string[], flags: ExecFlags) => {
      const code = await guarded(
        async () => {
          const settings = await settingsOf(flags, io);
          const plan = planOutputs(
            settings.outputs,
            { ...flags, mode: settings.mode, minSeverity: null, toErr: true },
            io,
          );
          try {
            return await auditCommand(argv, flags, settings, plan, io);
          } finally {
            plan.discard();
          }
        },
        flags.debug === true,
        io,
      );
      done(code);
    });
}
