import { describe, expect, it } from 'vitest';
import type { Ruleset } from '../../src/model/network.js';
import { openReach } from '../../src/reach/reach.js';
import { aHost, dport, HOST, listenersOf, nftJson, route } from './host.js';

/** Played with real packets in namespaces: `ct zone set` and `CT --zone` in raw, rules on zones behind it. */
async function asked(rulesets: readonly Ruleset[], destination = '192.0.2.10', port = 22) {
  const snapshot = aHost({
    rulesets,
    listening: [
      { protocol: 'tcp', address: '0.0.0.0', port: 22 },
      { protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 2 },
    ],
    links: [{ name: 'eth0' }, { name: 'br0', kind: 'bridge' }],
    addresses: ['eth0 192.0.2.10/24', 'br0 172.17.0.1/16'],
    containers: [{ id: 2, name: 'web', address: '172.17.0.2/16', bridge: 'br0' }],
    sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.eth0.forwarding': '1', 'net.ipv4.conf.br0.forwarding': '1' },
    routes: [route('0.0.0.0/0', 'eth0', { gateway: '192.0.2.1' })],
  });
  const reach = await openReach(snapshot, listenersOf(snapshot), HOST);
  if ('error' in reach) throw new Error(reach.error);
  const answer = reach.outcome({
    source: '203.0.113.5',
    destination,
    protocol: 'tcp',
    port,
    sourcePort: 40_000,
    input: 'eth0',
  });
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}

const zone = { ct: { key: 'zone' } };
const chain = (name: string, hook: string, prio: number) => ({
  chain: { family: 'ip', table: 'z', name, handle: 1, type: 'filter', hook, prio, policy: 'accept' },
});
const rule = (name: string, handle: number, expr: readonly unknown[]) => ({
  rule: { family: 'ip', table: 'z', chain: name, handle, expr },
});
const setting = (early: readonly (readonly unknown[])[], late: readonly unknown[]): Ruleset =>
  nftJson([
    { table: { family: 'ip', name: 'z', handle: 1 } },
    chain('raw', 'prerouting', -300),
    chain('in', 'input', 0),
    ...early.map((expr, i) => rule('raw', i + 2, expr)),
    rule('in', 9, late),
  ]);
const set = (value: number, dir?: string) => ({
  mangle: { key: dir === undefined ? zone : { ct: { key: 'zone', dir } }, value },
});
const isIn = (right: number) => [{ match: { op: '==', left: zone, right } }, { drop: null }];
const ipt = (text: string): Ruleset => ({ format: 'iptables-legacy-save', text, origin: 'x' });

describe('conntrack zones', () => {
  it('are followed from where a rule sets them to where another asks', async () => {
    expect((await asked([setting([[dport(22), set(5)]], isIn(5))])).outcome).toBe('filtered');
    expect((await asked([setting([[dport(22), set(5)]], isIn(0))])).outcome).toBe('open');
    expect((await asked([setting([[dport(23), set(5)]], isIn(0))])).outcome).toBe('filtered');
  });

  it('keep the first that was set, and stand before a later notrack', async () => {
    expect((await asked([setting([[set(5)], [set(6)], [{ notrack: null }]], isIn(5))])).outcome).toBe('filtered');
    // nft sets one where conntrack was told not to look, and conntrack looks again.
    expect((await asked([setting([[{ notrack: null }], [set(6)]], isIn(6))])).outcome).toBe('filtered');
  });

  it('let no answer of a translated flow find back that is looked for in another zone', async () => {
    const nat =
      '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n';
    const raw = (where: string): string =>
      `*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING${where} -j CT --zone 5\nCOMMIT\n`;
    const lost = await asked([ipt(nat + raw(' -i eth0'))], '192.0.2.10', 8080);
    expect(lost).toMatchObject({ outcome: 'open', conditions: [expect.stringContaining('conntrack zone')] });
    const same = await asked([ipt(nat + raw(''))], '192.0.2.10', 8080);
    expect(same).toMatchObject({ outcome: 'open', conditions: [] });
    const oneWay = await asked([ipt(nat + raw(' -i eth0').replace('--zone', '--zone-orig'))], '192.0.2.10', 8080);
    expect(oneWay).toMatchObject({ outcome: 'open', conditions: [] });
  });
});
