import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/model/snapshot.js';
import { NO_ZONE_SETTINGS } from '../../src/model/zones.js';
import { parseIpvs } from '../../src/reach/ipvs.js';
import { exposures, openReach, publishedPorts, reachGaps } from '../../src/reach/reach.js';
import { aHost, HOST, inputChain, listenersOf } from './host.js';

/** As net/netfilter/ipvs/ip_vs_ctl.c prints it (`ip_vs_info_seq_show`); no kernel with IPVS was at hand. */
const TABLE = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 rr ${''}
  -> AC110002:1F90      Masq    1      0          0         ${''}
  -> AC110003:1F90      Masq    1      3          1         ${''}
UDP  C000020A:0035 wlc ops persistent 10800 FFFFFFFF
  -> 0A000005:0035      Route   100    0          0         ${''}
TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:01BB sh ${''}
  -> [2001:0db8:0000:0000:0000:0000:0000:0002]:20FB      Tunnel   1      0          0         ${''}
FWM  00000007 rr ${''}
  -> 0A000006:0000      Masq    1      0          0         ${''}
`;

function withIpvs(host: Snapshot, ipvs: string): Snapshot {
  const networks = host.networks.map((network) =>
    network.namespace === HOST ? { ...network, firewall: { ...network.firewall, ipvs } } : network,
  );
  return { ...host, networks };
}

const balancer = (): Snapshot =>
  withIpvs(
    aHost({
      rulesets: [inputChain('accept', [])],
      containers: [{ id: 7, name: 'web', address: '172.17.0.2', bridge: 'docker0' }],
      listening: [
        { protocol: 'tcp', address: '0.0.0.0', port: 8080, namespace: 7 },
        { protocol: 'tcp', address: '0.0.0.0', port: 22 },
      ],
    }),
    TABLE,
  );

describe('IPVS', () => {
  it('is read as the kernel prints it', () => {
    const { services, marked, unread } = parseIpvs(TABLE);
    expect(services.map(({ l4, addressText, port, scheduler }) => [l4, addressText, port, scheduler])).toEqual([
      [6, '192.0.2.10', 80, 'rr'],
      [17, '192.0.2.10', 53, 'wlc'],
      [6, '2001:0db8:0000:0000:0000:0000:0000:0001', 443, 'sh'],
    ]);
    expect(services[0]?.servers).toEqual([
      { address: '172.17.0.2', port: 8080, forward: 'Masq', weight: 1 },
      { address: '172.17.0.3', port: 8080, forward: 'Masq', weight: 1 },
    ]);
    expect(services[1]?.servers[0]).toMatchObject({ address: '10.0.0.5', forward: 'Route', weight: 100 });
    expect(services[2]?.servers[0]).toMatchObject({ port: 8443, forward: 'Tunnel' });
    expect(marked).toEqual([
      { mark: 7, scheduler: 'rr', servers: [{ address: '10.0.0.6', port: 0, forward: 'Masq', weight: 1 }] },
    ]);
    expect(unread).toEqual([]);
  });

  it('publishes each service with its real servers, and what answers there', async () => {
    const snapshot = balancer();
    const listeners = listenersOf(snapshot);
    const published = await publishedPorts(
      snapshot,
      listeners,
      await exposures(snapshot, listeners, NO_ZONE_SETTINGS),
      NO_ZONE_SETTINGS,
    );
    const [first, second] = published.filter(({ port }) => port === 80);
    expect(first).toMatchObject({
      id: 'published/tcp/192.0.2.10:80@host',
      via: { verdict: 'ipvs', rule: 'IPVS rr: Masq to 172.17.0.2 port 8080, weight 1' },
      target: { address: '172.17.0.2', port: 8080, namespace: 'web', listener: 'tcp/0.0.0.0:8080@web' },
    });
    expect(second).toMatchObject({
      id: 'published/tcp/192.0.2.10:80@host#2',
      target: { address: '172.17.0.3', namespace: null, listener: null },
    });
    const outside = first?.exposure.zones.find((row) => row.interface === 'eth0' && row.zone === 'public');
    expect(outside).toMatchObject({ reachable: 'conditional' });
    expect(outside?.conditions).toContain('IPVS (rr) passes it on to 172.17.0.2:8080, 172.17.0.3:8080');
  });

  it('makes what comes for a service conditional, and nothing else', async () => {
    const snapshot = balancer();
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const outcome = (dport: number): unknown => {
      const said = reach.outcome({
        source: '203.0.113.5',
        destination: '192.0.2.10',
        protocol: 'tcp',
        port: dport,
        sourcePort: null,
        input: 'eth0',
      });
      return 'error' in said ? said.error : said.outcome;
    };
    expect(outcome(80)).toBe('conditional');
    expect(outcome(22)).toBe('open');
    expect(outcome(81)).toBe('closed');
  });

  it('leaves what it does not understand doubtful, whatever stands there', async () => {
    const odd = TABLE.replace('TCP  C000020A:0050 rr', 'TCP  somewhere rr');
    const { services, unread } = parseIpvs(odd);
    expect(services).toHaveLength(2);
    expect(unread).toContain('TCP  somewhere rr');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'TCPFWM ->[]:0A\n'), maxLength: 300 }), (text) => {
        parseIpvs(`\n\n\n${text}`);
      }),
    );
    const snapshot = withIpvs(balancer(), odd);
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const said = reach.outcome({
      source: '203.0.113.5',
      destination: '192.0.2.10',
      protocol: 'tcp',
      port: 80,
      sourcePort: null,
      input: 'eth0',
    });
    expect(said).toMatchObject({ outcome: 'conditional', conditions: ['a service of IPVS that was not understood'] });
  });
});

describe('BPF programs that choose sockets', () => {
  it('make every port conditional, and say that listeners may be hidden', async () => {
    const host = aHost({ listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 22 }] });
    const socketLookups = [{ id: 41, name: 'tubular' }];
    const snapshot = {
      ...host,
      networks: host.networks.map((network) => ({ ...network, firewall: { ...network.firewall, socketLookups } })),
    };
    const [gap] = await reachGaps(snapshot);
    expect(gap).toMatchObject({ hidesListeners: true, what: expect.stringContaining('tubular (sk_lookup)') });
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    for (const dport of [22, 23])
      expect(
        reach.outcome({
          source: '203.0.113.5',
          destination: '192.0.2.10',
          protocol: 'tcp',
          port: dport,
          sourcePort: null,
          input: 'eth0',
        }),
      ).toMatchObject({
        outcome: 'conditional',
        conditions: [expect.stringContaining('tubular (sk_lookup) chooses the socket')],
      });
  });
});
