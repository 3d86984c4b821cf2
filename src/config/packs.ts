import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../lib/errors.js';
import { YAML_CHARACTERS_MAX } from '../lib/yaml.js';

/** A rule file as it was read. */
export interface PackFile {
  /** As the user would name it. */
  readonly file: string;
  readonly text: string;
}

/** A pack of more files is a mistaken folder. */
const FILES_MAX = 1000;
const IS_YAML = /\.ya?ml$/;

function look(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Paths are shown from the working folder where they lie below it. */
const shown = (path: string): string => {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || short === '' ? path : short;
};

function read(path: string, size: number): PackFile {
  if (size > YAML_CHARACTERS_MAX)
    throw new UsageError([
      {
        place: { file: shown(path), line: 1, column: 1 },
        message: `the file has ${(size / 1024 / 1024).toFixed(1)} MiB`,
        hint: `a rule file has at most ${YAML_CHARACTERS_MAX / 1024 / 1024} MiB`,
      },
    ]);
  try {
    return { file: shown(path), text: readFileSync(path, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`${shown(path)}: cannot be read (${code})`, 'correct its permissions');
  }
}

function readFolder(folder: string): readonly PackFile[] {
  const names = readdirSync(folder)
    .filter((name) => IS_YAML.test(name) && look(join(folder, name))?.isFile() !== false)
    .sort();
  if (names.length === 0) throw new UsageError(`${shown(folder)}: there is no .yaml file in this folder`, null);
  if (names.length > FILES_MAX) throw new UsageError(`${shown(folder)}: more than ${FILES_MAX} rule files`, null);
  return names.map((name) => read(join(folder, name), look(join(folder, name))?.size ?? 0));
}

/** Folder of an npm package's rules: its `rules` folder, else the package itself. */
function packageFolder(name: string, from: string): string | null {
  if (!/^(@[a-z0-9._-]+\/)?[a-z0-9._-]+$/i.test(name)) return null;
  for (let at = resolve(from); ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (look(folder)?.isDirectory() === true)
      return look(join(folder, 'rules'))?.isDirectory() === true ? join(folder, 'rules') : folder;
    if (dirname(at) === at) return null;
  }
}

/**
 * Reads the rule files that a flag, the configuration or an `extends` names: a file, the YAML files of a folder, or those of an npm package
 * found from the folder `from` upwards.
 * @throws UsageError where there is no such thing, or it cannot be read.
 */
export async function openPack(name: string, from: string): Promise<readonly PackFile[]> {
  const path = resolve(from, name);
  const found = look(path);
  if (found?.isDirectory() === true) return readFolder(path);
  if (found !== null && !found.isFile() && !found.isFIFO())
    throw new UsageError(
      `${shown(path)}: is a device or socket, not a rule file`,
      'name a .yaml file or a folder of such',
    );
  if (found !== null) return [read(path, found.size)];
  const folder = packageFolder(name, from);
  if (folder !== null) return readFolder(folder);
  throw new UsageError(
    `${name}: there is no such rule file, folder or npm package`,
    `looked for ${shown(path)} and for a package of that name from ${shown(resolve(from))} upwards`,
  );
}
