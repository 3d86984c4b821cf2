import { describe, expect, it } from 'vitest';
import type { Exposure } from '../../src/model/exposure.js';
import type { Published } from '../../src/model/report.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { NO_ZONE_SETTINGS, type ZoneSettings } from '../../src/model/zones.js';
import { exposures, publishedPorts } from '../../src/reach/reach.js';
import { aHost, dport, inputChain, listenersOf, type Made, recorded, route } from './host.js';

async function judged(
  made: Made,
  zones: ZoneSettings = NO_ZONE_SETTINGS,
): Promise<{
  readonly of: (id: string) => Exposure;
  readonly published: readonly Published[];
  readonly snapshot: Snapshot;
}> {
  const snapshot = aHost(made);
  const listeners = listenersOf(snapshot);
  const all = await exposures(snapshot, listeners, zones);
  const published = await publishedPorts(snapshot, listeners, all, zones);
  return {
    snapshot,
    published,
    of: (id) => {
      const at = listeners.findIndex((one) => one.id === id);
      const exposure = all[at];
      if (exposure === undefined || exposure === null)
        throw new Error(`no ${id} among ${listeners.map((one) => one.id).join(', ')}`);
      return exposure;
    },
  };
}

const row = (exposure: Exposure, zone: string, reachable: string) =>
  exposure.zones.find((one) => one.zone === zone && one.reachable === reachable);

const SSH = { protocol: 'tcp', address: '0.0.0.0', port: 22 } as const;

