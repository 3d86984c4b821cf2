import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
  /** null while it runs. */
  readonly ended: () => Ended | null;
  /** Resolves when it has ended, or after the time; where it had ended before, after the time. */
  readonly wait: (ms: number) => Promise<void>;
  /** Ends the command and everything that descends from it: SIGTERM, and after the grace SIGKILL. */
  readonly end: (graceMs: number) => Promise<void>;
  /** Signals end this process again. */
  readonly letGo: () => void;
  /** A signal that we were sent, and passed on; null: none. */
  readonly interrupted: () => NodeJS.Signals | null;
}

const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];
/** A terminal sends these to its whole foreground group, so the command has them already. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
/** These ask nobody to end. */
const HARMLESS: readonly NodeJS.Signals[] = ['SIGUSR2', 'SIGWINCH', 'SIGCONT'];

/** True while this process is in the foreground of a terminal: fields 5, 7 and 8 of proc_pid_stat(5) (pgrp, tty_nr, tpgid). */
function inForeground(): boolean {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[4] !== '0' && fields[2] === fields[5];
  } catch {
    return false;
  }
}

/**
 * Passes on what we are sent. INT and QUIT of a terminal reach the command by themselves. To be called before the command starts: one that
 * speaks at once may be answered with a signal before a line later here has run. Handlers run in a later turn of the event loop, when the
 * child is there.
 */
function passSignals(childOf: () => ChildProcess | null): {
  interrupted: () => NodeJS.Signals | null;
  stop: () => void;
} {
  let got: NodeJS.Signals | null = null;
  const handlers = [...FORWARDED, ...FROM_TERMINAL].map((signal) => {
    const handler = (): void => {
      if (!HARMLESS.includes(signal)) got = signal;
      if (!FROM_TERMINAL.includes(signal) || !inForeground()) childOf()?.kill(signal);
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

/** Makes this process the subreaper of all that will descend from it, and begins to tell who does. To be done before the command starts. */
export function beginDescent(): Descent {
  syscall('prctl', SET_CHILD_SUBREAPER, 1);
  return new Descent(process.pid);
}

/**
 * Starts the command, never through a shell.
 * @param argv program and its arguments, as the user gave them.
 */
export function runCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  descent: Descent,
): Running {
  const [program = '', ...args] = argv;
  let ended: Ended | null = null;
  let started: ChildProcess | null = null;
  const signals = passSignals(() => started);
  const child = spawn(program, args, { stdio: 'inherit', env: { ...env } });
  started = child;
  descent.command = child.pid ?? null;
  const finished = new Promise<void>((resolve) => {
    const finish = (how: Ended): void => {
      if (ended === null) ended = how;
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
    ended: () => ended,
    wait: (ms) => (ended === null ? Promise.race([finished, sleep(ms)]) : sleep(ms)),
    end: (graceMs) => endAll(descent, graceMs),
    letGo: signals.stop,
    interrupted: signals.interrupted,
  };
}

/** The status a shell gives to a command that a signal ended. */
export const statusOf = (ended: Ended): number =>
  ended.kind === 'signalled' ? 128 + (constants.signals[ended.signal] ?? 0) : ended.status;
