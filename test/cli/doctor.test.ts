import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';

itNeeds(
  [needs.linux],
  'doctor tells each capability, and its exit says whether an audit would see every listener',
  () => {
    const { stdout, status } = spawnSync(process.execPath, ['dist/earshot.cjs', 'doctor', '--no-config'], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^(?:ok {5}|missing) {2,}CAP_SYS_PTRACE/m);
    expect(stdout).toContain(
      status === 0 ? 'An audit would see every listener.' : 'An audit would not be complete: listeners may be missing.',
    );
    expect([0, 3]).toContain(status);
  },
);
