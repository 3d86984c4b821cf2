import { execFileSync } from 'node:child_process';

/** Tests see the same generated files as the bundle does. */
export default function setup(): void {
  execFileSync(process.execPath, ['build/generate.mjs'], { stdio: 'inherit' });
}
