import { describe, expect, it } from 'vitest';
import { judgedByRulesets, rulesetOf } from '../../src/cli/rulesets.js';
import type { Ruleset } from '../../src/model/network.js';
import { openReach, reachGaps } from '../../src/reach/reach.js';
import { aHost, dport, HOST, inputChain, listenersOf, nftJson } from './host.js';

async function outcome(rulesets: readonly Ruleset[], unreadTables: readonly string[] = []) {
  const made = aHost({ rulesets, listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 22 }] });
  const snapshot = {
    ...made,
    networks: made.networks.map((network) => ({ ...network, firewall: { ...network.firewall, unreadTables } })),
  };
  const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
  if ('error' in reach) throw new Error(reach.error);
  const answer = reach.outcome({
    source: '203.0.113.5',
    destination: '192.0.2.10',
    protocol: 'tcp',
    port: 22,
    sourcePort: 40000,
    input: 'eth0',
  });
  return { answer, gaps: await reachGaps(snapshot) };
}

const accepted = inputChain('drop', [[dport(22), { accept: null }]]);

describe('a ruleset that is not whole never gives an unmarked answer', () => {
  it('a listing cut off in the middle', async () => {
    const { answer, gaps } = await outcome([{ ...accepted, text: accepted.text.slice(0, -30) }]);
    expect(answer).toMatchObject({ outcome: 'conditional' });
    expect(gaps[0]).toMatchObject({ kind: 'firewall', why: expect.stringContaining('not JSON') });
  });

  it('an iptables-save text without COMMIT', async () => {
    const { answer, gaps } = await outcome([
      { format: 'iptables-legacy-save', text: '*filter\n:INPUT ACCEPT [0:0]\n', origin: 'saved' },
    ]);
    expect(answer).toMatchObject({ outcome: 'conditional' });
    expect(gaps[0]?.why).toContain('cut off');
  });

  it('chains with more ways through them than anybody can follow, which any user may load in a namespace of their own', async () => {
    const table = { family: 'inet', name: 'f', handle: 1 };
    const names = Array.from({ length: 14 }, (_, index) => `c${index}`);
    const jump = (chain: string, target: string) => ({
      rule: { family: 'inet', table: 'f', chain, handle: 9, expr: [{ jump: { target } }] },
    });
    const text = JSON.stringify({
      nftables: [
        { metainfo: { version: '1.0.6', release_name: 'x', json_schema_version: 1 } },
        { table },
        {
          chain: {
            family: 'inet',
            table: 'f',
            name: 'input',
            handle: 2,
            type: 'filter',
            hook: 'input',
            prio: 0,
            policy: 'drop',
          },
        },
        ...names.map((name) => ({ chain: { family: 'inet', table: 'f', name, handle: 3 } })),
        jump('input', 'c0'),
        ...names
          .slice(0, -1)
          .flatMap((name, index) => Array.from({ length: 6 }, () => jump(name, names[index + 1] ?? ''))),
      ],
    });
    const { answer } = await outcome([{ ...accepted, text }]);
    expect(answer).toMatchObject({
      outcome: 'conditional',
      conditions: ['more ways through the chains than can be followed'],
    });
  });

  it('a table whose rules were not read', async () => {
    const { answer } = await outcome([], ['nft ip filter']);
    expect(answer).toMatchObject({ outcome: 'conditional', conditions: ['the rules of nft ip filter were not read'] });
  });

  it('a chain that jumps to itself', async () => {
    const loop = nftJson([
      { table: { family: 'inet', name: 'f', handle: 1 } },
      {
        chain: {
          family: 'inet',
          table: 'f',
          name: 'in',
          handle: 1,
          type: 'filter',
          hook: 'input',
          prio: 0,
          policy: 'accept',
        },
      },
      { rule: { family: 'inet', table: 'f', chain: 'in', handle: 2, expr: [{ jump: { target: 'in' } }] } },
    ]);
    const { answer } = await outcome([loop]);
    expect(answer).toMatchObject({ outcome: 'conditional' });
  });

  it('a set that does not exist', async () => {
    const { answer } = await outcome([
      inputChain('accept', [
        [
          { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '@gone' } },
          { drop: null },
        ],
      ]),
    ]);
    expect(answer).toMatchObject({ outcome: 'conditional' });
  });

  it('an ipset that does not exist', async () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set gone src -j DROP\nCOMMIT\n';
    const { answer } = await outcome([{ format: 'iptables-legacy-save', text, origin: 'saved' }]);
    expect(answer).toMatchObject({ outcome: 'conditional' });
  });

  it('an interface that is gone, and a port nft 1.0.6 cannot name', async () => {
    const gone = { match: { op: '==', left: { meta: { key: 'iif' } }, right: '3' } };
    const odd = {
      match: { op: '==', left: { ct: { key: 'proto-dst', dir: 'original' } }, right: { set: ['0x16 [invalid type]'] } },
    };
    const { answer } = await outcome([
      inputChain('drop', [
        [gone, { accept: null }],
        [odd, { accept: null }],
      ]),
    ]);
    expect(answer).toMatchObject({ outcome: 'open', because: [{ handle: 3 }] });
  });

  it('flags of a table that nft 1.0.6 printed wrongly, and a dormant table', async () => {
    const table = (flags: unknown): Ruleset => {
      const { text, ...ruleset } = inputChain('drop', []);
      const listing = JSON.parse(text) as { readonly nftables: readonly object[] };
      const marked = listing.nftables.map((one) =>
        'table' in one ? { table: { ...(one.table as object), flags } } : one,
      );
      return { ...ruleset, text: JSON.stringify({ nftables: marked }) };
    };
    expect((await outcome([table('f')])).answer).toMatchObject({ outcome: 'conditional' });
    expect((await outcome([table('owner')])).answer).toMatchObject({ outcome: 'filtered' });
    expect((await outcome([table(['dormant'])])).answer).toMatchObject({ outcome: 'open' });
  });

  it('names what a file is not', () => {
    expect(() => rulesetOf('hello', 'notes.txt')).toThrow('notes.txt is no ruleset');
    expect(rulesetOf('*filter\nCOMMIT\n', 'x').format).toBe('iptables-nft-save');
    expect(rulesetOf('# Generated by ip6tables-save v1.8.9 (nf_tables) on x\n*filter\nCOMMIT\n', 'x').format).toBe(
      'ip6tables-nft-save',
    );
  });

  it('refuses addresses that do not parse', async () => {
    const snapshot = aHost();
    const reach = await openReach(snapshot, [], HOST);
    if ('error' in reach) throw new Error(reach.error);
    const packet = {
      source: '1.2.3',
      destination: '192.0.2.10',
      protocol: 'tcp',
      port: 22,
      sourcePort: null,
      input: 'eth0',
    };
    expect(reach.outcome(packet)).toEqual({ error: '1.2.3 is no IP address' });
    expect(reach.outcome({ ...packet, source: '203.0.113.5', input: 'eth7' })).toEqual({
      error: 'there is no interface eth7; expected one of lo, eth0',
    });
  });

  it('refuses protocols without ports, and says who answers an echo request', async () => {
    const reach = await openReach(aHost(), [], HOST);
    if ('error' in reach) throw new Error(reach.error);
    const packet = { source: '203.0.113.5', destination: '192.0.2.10', port: 8, sourcePort: null, input: 'eth0' };
    expect(reach.outcome({ ...packet, protocol: 'icmp' })).toEqual({
      error:
        'icmp has no ports, so no listener is reached by it (the kernel itself answers an echo request that gets through); expected tcp, udp, sctp, dccp or udplite',
    });
    expect(reach.outcome({ ...packet, protocol: '47' })).toMatchObject({ error: expect.stringContaining('47 has no') });
  });
});