describe('exposure by zone and entry', () => {
  it('lets everybody reach a wildcard listener of a host without rules', async () => {
    const { of } = await judged({ listening: [SSH] });
    const exposure = of('tcp/0.0.0.0:22@host');
    expect(exposure.widest).toBe('public');
    expect(row(exposure, 'public', 'yes')).toMatchObject({
      interface: 'eth0',
      sources: ['0.0.0.0/0'],
      addresses: null,
    });
    expect(row(exposure, 'loopback', 'yes')).toBeDefined();
  });

  it('keeps outsiders from a listener on 127.0.0.1, and says why', async () => {
    const { of } = await judged({ listening: [{ ...SSH, address: '127.0.0.1' }] });
    const exposure = of('tcp/127.0.0.1:22@host');
    expect(exposure.widest).toBe('loopback');
    expect(row(exposure, 'private', 'no')?.because[0]).toMatchObject({
      kind: 'routing',
      rule: expect.stringContaining('martian'),
    });
  });

  it('cites the policy that drops and the rule that accepts', async () => {
    const saddr = {
      match: {
        op: '==',
        left: { payload: { protocol: 'ip', field: 'saddr' } },
        right: { prefix: { addr: '192.0.2.0', len: 24 } },
      },
    };
    const { of } = await judged({
      listening: [SSH],
      rulesets: [inputChain('drop', [[saddr, dport(22), { accept: null }]])],
    });
    const exposure = of('tcp/0.0.0.0:22@host');
    expect(exposure.widest).toBe('private');
    expect(row(exposure, 'private', 'yes')).toMatchObject({
      sources: ['192.0.2.0/24'],
      because: [{ kind: 'rule', handle: 2, verdict: 'accept' }],
    });
    expect(row(exposure, 'public', 'no')?.because).toEqual([
      expect.objectContaining({ kind: 'policy', chain: 'in', verdict: 'drop' }),
    ]);
  });

  it('tells zones apart behind a set of thousands of addresses, and lists the few that lie in a zone', async () => {
    const staff = Array.from({ length: 4000 }, (_, i) => `10.1.${i >> 7}.${(i & 127) * 2}`);
    const some = Array.from({ length: 4000 }, (_, i) => `9.1.${i >> 7}.${(i & 127) * 2}`);
    const from = (set: readonly string[]) => ({
      match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: { set } },
    });
    const { of } = await judged({
      listening: [SSH, { ...SSH, port: 23 }],
      rulesets: [
        inputChain('drop', [
          [from(staff), dport(22), { accept: null }],
          [from([...some, '10.7.7.7']), dport(23), { accept: null }],
        ]),
      ],
    });
    const inside = of('tcp/0.0.0.0:22@host');
    expect(inside.widest).toBe('private');
    expect(row(inside, 'public', 'yes')).toBeUndefined();
    expect(row(inside, 'private', 'yes')).toMatchObject({
      sources: ['10.0.0.0/8'],
      conditions: ['only those in a set of 4000 entries'],
    });
    expect(row(of('tcp/0.0.0.0:23@host'), 'private', 'yes')).toMatchObject({
      sources: ['10.7.7.7/32'],
      conditions: [],
    });
    expect(of('tcp/0.0.0.0:23@host').widest).toBe('public');
  });

  it('does not raise widest for a private address that only somebody else’s NAT makes public', async () => {
    const made: Made = {
      listening: [SSH],
      addresses: ['eth0 10.0.0.5/24'],
      routes: [route('0.0.0.0/0', 'eth0', { gateway: '10.0.0.1' })],
    };
    const { of } = await judged(made);
    expect(of('tcp/0.0.0.0:22@host').widest).toBe('private');
    expect(row(of('tcp/0.0.0.0:22@host'), 'public', 'conditional')?.conditions[0]).toContain("somebody else's NAT");
    const declared = await judged(made, { ...NO_ZONE_SETTINGS, oneToOneNat: true });
    expect(declared.of('tcp/0.0.0.0:22@host').widest).toBe('public');
  });

  it('takes what a rate limit decides as conditional, and lets it raise widest', async () => {
    const limit = { limit: { rate: 3, burst: 5, per: 'minute' } };
    const { of } = await judged({
      listening: [SSH],
      rulesets: [inputChain('drop', [[dport(22), limit, { accept: null }]])],
    });
    const exposure = of('tcp/0.0.0.0:22@host');
    expect(exposure.widest).toBe('public');
    expect(row(exposure, 'public', 'conditional')?.conditions).toEqual(['if: limit rate 3/minute']);
  });

  it('says yes, and which, where the sender may choose a source port', async () => {
    const sport = { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'sport' } }, right: 53 } };
    const { of } = await judged({ listening: [SSH], rulesets: [inputChain('drop', [[sport, { accept: null }]])] });
    expect(row(of('tcp/0.0.0.0:22@host'), 'public', 'yes')?.conditions).toEqual(['source port 53']);
  });

  it('never turns what it does not understand into yes or no', async () => {
    const { of } = await judged({
      listening: [SSH],
      rulesets: [inputChain('accept', [[dport(22), { 'of tomorrow': null }]])],
    });
    expect(row(of('tcp/0.0.0.0:22@host'), 'public', 'conditional')).toBeDefined();
    expect(row(of('tcp/0.0.0.0:22@host'), 'public', 'yes')).toBeUndefined();
    const ipt = '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tomorrow --day 5 -j ACCEPT\nCOMMIT\n';
    const other = await judged({
      listening: [SSH],
      rulesets: [{ format: 'iptables-legacy-save', text: ipt, origin: 'x' }],
    });
    expect(row(other.of('tcp/0.0.0.0:22@host'), 'public', 'conditional')?.conditions).toEqual(['if: tomorrow --day 5']);
  });

  it('knows the user’s own zones', async () => {
    const zones: ZoneSettings = {
      ...NO_ZONE_SETTINGS,
      zones: [{ name: 'office', interface: 'eth0', from: ['198.51.100.0/24'], rank: 'private' }],
    };
    const { of } = await judged({ listening: [SSH] }, zones);
    expect(row(of('tcp/0.0.0.0:22@host'), 'office', 'yes')).toMatchObject({
      rank: 'private',
      sources: ['198.51.100.0/24'],
    });
  });

  it('calls nothing certain behind an XDP program', async () => {
    const { of } = await judged({ listening: [SSH], links: [{ name: 'eth0', xdp: true }] });
    expect(row(of('tcp/0.0.0.0:22@host'), 'public', 'conditional')?.conditions).toContain('an XDP program on eth0');
  });

  it('nor behind a tc filter at the entrance; one at the exit is about what leaves', async () => {
    const { of } = await judged({ listening: [SSH], links: [{ name: 'eth0', tc: ['ingress u32'] }] });
    expect(row(of('tcp/0.0.0.0:22@host'), 'public', 'conditional')?.conditions).toContain('tc on eth0: ingress u32');
    const exit = await judged({ listening: [SSH], links: [{ name: 'eth0', tc: ['egress bpf'] }] });
    expect(row(exit.of('tcp/0.0.0.0:22@host'), 'public', 'yes')).toBeDefined();
  });

  it('takes a capture’s bind for its scope', async () => {
    const snapshot = { ...aHost({ listening: [SSH] }), networks: [] };
    const [exposure] = await exposures(snapshot, listenersOf(snapshot), NO_ZONE_SETTINGS);
    expect(exposure).toMatchObject({
      widest: 'public',
      zones: [{ zone: 'public', reachable: 'conditional', conditions: ['firewall not seen'], interface: null }],
    });
  });
});

