import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { syscall } from '../linux/syscall.js';
import { Descent } from './descent.js';

/** PR_SET_CHILD_SUBREAPER of linux/prctl.h. */
const SET_CHILD_SUBREAPER = 36;

/** How the command ended. */
export type Ended =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'failed'; readonly status: 126 | 127; readonly why: string };

/** A command that runs where it stands, with our streams as its own. */
export interface Running {
  readonly descent: Descent;
  /** null while it runs. */
  readonly ended: () => Ended | null;
  /** Resolves when it has ended, or after the time. */
  readonly wait: (ms: number) => Promise<void>;
  /** Ends the command and everything that descends from it: SIGTERM, and after the grace SIGKILL. */
  readonly end: (graceMs: number) => Promise<void>;
  /** A signal that we were sent, and passed on; null: none. */
  readonly interrupted: () => NodeJS.Signals | null;
}

const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];
/** A terminal sends these to the command as well, since it is in our process group. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/** Without a terminal, INT and QUIT come to us alone and are passed on like the others. */
function passSignals(
  child: ChildProcess,
  inTerminal: boolean,
): { interrupted: () => NodeJS.Signals | null; stop: () => void } {
  let got: NodeJS.Signals | null = null;
  const handlers = [...FORWARDED, ...FROM_TERMINAL].map((signal) => {
    const handler = (): void => {
      if (signal !== 'SIGWINCH' && signal !== 'SIGCONT' && signal !== 'SIGUSR2') got = signal;
      if (!inTerminal || !FROM_TERMINAL.includes(signal)) child.kill(signal);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return {
    interrupted: () => got,
    stop: () => {
      for (const { signal, handler } of handlers) process.off(signal, handler);
    },
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

async function endAll(descent: Descent, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  const alive = (): readonly number[] => descent.look().filter((pid) => descent.lives(pid));
  for (const pid of alive()) kill(pid, 'SIGTERM');
  while (alive().length > 0 && Date.now() < deadline) await sleep(20);
  // A process that forks while it is ended gives new ones; a few rounds catch them.
  for (let round = 0; round < 50 && alive().length > 0; round++) {
    for (const pid of alive()) kill(pid, 'SIGKILL');
    await sleep(10);
  }
}

/**
 * Starts the command (never through a shell) with this process as subreaper of all that descend from it.
 * @param argv program and its arguments, as the user gave them.
 */
export function runCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  inTerminal: boolean,
): Running {
  syscall('prctl', SET_CHILD_SUBREAPER, 1);
  const descent = new Descent(process.pid);
  const [program = '', ...args] = argv;
  let ended: Ended | null = null;
  const child = spawn(program, args, { stdio: 'inherit', env: { ...env } });
  const signals = passSignals(child, inTerminal);
  const finished = new Promise<void>((resolve) => {
    const finish = (how: Ended): void => {
      if (ended === null) ended = how;
      signals.stop();
      resolve();
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      finish({
        kind: 'failed',
        status: error.code === 'ENOENT' ? 127 : 126,
        why: `${program}: ${error.code === 'ENOENT' ? 'not found' : (error.code ?? error.message)}`,
      }),
    );
    child.once('exit', (status, signal) =>
      finish(signal === null ? { kind: 'exited', status: status ?? 0 } : { kind: 'signalled', signal }),
    );
  });
  return {
    descent,
    ended: () => ended,
    wait: (ms) => Promise.race([finished, sleep(ms)]),
    end: (graceMs) => endAll(descent, graceMs),
    interrupted: signals.interrupted,
  };
}

/** The status a shell gives to a command that a signal ended. */
export const statusOf = (ended: Ended): number =>
  ended.kind === 'signalled' ? 128 + (constants.signals[ended.signal] ?? 0) : ended.status;
