import { describe, expect, it } from 'vitest';
import type { Firewall, Interface, Network, Route } from '../../src/model/network.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { findField, SUBJECTS, type Subject } from '../../src/rules/fields.js';
import { recordsOf } from '../../src/rules/subjects.js';
import { aListener, aSnapshot, exposedTo } from './facts.js';

const anInterface = (parts: Partial<Interface> = {}): Interface => ({
  index: 2,
  name: 'eth0',
  kind: null,
  flags: ['up', 'broadcast'],
  mtu: 1500,
  mac: '52:54:00:00:00:01',
  link: null,
  linkNamespace: null,
  linkUnseen: false,
  master: null,
  group: 0,
  counters: null,
  promiscuity: 0,
  xdp: false,
  tc: [],
  options: {},
  ...parts,
});

const aRoute: Route = {
  family: 'ipv4',
  table: 254,
  type: 'unicast',
  destination: '0.0.0.0/0',
  source: null,
  gateway: '192.0.2.1',
  interface: 'eth0',
  index: 2,
  preferredSource: null,
  metric: 0,
  protocol: 'static',
  scope: 'global',
  flags: [],
  tos: 0,
  nextHops: [],
};

const NO_FIREWALL: Firewall = { read: true, rulesets: [], unreadTables: [] };
const aNetwork = (parts: Partial<Network> = {}): Network => ({
  namespace: 1,
  interfaces: [anInterface()],
  addresses: [],
  routes: [],
  policyRules: [],
  sysctls: {},
  firewall: NO_FIREWALL,
  ...parts,
});

const records = (subject: Subject, snapshot: Snapshot) => [
  ...recordsOf(subject, { snapshot, listeners: [], published: [] }),
];
const withNetwork = (parts: Partial<Network>): Snapshot => aSnapshot({ networks: [aNetwork(parts)] });
const firewallWith = (
  format: 'nft-json' | 'iptables-legacy-save' | 'ip6tables-legacy-save',
  text: string,
): Firewall => ({
  ...NO_FIREWALL,
  rulesets: [{ format, text, origin: 'test' }],
});