const DOCKER: Made = {
  rulesets: recorded('docker-20.10-publish'),
  links: [{ name: 'eth0' }, { name: 'docker0', kind: 'bridge' }, { name: 'br-cfd26328ce97', kind: 'bridge' }],
  addresses: ['eth0 192.0.2.1/24', 'docker0 172.17.0.1/16', 'br-cfd26328ce97 172.18.0.1/16'],
  sysctls: {
    'net.ipv4.ip_forward': '1',
    'net.ipv4.conf.eth0.forwarding': '1',
    'net.ipv4.conf.docker0.forwarding': '1',
    'net.ipv4.conf.br-cfd26328ce97.forwarding': '1',
  },
  containers: [
    { id: 2, name: 'web', address: '172.17.0.2/16', bridge: 'docker0' },
    { id: 3, name: 'api', address: '172.18.0.2/16', bridge: 'br-cfd26328ce97' },
  ],
  listening: [
    { protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 2 },
    { protocol: 'tcp', address: '0.0.0.0', port: 5432, namespace: 2 },
    { protocol: 'udp', address: '0.0.0.0', port: 53, namespace: 2 },
    ...[9000, 9001, 9002].map((port) => ({ protocol: 'tcp', address: '0.0.0.0', port, namespace: 3 }) as const),
  ],
};

describe('published ports of recorded rulesets, with containers played by namespaces', () => {
  it('finds every port that Docker published, its container and its true reach', async () => {
    const { published } = await judged(DOCKER);
    const shown = published.map(
      (one) => `${one.id} → ${one.target.address}:${one.target.port} ${one.target.namespace} ${one.exposure.widest}`,
    );
    expect(shown.toSorted()).toEqual([
      'published/tcp/0.0.0.0:8080@host → 172.17.0.2:80 web public',
      'published/tcp/0.0.0.0:9000@host → 172.18.0.2:9000 api public',
      'published/tcp/0.0.0.0:9001@host → 172.18.0.2:9001 api public',
      'published/tcp/0.0.0.0:9002@host → 172.18.0.2:9002 api public',
      // DNAT is asked before the martian check, so neighbours may use 127.0.0.1 (REACH 5).
      'published/tcp/127.0.0.1:5432@host → 172.17.0.2:5432 web private',
      'published/udp/192.0.2.1:5353@host → 172.17.0.2:53 web public',
    ]);
  });

  it('finds what netavark published, ports shifted with their range', async () => {
    const { published } = await judged({
      rulesets: recorded('netavark-1.4-iptables'),
      links: [{ name: 'eth0' }, { name: 'podman0', kind: 'bridge' }],
      addresses: ['eth0 192.0.2.1/24', 'podman0 10.88.0.1/16'],
      sysctls: { 'net.ipv4.conf.eth0.forwarding': '1' },
      containers: [{ id: 2, name: 'pod', address: '10.88.0.2/16', bridge: 'podman0' }],
      listening: [
        { protocol: 'tcp', address: '0.0.0.0', port: 80, namespace: 2 },
        { protocol: 'udp', address: '0.0.0.0', port: 53, namespace: 2 },
        { protocol: 'udp', address: '0.0.0.0', port: 54, namespace: 2 },
      ],
    });
    const shown = published.map((one) => `${one.id} → ${one.target.address}:${one.target.port} ${one.exposure.widest}`);
    expect(shown).toContain('published/tcp/0.0.0.0:8080@host → 10.88.0.2:80 public');
    expect(shown).toContain('published/udp/192.0.2.1:5353@host → 10.88.0.2:53 public');
    expect(shown).toContain('published/udp/192.0.2.1:5354@host → 10.88.0.2:54 public');
  });

  it('shows a container’s port that was not published to the other containers alone', async () => {
    const { of } = await judged({
      ...DOCKER,
      listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 6379, namespace: 2 }],
    });
    expect(of('tcp/0.0.0.0:6379@web').widest).toBe('container');
  });

  it('remarks that what ufw denies is published past it', async () => {
    const drop = inputChain('drop', [[dport(8080), { drop: null }]]);
    const { published } = await judged({ ...DOCKER, rulesets: [...recorded('docker-20.10-publish'), drop] });
    const web = published.find((one) => one.port === 8080);
    expect(web?.exposure.widest).toBe('public');
    expect(web?.exposure.remarks?.map((one) => one.code)).toEqual(['open-though-denied', 'published-past-input']);
  });

  it.each([
    'ufw-default-debian12-nft',
    'ufw-rules-legacy',
    'firewalld-default-debian12',
    'fail2ban-nftables',
    'docker-20.10-default',
  ])('reads %s whole', async (folder) => {
    const { of } = await judged({
      rulesets: recorded(folder),
      listening: [{ protocol: 'tcp', address: '0.0.0.0', port: 5432 }],
    });
    const rows = of('tcp/0.0.0.0:5432@host').zones.filter((one) => one.zone === 'public');
    expect(rows.map((one) => one.reachable)).not.toContain('conditional');
  });
});

