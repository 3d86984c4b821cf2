import { resolve } from 'node:path';
import type { Severity } from '../model/finding.js';
import type { Report } from '../model/report.js';
import type { FormatOptions, Look } from '../report/format.js';
import { FORMATS, type FormatName, render } from '../report/formats.js';
import { type FileSink, openFile } from '../sinks/file.js';
import type { Output } from './flags.js';
import type { Io } from './io.js';

interface Target {
  readonly format: FormatName;
  /** null: a stream. */
  readonly sink: FileSink | null;
  readonly toErr: boolean;
}

/** Where reports go, reserved before anything is read. */
export interface OutputPlan {
  readonly targets: readonly Target[];
  readonly look: Look;
  /** True: standard output is read by Nagios, so the exit code is a plugin's. */
  readonly nagios: boolean;
  /** Gives up what was reserved and not yet written. */
  readonly discard: () => void;
}

interface OutputChoices {
  readonly color?: string | undefined;
  readonly mode?: number | null;
  readonly quiet?: boolean | undefined;
  readonly minSeverity?: Severity | null;
  /** What is shown without being asked for goes to standard error: standard output belongs to the command under audit. */
  readonly toErr?: boolean;
}

const isUtf8 = (env: Io['env']): boolean => /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');

function wantsColor(when: string | undefined, io: Io): boolean {
  if (when === 'always') return true;
  if (when === 'never') return false;
  const { env } = io;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  return io.outIsTerminal && env['TERM'] !== 'dumb';
}

/** How views may look here: the terminal's width, colours, UTF-8, and the CI that reads the log. */
export function lookOf(choices: OutputChoices, io: Io): Look {
  return {
    columns: Math.max(40, io.columns ?? (Number(io.env['COLUMNS']) || 80)),
    color: wantsColor(choices.color, io),
    unicode: isUtf8(io.env),
    ci: io.env['GITHUB_ACTIONS'] === 'true' ? 'github' : io.env['GITLAB_CI'] === 'true' ? 'gitlab' : null,
    minSeverity: choices.minSeverity ?? null,
  };
}

/** What is shown where no format was named for standard output: a terminal gets `terminal`, a pipe `text`, GitHub also its commands. */
function shownByDefault(look: Look, io: Io): readonly FormatName[] {
  if (look.ci === 'github') return ['text', 'github'];
  return io.outIsTerminal ? ['terminal'] : ['text'];
}

/**
 * Reserves every output.
 * @throws UsageError when one cannot be written.
 */
export function planOutputs(outputs: readonly Output[], choices: OutputChoices, io: Io): OutputPlan {
  const look = lookOf(choices, io);
  const open: FileSink[] = [];
  const discard = (): void => {
    for (const sink of open.splice(0)) sink.discard();
  };
  try {
    const targets: Target[] = outputs.map(({ format, file }) => {
      if (file === null) return { format, sink: null, toErr: false };
      const sink = openFile(resolve(io.cwd, file), choices.mode ?? FORMATS[format].mode);
      open.push(sink);
      return { format, sink: once(sink, open), toErr: false };
    });
    if (!targets.some((target) => target.sink === null) && choices.quiet !== true)
      for (const format of shownByDefault(look, io))
        targets.push({ format, sink: null, toErr: choices.toErr ?? false });
    return { targets, look, nagios: targets.some(({ format, sink }) => format === 'nagios' && sink === null), discard };
  } catch (error) {
    discard();
    throw error;
  }
}

/** A sink that takes itself off the list of what is to be given up once it is written. */
const once = (sink: FileSink, open: FileSink[]): FileSink => ({
  discard: sink.discard,
  write: (bytes) => {
    open.splice(open.indexOf(sink), 1);
    sink.write(bytes);
  },
});

export interface DeliveryChoices {
  /** A quiet night: nothing on the streams. */
  readonly filesOnly?: boolean;
  readonly options?: FormatOptions;
}

/** GitHub takes at most 1 MiB a step. */
const STEP_SUMMARY_BYTES_MAX = 1024 * 1024;

/** The page that GitHub shows beside the job (GITHUB_STEP_SUMMARY), where it asks for one. */
async function addStepSummary(shown: Report | readonly Report[], plan: OutputPlan, io: Io): Promise<void> {
  const file = io.env['GITHUB_STEP_SUMMARY'];
  if (plan.look.ci !== 'github' || file === undefined || file === '') return;
  const { appendFile } = await import('../sinks/file.js');
  appendFile(file, await render('markdown', shown, plan.look, { bytesMax: STEP_SUMMARY_BYTES_MAX }));
}

/**
 * Renders and writes everything that was planned. Standard output comes last, so that a closed pipe costs no file; `filesOnly` leaves it
 * out (a quiet night).
 */
export async function deliverReports(
  reports: readonly Report[],
  plan: OutputPlan,
  choices: DeliveryChoices,
  io: Io,
): Promise<void> {
  const one = reports[0];
  const shown = reports.length === 1 && one !== undefined ? one : reports;
  const byFile = [...plan.targets].sort((a, b) => Number(a.sink === null) - Number(b.sink === null));
  const failures: unknown[] = [];
  for (const { format, sink, toErr } of byFile) {
    if (choices.filesOnly === true && sink === null) continue;
    try {
      const text = await render(format, shown, plan.look, choices.options);
      if (sink === null) await (toErr ? io.err : io.out)(text);
      else sink.write(text);
    } catch (error) {
      // The others are still delivered: an output that is lost must not cost those that are not.
      failures.push(error);
    }
  }
  await addStepSummary(shown, plan, io).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
