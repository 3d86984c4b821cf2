import { describe, expect, it } from 'vitest';
import type { Ruleset } from '../../src/model/network.js';
import type { PacketOutcome } from '../../src/model/packet.js';
import { NO_ZONE_SETTINGS } from '../../src/model/zones.js';
import { exposures, openReach, publishedPorts } from '../../src/reach/reach.js';
import { aHost, dport, HOST, inputChain, listenersOf, type Made, nftJson, route } from './host.js';

/** What the kernel did with packets in situations that were played in namespaces. */
async function asked(made: Made, source: string, destination: string, port: number, input: string) {
  const snapshot = aHost(made);
  const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
  if ('error' in reach) throw new Error(reach.error);
  const answer = reach.outcome({ source, destination, protocol: 'tcp', port, sourcePort: 40_000, input });
  if ('error' in answer) throw new Error(answer.error);
  return answer satisfies PacketOutcome;
}

const ipt = (text: string): Ruleset => ({ format: 'iptables-legacy-save', text, origin: 'x' });
const listening = (...ports: readonly number[]) =>
  ports.map((port) => ({ protocol: 'tcp', address: '::', port }) as const);
const DUAL = ['eth0 192.0.2.10/24', 'eth0 2001:db8::10/64'];
const saddr = { payload: { protocol: 'ip', field: 'saddr' } };

describe('statements that also match', () => {
  it('a meter with a limit on connections makes conditional: its one statement stands alone in the JSON', async () => {
    const meter = { meter: { key: saddr, stmt: { 'ct count': { val: 20, inv: true } }, size: 65_535, name: 'm' } };
    const rulesets = [inputChain('accept', [[dport(82), meter, { reject: null }]])];
    const answer = await asked({ rulesets, listening: listening(82) }, '203.0.113.5', '192.0.2.10', 82, 'eth0');
    expect(answer.outcome).toBe('conditional');
  });

  it('a rule that adds the IPv4 source to a set ends there for an IPv6 packet', async () => {
    const add = { set: { op: 'add', elem: saddr, set: '@seen' } };
    const made = {
      rulesets: [inputChain('drop', [[dport(22), add, { accept: null }]])],
      listening: listening(22),
      addresses: DUAL,
    };
    expect((await asked(made, '203.0.113.5', '192.0.2.10', 22, 'eth0')).outcome).toBe('open');
    expect((await asked(made, '2001:db8:ffff::5', '2001:db8::10', 22, 'eth0')).outcome).toBe('filtered');
  });

  it('--ctstatus NONE never matches', async () => {
    const text = '*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstatus NONE -j ACCEPT\nCOMMIT\n';
    const made = { rulesets: [ipt(text)], listening: listening(22) };
    expect((await asked(made, '203.0.113.5', '192.0.2.10', 22, 'eth0')).outcome).toBe('filtered');
  });
});

describe('frames between ports of a bridge', () => {
  const made: Made = {
    links: [{ name: 'eth0' }, { name: 'br0', kind: 'bridge' }],
    addresses: ['eth0 192.0.2.10/24', 'br0 172.17.0.1/16'],
    sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.br0.forwarding': '1' },
    containers: [
      { id: 2, name: 'a', address: '172.17.0.2/16', bridge: 'br0' },
      { id: 3, name: 'b', address: '172.17.0.3/16', bridge: 'br0' },
    ],
    listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 3 }],
    rulesets: [ipt('*filter\n:FORWARD DROP [0:0]\nCOMMIT\n')],
  };

  it('pass the IP hooks by', async () => {
    expect((await asked(made, '172.17.0.2', '172.17.0.3', 80, 'br0')).outcome).toBe('open');
  });

  it('meet FORWARD where br_netfilter is on', async () => {
    const on = { ...made, sysctls: { ...made.sysctls, 'net.bridge.bridge-nf-call-iptables': '1' } };
    const answer = await asked(on, '172.17.0.2', '172.17.0.3', 80, 'br0');
    expect(answer.outcome).toBe('filtered');
    expect(answer.because.at(-1)).toMatchObject({ kind: 'policy', chain: 'FORWARD' });
  });

  it('meet the chains of family bridge', async () => {
    const chain = { family: 'bridge', table: 'b', name: 'f', handle: 1, type: 'filter', hook: 'forward', prio: 0 };
    const rule = { family: 'bridge', table: 'b', chain: 'f', handle: 2, expr: [dport(80), { drop: null }] };
    const nftables = [
      { table: { family: 'bridge', name: 'b', handle: 1 } },
      { chain: { ...chain, policy: 'accept' } },
      { rule },
    ];
    const text = JSON.stringify({ nftables });
    const answer = await asked(
      { ...made, rulesets: [{ format: 'nft-json', text, origin: 'x' }] },
      '172.17.0.2',
      '172.17.0.3',
      80,
      'br0',
    );
    expect(answer.outcome).toBe('filtered');
    expect(answer.because).toMatchObject([{ family: 'bridge', chain: 'f', handle: 2 }]);
  });
});

