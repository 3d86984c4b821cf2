import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/model/report.js';

/** A loaded machine is slow, not wrong: these only end what hangs. */
const PATIENCE_MS = 120_000;
const STEP_MS = 100;
/** How long a packet that may have been dropped is waited for, and one that should be answered. */
const QUICK_SECONDS = 2;
const PATIENT_SECONDS = 30;
/** Podman's cache of what it once pulled, which no option moves. */
const PODMAN_CACHE = '/var/lib/containers/cache';
const KNOCK = fileURLToPath(new URL('knock.py', import.meta.url));
const PROGRAM = resolve('dist/earshot.cjs');

/** Waits until something holds; throws with `what` when it does not. */
export async function until(what: string, holds: () => boolean, patienceMs = PATIENCE_MS): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(STEP_MS);
  }
}

/** A packet to send: protocol, address, port. */
export type Knock = readonly [protocol: 'tcp' | 'udp', address: string, port: number];
export type Answer = 'hello' | 'closed' | 'silent';

const pids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Folders directly below every mounted hierarchy of control groups. */
function groupFolders(): readonly string[] {
  const roots = [
    '/sys/fs/cgroup',
    ...(existsSync('/sys/fs/cgroup') ? readdirSync('/sys/fs/cgroup') : []).map((n) => `/sys/fs/cgroup/${n}`),
  ];
  return roots.flatMap((root) => {
    try {
      return readdirSync(root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(root, entry.name));
    } catch {
      return [];
    }
  });
}

/**
 * A host of its own to run a container engine on: namespaces for its network, its mounts (what it mounts, and its /run, vanish with them) and its
 * processes (none can outlive it), and a neighbour on a veth that sends real packets.
 */
export class Ground {
  readonly folder = mkdtempSync(join(tmpdir(), 'earshot-publishers-'));
  readonly host: string;
  readonly peer: string;
  readonly #anchor: ChildProcess;
  readonly #snapshot = join(this.folder, 'snapshot.json');
  readonly #groups = new Set(groupFolders());
  readonly #hadCache = existsSync(PODMAN_CACHE);
  /** The first process of its pid namespace: when it ends, all of them do. */
  #init = 0;

