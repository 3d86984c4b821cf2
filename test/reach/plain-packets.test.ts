import { describe, expect, it } from 'vitest';
import type { Ruleset } from '../../src/model/network.js';
import type { PacketOutcome } from '../../src/model/packet.js';
import { openReach } from '../../src/reach/reach.js';
import { aHost, dport, HOST, inputChain, listenersOf, type Made, route } from './host.js';

interface Sent {
  readonly from: string;
  readonly to?: string;
  readonly protocol?: 'tcp' | 'udp';
  readonly sport?: number;
  readonly input?: string;
}

/** What the kernel (6.18) did with each of these packets, in namespaces. */
async function sent(made: Made, { from, to = '192.0.2.10', protocol = 'tcp', sport = 40_000, input = 'eth0' }: Sent) {
  const snapshot = aHost(made);
  const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
  if ('error' in reach) throw new Error(reach.error);
  const answer = reach.outcome({ source: from, destination: to, protocol, port: 22, sourcePort: sport, input });
  if ('error' in answer) throw new Error(answer.error);
  return answer satisfies PacketOutcome;
}

const DUAL = ['eth0 192.0.2.10/24', 'eth0 2001:db8::10/64'];
const on22 = [
  { protocol: 'tcp', address: '::', port: 22 },
  { protocol: 'udp', address: '::', port: 22 },
] as const;
const drops = (left: object, right: unknown, op = '=='): Made => ({
  addresses: DUAL,
  listening: on22,
  rulesets: [inputChain('accept', [[{ match: { op, left, right } }, { drop: null }]])],
});

describe('rules about fragments, options and extension headers', () => {
  it('leave a plain packet alone, and say what becomes of others', async () => {
    const answer = await sent(drops({ exthdr: { name: 'rt', field: 'type' } }, 0), {
      from: '2001:db8::5',
      to: '2001:db8::10',
    });
    expect(answer.outcome).toBe('open');
    expect(answer.conditions).toEqual(['a packet with exthdr rt type 0, which the sender may send, is filtered']);
  });

  it('of fragments ask for the offset and for More Fragments, which a whole packet has not', async () => {
    const offset = { '&': [{ payload: { protocol: 'ip', field: 'frag-off' } }, 8191] };
    expect((await sent(drops(offset, 0, '!='), { from: '203.0.113.5' })).outcome).toBe('open');
    const whole = { '&': [{ payload: { protocol: 'ip', field: 'frag-off' } }, 16_384] };
    expect((await sent(drops(whole, 0), { from: '203.0.113.5' })).outcome).toBe('conditional');
  });

  it('of IPv6 do not hold for IPv4, present or missing', async () => {
    const missing = drops({ exthdr: { name: 'frag' } }, false);
    expect((await sent(missing, { from: '203.0.113.5' })).outcome).toBe('open');
    expect((await sent(missing, { from: '2001:db8::5', to: '2001:db8::10' })).outcome).toBe('filtered');
  });

  it('of TCP options hold for a datagram where they ask that one is missing', async () => {
    const missing = drops({ 'tcp option': { name: 'maxseg' } }, false);
    expect((await sent(missing, { from: '203.0.113.5', protocol: 'udp' })).outcome).toBe('filtered');
    expect((await sent(missing, { from: '203.0.113.5' })).outcome).toBe('conditional');
    const small = drops({ 'tcp option': { name: 'maxseg', field: 'size' } }, 500, '!=');
    expect((await sent(small, { from: '203.0.113.5', protocol: 'udp' })).outcome).toBe('open');
  });

  it('of bits of a source port are decided where the port is known', async () => {
    const low = drops({ '&': [{ payload: { protocol: 'tcp', field: 'sport' } }, 0xff00] }, 0);
    expect((await sent(low, { from: '203.0.113.5', sport: 80 })).outcome).toBe('filtered');
    expect((await sent(low, { from: '203.0.113.5', sport: 40_000 })).outcome).toBe('open');
  });
});

