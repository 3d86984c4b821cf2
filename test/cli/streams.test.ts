import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const earshot = (stdout: number | 'pipe', stderr: number | 'pipe') =>
  spawnSync(process.execPath, ['dist/earshot.cjs', 'rules', 'list'], {
    stdio: ['ignore', stdout, stderr],
    encoding: 'utf8',
  });

describe('a full disk under standard output', () => {
  it('is told as what it is, with exit 4', () => {
    const { status, stderr } = earshot(openSync('/dev/full', 'w'), 'pipe');
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: 'earshot: standard output was lost while writing: ENOSPC\n',
    });
  });

  it('ends with the same status when standard error is full too', () => {
    const full = openSync('/dev/full', 'w');
    expect(earshot(full, full).status).toBe(4);
  });
});
