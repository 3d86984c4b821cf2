import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

let built: Promise<string> | null = null;

/** Bundles the program as `npm run build` does, into a folder of this test process; the path of its entry. */
export function program(): Promise<string> {
  built ??= bundle();
  return built;
}

async function bundle(): Promise<string> {
  const dir = join(ROOT, 'node_modules', '.cache', `earshot-test-${process.pid}`);
  const made = await rolldown({
    input: { earshot: join(ROOT, 'src/main.ts') },
    platform: 'node',
    external: [/^node:/, 'koffi', /^@koromix\//],
    onLog: () => undefined,
  });
  await made.write({ dir, format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' });
  await made.close();
  chmodSync(dir, 0o755);
  return join(dir, 'earshot.cjs');
}

/** What a command did. */
export interface Done {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the words as a command. */
export function runWords(words: readonly string[], input = ''): Promise<Done> {
  const [command = '', ...args] = words;
  return new Promise((resolve) => {
    const child = execFile(command, args, { maxBuffer: OUTPUT_BYTES_MAX, cwd: '/' }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
      resolve({ status, stdout, stderr });
    });
    // A command may end without reading.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
