import { describe, expect, it } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import type { Draft } from '../../src/collect/sockets/draft.js';
import { addKernelOwners } from '../../src/collect/sockets/kernel.js';
import { aNetworkAt, aSocket } from '../identify/builders.js';

const HOST = 1;
const GUEST = 2;

describe('a tunnel whose interface was moved to another namespace', () => {
  it('leaves its socket where it was made: VXLAN says where that is', () => {
    const sockets: Draft[] = [HOST, GUEST].map((namespace) => ({ ...aSocket('udp 0.0.0.0:4789'), namespace }));
    const network = aNetworkAt(GUEST, '192.0.2.1', HOST);
    const interfaces = network.interfaces.map((one) => ({ ...one, kind: 'vxlan', options: { port: '4789' } }));
    addKernelOwners(liveHost(), sockets, [{ ...network, interfaces }], HOST, []);
    expect(sockets.map((socket) => socket.kernel?.name)).toEqual(['vxlan', undefined]);
  });

  it('WireGuard does not, so it is the only namespace where nobody holds the port', () => {
    const evidence = {
      protocol: 'udp',
      namespace: GUEST,
      moves: true,
      port: 51820,
      name: 'wireguard',
      evidence: '',
    } as const;
    const at = (...namespaces: readonly number[]): readonly (string | undefined)[] => {
      const sockets: Draft[] = namespaces.map((namespace) => ({ ...aSocket('udp 0.0.0.0:51820'), namespace }));
      addKernelOwners(liveHost(), sockets, [], HOST, [evidence]);
      return sockets.map((socket) => socket.kernel?.name);
    };
    expect(at(HOST)).toEqual(['wireguard']);
    expect(at(HOST, GUEST)).toEqual([undefined, 'wireguard']);
    expect(at(HOST, 3)).toEqual([undefined, undefined]);
  });
});
