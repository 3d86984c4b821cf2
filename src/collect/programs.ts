import { decodeText } from '../lib/bytes.js';
import { failed, type Look, refused } from './look.js';

/** A command that ended by itself, or was ended by us. */
export interface Ran {
  /** Exit status; null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  /** At most 4,096 bytes. */
  readonly stderr: string;
}

export interface RunLimits {
  /** Default 10,000. The command and its children are killed afterwards, and the answer is `ETIMEDOUT`. */
  readonly timeoutMs?: number;
  /** Most bytes of standard output; more is `EFBIG`. Default 16 MiB. */
  readonly bytesMax?: number;
  /** Beside PATH and LC_ALL, which are fixed; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

const STDERR_BYTES_MAX = 4096;
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin';

/** Kills the command and whatever it started: it was made the leader of a group of its own. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already: that is what was wanted.
  }
}

/** Starting programs brings Node's stream and network code along; most small audits start none. */
const childProcess = (): typeof import('node:child_process') => process.getBuiltinModule('node:child_process');

/** A file system that answers, does so in a moment; one that is only slow is asked again at the next audit. */
const ANSWER_MS = 1_500;

/** Whether the file system at a place says how large it is. Another process asks, which is killed where it waits; true where nobody can ask. */
export function answersAt(place: string): boolean {
  const { error } = childProcess().spawnSync('stat', ['-f', '-c', '%b', '--', place], {
    env: { PATH, LC_ALL: 'C' },
    cwd: '/',
    stdio: 'ignore',
    timeout: ANSWER_MS,
    killSignal: 'SIGKILL',
  });
  return error === undefined || !('code' in error) || error.code !== 'ETIMEDOUT';
}

/** Starts a program of the host's, without a shell, with everything bounded. */
export function runProgram(command: string, args: readonly string[], limits: RunLimits): Promise<Look<Ran>> {
  const { timeoutMs = 10_000, bytesMax = 16 * 1024 * 1024, env = {}, input } = limits;
  const { promise, resolve } = promiseOf<Look<Ran>>();
  const child = childProcess().spawn(command, args, {
    env: { ...env, PATH, LC_ALL: 'C' },
    cwd: '/',
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let outBytes = 0;
  let errBytes = 0;
  let ended: Look<Ran> | null = null;
  const end = (why: Look<Ran>): void => {
    ended ??= why;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end(refused('ETIMEDOUT', `${command} did not end in ${timeoutMs} ms`)), timeoutMs);
  child.stdout?.on('data', (chunk: Buffer) => {
    outBytes += chunk.length;
    if (outBytes > bytesMax) end(refused('EFBIG', `${command} prints more than ${bytesMax} bytes`));
    else out.push(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    if (errBytes < STDERR_BYTES_MAX) err.push(chunk.subarray(0, STDERR_BYTES_MAX - errBytes));
    errBytes += chunk.length;
  });
  child.on('error', (error) => {
    clearTimeout(timer);
    resolve(ended ?? failed(command, error));
  });
  child.on('close', (status) => {
    clearTimeout(timer);
    const ran = { status, stdout: decodeText(Buffer.concat(out)), stderr: decodeText(Buffer.concat(err)) };
    resolve(ended ?? { ok: true, value: ran });
  });
  // EPIPE: the command ended without reading; its status says what came of it.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}

function promiseOf<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