describe('a ruleset that is not the whole of it', () => {
  const V4 = '# Generated by iptables-save v1.8.9 on x\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n';
  const V6 = '# Generated by ip6tables-save v1.8.9 on x\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n';
  const DUAL = ['eth0 192.0.2.10/24', 'eth0 2001:db8::10/64'];

  async function judged(texts: readonly string[]) {
    const made = aHost({ listening: [{ protocol: 'tcp', address: '::', port: 22 }], addresses: DUAL });
    const snapshot = judgedByRulesets(
      made,
      HOST,
      texts.map((text, i) => rulesetOf(text, `file${i}`)),
    );
    const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
    if ('error' in reach) throw new Error(reach.error);
    const ask = (source: string, destination: string) => {
      const packet = { source, destination, protocol: 'tcp', port: 22, sourcePort: 40_000, input: 'eth0' };
      const answer = reach.outcome(packet);
      if ('error' in answer) throw new Error(answer.error);
      return answer;
    };
    return {
      ipv4: ask('203.0.113.5', '192.0.2.10'),
      ipv6: ask('2001:db8:ffff::5', '2001:db8::10'),
      gaps: snapshot.collection.gaps,
    };
  }

  it('iptables-save alone says nothing of IPv6: conditional, and a gap', async () => {
    const { ipv4, ipv6, gaps } = await judged([V4]);
    expect(ipv4).toMatchObject({ outcome: 'filtered', conditions: [] });
    expect(ipv6.outcome).toBe('conditional');
    expect(ipv6.conditions.join()).toContain('the rules of ip6tables (not in file0) were not read');
    expect(gaps).toMatchObject([{ kind: 'firewall', what: 'rules for IPv6' }]);
  });

  it('both families together are whole', async () => {
    const { ipv4, ipv6, gaps } = await judged([V4, V6]);
    expect([ipv4.outcome, ipv6.outcome]).toEqual(['filtered', 'filtered']);
    expect(gaps).toEqual([]);
  });

  it('ipset save alone says nothing of rules', async () => {
    const { ipv4, ipv6 } = await judged(['create s hash:ip family inet\nadd s 203.0.113.5\n']);
    expect([ipv4.outcome, ipv6.outcome]).toEqual(['conditional', 'conditional']);
  });

  it('a listing of nft that may be one table of several is a gap', async () => {
    const table = (family: string, name: string) => ({ table: { family, name, handle: 1 } });
    const one = await judged([JSON.stringify({ nftables: [table('inet', 'f')] })]);
    expect(one.ipv4.outcome).toBe('open');
    expect(one.gaps).toMatchObject([{ what: 'tables of nftables beside those in file0' }]);
    const ip = await judged([JSON.stringify({ nftables: [table('ip', 'f'), table('ip', 'nat')] })]);
    expect(ip.gaps).toMatchObject([{ why: expect.stringContaining('tables of family ip alone') }]);
    const whole = await judged([JSON.stringify({ nftables: [table('inet', 'f'), table('ip', 'nat')] })]);
    expect(whole.gaps).toEqual([]);
  });

  it('a listing of one chain without its table makes conditional', async () => {
    const chain = { family: 'inet', table: 'f', name: 'in', handle: 1, type: 'filter', hook: 'input', prio: 0 };
    const { ipv4 } = await judged([JSON.stringify({ nftables: [{ chain: { ...chain, policy: 'accept' } }] })]);
    expect(ipv4.outcome).toBe('conditional');
    expect(ipv4.conditions.join()).toContain('listed without its table');
  });
});
