import { readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type Problem, UsageError } from '../lib/errors.js';
import type { Config } from '../model/config.js';

/** Larger files are no configuration. */
const CONFIG_BYTES_MAX = 1_000_000;
const NAMES = ['earshot.yaml', 'earshot.yml'];

/** A configuration and the file it stands in; `file` is null where there is none. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path; null: no configuration was found. */
  readonly file: string | null;
  readonly text: string;
}

const NONE: LoadedConfig = { config: {}, file: null, text: '' };

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw new UsageError(
      `${file}: cannot be read (${code})`,
      'correct its permissions, name another with --config, or take none with --no-config',
    );
  }
}

/** Who runs earshot, for what may be found without being named. */
export interface Finder {
  /** Effective user id; null where the platform has none. */
  readonly uid: number | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const OTHERS_MAY_WRITE = 0o002;

function statOf(file: string): Stats | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    // Reading it will say why.
    return null;
  }
}

/**
 * A configuration says where reports are written and sent, so one that somebody else left in a folder above this one (/tmp) would let them write
 * and send as us. A CI runner's checkout often belongs to another user than the job's; there the repository is what is trusted.
 * @throws UsageError for one of another user, and for what is no plain file (a FIFO would never end).
 */
function refuseForeign(file: string, { uid, env }: Finder): void {
  const stats = statOf(file);
  if (stats === null || stats.isDirectory()) return;
  if (!stats.isFile()) throw new UsageError(`${file}: is no plain file`, 'remove it, or name another with --config');
  if (uid === null || (env['CI'] ?? '') !== '') return;
  const mine = [0, uid, ...(uid === 0 && /^\d+$/.test(env['SUDO_UID'] ?? '') ? [Number(env['SUDO_UID'])] : [])];
  const why = !mine.includes(stats.uid)
    ? `it belongs to user ${stats.uid}`
    : (stats.mode & OTHERS_MAY_WRITE) !== 0
      ? 'everybody may write it'
      : null;
  if (why !== null)
    throw new UsageError(
      `${file}: found, but not used: ${why}, and a configuration says where reports are written and sent`,
      'name it with --config if you mean it, or use none with --no-config',
    );
}

/** earshot.yaml, from `folder` upwards, then /etc/earshot. */
function find(folder: string, finder: Finder): { file: string; text: string } | null {
  const folders: string[] = [];
  for (let at = resolve(folder); ; at = dirname(at)) {
    folders.push(at);
    if (dirname(at) === at) break;
  }
  for (const at of [...folders, '/etc/earshot'])
    for (const name of NAMES) {
      refuseForeign(join(at, name), finder);
      const text = readIfThere(join(at, name));
      if (text !== null) return { file: join(at, name), text };
    }
  return null;
}

/**
 * The configuration: `named` (--config), else the one found from `folder` upwards, else none.
 * @throws UsageError with every problem in it, each with line and column.
 */
export async function loadConfig(folder: string, named: string | null, finder: Finder): Promise<LoadedConfig> {
  const file = named === null ? null : resolve(folder, named);
  const text = file === null ? null : readIfThere(file);
  if (file !== null && text === null)
    throw new UsageError(
      `${named}: there is no such configuration file`,
      'name an existing one with --config, or run `earshot init`',
    );
  const found = file !== null && text !== null ? { file, text } : find(folder, finder);
  if (found === null) return NONE;
  if (found.text.length > CONFIG_BYTES_MAX)
    throw new UsageError(
      `${found.file}: ${found.text.length} bytes are more than a configuration may have (${CONFIG_BYTES_MAX})`,
    );
  const { parseConfig } = await import('./parse.js');
  const problems: Problem[] = [];
  const config = parseConfig(found.text, found.file, problems);
  if (problems.length > 0) throw new UsageError(problems);
  return { config, file: found.file, text: found.text };
}

/** A path that stands in the configuration is meant from the configuration's folder. */
export function pathFrom(loaded: LoadedConfig, path: string): string {
  return loaded.file === null || isAbsolute(path) ? path : join(dirname(loaded.file), path);
}
