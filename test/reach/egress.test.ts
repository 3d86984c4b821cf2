import { describe, expect, it } from 'vitest';
import { openReach } from '../../src/reach/reach.js';
import { aHost, HOST, listenersOf, type Made, nftJson, route } from './host.js';

const daddr = (right: string) => ({
  match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right },
});

const egressOf = (dev: string, expr: readonly unknown[]) =>
  nftJson([
    { table: { family: 'netdev', name: 'n', handle: 1 } },
    {
      chain: {
        family: 'netdev',
        table: 'n',
        name: 'out',
        handle: 1,
        dev,
        type: 'filter',
        hook: 'egress',
        prio: 0,
        policy: 'accept',
      },
    },
    { rule: { family: 'netdev', table: 'n', chain: 'out', handle: 2, expr } },
  ]);

async function asked(made: Made, destination: string, port: number) {
  const snapshot = aHost(made);
  const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
  if ('error' in reach) throw new Error(reach.error);
  const packet = {
    source: '203.0.113.5',
    destination,
    protocol: 'tcp',
    port,
    sourcePort: 40_000,
    input: 'eth0',
  } as const;
  const answer = reach.outcome(packet);
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}

const forwarding = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.eth0.forwarding': '1',
  'net.ipv4.conf.br0.forwarding': '1',
};

/** Played with real packets: netdev chains at the way out of eth0, a bridge and its port. */
describe('chains at the way out of a device', () => {
  const listening = [{ protocol: 'tcp', address: '0.0.0.0', port: 22 } as const];

  it('stop the answer, which is said of a port that is reached all the same', async () => {
    const made = { listening, rulesets: [egressOf('eth0', [daddr('203.0.113.5'), { drop: null }])] };
    const answer = await asked(made, '192.0.2.10', 22);
    expect(answer).toMatchObject({ outcome: 'open', conditions: [expect.stringContaining('netdev n out ends it')] });
    const other = { listening, rulesets: [egressOf('eth1', [daddr('203.0.113.5'), { drop: null }])] };
    expect(await asked(other, '192.0.2.10', 22)).toMatchObject({ outcome: 'open', conditions: [] });
  });

  it.each(['br0', 'veth2'])('stop what is forwarded into a container by %s', async (dev) => {
    const made: Made = {
      links: [{ name: 'eth0' }, { name: 'br0', kind: 'bridge' }],
      addresses: ['eth0 192.0.2.10/24', 'br0 172.17.0.1/16'],
      containers: [{ id: 2, name: 'web', address: '172.17.0.2/16', bridge: 'br0' }],
      listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 2 }],
      sysctls: forwarding,
      rulesets: [egressOf(dev, [daddr('172.17.0.2'), { drop: null }])],
    };
    const answer = await asked(made, '172.17.0.2', 80);
    expect(answer.outcome).toBe('filtered');
    expect(answer.because.at(-1)).toMatchObject({ family: 'netdev', chain: 'out', verdict: 'drop' });
  });
});

describe('an address that only a routing rule’s table makes this host’s own', () => {
  it('is asked, and cannot answer: the kernel sends nothing under it', async () => {
    const snapshot = aHost({
      listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 22 }],
      routes: [
        route('0.0.0.0/0', 'eth0', { gateway: '192.0.2.1' }),
        route('192.0.2.10/32', 'eth0', { table: 255, type: 'local' }),
        route('198.51.100.0/24', 'lo', { table: 101, type: 'local' }),
      ],
    });
    const rule = { family: 'ipv4', action: 'to_tbl', inputInterface: null, outputInterface: null } as const;
    const plain = {
      mark: null,
      markMask: null,
      invert: false,
      goto: null,
      ipProtocol: null,
      sourcePorts: null,
    } as const;
    const rest = { destinationPorts: null, tos: 0, uidRange: null, l3mdev: false, suppressPrefixLength: null } as const;
    const rules = [
      [0, 255],
      [100, 101],
      [32766, 254],
    ].map(([priority = 0, table = 0]) => ({
      ...rule,
      ...plain,
      ...rest,
      priority,
      table,
      source: null,
      destination: null,
    }));
    const networks = snapshot.networks.map((one) => ({ ...one, policyRules: rules }));
    const reach = await openReach({ ...snapshot, networks }, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const packet = { source: '203.0.113.5', protocol: 'tcp', port: 23, sourcePort: 40_000, input: 'eth0' } as const;
    expect(reach.outcome({ ...packet, destination: '198.51.100.7' })).toMatchObject({
      outcome: 'closed',
      conditions: [expect.stringContaining('the answer cannot be sent')],
    });
    expect(reach.outcome({ ...packet, destination: '192.0.2.10' })).toMatchObject({
      outcome: 'closed',
      conditions: [],
    });
  });
});

describe('what comes back over lo', () => {
  it('is a flow that conntrack has confirmed, though new', async () => {
    const rule = '-A INPUT -m conntrack --ctstate NEW --ctstatus CONFIRMED -j DROP';
    const text = `*filter\n:INPUT ACCEPT [0:0]\n${rule}\nCOMMIT\n`;
    const snapshot = aHost({
      rulesets: [{ format: 'iptables-legacy-save', text, origin: 'x' }],
      listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 22 }],
    });
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const packet = { destination: '192.0.2.10', protocol: 'tcp', port: 22, sourcePort: 40_000 } as const;
    expect(reach.outcome({ ...packet, source: '192.0.2.10', input: 'lo' })).toMatchObject({ outcome: 'filtered' });
    expect(reach.outcome({ ...packet, source: '192.0.2.9', input: 'eth0' })).toMatchObject({ outcome: 'open' });
  });
});