describe('published ports that lead out of this host', () => {
  it('are open to whom the way there is open', async () => {
    const text =
      '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.20.0.50:80\nCOMMIT\n';
    const snapshot = aHost({
      // The peer's index is that of an interface here; its namespace was not seen, so that says nothing.
      links: [{ name: 'eth0' }, { name: 'eth1', kind: 'veth', link: 2, linkUnseen: true }],
      addresses: ['eth0 192.0.2.10/24', 'eth1 10.20.0.1/24'],
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.eth0.forwarding': '1' },
      rulesets: [ipt(text)],
    });
    const all = await exposures(snapshot, [], NO_ZONE_SETTINGS);
    const published = await publishedPorts(snapshot, [], all, NO_ZONE_SETTINGS);
    expect(published.map((one) => [one.id, one.exposure.widest])).toContainEqual([
      'published/tcp/0.0.0.0:8080@host',
      'public',
    ]);
  });
});

describe('packets to many, and text that is cut off', () => {
  const udp = async (made: Made, destination: string, port: number) => {
    const snapshot = aHost(made);
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const packet = { source: '192.0.2.77', destination, protocol: 'udp', port, sourcePort: 40_000, input: 'eth0' };
    const answer = reach.outcome(packet);
    return 'error' in answer ? answer.error : answer.outcome;
  };
  const mdns = [{ protocol: 'udp', address: '0.0.0.0', port: 5353 } as const];

  it('who joined a multicast group is not known: conditional, never no', async () => {
    expect(await udp({ listening: mdns }, '224.0.0.251', 5353)).toBe('conditional');
  });

  it('what nobody joined is dropped, where memberships were read', async () => {
    const joined = (group: string) => ({ listening: mdns, memberships: [`eth0 ${group}`] });
    expect(await udp(joined('224.0.0.251'), '224.0.0.251', 5353)).toBe('conditional');
    expect(await udp(joined('224.0.0.1'), '224.0.0.251', 5353)).toBe('filtered');
  });

  it('the limited broadcast is for every host of the link', async () => {
    const listening = [{ protocol: 'udp', address: '0.0.0.0', port: 67 } as const];
    expect(await udp({ listening }, '255.255.255.255', 67)).toBe('open');
    expect(await udp({ listening }, '255.255.255.255', 68)).toBe('filtered');
  });

  it('a quote that is not closed makes conditional: what it swallowed could be the verdict', async () => {
    const text = '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport "22 -j ACCEPT\nCOMMIT\n';
    const made = { rulesets: [ipt(text)], listening: listening(22) };
    const answer = await asked(made, '203.0.113.5', '192.0.2.10', 22, 'eth0');
    expect(answer.outcome).toBe('conditional');
    expect(answer.conditions).toContain('x:3: a quote is not closed');
  });
});