describe('what the owner of a firewall would not expect', () => {
  it('remarks a port that IPv4 rules close and IPv6 leaves open', async () => {
    const ipt = '*filter\n:INPUT DROP [0:0]\nCOMMIT\n';
    const { of } = await judged({
      listening: [{ protocol: 'tcp', address: '::', port: 22 }],
      addresses: ['eth0 192.0.2.10/24', 'eth0 2001:db8::10/64'],
      rulesets: [{ format: 'iptables-legacy-save', text: ipt, origin: 'x' }],
    });
    expect(of('tcp/[::]:22@host').remarks?.map((one) => one.code)).toEqual(['open-over-ipv6-only']);
  });

  it('remarks a deny that asks for an interface by which nothing comes in, and none that is about what leaves', async () => {
    const deny = (port: number, by: string): string => `-A INPUT -i ${by} -p tcp --dport ${port} -j DROP\n`;
    const out = '-A OUTPUT -p tcp --dport 25 -j DROP\n';
    const rules = `${deny(22, 'eth0')}${deny(23, 'eth7')}${deny(24, 'br0:1')}${out}`;
    const { of } = await judged({
      listening: [22, 23, 24, 25].map((port) => ({ ...SSH, port })),
      links: [
        { name: 'br0', kind: 'bridge', index: 2 },
        { name: 'eth0', index: 3, master: 2 },
      ],
      addresses: ['br0 192.0.2.10/24'],
      rulesets: [
        {
          format: 'iptables-legacy-save',
          text: `*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules}COMMIT\n`,
          origin: 'x',
        },
      ],
    });
    const told = (port: number) => of(`tcp/0.0.0.0:${port}@host`).remarks?.map(({ text }) => text.split(': ')[1]);
    expect(told(22)).toEqual(['the rule asks for eth0, which is a port of the bridge br0']);
    expect(told(23)).toEqual(['the rule asks for eth7, and there is no such interface']);
    expect(told(24)).toEqual(['the rule asks for br0:1, which is a label of addresses and no interface']);
    expect(told(25)).toBeUndefined();
  });

  it('remarks a deny that stands behind the accept', async () => {
    const rules = [
      [dport(22), { accept: null }],
      [dport(22), { drop: null }],
    ];
    const { of } = await judged({ listening: [SSH], rulesets: [inputChain('drop', rules)] });
    expect(of('tcp/0.0.0.0:22@host').remarks?.[0]).toMatchObject({
      code: 'open-though-denied',
      because: [{ handle: 3 }],
    });
  });
});

