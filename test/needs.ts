import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { it, type TestFunction } from 'vitest';

/** Something a test cannot run without. `met` says whether this machine has it. */
interface Need {
  readonly what: string;
  readonly met: () => boolean;
}

const program = (name: string): Need => ({
  what: `the program ${name}`,
  met: () =>
    [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
});

const file = (path: string): Need => ({ what: `the file ${path}`, met: () => existsSync(path) });

/** Needs by name; `needs.program('nft')` for a program on the path. */
export const needs = {
  root: { what: 'root', met: () => process.getuid?.() === 0 } satisfies Need,
  linux: { what: 'Linux', met: () => process.platform === 'linux' } satisfies Need,
  program,
  file,
};

/**
 * A test that runs where its needs are met. Elsewhere it is skipped and its name says why; in CI (`CI=true`) a missing need fails,
 * because there everything must run.
 */
export function itNeeds(required: readonly Need[], name: string, body: TestFunction, timeoutMs?: number): void {
  const missing = required.filter((need) => !need.met()).map((need) => need.what);
  if (missing.length === 0) it(name, body, timeoutMs);
  else if (process.env['CI'] === 'true') {
    it(name, () => {
      throw new Error(`CI must be able to run this test; missing: ${missing.join(', ')}`);
    });
  } else it.skip(`${name} (skipped: needs ${missing.join(', ')})`, body);
}
