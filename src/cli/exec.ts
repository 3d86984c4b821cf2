import type { Command } from 'commander';
import { audit } from '../audit.js';
import { beginDescent, type Ended, type Running, runCommand, statusOf } from '../exec/run.js';
import { UsageError } from '../lib/errors.js';
import { type AuditFlags, addCollectFlags, addGateFlags, addOutputFlags, wholePort } from './flags.js';
import type { Io } from './io.js';
import { deliverReports, type OutputPlan, planOutputs, withPlaces } from './outputs.js';
import { type Settings, settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { Watch } from './watch.js';

/** Between two quick looks at what listens: what listens for less may be missed. */
const LOOK_MS = 10;
const LOOK_MS_MAX = 100;
/** What a short command gets to end by itself before the host is read. */
const BLINK_MS = 150;
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

/** Pause between looks, longer where a look takes long (many processes), so that watching costs half a CPU at most. */
const pauseAfter = (lookMs: number): number => Math.max(LOOK_MS, Math.min(LOOK_MS_MAX, lookMs));

/** Watches until it is time to look. Resolves early when the command ends or we are told to stop; to why it was not what was waited for. */
async function watchUntil(until: Until, running: Running, watch: Watch, timeoutMs: number): Promise<string | null> {
  const start = Date.now();
  const missed = until.kind === 'port' ? `port ${until.port} was not opened` : null;
  let changed = start;
  // What the command left behind may listen after it has ended; only --until-exit means the command itself.
  const over = (): boolean =>
    running.interrupted() !== null || (running.ended() !== null && (until.kind === 'exit' || !watch.alive));
  while (!over()) {
    const before = Date.now();
    if (watch.look()) changed = before;
    const now = Date.now();
    const left = until.kind === 'time' ? until.ms - (now - start) : LOOK_MS_MAX;
    if (left <= 0) return null;
    if (until.kind === 'port' && watch.opened(until.port)) return null;
    if (until.kind === 'idle' && watch.heard && now - changed >= IDLE_MS) return null;
    if (until.kind === 'port' && now - start >= timeoutMs) return `${missed} within ${timeoutMs / 1000} s`;
    if (until.kind === 'idle' && !watch.heard && now - start >= timeoutMs)
      return `the command opened nothing within ${timeoutMs / 1000} s`;
    await running.wait(Math.max(1, Math.min(pauseAfter(now - before), left)));
    if (running.ended()?.kind === 'failed') return null;
  }
  watch.look();
  return until.kind === 'port' && !watch.opened(until.port) ? `${missed} before the command ended` : null;
}

/** Whose status it is, as the last line on standard error. */
function farewell(ended: Ended | null, code: number, program: string, why: string | null): string {
  if (ended?.kind === 'failed') return `earshot: exit ${code}: ${ended.why}\n`;
  if (why !== null) return `earshot: exit ${code} is earshot's: ${why}\n`;
  const verdict = code === 1 ? 'findings' : code === 3 ? 'the audit was not complete' : 'the audit passed';
  if (ended === null) return `earshot: exit ${code} is earshot's: ${verdict}; ${program} was ended by earshot\n`;
  if (statusOf(ended) !== 0) return `earshot: exit ${code} is the status of ${program}\n`;
  return `earshot: exit ${code} is earshot's: ${verdict}; ${program} succeeded\n`;
}

/** The exit code, and why it is no verdict where it is none. */
function outcomeOf(
  ended: Ended | null,
  gate: number,
  signal: NodeJS.Signals | null,
  missed: string | null,
): { readonly code: number; readonly why: string | null } {
  if (ended !== null && statusOf(ended) !== 0) return { code: statusOf(ended), why: null };
  if (signal !== null && ended === null)
    return { code: statusOf({ kind: 'signalled', signal }), why: `it was told to stop by ${signal}` };
  if (gate === 4) return { code: WRAPPER_FAILED, why: 'the audit failed' };
  // Nothing forbidden was seen, but what was to be looked at never came: that is no pass.
  if (missed !== null && gate === 0) return { code: WRAPPER_FAILED, why: missed };
  return { code: gate, why: null };
}

async function auditCommand(
  argv: readonly string[],
  flags: ExecFlags,
  settings: Settings,
  plan: OutputPlan,
  io: Io,
): Promise<number> {
  const until = untilOf(flags);
  const isolate = flags.isolate === true;
  const words = isolate ? (await import('../exec/isolate.js')).isolated(argv, io.uid) : argv;
  if (isolate)
    await io.err(
      'earshot: the command has a network of its own: it reaches nothing outside, not even a database on this loopback\n',
    );
  const { setup } = await setupOf(settings, [], io);
  const descent = beginDescent();
  const watch = new Watch(settings, isolate, descent);
  const running = runCommand(words, io.env, descent);
  const [program = ''] = argv;
  const missed = await watchUntil(until, running, watch, settings.timeoutMs);
  const failed = running.ended();
  if (failed?.kind === 'failed') {
    await io.err(farewell(failed, failed.status, program, null));
    return failed.status;
  }
  // A command that does nothing has ended in this time, and then there is nothing to collect.
  await running.wait(BLINK_MS);
  const snapshot = await watch.finish();
  // One turn of the event loop, in which the end of a command that has ended meanwhile is heard of.
  await running.wait(running.interrupted() === null ? 1 : GRACE_MS);
  const ended = running.ended();
  await running.end(GRACE_MS);
  const report = await audit(snapshot, setup);
  const { reports, places } = await withPlaces([report], plan, settings.loaded.file, io);
  await deliverReports(reports, plan, { options: places }, io);
  running.letGo();
  const { code, why } = outcomeOf(ended, report.gate.exitCode, running.interrupted(), missed);
  await io.err(farewell(ended, code, program, why));
  return code;
}

/** Our own failures are told apart from the command's: exit 125, and the last line says so. */
async function guarded(work: () => Promise<number>, debug: boolean, io: Io): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const { explainFailure } = await import('./failure.js');
    await io.err(
      `${explainFailure(error, debug, io).text}earshot: exit ${WRAPPER_FAILED} is earshot's own: it failed\n`,
    );
    return WRAPPER_FAILED;
  }
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addGateFlags(addCollectFlags(addOutputFlags(command)))
    .argument('<command...>', 'command and its arguments, after --')
    .passThroughOptions()
    .option('--for <time>', 'look after this time: 10s, 500ms, 2m', duration)
    .option('--until-port <port>', 'look when the command listens on this port', wholePort)
    .option('--until-idle', 'look when the command listens and nothing new has begun to for a while (default)')
    .option('--until-exit', 'watch until the command ends, and report everything that ever listened')
    .option('--isolate', 'give the command a network namespace of its own')
    .addHelpText(
      'after',
      "\nExit: the command's status where it failed, else 1 with findings, 0 without;\n125 earshot failed, 126 the command cannot be run, 127 it was not found.",
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