const save = (table: string, ...rules: readonly string[]): Ruleset => ({
  format: 'iptables-legacy-save',
  text: `*${table}\n:PREROUTING ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`,
  origin: 'x',
});

describe('rules against packets that no host sends', () => {
  it('of segment sizes and hops leave what hosts send alone', async () => {
    const small = drops({ 'tcp option': { name: 'maxseg', field: 'size' } }, { range: [1, 535] });
    const answer = await sent(small, { from: '203.0.113.5' });
    expect(answer.outcome).toBe('open');
    expect(answer.conditions).toEqual([
      'a packet with tcp option maxseg 1-535, which the sender may send, is filtered',
    ]);
    expect(
      (await sent(drops({ payload: { protocol: 'ip', field: 'ttl' } }, 2, '<'), { from: '203.0.113.5' })).outcome,
    ).toBe('open');
    expect(
      (await sent(drops({ payload: { protocol: 'ip', field: 'ttl' } }, 64), { from: '203.0.113.5' })).outcome,
    ).toBe('conditional');
  });

  it('are no condition of an answer that something else makes conditional', async () => {
    const made: Made = {
      listening: on22,
      rulesets: [
        inputChain('accept', [
          [
            {
              match: { op: '!=', left: { '&': [{ payload: { protocol: 'ip', field: 'frag-off' } }, 8191] }, right: 0 },
            },
            { drop: null },
          ],
          [{ limit: { rate: 5, per: 'second', burst: 5, inv: true } }, { drop: null }],
        ]),
      ],
    };
    const { outcome, conditions } = await sent(made, { from: '203.0.113.5' });
    expect(outcome).toBe('conditional');
    expect(conditions.filter((text) => /^(if|unless).*frag-off/.test(text))).toEqual([]);
  });

  it('are written in iptables too', async () => {
    for (const match of ['-p tcp -m tcpmss ! --mss 536:65535', '-m ttl --ttl-lt 5', '-m policy --dir in --pol ipsec']) {
      const made: Made = { listening: on22, rulesets: [save('mangle', `-A PREROUTING ${match} -j DROP`)] };
      expect((await sent(made, { from: '203.0.113.5' })).outcome, match).toBe('open');
    }
    const plain = save('mangle', '-A PREROUTING -m policy --dir in --pol none -j DROP');
    expect((await sent({ listening: on22, rulesets: [plain] }, { from: '203.0.113.5' })).outcome).toBe('filtered');
  });

  it('of IPsec say what becomes of packets that came through it, and that the sender alone does not choose it', async () => {
    const answer = await sent(drops({ meta: { key: 'secpath' } }, true), { from: '203.0.113.5' });
    expect(answer.outcome).toBe('open');
    expect(answer.conditions).toEqual(['a packet with meta ipsec 1 is filtered']);
  });
});

describe('packets to many', () => {
  const broadcast = route('192.0.2.255/32', 'eth0', { table: 255, type: 'broadcast', scope: 'link' });
  const local = route('192.0.2.10/32', 'eth0', { table: 255, type: 'local', scope: 'host' });

  it('meet the rules of input, though no TCP socket hears them', async () => {
    const rulesets = [inputChain('accept', [[dport(22), { drop: null }]])];
    const made: Made = { listening: on22, routes: [broadcast, local], rulesets };
    const answer = await sent(made, { from: '192.0.2.5', to: '192.0.2.255' });
    expect(answer.outcome).toBe('filtered');
    expect(answer.because.map(({ kind }) => kind)).toEqual(['rule']);
    const open: Made = { ...made, rulesets: [inputChain('accept', [[dport(22), { accept: null }]])] };
    const passed = await sent(open, { from: '192.0.2.5', to: '192.0.2.255' });
    expect(passed.outcome).toBe('filtered');
    expect(passed.because.map(({ rule }) => rule)).toContain('broadcast destination');
  });

  it('stay such when a rule translates them to one', async () => {
    const dnat = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.10\nCOMMIT\n';
    const made: Made = {
      listening: on22,
      routes: [broadcast, local],
      rulesets: [{ format: 'iptables-legacy-save', text: dnat, origin: 'x' }],
    };
    expect((await sent(made, { from: '192.0.2.5', to: '192.0.2.255' })).outcome).toBe('filtered');
    expect((await sent(made, { from: '192.0.2.5', to: '192.0.2.77' })).outcome).toBe('open');
  });

  it('wait for no membership where no socket would hear them', async () => {
    const made: Made = { listening: [], memberships: ['eth0 224.0.0.251'] };
    expect((await sent(made, { from: '192.0.2.5', to: '224.0.0.251', protocol: 'udp' })).outcome).toBe('filtered');
  });
});

