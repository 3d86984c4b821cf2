import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostAt, liveHost } from '../../src/collect/host.js';
import { collectLive, type Wish } from '../../src/collect/live.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { Socket } from '../../src/model/socket.js';
import { itNeeds, needs } from '../needs.js';
import { program, runWords } from './program.js';
import { type Situation, standing } from './recipe.js';

const WISH: Wish = {
  timeoutMs: 60_000,
  backend: 'auto',
  owners: 'auto',
  identity: false,
  probe: false,
  statistics: false,
  firewall: false,
};
const recipe = fileURLToPath(new URL('../../fixtures/live/everything.py', import.meta.url));
const root = [needs.linux, needs.root, needs.program('ip'), needs.program('python3'), needs.program('ss')];

const able = process.platform === 'linux' && process.getuid?.() === 0;
let situation: Situation | null = null;
const snapshots = new Map<Wish['backend'], Snapshot>();

async function collected(backend: Wish['backend']): Promise<Snapshot> {
  const known = snapshots.get(backend);
  if (known !== undefined) return known;
  const snapshot = await collectLive(liveHost(), { ...WISH, backend });
  snapshots.set(backend, snapshot);
  return snapshot;
}

const there = (snapshot: Snapshot): readonly Socket[] =>
  snapshot.sockets.filter((socket) => socket.namespace === situation?.nsid);

/** Told by what both sources know of a socket. */
const shortly = (socket: Socket): string =>
  [
    socket.protocol,
    socket.protocol === 'unix' && socket.address?.startsWith('@') === true ? '@' : socket.address,
    socket.port ?? socket.ipProtocol ?? socket.etherType,
    socket.state,
    socket.inode,
  ].join(' ');

const tcpAt = (snapshot: Snapshot, port: number): Socket | undefined =>
  there(snapshot).find((socket) => socket.protocol === 'tcp' && socket.port === port);

beforeAll(async () => {
  if (able) situation = await standing(recipe);
});
afterAll(async () => {
  await situation?.end();
});

