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

describe('colour on a pipe', () => {
  const first = (env: Record<string, string>, ...args: readonly string[]): string =>
    spawnSync(process.execPath, ['dist/earshot.cjs', '--from', '-', '--fail-on', 'none', ...args], {
      input: 'Proto Recv-Q Send-Q Local Address Foreign Address State\ntcp 0 0 0.0.0.0:23 0.0.0.0:* LISTEN\n',
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...env },
      encoding: 'utf8',
    }).stdout;

  it('is there where it was asked for, and nowhere else', () => {
    expect(first({ FORCE_COLOR: '1' })).toContain('\u001b[');
    expect(first({}, '--color', 'always')).toContain('\u001b[');
    expect(first({})).not.toContain('\u001b');
    expect(first({ FORCE_COLOR: '1' }, '--color', 'never')).not.toContain('\u001b');
    expect(first({ NO_COLOR: '1' })).not.toContain('\u001b');
  });
});