  constructor(prefix: string) {
    this.host = `${prefix}-${process.pid}`;
    this.peer = `${prefix}-${process.pid}-out`;
    const ip = (...args: readonly string[]): unknown => execFileSync('ip', args, { stdio: 'ignore' });
    for (const name of [this.host, this.peer]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('link', 'add', 'rbv0', 'netns', this.host, 'type', 'veth', 'peer', 'name', 'rbv1', 'netns', this.peer);
    for (const [name, link, last] of [
      [this.host, 'rbv0', 1],
      [this.peer, 'rbv1', 2],
    ] as const) {
      for (const address of [`10.77.0.${last}/24`, `203.0.113.${last}/24`])
        ip('-n', name, 'addr', 'add', address, 'dev', link);
      ip('-n', name, 'addr', 'add', `fd77::${last}/64`, 'dev', link, 'nodad');
      ip('-n', name, 'link', 'set', link, 'up');
    }
    ip('-n', this.peer, 'route', 'add', 'default', 'via', '203.0.113.1');
    // A neighbour may ask for 127.0.0.1 of another host: only its own routing keeps it from doing so.
    const words = 'rule add pref 100 lookup local,rule del pref 0,route add 127.0.0.1 via 10.77.0.1 table 50';
    for (const one of `${words},rule add pref 50 to 127.0.0.1 lookup 50`.split(','))
      ip('-n', this.peer, ...one.split(' '));
    execFileSync('nsenter', [`--net=/run/netns/${this.peer}`, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1']);
    this.#anchor = spawn(
      'nsenter',
      [
        `--net=/run/netns/${this.host}`,
        ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'],
        ...['sh', '-c', 'mount -t tmpfs none /run && echo ready && exec sleep 1000000'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
  }

  /** Waits until its mounts are made. */
  async ready(): Promise<void> {
    const { stdout } = this.#anchor;
    if (stdout === null) throw new Error('no output of the anchor');
    for await (const chunk of stdout) {
      if (!String(chunk).includes('ready')) continue;
      const { pid } = this.#anchor;
      this.#init = Number(textOf(`/proc/${pid}/task/${pid}/children`));
      return;
    }
    throw new Error('the namespaces could not be made');
  }

  #enter(): readonly string[] {
    return ['-t', String(this.#init), '-m', '-n', '-p', '--'];
  }

  /** Runs a command on this ground and gives back what it prints; throws where it fails. */
  run(command: readonly string[], input: Buffer | string = ''): string {
    const ran = spawnSync('nsenter', [...this.#enter(), ...command], {
      input,
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    if (ran.status !== 0) throw new Error(`${command.join(' ')}: ${ran.stderr}`);
    return ran.stdout.trim();
  }

  /** As `run`, true where it ends well. */
  does(command: readonly string[]): boolean {
    return spawnSync('nsenter', [...this.#enter(), ...command], { stdio: 'ignore', timeout: PATIENCE_MS }).status === 0;
  }

  /** Starts a daemon; it ends with the ground. */
  start(command: readonly string[]): ChildProcess {
    return spawn('nsenter', [...this.#enter(), ...command], { stdio: 'ignore' });
  }

  /**
   * What real packets meet: of the neighbour, or of the host itself. Where an answer is expected (`isAnswered`) and none came in time, the packet is
   * sent again with more patience: a loaded machine is slow.
   */
  knock(from: 'neighbour' | 'host', knocks: readonly Knock[], isAnswered: readonly boolean[] = []): readonly Answer[] {
    const answers = [...this.#knock(from, knocks, QUICK_SECONDS)];
    const late = answers.flatMap((answer, i) => (answer === 'silent' && isAnswered[i] === true ? [i] : []));
    const lateKnocks = knocks.filter((_, i) => late.includes(i));
    const again = lateKnocks.length === 0 ? [] : this.#knock(from, lateKnocks, PATIENT_SECONDS);
    for (const [at, i] of late.entries()) answers[i] = again[at] ?? 'silent';
    return answers;
  }

  #knock(from: 'neighbour' | 'host', knocks: readonly Knock[], patienceSeconds: number): readonly Answer[] {
    const namespace = from === 'host' ? this.host : this.peer;
    const words = [`--net=/run/netns/${namespace}`, 'python3', KNOCK, String(patienceSeconds)];
    return JSON.parse(
      execFileSync('nsenter', words, { input: JSON.stringify(knocks), encoding: 'utf8' }),
    ) as readonly Answer[];
  }

  /** True: a process of the host itself can connect. */
  connects(address: string, port: number): boolean {
    const code = `import socket; socket.create_connection(('${address}', ${port}), 30)`;
    const words = [`--net=/run/netns/${this.host}`, 'python3', '-c', code];
    return spawnSync('nsenter', words, { stdio: 'ignore' }).status === 0;
  }

  /** An audit of the whole machine, which this ground is a part of. */
  audit(...more: readonly string[]): Report {
    const file = join(this.folder, 'report.json');
    const words = ['audit', '--no-config', '--fail-on', 'none', '-q', '--timeout', '180', '-f', 'json', '-o', file];
    const saved = ['--save-snapshot', this.#snapshot];
    const ran = spawnSync(process.execPath, [PROGRAM, ...words, ...saved, ...more], { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`an audit ended with ${ran.status}: ${ran.stderr}`);
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  }

  /** What `earshot reach` says of packets to this ground, in their order, as it was at the last audit. */
  reach(packets: readonly object[]): readonly { readonly outcome: string; readonly listener: string | null }[] {
    const words = ['reach', '--snapshot', this.#snapshot, '--netns', this.host, '--batch', '-'];
    const input = packets.map((packet) => JSON.stringify(packet)).join('\n');
    const said = execFileSync(process.execPath, [PROGRAM, ...words], { input, encoding: 'utf8' });
    return said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly outcome: string; readonly listener: string | null });
  }

  /** Ends all that runs here, and takes away what it left. */
  async close(): Promise<void> {
    const space = linkOf(`/proc/${this.#init}/ns/pid`);
    if (this.#init > 0) process.kill(this.#init, 'SIGKILL');
    this.#anchor.kill('SIGKILL');
    if (space !== null)
      await until('the last process of the ground', () =>
        pids().every((pid) => linkOf(`/proc/${pid}/ns/pid`) !== space),
      );
    for (const name of [this.host, this.peer]) spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    const left = groupFolders().filter((folder) => !this.#groups.has(folder));
    // A group is busy for a moment after its last process has gone; one that another engine uses by now stays.
    for (let tries = 0; tries < 20 && left.some((folder) => !emptied(folder)); tries++) await sleep(STEP_MS);
    rmSync(this.folder, { recursive: true, force: true });
    if (!this.#hadCache) rmSync(PODMAN_CACHE, { recursive: true, force: true });
  }
}

/** Takes away a control group and those below it; false: one of them is still in use. */
function emptied(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) emptied(join(folder, entry.name));
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
