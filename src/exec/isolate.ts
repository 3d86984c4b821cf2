import { spawnSync } from 'node:child_process';
import { UsageError } from '../lib/errors.js';

/** Words of util-linux's unshare(1) that give a command a network namespace of its own; as root no user namespace is needed. */
const unshareWords = (uid: number | null): readonly string[] =>
  uid === 0 ? ['unshare', '--net'] : ['unshare', '--user', '--map-current-user', '--keep-caps', '--net'];

/** A new namespace's loopback is down; the command's own words follow as arguments and are never read by the shell. */
const SCRIPT = 'ip link set lo up && exec "$@"';

/**
 * The command in a network namespace of its own.
 * @throws UsageError where this system refuses one (hosted CI, containers' seccomp), with the way out.
 */
export function isolated(argv: readonly string[], uid: number | null): readonly string[] {
  const words = unshareWords(uid);
  const [program = '', ...rest] = words;
  const tried = spawnSync(program, [...rest, 'sh', '-c', 'ip link set lo up'], {
    encoding: 'utf8',
    timeout: 10_000,
    maxBuffer: 65_536,
  });
  if (tried.status !== 0) {
    const why = tried.error?.message ?? tried.stderr.trim().split('\n')[0] ?? `status ${tried.status}`;
    throw new UsageError(
      `--isolate: this system gives the command no network namespace of its own: ${why}`,
      'leave --isolate out: the command is then told by descent; or allow user namespaces, or run as root (needs unshare and ip)',
    );
  }
  return [...words, 'sh', '-c', SCRIPT, 'sh', ...argv];
}