describe('chains of one priority in different tables', () => {
  it('are conditional where their order decides how a packet is refused, and the condition names them', async () => {
    const table = (name: string, handle: number, verdict: Readonly<Record<string, unknown>>) => [
      { table: { family: 'inet', name, handle } },
      {
        chain: {
          family: 'inet',
          table: name,
          name: 'in',
          handle: 1,
          type: 'filter',
          hook: 'input',
          prio: 0,
          policy: 'accept',
        },
      },
      { rule: { family: 'inet', table: name, chain: 'in', handle: 2, expr: [dport(22), verdict] } },
    ];
    const nftables = [...table('a', 1, { drop: null }), ...table('b', 2, { reject: { type: 'tcp reset' } })];
    const rulesets: readonly Ruleset[] = [{ format: 'nft-json', text: JSON.stringify({ nftables }), origin: 'x' }];
    const answer = await asked({ rulesets, listening: listening(22) }, '203.0.113.5', '192.0.2.10', 22, 'eth0');
    expect(answer.outcome).toBe('conditional');
    expect(answer.conditions).toContain('if: inet b in before inet a in');
  });
});

describe('what need not be conditional', () => {
  const chain = (name: string, policy: 'accept' | 'drop') => ({
    chain: { family: 'inet', table: 'f', name, handle: 1, type: 'filter', hook: 'input', prio: 0, policy },
  });
  const ruleIn = (name: string, handle: number, expr: readonly unknown[]) => ({
    rule: { family: 'inet', table: 'f', chain: name, handle, expr },
  });
  const table = { table: { family: 'inet', name: 'f', handle: 1 } };
  const listing = (items: readonly unknown[]): Ruleset => ({
    format: 'nft-json',
    text: JSON.stringify({ nftables: [table, ...items] }),
    origin: 'test',
  });

  it('five chains of one priority of which one drops the port: dropped, in whatever order they were loaded', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const rulesets = [
      listing([
        ...names.map((name) => chain(name, 'accept')),
        ...names.map((name, i) => ruleIn(name, 10 + i, [dport(i === 2 ? 22 : 80 + i), { drop: null }])),
      ]),
    ];
    const answer = await asked({ rulesets, listening: listening(22, 23) }, '203.0.113.5', '192.0.2.10', 22, 'eth0');
    expect(answer).toMatchObject({ outcome: 'filtered', conditions: [] });
    const open = await asked({ rulesets, listening: listening(22, 23) }, '203.0.113.5', '192.0.2.10', 23, 'eth0');
    expect(open).toMatchObject({ outcome: 'open', conditions: [] });
  });

  it('five chains of one priority of which one drops and one refuses the port: conditional', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const rulesets = [
      listing([
        ...names.map((name) => chain(name, 'accept')),
        ruleIn('b', 10, [dport(22), { drop: null }]),
        ruleIn('d', 11, [dport(22), { reject: { type: 'tcp reset' } }]),
      ]),
    ];
    const answer = await asked({ rulesets, listening: listening(22) }, '203.0.113.5', '192.0.2.10', 22, 'eth0');
    expect(answer.outcome).toBe('conditional');
  });

  it('a plain SYN is asked about; that one offering ECN ends otherwise stands as a condition', async () => {
    const plain = { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'flags' } }, right: 'syn' } };
    const rulesets = [inputChain('accept', [[plain, { drop: null }]])];
    const answer = await asked({ rulesets, listening: listening(22) }, '203.0.113.5', '192.0.2.10', 22, 'eth0');
    expect(answer.outcome).toBe('filtered');
    expect(answer.conditions).toEqual(['a SYN that offers ECN, which the sender may send, is open']);
  });

  const redirected = (low: number, high: number): Ruleset =>
    ipt(
      `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 9999 -j REDIRECT --to-ports ${low}-${high}\nCOMMIT\n`,
    );

  it('a port is redirected to one of a thousand on which nobody listens: closed, whichever the kernel picks', async () => {
    const made = { rulesets: [redirected(20_000, 21_000)], listening: listening(22) };
    expect((await asked(made, '203.0.113.5', '192.0.2.10', 9999, 'eth0')).outcome).toBe('closed');
  });

  it('a port is redirected to one of a thousand of which one is listened on: conditional', async () => {
    const made = { rulesets: [redirected(20_000, 21_000)], listening: listening(20_500) };
    const answer = await asked(made, '203.0.113.5', '192.0.2.10', 9999, 'eth0');
    expect(answer.outcome).toBe('conditional');
    expect(answer.conditions.join()).toContain('the kernel picks port 20500');
  });
});

