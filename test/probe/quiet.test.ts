import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { program, runWords } from '../collect/program.js';
import { itNeeds, needs } from '../needs.js';
import { peer } from './peers.js';

/** System calls by which a program speaks to a network, as strace shows them: netlink and unix sockets are of this host. */
async function networkCalls(words: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-strace-'));
  try {
    const trace = join(folder, 'trace');
    const calls = 'trace=connect,sendto,sendmsg,sendmmsg';
    const earshot = [process.execPath, await program(), ...words];
    const done = await runWords(['strace', '-f', '-qq', '-s', '0', '-e', calls, '-o', trace, ...earshot]);
    expect(done.stderr).toBe('');
    return readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /sa_family=AF_INET6?\b/.test(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('an audit without --probe', () => {
  itNeeds([needs.linux, needs.program('strace')], 'connects to nobody and sends nothing', async () => {
    const calls = await networkCalls(['audit', '-f', 'json', '--fail-on', 'none', '--port', '9']);
    expect(calls).toEqual([]);
  });

  itNeeds(
    [needs.linux, needs.program('strace')],
    'while one with it connects to the listener that it is about',
    async () => {
      const unknown = await peer();
      const { port } = unknown;
      const words = ['audit', '-f', 'json', '--fail-on', 'none', '--probe', '--port', String(port)];
      const calls = await networkCalls(words);
      expect(calls.length).toBeGreaterThan(0);
      for (const call of calls) expect(call).toContain(`htons(${port})`);
      expect(unknown.connections()).toBe(1);
      expect(unknown.heard().length).toBe(0);
      await unknown.close();
    },
  );
});