describe('sockets of a namespace with everything in it', () => {
  itNeeds(root, 'lists every listener that ss lists, and nothing that does not listen', async () => {
    const words = [...(situation?.run ?? []), 'ss', '-Htuln'];
    const rows = (await runWords(words)).stdout.trim().split('\n');
    const ports = rows.map((row) => `${row.split(/\s+/)[0]} ${/:(\d+)$/.exec(row.split(/\s+/)[4] ?? '')?.[1]}`).sort();
    const ours = there(await collected('auto'))
      .filter((socket) => (socket.protocol === 'tcp' || socket.protocol === 'udp') && socket.state !== 'connected')
      .map((socket) => `${socket.protocol} ${socket.port}`)
      .sort();
    expect(ours).toEqual(ports);
    expect(ours).not.toContain('tcp 1007');
  });

  itNeeds(root, 'finds the same sockets by netlink and in /proc/net', async () => {
    const byNetlink = there(await collected('auto'))
      .map(shortly)
      .sort();
    const fromProc = there(await collected('proc'))
      .map(shortly)
      .sort();
    expect(fromProc).toEqual(byNetlink);
  });

  itNeeds(
    root,
    'tells which families an IPv6 wildcard takes, by netlink only, and says so where /proc was read',
    async () => {
      const snapshot = await collected('auto');
      expect(tcpAt(snapshot, 1002)).toMatchObject({ family: 'ipv6', address: '::', v6only: true });
      expect(tcpAt(snapshot, 1003)).toMatchObject({ family: 'ipv6', address: '::', v6only: false });
      const fromProc = await collected('proc');
      expect(tcpAt(fromProc, 1003)).toMatchObject({ v6only: null });
      expect(fromProc.collection.gaps.some((gap) => gap.kind === 'family')).toBe(true);
    },
  );

  itNeeds(root, 'shows a v4-mapped bind as its IPv4 address', async () => {
    expect(tcpAt(await collected('auto'), 1004)).toMatchObject({ family: 'ipv6', address: '127.0.0.1', mapped: true });
  });

  itNeeds(root, 'names the interface of a link-local bind and of SO_BINDTODEVICE', async () => {
    const snapshot = await collected('auto');
    expect(tcpAt(snapshot, 1005)).toMatchObject({ address: 'fe80::1', device: 'ehk0', queue: { used: 0, max: 7 } });
    expect(tcpAt(snapshot, 1006)).toMatchObject({ address: '0.0.0.0', device: 'ehk0' });
  });

  itNeeds(root, 'counts three clients from two addresses, and none elsewhere, by either source', async () => {
    for (const backend of ['auto', 'proc'] as const) {
      const snapshot = await collected(backend);
      const clients = { count: 3, addresses: ['127.0.0.1', '127.0.0.5'], truncated: false };
      expect(tcpAt(snapshot, 1003)?.clients).toEqual(clients);
      expect(tcpAt(snapshot, 1001)?.clients).toEqual({ count: 0, addresses: [], truncated: false });
    }
  });

  itNeeds(root, 'tells a connected UDP socket from one that hears everybody', async () => {
    const udp = there(await collected('auto')).filter((socket) => socket.protocol === 'udp');
    expect(udp.map((socket) => [socket.port, socket.state]).sort()).toEqual([
      [2001, 'bound'],
      [2003, 'connected'],
    ]);
  });

  itNeeds(root, 'shows sniffers: packet with its interface, raw with its protocol', async () => {
    const sockets = there(await collected('auto'));
    expect(sockets.find((socket) => socket.protocol === 'packet')).toMatchObject({ etherType: 'all', device: 'ehk0' });
    expect(sockets.find((socket) => socket.protocol === 'raw')).toMatchObject({ ipProtocol: 'icmp', port: null });
    expect(sockets.find((socket) => socket.protocol === 'udplite')).toMatchObject({ port: 2002, address: '127.0.0.1' });
  });

  itNeeds(
    root,
    'tells whether the file of a unix socket is still there, wherever it was bound, and who is let in',
    async () => {
      const unix = there(await collected('auto')).filter((socket) => socket.protocol === 'unix');
      const fileOf = (end: string) => unix.find((socket) => socket.address?.endsWith(end) === true)?.file;
      expect(fileOf('/gone')).toMatchObject({ present: false });
      expect(fileOf('/replaced')).toMatchObject({ present: false });
      expect(fileOf('relative')).toMatchObject({ present: true, user: 'root' });
      if (situation?.vars['listed'] === 1)
        expect(fileOf('/listed')).toMatchObject({ mode: 0o640, accessList: { users: ['nobody'], groups: [] } });
    },
  );

  itNeeds(root, 'keeps unix names whole, whatever bytes they have, and looks at their files', async () => {
    const unix = there(await collected('auto')).filter((socket) => socket.protocol === 'unix');
    const log = unix.find((socket) => socket.address?.endsWith('/log') === true);
    expect(log).toMatchObject({
      state: 'bound',
      type: 'dgram',
      file: { mode: 0o622, user: 'root', present: true, pathOpen: true },
    });
    expect(unix.filter((socket) => socket.address?.endsWith('/writer') === true)).toEqual([]);
    expect(unix.find((socket) => socket.type === 'seqpacket')?.address).toBe('@ab\\x00c\\xff');
    expect(unix.find((socket) => socket.address?.includes('/a b') === true)?.address).toMatch(
      /\/a b\n\u001b\[2J<script>\|$/,
    );
  });

  itNeeds(root, 'names the holder, whatever it is called', async () => {
    const snapshot = await collected('auto');
    const pid = situation?.vars['pid'];
    for (const socket of there(snapshot)) expect(socket.holders).toEqual([pid]);
    expect(snapshot.processes.find((process) => process.pid === pid)?.name).toContain('\u001b[2J<b>|\n');
  });

  itNeeds(root, 'reads addresses, routes of all tables, rules and sysctls of the namespace', async () => {
    const network = (await collected('auto')).networks.find((one) => one.namespace === situation?.nsid);
    expect(network?.addresses.map((one) => `${one.interface} ${one.address}/${one.prefixLength}`)).toContain(
      'ehk0 192.0.2.10/24',
    );
    expect(network?.routes.find((route) => route.table === 77)).toMatchObject({
      destination: '198.51.100.0/24',
      gateway: '192.0.2.1',
      interface: 'ehk0',
    });
    expect(network?.policyRules.find((rule) => rule.priority === 500)).toMatchObject({
      source: '203.0.113.0/24',
      table: 77,
    });
    const told = (name: string): readonly (string | undefined)[] =>
      ['ehk0', 'ehk1'].map((device) => network?.sysctls[`net.${name.replace('.', `.conf.${device}.`)}`]);
    expect(told('ipv4.rp_filter')[0]).toBe('2');
    expect(told('ipv4.accept_local')).toEqual(['1', '0']);
    expect(told('ipv4.route_localnet')).toEqual(['0', '1']);
    expect(told('ipv4.src_valid_mark')).toEqual(['0', '1']);
    expect(told('ipv6.accept_ra')[0]).toBe('2');
    expect(told('ipv6.disable_ipv6')).toEqual(['0', '1']);
    expect(network?.interfaces.find((one) => one.name === 'lo')?.kind).toBe('loopback');
  });

  itNeeds(root, 'says which listeners have no owner', async () => {
    const snapshot = await collected('auto');
    const unowned = snapshot.sockets.filter(
      ({ holders, kernel, inode, state, port }) =>
        holders.length === 0 && (kernel ?? null) === null && inode !== null && state !== 'connected' && port !== 0,
    );
    for (const socket of unowned.slice(0, 5))
      expect(snapshot.collection.gaps.some((gap) => gap.what.includes(`inode ${socket.inode}`))).toBe(true);
  });
});

describe('what can go wrong', () => {
  itNeeds(root, 'survives a namespace that disappears while it is read', async () => {
    const once = `ip netns add ehk-${process.pid}-$i; ip netns del ehk-${process.pid}-$i`;
    const churn = spawn('sh', ['-c', `for i in 1 2 3 4 5 6 7 8; do ${once}; done`]);
    const ended = new Promise((resolve) => churn.on('close', resolve));
    for (let i = 0; i < 5; i++) {
      const snapshot = await collectLive(liveHost(), WISH);
      expect(snapshot.namespaces[0]?.name).toBe('host');
      expect(snapshot.collection.gaps.filter((gap) => gap.kind === 'internal')).toEqual([]);
    }
    await ended;
  });

  it('fails where nothing lists listeners: a host without /proc/net', async () => {
    const empty = hostAt(fileURLToPath(new URL('../../fixtures/hosts/no-proc-net', import.meta.url)));
    await expect(collectLive(empty, { ...WISH, backend: 'proc' })).rejects.toThrow(/no listener could be listed/);
  });

  itNeeds([needs.linux], 'says that time was too short where nothing could be read before the deadline', async () => {
    await expect(collectLive(liveHost(), { ...WISH, timeoutMs: 0 })).rejects.toThrow(/deadline/);
  });

  itNeeds(
    [...root, needs.program('setpriv')],
    'works for a plain user, says what it missed, and reads foreign namespaces from /proc/PID/net',
    async () => {
      const words = [
        'setpriv',
        '--reuid',
        '65534',
        '--regid',
        '65534',
        '--clear-groups',
        process.execPath,
        await program(),
      ];
      const done = await runWords([...words, 'audit', '--no-config', '-f', 'json', '--fail-on', 'none']);
      const report = JSON.parse(done.stdout) as {
        listeners: { id: string }[];
        collection: { gaps: { kind: string }[] };
      };
      expect(report.collection.gaps.some((gap) => gap.kind === 'owner')).toBe(true);
      expect(report.listeners.some((listener) => listener.id.startsWith('tcp/0.0.0.0:1001@'))).toBe(true);
    },
  );
});
