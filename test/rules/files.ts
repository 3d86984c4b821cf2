import { UsageError } from '../../src/lib/errors.js';
import { type Loaded, loadUserFiles } from '../../src/rules/load.js';
import { EMPTY_RULES } from '../../src/rules/rule.js';
import type { PackFile } from '../../src/rules/sources.js';

/** A head and a detection make a rule; the rest is as short as the schema allows. */
export const rule = (id: string, detection: string, more = ''): string =>
  `  - { id: ${id}, title: Title of ${id}, subject: listener, severity: high, detection: ${detection}${more === '' ? '' : `, ${more}`} }\n`;

/** Files by name; those not named on the command line can be extended. */
export async function load(files: Readonly<Record<string, string>>, named = Object.keys(files)): Promise<Loaded> {
  const all: readonly PackFile[] = Object.entries(files).map(([file, text]) => ({ file, text }));
  const open = async (name: string): Promise<readonly PackFile[]> => {
    const found = all.filter(({ file }) => file === name.replace('./', ''));
    if (found.length === 0) throw new UsageError(`${name}: there is no such rule file`);
    return found;
  };
  return loadUserFiles(
    EMPTY_RULES,
    all.filter(({ file }) => named.includes(file)),
    null,
    open,
  );
}

/** The lines a user would read. */
export async function mistakes(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  try {
    await load(files);
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message.split('\n');
  }
}