describe('whether an accepted packet leads to a conversation', () => {
  const output = (rules: readonly (readonly unknown[])[]): Ruleset => ({
    format: 'nft-json',
    origin: 'test',
    text: JSON.stringify({
      nftables: [
        { table: { family: 'inet', name: 'o', handle: 1 } },
        {
          chain: { family: 'inet', table: 'o', name: 'out', type: 'filter', hook: 'output', prio: 0, policy: 'accept' },
        },
        ...rules.map((expr, i) => ({ rule: { family: 'inet', table: 'o', chain: 'out', handle: i + 2, expr } })),
      ],
    }),
  });
  const state = (value: string) => ({ match: { op: 'in', left: { ct: { key: 'state' } }, right: value } });
  const syn = {
    match: {
      op: '==',
      left: { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, ['syn', 'ack']] },
      right: 'syn',
    },
  };
  const conditionsOf = async (rulesets: readonly Ruleset[]) => {
    const made = { rulesets, listening: listening(22) };
    const answer = await asked(made, '203.0.113.5', '192.0.2.10', 22, 'eth0');
    expect(answer.outcome).toBe('open');
    return answer.conditions;
  };

  it('rules that let new flows in and nothing else: the handshake is not finished', async () => {
    expect(await conditionsOf([inputChain('drop', [[state('new'), dport(22), { accept: null }]])])).toEqual([
      'the answer gets out, and what the sender says next does not get in: inet f in ends it (policy drop)',
    ]);
    expect(await conditionsOf([inputChain('drop', [[syn, dport(22), { accept: null }]])])).toHaveLength(1);
  });

  it('rules that let established flows in as well: nothing to be said', async () => {
    const rules = [
      [state('established'), { accept: null }],
      [state('new'), dport(22), { accept: null }],
    ];
    expect(await conditionsOf([inputChain('drop', rules)])).toEqual([]);
    expect(await conditionsOf([inputChain('drop', [[dport(22), { accept: null }]])])).toEqual([]);
  });

  it('an output rule on SYN and ACK keeps the answer in, one on a plain SYN does not', async () => {
    const both = { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'flags' } }, right: ['syn', 'ack'] } };
    expect(await conditionsOf([output([[both, { drop: null }]])])).toEqual([
      'the answer does not get back: inet o out ends it (tcp flags syn,ack drop)',
    ]);
    expect(await conditionsOf([output([[syn, { drop: null }]])])).toEqual([]);
  });
});

