import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { readLocalTable } from '../../src/collect/network/local-table.js';
import type { Network } from '../../src/model/network.js';
import { openReach } from '../../src/reach/reach.js';
import { itNeeds, needs } from '../needs.js';
import { aHost, HOST, listenersOf, route } from './host.js';

const routes = [
  route('0.0.0.0/0', 'eth0', { gateway: '192.0.2.1' }),
  route('198.51.100.0/24', 'lo', { table: 255, type: 'local' }),
  route('192.0.2.10/32', 'eth0', { table: 255, type: 'local' }),
  route('198.51.100.7/32', 'eth0', { type: 'unreachable' }),
];

async function asked(destination: string, localTable?: Network['localTable']): Promise<string> {
  const made = aHost({ listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 22 }], routes });
  const networks = made.networks.map((one) => (localTable === undefined ? one : { ...one, localTable }));
  const snapshot = { ...made, networks };
  const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
  if ('error' in reach) throw new Error(reach.error);
  const packet = { source: '192.0.2.5', destination, protocol: 'tcp', port: 22, sourcePort: 40_000, input: 'eth0' };
  const answer = reach.outcome({ ...packet, protocol: 'tcp' });
  return 'error' in answer ? answer.error : answer.outcome;
}

describe('table local before its first routing rule', () => {
  it('is one with main: a closer route of main takes an address out of a prefix that is the host’s own', async () => {
    expect(await asked('198.51.100.7', 'shared')).toBe('filtered');
    expect(await asked('198.51.100.8', 'shared')).toBe('open');
  });

  it('is asked first once a rule was added, though the rule be gone', async () => {
    expect(await asked('198.51.100.7', 'own')).toBe('open');
  });

  it('makes conditional what it decides where nobody could look', async () => {
    expect(await asked('198.51.100.7')).toBe('conditional');
    expect(await asked('198.51.100.8')).toBe('open');
    expect(await asked('192.0.2.10')).toBe('open');
  });

  itNeeds(
    [needs.linux, needs.root, needs.program('ip'), needs.program('unshare')],
    'the kernel shows in fib_trie which of both it is',
    async () => {
      const script = `ip link set lo up; ip route add local 198.51.100.0/24 dev lo; ip route add unreachable 198.51.100.7
        echo; read x; ip rule add fwmark 2 lookup 100; ip rule del fwmark 2 lookup 100; echo; read x`;
      const child = spawn('unshare', ['-n', 'sh', '-c', script]);
      const [network] = aHost().networks;
      if (network === undefined) throw new Error('no network');
      const read = (): unknown =>
        readLocalTable(liveHost(), (file) => `/proc/${child.pid}/net/${file}`, { ...network, routes });
      await once(child.stdout, 'data');
      expect(read()).toEqual({ localTable: 'shared' });
      expect(readLocalTable(liveHost(), () => null, { ...network, routes: [] })).toEqual({});
      child.stdin.write('\n');
      await once(child.stdout, 'data');
      expect(read()).toEqual({ localTable: 'own' });
      child.stdin.end('\n');
      await once(child, 'close');
    },
  );
});
