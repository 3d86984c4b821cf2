import { baseName } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import { containerNamed } from './containers.js';
import { Root } from './root.js';
import { readService } from './systemd.js';

/** A command line and where it stands. */
export interface Command {
  readonly words: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** A fact that a command line says. */
export interface Told {
  readonly name: string;
  readonly value: string;
}

/** What it does where neither options nor a file say otherwise. */
export const REDIS_USUAL: readonly Told[] = [
  { name: 'redis.requirepass', value: 'unset' },
  { name: 'redis.protected-mode', value: 'yes' },
];

/** Redis and its kin write `redis-server ADDRESS:PORT [MODE]` over their arguments (proc-title-template). */
const TITLE = /^(?:redis|valkey|keydb)-(?:server|sentinel) \S*:(\d{1,5})(?: \[(\w+)\])?\s*$/;

/** What the title says of the port; empty: it is none. */
export function redisTitle({ args }: Process): readonly Told[] {
  const given = args.filter((word) => word !== '');
  const [, port, mode] = given.length === 1 ? (TITLE.exec(given[0] ?? '') ?? []) : [];
  return port === undefined
    ? []
    : [{ name: `listen.tcp.${port}`, value: mode === 'sentinel' ? 'redis-sentinel' : 'redis' }];
}

const SERVER = /^(?:redis|valkey|keydb)-(?:server|sentinel)$/;
const CONFIG_BYTES_MAX = 4 * 1024 * 1024;
const CMDLINE_BYTES_MAX = 64 * 1024;

/** From the server's own name on: a wrapper's words stand before it. Null: it is not named. */
function fromServer(words: readonly string[], file: string, line: number): Command | null {
  const at = words.findIndex((word) => SERVER.test(baseName(word)));
  return at < 0 ? null : { words: words.slice(at).filter((word) => word !== ''), file, line };
}

/** What its unit starts. */
function byUnit(root: Root, { unit }: Process): Command | null {
  const service = unit?.endsWith('.service') === true ? readService(root, unit) : null;
  return service === null ? null : fromServer(service.exec, service.file, service.line);
}

/** What its parent was told to start: an init of a container, a wrapper, `sh -c`. */
function byParent({ host }: Root, { ppid }: Process): Command | null {
  const file = `/proc/${ppid}/cmdline`;
  const read = ppid === null ? null : host.sync.readBytes(file, CMDLINE_BYTES_MAX);
  // A shell's `-c` has the whole command in one word.
  return read?.ok === true
    ? fromServer(
        Buffer.from(read.value)
          .toString('utf8')
          .split(/[\0\s]+/),
        file,
        1,
      )
    : null;
}

/** What the bundle of its container starts (OCI runtime specification, config.json). */
function byBundle({ host }: Root, process: Process): Command | null {
  const named = containerNamed(process.cgroups ?? []);
  if (named === null) return null;
  const root = new Root(host, '');
  const tasks = '/run/containerd/io.containerd.runtime.v2.task';
  const folders = root.list(tasks).map((namespace) => `${tasks}/${namespace}/${named.id}`);
  for (const folder of [...folders, `/var/lib/containers/storage/overlay-containers/${named.id}/userdata`]) {
    const read = root.readText(`${folder}/config.json`, CONFIG_BYTES_MAX);
    const args = read.ok ? argsOf(read.value) : [];
    const command = fromServer(args, `${folder}/config.json`, 1);
    if (command !== null) return command;
  }
  return null;
}

/** `process.args` of an OCI configuration; empty where it is none. */
function argsOf(text: string): readonly string[] {
  try {
    const config: { readonly process?: { readonly args?: unknown } } | null = JSON.parse(text);
    const args = config?.process?.args;
    return Array.isArray(args) ? args.filter((word): word is string => typeof word === 'string') : [];
  } catch {
    return [];
  }
}

/**
 * The command that a process was started with: its arguments, or, where a title stands over them, what its unit, its parent or its container's
 * bundle say that they start. Null: not known.
 */
export function commandOf(root: Root, process: Process): Command | null {
  if (redisTitle(process).length === 0)
    return process.args.length > 1 ? { words: process.args, file: `/proc/${process.pid}/cmdline`, line: 1 } : null;
  return byUnit(root, process) ?? byParent(root, process) ?? byBundle(root, process);
}

/** Options stand above the configuration file; `--name value…` up to the next option, or `--name=value`. */
export function redisOptions(words: readonly string[]): readonly Told[] {
  const optionOf = (name: string): string | null => {
    const at = words.findLastIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
    const word = words[at];
    if (word === undefined) return null;
    if (word.includes('=')) return word.slice(word.indexOf('=') + 1);
    const next = words.findIndex((other, index) => index > at && other.startsWith('--'));
    return words.slice(at + 1, next < 0 ? undefined : next).join(' ');
  };
  const told: Told[] = [];
  const password = optionOf('requirepass');
  const mode = optionOf('protected-mode');
  const bind = optionOf('bind');
  if (password !== null) told.push({ name: 'redis.requirepass', value: password === '' ? 'unset' : 'set' });
  const user = /^default\s.*/.exec(optionOf('user') ?? '')?.[0];
  if (user !== undefined)
    told.push({ name: 'redis.default-user', value: /\s(?:off|[>#])/.test(user) ? 'restricted' : 'open' });
  if (mode !== null) told.push({ name: 'redis.protected-mode', value: mode });
  if (bind !== null) told.push({ name: 'redis.bind', value: bind });
  return told;
}
