import { baseName } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Root } from './root.js';
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

/** The command that a process was started with: its arguments, or, where a title stands over them, what its unit starts. Null: not known. */
export function commandOf(root: Root, process: Process): Command | null {
  if (redisTitle(process).length === 0)
    return process.args.length > 1 ? { words: process.args, file: `/proc/${process.pid}/cmdline`, line: 1 } : null;
  const unit = process.unit?.endsWith('.service') === true ? readService(root, process.unit) : null;
  const [started = ''] = unit?.exec ?? [];
  // The unit may start something else, which started Redis in its turn.
  return unit === null || !/^(?:redis|valkey|keydb)-(?:server|sentinel)$/.test(baseName(started))
    ? null
    : { words: unit.exec, file: unit.file, line: unit.line };
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