describe('what an independent judge found', () => {
  it('nft prints a range of marks as a prefix of numbers', async () => {
    const mark = { mangle: { key: { meta: { key: 'mark' } }, value: 0x142 } };
    const range = {
      match: { op: '==', left: { meta: { key: 'mark' } }, right: { set: [{ prefix: { addr: 0x100, len: 24 } }] } },
    };
    const rulesets = [inputChain('accept', [[mark], [range, { drop: null }]])];
    const answer = await asked({ rulesets, listening: listening(22) }, '203.0.113.5', '192.0.2.10', 22, 'eth0');
    expect(answer).toMatchObject({ outcome: 'filtered', conditions: [] });
  });

  it('a mask with many holes over one source is simply computed', async () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 0.0.0.5/0.0.0.255 -j DROP\nCOMMIT\n';
    const made = { rulesets: [ipt(text)], listening: listening(22) };
    expect(await asked(made, '203.0.113.5', '192.0.2.10', 22, 'eth0')).toMatchObject({ outcome: 'filtered' });
    expect(await asked(made, '203.0.113.6', '192.0.2.10', 22, 'eth0')).toMatchObject({ outcome: 'open' });
  });

  it('the answer to an address of a container that somebody outside claims stays on this host', async () => {
    const made: Made = {
      containers: [
        { id: 7, name: 'box', address: '172.17.0.2/16', bridge: 'docker0' },
        { id: 8, name: 'other', address: '172.17.0.3/16', bridge: 'docker0' },
      ],
      links: [{ name: 'eth0' }, { name: 'docker0', kind: 'bridge' }],
      addresses: ['eth0 192.0.2.10/24', 'docker0 172.17.0.1/16'],
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.eth0.forwarding': '1' },
      listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 7 }],
    };
    const spoofed = await asked(made, '172.17.0.3', '172.17.0.2', 80, 'eth0');
    expect(spoofed).toMatchObject({ outcome: 'open', conditions: [expect.stringContaining('stays on this host')] });
    const honest = await asked(made, '172.17.0.3', '172.17.0.2', 80, 'docker0');
    expect(honest).toMatchObject({ outcome: 'open', conditions: [] });
  });

  it('the answer to a source that was rewritten comes back to it by the interface of the container, which must forward', async () => {
    const box = { id: 7, name: 'box', address: '172.17.0.2/16', bridge: 'docker0' };
    const snat =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n-A POSTROUTING -j SNAT --to-source 192.0.2.10\nCOMMIT\n';
    const made = (forwarding: string): Made => ({
      containers: [box],
      links: [{ name: 'eth0' }, { name: 'docker0', kind: 'bridge' }],
      addresses: ['eth0 192.0.2.10/24', 'docker0 172.17.0.1/16'],
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.docker0.forwarding': forwarding },
      listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 7 }],
      rulesets: [ipt(snat)],
    });
    const open = await asked(made('1'), '203.0.113.5', '192.0.2.10', 8080, 'eth0');
    expect(open).toMatchObject({ outcome: 'open', conditions: [] });
    const stuck = await asked(made('0'), '203.0.113.5', '192.0.2.10', 8080, 'eth0');
    expect(stuck.outcome).toBe('open');
    expect(stuck.conditions.join()).toContain('the answer does not get back');
  });
});

describe('physdev reads what br_netfilter notes of bridge ports', () => {
  const made = (rule: string, nf: string): Made => ({
    containers: [
      { id: 7, name: 'box', address: '172.17.0.2/16', bridge: 'docker0' },
      { id: 8, name: 'other', address: '172.17.0.3/16', bridge: 'docker0' },
    ],
    links: [{ name: 'eth0' }, { name: 'docker0', kind: 'bridge' }],
    addresses: ['eth0 192.0.2.10/24', 'docker0 172.17.0.1/16'],
    sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': nf },
    listening: [...listening(22), { protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 8 }],
    rulesets: [ipt(`*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n${rule}\nCOMMIT\n`)],
  });
  const fromBox = (rule: string, nf: string, input: string) =>
    asked(made(rule, nf), '172.17.0.2', '172.17.0.1', 22, input);

  it('a packet that came by a port matches --physdev-in, with br_netfilter alone', async () => {
    const rule = '-A INPUT -m physdev --physdev-in veth7 -j DROP';
    expect((await fromBox(rule, '1', 'veth7')).outcome).toBe('filtered');
    expect((await fromBox(rule, '0', 'veth7')).outcome).toBe('open');
    expect((await fromBox(rule, '1', 'docker0')).outcome).toBe('conditional');
    expect((await asked(made(rule, '1'), '203.0.113.5', '192.0.2.10', 22, 'eth0')).outcome).toBe('open');
  });

  it('a frame that stays on the bridge is bridged, a packet for the host is not', async () => {
    const rule = '-A FORWARD -m physdev --physdev-is-bridged --physdev-out veth8 -j DROP';
    const neighbour = await asked(made(rule, '1'), '172.17.0.2', '172.17.0.3', 80, 'veth7');
    expect(neighbour.outcome).toBe('filtered');
    const local = await fromBox('-A INPUT -m physdev --physdev-is-bridged -j DROP', '1', 'veth7');
    expect(local.outcome).toBe('open');
  });
});