describe('what rules see of a network', () => {
  it('does not call a firewall absent of which a table was not read', () => {
    const [unread] = records('firewall', withNetwork({ firewall: { ...NO_FIREWALL, unreadTables: ['nft inet f'] } }));
    expect(unread?.data).toMatchObject({ read: false, unreadTables: 1 });
  });

  it('has no firewall where no chain could drop a packet', () => {
    const [none] = records('firewall', withNetwork({}));
    expect(none?.data).toMatchObject({
      id: 'firewall@host',
      read: true,
      present: false,
      inputPolicy: 'none',
      rules: 0,
    });
    const empty = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
    const [open] = records('firewall', withNetwork({ firewall: firewallWith('iptables-legacy-save', empty) }));
    expect(open?.data).toMatchObject({ present: false, inputPolicy: 'none', backends: ['legacy'] });
  });

  it('takes a last rule that refuses all that is left for a policy that drops', () => {
    const save =
      '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\nCOMMIT\n';
    const [legacy] = records('firewall', withNetwork({ firewall: firewallWith('iptables-legacy-save', save) }));
    expect(legacy?.data).toMatchObject({ inputPolicyIPv4: 'drop', inputPolicyIPv6: 'none', inputChain: null });
    const chain = (family: string, table: string) => ({
      chain: { family, table, name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'accept' },
    });
    const listing = (...expr: readonly object[]): string =>
      JSON.stringify({
        nftables: [
          { table: { family: 'ip6', name: 'off', flags: ['dormant'] } },
          { chain: { ...chain('ip6', 'off').chain, policy: 'drop' } },
          { chain: { ...chain('bridge', 'frames').chain, policy: 'drop' } },
          chain('inet', 'f'),
          { rule: { family: 'inet', table: 'f', chain: 'in', handle: 4, expr } },
        ],
      });
    const [all] = records(
      'firewall',
      withNetwork({ firewall: firewallWith('nft-json', listing({ counter: null }, { drop: null })) }),
    );
    expect(all?.data).toMatchObject({ inputPolicy: 'drop', inputChain: null });
    const some = listing({ match: { op: '==' } }, { drop: null });
    const [filter] = records('firewall', withNetwork({ firewall: firewallWith('nft-json', some) }));
    expect(filter?.data).toMatchObject({ inputPolicy: 'accept', inputPolicyIPv6: 'accept', inputChain: 'inet f in' });
  });

  it('has the policy of the chains at each hook, by family', () => {
    const save =
      '*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:mine - [0:0]\n-A INPUT -i lo -j ACCEPT\n-A mine -j DROP\nCOMMIT\n';
    const [legacy] = records('firewall', withNetwork({ firewall: firewallWith('iptables-legacy-save', save) }));
    expect(legacy?.data).toMatchObject({
      present: true,
      rules: 2,
      inputRules: 1,
      inputPolicy: 'drop',
      inputPolicyIPv4: 'drop',
      inputPolicyIPv6: 'none',
      forwardPolicy: 'accept',
    });
    const nft = JSON.stringify({
      nftables: [
        { metainfo: {} },
        { chain: { family: 'inet', table: 'f', name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'drop' } },
        {
          chain: {
            family: 'inet',
            table: 'f',
            name: 'dnat',
            type: 'nat',
            hook: 'prerouting',
            prio: -100,
            policy: 'accept',
          },
        },
        { rule: { family: 'inet', table: 'f', chain: 'in', handle: 4, expr: [] } },
      ],
    });
    const [filter] = records('firewall', withNetwork({ firewall: firewallWith('nft-json', nft) }));
    expect(filter?.data).toMatchObject({
      present: true,
      inputRules: 1,
      inputPolicyIPv4: 'drop',
      inputPolicyIPv6: 'drop',
      forwardPolicy: 'none',
      backends: ['nft'],
    });
  });

  it('forwards by family, and says whether something filters it', () => {
    const sysctls = { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '0' };
    const [open] = records('forwarding', withNetwork({ sysctls }));
    expect(open?.data).toMatchObject({ ipv4: true, ipv6: false, filtered: false, filteredIPv4: false, interfaces: 1 });
    const unread = { ...NO_FIREWALL, read: false };
    const [unknown] = records('forwarding', withNetwork({ sysctls, firewall: unread }));
    expect(unknown?.data).toMatchObject({ filtered: null, filteredIPv4: null });
    const save = '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n';
    const [closed] = records(
      'forwarding',
      withNetwork({ sysctls, firewall: firewallWith('iptables-legacy-save', save) }),
    );
    expect(closed?.data).toMatchObject({ filtered: true });
  });

  it('counts errors for each million of packets, and tells a bridge port', () => {
    const zero = {
      rxBytes: '0',
      txBytes: '0',
      rxOverruns: '0',
      txOverruns: '0',
      rxFrame: '0',
      txCarrier: '0',
      multicast: '0',
      collisions: '0',
    };
    const counters = {
      rxPackets: '2000000',
      txPackets: '0',
      rxErrors: '10',
      txErrors: '0',
      rxDropped: '4',
      txDropped: '0',
      ...zero,
    };
    const bridge = anInterface({ index: 9, name: 'br0', kind: 'bridge' });
    const [first] = records(
      'interface',
      withNetwork({ interfaces: [anInterface({ counters, master: 9, promiscuity: 1 }), bridge] }),
    );
    expect(first?.data).toMatchObject({
      id: 'interface/eth0@host',
      up: true,
      master: 'br0',
      bridgePort: true,
      errors: { received: 10, receivedPerMillion: 5, sentPerMillion: 0 },
      drops: { receivedPerMillion: 2 },
    });
  });

  it('gives every record an id of its own and a fingerprint that another run has too', () => {
    const snapshot = withNetwork({ routes: [aRoute, { ...aRoute, destination: '10.0.0.0/8' }] });
    expect(records('route', snapshot).map(({ id }) => id)).toEqual([
      'route/0.0.0.0/0-192.0.2.1@host',
      'route/10.0.0.0/8-192.0.2.1@host',
    ]);
    for (const subject of SUBJECTS)
      expect(JSON.stringify(records(subject, snapshot))).toBe(JSON.stringify(records(subject, snapshot)));
  });

  it('has fields of the table only', () => {
    const flat = (value: unknown, prefix: string): readonly string[] => {
      if (Array.isArray(value)) return value.flatMap((each) => flat(each, prefix));
      if (typeof value !== 'object' || value === null) return [prefix];
      return Object.entries(value).flatMap(([key, each]) => flat(each, prefix === '' ? key : `${prefix}.${key}`));
    };
    const snapshot = withNetwork({ routes: [aRoute] });
    for (const subject of ['forwarding', 'firewall'] as const)
      for (const { data } of records(subject, snapshot))
        for (const name of flat(data, '')) expect(findField(subject, name), `${subject} ${name}`).not.toBeNull();
  });
});

describe('what rules see of a listener', () => {
  const dataOf = (listener: ReturnType<typeof aListener>) =>
    [...recordsOf('listener', { snapshot: aSnapshot(), listeners: [listener], published: [] })][0]?.data;

  it('is a wildcard bind or not, and has a full queue or not', () => {
    expect(dataOf(aListener({ address: '::' }))).toMatchObject({ wildcard: true });
    expect(dataOf(aListener({ address: '10.0.0.1', queue: { used: 129, max: 128 } }))).toMatchObject({
      wildcard: false,
      queue: { full: true },
    });
  });

  it('is wider over IPv6 where only IPv4 is filtered', () => {
    const zone = { interface: 'eth0', addresses: null, conditions: [], because: [] };
    const zones = [
      { ...zone, zone: 'public', rank: 'public', reachable: 'no', sources: ['0.0.0.0/0'] },
      { ...zone, zone: 'public', rank: 'public', reachable: 'yes', sources: ['::/0'] },
    ] as const;
    const exposure = { ...exposedTo('public'), zones };
    expect(dataOf(aListener({ family: 'dual', address: '::', exposure }))).toMatchObject({
      exposure: { ipv6Wider: true, reachableFrom: ['public'] },
    });
    expect(dataOf(aListener({ family: 'ipv6', address: '::', exposure }))).toMatchObject({
      exposure: { ipv6Wider: false },
    });
  });
});