describe('the addresses a row speaks of', () => {
  const daddr = (address: string) => ({
    match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: address },
  });
  const saddr = (address: string) => ({
    match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: address },
  });

  it('names 127.0.0.1 by itself where route_localnet lets neighbours ask for it and a rule keeps them out', async () => {
    const { of } = await judged({
      listening: [SSH],
      sysctls: { 'net.ipv4.conf.all.route_localnet': '1' },
      rulesets: [inputChain('accept', [[daddr('127.0.0.1'), { drop: null }]])],
    });
    const exposure = of('tcp/0.0.0.0:22@host');
    expect(row(exposure, 'private', 'no')?.addresses).toEqual(['127.0.0.1']);
    expect(row(exposure, 'private', 'yes')?.addresses).toEqual(['192.0.2.10', '127.0.0.0/8']);
  });

  it('says that a neighbour reaches 127.0.0.1 of a wildcard listener under route_localnet', async () => {
    const { of } = await judged({ listening: [SSH], sysctls: { 'net.ipv4.conf.eth0.route_localnet': '1' } });
    const exposure = of('tcp/0.0.0.0:22@host');
    expect(row(exposure, 'private', 'yes')?.addresses).toBeNull();
    expect(row(exposure, 'public', 'yes')?.addresses).toEqual(['192.0.2.10']);
    expect(row(exposure, 'public', 'conditional')).toMatchObject({ addresses: ['127.0.0.1'] });
  });

  it('counts a whole prefix that a local route makes this host’s own, cut where rules tell its addresses apart', async () => {
    const { of } = await judged({
      listening: [SSH],
      routes: [
        route('0.0.0.0/0', 'eth0', { gateway: '192.0.2.1' }),
        route('127.0.0.0/8', 'lo', { table: 255, type: 'local' }),
        route('192.0.2.10/32', 'eth0', { table: 255, type: 'local' }),
        route('198.51.100.0/24', 'lo', { table: 255, type: 'local' }),
      ],
      rulesets: [inputChain('accept', [[daddr('198.51.100.7'), { drop: null }]])],
    });
    const exposure = of('tcp/0.0.0.0:22@host');
    expect(row(exposure, 'private', 'no')?.addresses).toEqual(['198.51.100.7/32']);
    expect(row(exposure, 'private', 'yes')?.addresses).toContain('192.0.2.10');
    expect(row(exposure, 'private', 'yes')?.addresses).toContain('198.51.100.128/25');
  });

  it('keeps two addresses with different senders in two rows: each row holds for all its sources at all its addresses', async () => {
    const { of } = await judged({
      listening: [SSH],
      addresses: ['eth0 192.0.2.10/24', 'eth0 192.0.2.11/24'],
      rulesets: [
        inputChain('drop', [
          [daddr('192.0.2.10'), saddr('203.0.113.5'), { accept: null }],
          [daddr('192.0.2.11'), saddr('198.51.100.7'), { accept: null }],
        ]),
      ],
    });
    const exposure = of('tcp/0.0.0.0:22@host');
    const yes = exposure.zones.filter((one) => one.zone === 'public' && one.reachable === 'yes');
    expect(yes.map(({ addresses, sources }) => [addresses, sources])).toEqual([
      [['192.0.2.10'], ['203.0.113.5/32']],
      [['192.0.2.11'], ['198.51.100.7/32']],
    ]);
  });

  it('says a full accept queue of the listener that has it, not of others on ports of the same class', async () => {
    const full = aHost({ listening: [SSH, { ...SSH, port: 23 }] });
    const queue = { used: 6, max: 5 };
    const listeners = listenersOf(full).map((one) => (one.port === 22 ? { ...one, queue } : one));
    const all = await exposures(full, listeners, NO_ZONE_SETTINGS);
    const reachableOf = (port: number) =>
      all[listeners.findIndex((one) => one.port === port)]?.zones.find((one) => one.zone === 'public')?.reachable;
    expect(reachableOf(22)).toBe('conditional');
    expect(reachableOf(23)).toBe('yes');
  });
});
