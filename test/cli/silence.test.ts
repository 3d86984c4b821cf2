import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';

describe('an audit', () => {
  itNeeds(
    [needs.linux, needs.program('strace')],
    'speaks to nobody: no packet leaves but on netlink and unix sockets',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'earshot-silence-'));
      try {
        const trace = join(folder, 'trace');
        const { status } = spawnSync(
          'strace',
          [
            ...['-f', '-qq', '-yy', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', trace],
            ...[process.execPath, resolve('dist/earshot.cjs'), '--fail-on', 'none'],
            ...['-f', 'json', '-o', join(folder, 'r.json'), '-q', '--state', join(folder, 'state')],
          ],
          { cwd: folder, encoding: 'utf8', timeout: 200_000 },
        );
        expect(status).toBe(0);
        const calls = readFileSync(trace, 'utf8')
          .split('\n')
          .filter((line) => /\b(?:connect|send\w+)\(/.test(line));
        // Each descriptor is shown with what it is: 27<NETLINK:[SOCK_DIAG:4711]>.
        expect(calls.length).toBeGreaterThan(10);
        expect(calls.filter((line) => !/\b(?:connect|send\w+)\(\d+<(?:NETLINK|UNIX)/.test(line))).toEqual([]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
