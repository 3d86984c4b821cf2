import { resolve } from 'node:path';
import { UsageError } from '../lib/errors.js';
import type { Severity } from '../model/finding.js';
import type { Report } from '../model/report.js';
import type { FormatOptions, Look } from '../report/format.js';
import { FORMATS, type FormatName, render, renderPieces } from '../report/formats.js';
import { type FileSink, openFile } from '../sinks/file.js';
import { outputTarget } from '../sinks/target.js';
import type { Output } from './flags.js';
import type { Io } from './io.js';
import { ciOf } from './log.js';
import type { Placed } from './places.js';
import type { RemoteOutput } from './remote.js';

type Target =
  | { readonly kind: 'stream'; readonly format: FormatName; readonly toErr: boolean }
  | { readonly kind: 'file'; readonly format: FormatName; readonly sink: FileSink }
  | { readonly kind: 'remote'; readonly output: RemoteOutput };

/** Where reports go, reserved before anything is read. */
export interface OutputPlan {
  readonly targets: readonly Target[];
  readonly look: Look;
  /** True: standard output is read by Nagios, so the exit code is a plugin's. */
  readonly nagios: boolean;
  /** True: something goes beyond this process, to a receiver that may be away. */
  readonly remote: boolean;
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
    ci: ciOf(io.env),
    minSeverity: choices.minSeverity ?? null,
  };
}

/**
 * What is shown where no format was named for standard output: a terminal, and a pipe for which colour was asked (`| less -R`), gets
 * `terminal`, another pipe `text`, GitHub also its commands.
 */
function shownByDefault(look: Look, io: Io): readonly FormatName[] {
  if (look.ci === 'github') return ['text', 'github'];
  return io.outIsTerminal || look.color ? ['terminal'] : ['text'];
}

function planned({ format, file }: Output, choices: OutputChoices, open: FileSink[], io: Io): Target {
  if (file === null) return { kind: 'stream', format: format ?? 'text', toErr: false };
  const target = outputTarget(file);
  if (target.kind !== 'file') return { kind: 'remote', output: { format, target } };
  if (format === null) throw new UsageError(`-o ${file}: name the format first`, '-f html -o audit.html');
  const sink = openFile(resolve(io.cwd, target.path), choices.mode ?? FORMATS[format].mode);
  open.push(sink);
  return { kind: 'file', format, sink: once(sink, open) };
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
    const targets: Target[] = outputs.map((output) => planned(output, choices, open, io));
    if (!targets.some(({ kind }) => kind === 'stream') && choices.quiet !== true)
      for (const format of shownByDefault(look, io))
        targets.push({ kind: 'stream', format, toErr: choices.toErr ?? false });
    const nagios = targets.some((target) => target.kind === 'stream' && target.format === 'nagios');
    return { targets, look, nagios, remote: targets.some(({ kind }) => kind === 'remote'), discard };
  } catch (error) {
    discard();
    throw error;
  }
}

/** A sink that takes itself off the list of what is to be given up once it is written. */
const once = (sink: FileSink, open: FileSink[]): FileSink => ({
  discard: sink.discard,
  write: (content) => {
    open.splice(open.indexOf(sink), 1);
    sink.write(content);
  },
});

export interface DeliveryChoices {
  /** A quiet night: nothing on the streams. */
  readonly filesOnly?: boolean;
  readonly options?: FormatOptions;
  /** Folder in which reports wait for a receiver that is away; null: none. */
  readonly spool?: string | null;
}

/** Formats that point into a repository. */
const POINTING: readonly FormatName[] = ['github', 'gitlab', 'sarif', 'junit'];

/** The reports with their places in the repository, where somebody will point there: an annotation, a CI job. */
export async function withPlaces(
  reports: readonly Report[],
  plan: OutputPlan,
  config: string | null,
  io: Io,
): Promise<Placed> {
  const points = plan.targets.some((target) =>
    target.kind === 'remote'
      ? target.output.format !== null && POINTING.includes(target.output.format)
      : POINTING.includes(target.format),
  );
  if (!points && plan.look.ci === null) return { reports, places: {} };
  const { reports: found, places } = (await import('./places.js')).placedReports(reports, config, io.cwd);
  // The name of a hosted runner is another one each time; alerts are followed by the job's.
  const job = io.env['EARSHOT_CATEGORY'] ?? io.env['GITHUB_JOB'] ?? io.env['CI_JOB_NAME'];
  return { reports: found, places: job === undefined ? places : { ...places, category: job } };
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

/** GitLab folds what stands between these marks (docs.gitlab.com, "Custom collapsible sections"). */
function inSection(text: string, seconds: number): string {
  const mark = (kind: 'start' | 'end'): string => `\u001b[0Ksection_${kind}:${seconds}:earshot\r\u001b[0K`;
  return `${mark('start')}earshot\n${text}${mark('end')}\n`;
}

/** A report as a stream gets it. */
function forStream(text: string, format: FormatName, plan: OutputPlan, io: Io): string {
  const folds = plan.look.ci === 'gitlab' && (format === 'text' || format === 'terminal');
  return folds ? inSection(text, Math.floor(io.now().getTime() / 1000)) : text;
}

const RANK = { file: 0, remote: 1, stream: 2 } as const;

/**
 * Renders and delivers everything that was planned: files, then addresses, then the streams, so that a closed pipe costs no file;
 * `filesOnly` leaves the streams out (a quiet night). Resolves to what waits for the next run, in words.
 */
export async function deliverReports(
  reports: readonly Report[],
  plan: OutputPlan,
  choices: DeliveryChoices,
  io: Io,
): Promise<readonly string[]> {
  const one = reports[0];
  const shown = reports.length === 1 && one !== undefined ? one : reports;
  const text = (format: FormatName): Promise<string> => render(format, shown, plan.look, choices.options);
  const pieces = (format: FormatName): Promise<Iterable<string>> =>
    renderPieces(format, shown, plan.look, choices.options);
  const failures: unknown[] = [];
  const waiting: string[] = [];
  for (const target of [...plan.targets].sort((a, b) => RANK[a.kind] - RANK[b.kind])) {
    if (choices.filesOnly === true && target.kind === 'stream') continue;
    try {
      if (target.kind === 'stream') {
        // What is folded is a single piece.
        for (const piece of await pieces(target.format))
          await (target.toErr ? io.err : io.out)(forStream(piece, target.format, plan, io));
      } else if (target.kind === 'file') target.sink.write(await pieces(target.format));
      else {
        const { deliverRemote } = await import('./remote.js');
        const { output } = target;
        const waits = await deliverRemote(output, reports, plan.look, choices.spool ?? null, io.env, () =>
          text(output.format ?? 'json'),
        );
        if (waits !== null) waiting.push(waits);
      }
    } catch (error) {
      // The others are still delivered: an output that is lost must not cost those that are not.
      failures.push(error);
    }
  }
  await addStepSummary(shown, plan, io).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  return waiting;
}
