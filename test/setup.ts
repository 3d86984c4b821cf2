import { execFileSync } from 'node:child_process';

/** Tests see the files and the program that a user would have: generated and bundled anew. */
export default function setup(): void {
  execFileSync(process.execPath, ['build/bundle.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