describe('routing rules on ports', () => {
  const TO_80 = {
    family: 'ipv4' as const,
    priority: 100,
    action: 'to_tbl',
    table: 51,
    source: null,
    destination: '203.0.113.5/32',
    inputInterface: null,
    outputInterface: null,
    mark: null,
    markMask: null,
    invert: false,
    goto: null,
    ipProtocol: 6,
    sourcePorts: null,
    destinationPorts: [80, 80] as const,
    tos: 0,
    uidRange: null,
    l3mdev: false,
    suppressPrefixLength: null,
  };
  const main = (priority: number, table: number) => ({
    ...TO_80,
    priority,
    table,
    destination: null,
    ipProtocol: null,
    destinationPorts: null,
  });

  it('rp_filter asks for the way back with the ports turned round: a rule on port 80 is about who sends from it', async () => {
    const made = aHost({
      listening: listening(22),
      sysctls: { 'net.ipv4.conf.eth0.rp_filter': '1' },
      routes: [
        route('0.0.0.0/0', 'eth0', { gateway: '192.0.2.1' }),
        route('203.0.113.5/32', 'eth0', { table: 51, type: 'unreachable', gateway: null }),
      ],
    });
    const snapshot = {
      ...made,
      networks: made.networks.map((one) => ({
        ...one,
        policyRules: [main(0, 255), TO_80, main(32_766, 254), main(32_767, 253)],
      })),
    };
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const ask = (sourcePort: number | null) => {
      const packet = { source: '203.0.113.5', destination: '192.0.2.10', protocol: 'tcp', port: 22, input: 'eth0' };
      const answer = reach.outcome({ ...packet, sourcePort });
      return 'error' in answer ? answer.error : answer.outcome;
    };
    expect(ask(40_000)).toBe('open');
    expect(ask(80)).toBe('filtered');
    expect(ask(null)).toBe('conditional');
  });

  it('rp_filter looks for the way back from where the packet goes: a rule on that interface counts, one on its own does not', async () => {
    const made = aHost({
      listening: listening(22),
      links: [{ name: 'eth0' }, { name: 'wan0' }],
      addresses: ['eth0 192.0.2.10/24', 'wan0 198.51.100.10/24'],
      sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.rp_filter': '2' },
      routes: [route('0.0.0.0/0', 'eth0', { table: 51, gateway: '192.0.2.1' })],
    });
    const fromWan = { ...main(100, 51), inputInterface: 'wan0' };
    const snapshot = {
      ...made,
      networks: made.networks.map((one) => ({
        ...one,
        policyRules: [main(0, 255), fromWan, main(32_766, 254), main(32_767, 253)],
      })),
    };
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const ask = (source: string, destination: string, input: string) => {
      const answer = reach.outcome({ source, destination, protocol: 'tcp', port: 22, sourcePort: 40_000, input });
      return 'error' in answer ? answer.error : answer.outcome;
    };
    expect(ask('8.8.8.8', '198.51.100.9', 'eth0')).toBe('forwarded');
    expect(ask('100.64.3.3', '192.0.2.10', 'wan0')).toBe('filtered');
    expect(ask('100.64.3.3', '192.0.2.9', 'wan0')).toBe('filtered');
  });
});