describe('addresses that the kernel looks at by itself', () => {
  it('takes 0.1.2.3 as a source like any other, and 0.0.0.0 not', async () => {
    const made: Made = { listening: on22, rulesets: [inputChain('accept', [[dport(23), { drop: null }]])] };
    expect((await sent(made, { from: '0.1.2.3' })).outcome).toBe('open');
    expect((await sent(made, { from: '0.0.0.0' })).outcome).toBe('filtered');
  });

  it('with accept_local, a strict rp_filter still refuses an address that another interface has', async () => {
    const made = (rp_filter: string): Made => ({
      links: [{ name: 'eth0' }, { name: 'eth1' }],
      addresses: ['eth0 192.0.2.10/24', 'eth1 198.51.100.10/24'],
      routes: [
        route('192.0.2.10/32', 'eth0', { table: 255, type: 'local', scope: 'host' }),
        route('198.51.100.10/32', 'eth1', { table: 255, type: 'local', scope: 'host' }),
      ],
      sysctls: { 'net.ipv4.conf.eth0.accept_local': '1', 'net.ipv4.conf.eth0.rp_filter': rp_filter },
      listening: on22,
    });
    expect((await sent(made('1'), { from: '198.51.100.10' })).outcome).toBe('filtered');
    expect((await sent(made('2'), { from: '198.51.100.10' })).outcome).toBe('open');
  });

  it('comes in by the interface that a link-local address names, or that has the address it speaks to', async () => {
    const snapshot = aHost({
      links: [{ name: 'eth0' }, { name: 'eth1' }],
      addresses: ['eth0 fe80::10/64', 'eth1 fe80::11/64'],
      listening: [{ protocol: 'tcp', address: '::', port: 22, device: 'eth1' }],
    });
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const ask = (source: string, destination: string) =>
      reach.outcome({ source, destination, protocol: 'tcp', port: 22, sourcePort: 40_000, input: null });
    expect(ask('fe80::2', 'fe80::11')).toMatchObject({ outcome: 'open' });
    expect(ask('fe80::2', 'fe80::10')).toMatchObject({ outcome: 'closed' });
    expect(ask('fe80::2%eth1', 'fe80::11')).toMatchObject({ outcome: 'open' });
    expect(ask('fe80::2', '2001:db8::1')).toMatchObject({ error: expect.stringContaining('several interfaces') });
    expect(ask('fe80::2%eth7', 'fe80::11')).toMatchObject({ error: expect.stringContaining('no interface eth7') });
  });

  it('forwards a link-local source back to where it came from, and nowhere else', async () => {
    const made: Made = {
      links: [{ name: 'eth0' }, { name: 'eth1' }],
      addresses: ['eth0 2001:db8::10/64', 'eth1 2001:db8:1::10/64'],
      routes: [route('2001:db8::/64', 'eth0'), route('2001:db8:1::/64', 'eth1')],
      sysctls: { 'net.ipv6.conf.all.forwarding': '1' },
    };
    expect((await sent(made, { from: 'fe80::51', to: '2001:db8::77' })).outcome).toBe('forwarded');
    expect((await sent(made, { from: 'fe80::51', to: '2001:db8:1::77' })).outcome).toBe('rejected');
  });
});
