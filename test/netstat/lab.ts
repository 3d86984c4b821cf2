import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { type Done, program, runWords } from '../collect/program.js';
import type { Compared } from './driver.js';

/** A namespace with sockets of many kinds. */
export interface Lab {
  /** Path of our program. */
  readonly path: string;
  readonly netTools: (...flags: readonly string[]) => Promise<Done>;
  readonly ours: (...flags: readonly string[]) => Promise<Done>;
  /** Any other command in the namespace. */
  readonly run: (...words: readonly string[]) => Promise<Done>;
  /** Both programs, over sets of flags. */
  readonly compare: (sets: readonly string[]) => Promise<readonly Compared[]>;
  readonly end: () => Promise<void>;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Bundles the driver, so that one process can compare many sets. */
async function driver(): Promise<string> {
  const dir = join(here('../..'), 'node_modules', '.cache', `earshot-netstat-${process.pid}`);
  const made = await rolldown({
    input: { driver: here('driver.ts') },
    platform: 'node',
    external: [/^node:/, 'koffi', /^@koromix\//],
    onLog: () => undefined,
  });
  await made.write({ dir, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await made.close();
  return join(dir, 'driver.mjs');
}

/** Builds the namespace of lab.py and waits until it stands. */
export async function standingLab(...kinds: readonly string[]): Promise<Lab> {
  const earshot = await program();
  const child = spawn('python3', [here('lab.py'), ...kinds], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const first = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('close', () => reject(new Error('lab.py ended before it stood')));
  });
  const { run: words } = JSON.parse(first) as { readonly run: readonly string[] };
  const run: Lab['run'] = (...command) => runWords([...words, ...command]);
  return {
    path: earshot,
    run,
    netTools: (...flags) => run('netstat', ...flags),
    ours: (...flags) => run(process.execPath, earshot, 'netstat', ...flags),
    compare: async (sets) => {
      const { stdout } = await run(process.execPath, await driver(), JSON.stringify(sets));
      return JSON.parse(stdout) as readonly Compared[];
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