describe('the way of a packet in words', () => {
  const told = async (made: Made, port: number): Promise<string> => {
    const snapshot = aHost(made);
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const packet = { source: '203.0.113.5', destination: '192.0.2.10', protocol: 'tcp', port, sourcePort: 40_000 };
    return reach.story({ ...packet, input: 'eth0' });
  };
  const nat = (rule: string): Ruleset => ipt(`*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${rule}\nCOMMIT\n`);

  it('says that an answer does not get back', async () => {
    const routes = [route('203.0.113.0/24', 'eth0', { type: 'blackhole', interface: null })];
    expect(await told({ listening: listening(22), routes }, 22)).toContain('But: the answer does not get back');
  });

  it('says what a rule behind a translation must name: the port, or the address where the port stays', async () => {
    const made = { listening: listening(80) };
    const ports = await told({ ...made, rulesets: [nat('-p tcp --dport 81 -j REDIRECT --to-ports 80')] }, 81);
    expect(ports).toContain('a rule there must name port 80, not 81 (or ct original proto-dst 81)');
    const other = await told({ ...made, rulesets: [nat('-p tcp -j DNAT --to-destination 192.0.2.11')] }, 80);
    expect(other).toContain('a rule there must name 192.0.2.11, not 192.0.2.10 (or ct original daddr 192.0.2.10)');
  });

  it('does not call a port redirected past the input rules that let it in by its other port', async () => {
    const accept = '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 80 -j ACCEPT\nCOMMIT\n';
    const rulesets = [nat('-p tcp --dport 81 -j REDIRECT --to-ports 80'), ipt(accept)];
    const snapshot = aHost({ listening: listening(80), rulesets });
    const published = await publishedPorts(snapshot, listenersOf(snapshot), [], NO_ZONE_SETTINGS);
    expect(published.map(({ port, exposure }) => [port, exposure.widest, exposure.remarks])).toEqual([
      [81, 'public', undefined],
    ]);
  });
});

describe('what the fuzzer found where firewalls say what they seldom say', () => {
  it('a rule on the source port of the reply tells listeners apart', async () => {
    const rule = '-A INPUT -p tcp -m conntrack --ctproto tcp --ctreplsrcport 22 -j ACCEPT';
    const made = {
      rulesets: [ipt(`*filter\n:INPUT DROP [0:0]\n${rule}\nCOMMIT\n`)],
      listening: listening(22, 80),
    };
    const snapshot = aHost(made);
    const all = await exposures(snapshot, listenersOf(snapshot), NO_ZONE_SETTINGS);
    expect(all.map((one) => one?.widest)).toEqual(['public', 'loopback']);
  });

  it('a mark of the connection that cannot be read, or is not in its map, ends the rule; one that cannot be written does not', async () => {
    const raw = (value: unknown) =>
      nftJson([
        { table: { family: 'ip', name: 't', handle: 1 } },
        {
          chain: {
            family: 'ip',
            table: 't',
            name: 'raw',
            handle: 1,
            type: 'filter',
            hook: 'prerouting',
            prio: -300,
            policy: 'accept',
          },
        },
        {
          rule: {
            family: 'ip',
            table: 't',
            chain: 'raw',
            handle: 2,
            expr: [{ mangle: { key: { ct: { key: 'mark' } }, value } }, { drop: null }],
          },
        },
      ]);
    const outcome = async (value: unknown) =>
      (await asked({ rulesets: [raw(value)], listening: listening(22) }, '203.0.113.5', '192.0.2.10', 22, 'eth0'))
        .outcome;
    expect(await outcome({ '|': [{ ct: { key: 'mark' } }, 1] })).toBe('open');
    expect(await outcome({ map: { key: saddr, data: { set: [['192.0.2.1', 1]] } } })).toBe('open');
    expect(await outcome(1)).toBe('filtered');
  });

  it('what is written into a header of another family or protocol ends the rule', async () => {
    const set = (key: unknown) => [{ mangle: { key, value: 8 } }, { drop: null }];
    const outcome = async (key: unknown, source: string, destination: string) =>
      (
        await asked(
          { rulesets: [inputChain('accept', [set(key)])], listening: listening(22), addresses: DUAL },
          source,
          destination,
          22,
          'eth0',
        )
      ).outcome;
    const dscp = { payload: { protocol: 'ip', field: 'dscp' } };
    expect(await outcome(dscp, '203.0.113.5', '192.0.2.10')).toBe('filtered');
    expect(await outcome(dscp, '2001:db8:ffff::5', '2001:db8::10')).toBe('open');
    expect(await outcome({ payload: { protocol: 'udp', field: 'checksum' } }, '203.0.113.5', '192.0.2.10')).toBe(
      'open',
    );
    expect(await outcome({ 'tcp option': { name: 'maxseg', field: 'size' } }, '203.0.113.5', '192.0.2.10')).toBe(
      'filtered',
    );
  });
});
