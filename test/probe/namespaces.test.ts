import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { probeListeners } from '../../src/collect/probe/probe.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Interface, Network } from '../../src/model/network.js';
import { itNeeds, needs } from '../needs.js';
import { heardAs, peer, SNAPSHOT } from './peers.js';

/** Of this run alone: several may run at once on one machine. */
const [LEFT, RIGHT, AWAY] = ['left', 'right', 'away'].map((name) => `ehb-${name}-${process.pid}`) as [
  string,
  string,
  string,
];
const NAMES = [LEFT, RIGHT, AWAY];
const required = [needs.linux, needs.root, needs.program('ip'), needs.program('python3')];
const canRun = required.every((need) => need.met());
const started: number[] = [];
/** Files that servers make once they listen. */
const expected: string[] = [];
const PATIENT = { timeout: 60_000, interval: 50 };
const EMPTY: Network = {
  namespace: 0,
  interfaces: [],
  addresses: [],
  routes: [],
  policyRules: [],
  sysctls: {},
  firewall: { read: true, rulesets: [], unreadTables: [] },
};
const INTERFACE: Interface = {
  index: 0,
  name: '',
  kind: 'veth',
  flags: [],
  mtu: 1500,
  mac: null,
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
};
const sh = (command: string): void => void execFileSync('sh', ['-c', command]);

/** A server in a namespace that greets whoever connects. */
function greets(netns: string, address: string, port: number, greeting: string): void {
  const code = `import socket,threading
where=socket.getaddrinfo(${JSON.stringify(address)},${port},type=socket.SOCK_STREAM)[0]
s=socket.socket(where[0]); s.bind(where[4]); s.listen(); open('/tmp/'+${JSON.stringify(netns)}+'-up-${port}-${address}','w').close()
while True:
  c,peer=s.accept(); open('/tmp/'+${JSON.stringify(netns)}+'-accepted','a').write('x')
  try: c.sendall(${JSON.stringify(greeting)}.replace('PEER',peer[0]).encode())
  except OSError: pass
  threading.Thread(target=lambda c=c: open('/tmp/'+${JSON.stringify(netns)}+'-heard','ab').write(c.recv(999))).start()`;
  const child = spawn('ip', ['netns', 'exec', netns, 'python3', '-c', code], { stdio: 'ignore', detached: true });
  child.unref();
  if (child.pid !== undefined) started.push(child.pid);
  expected.push(`/tmp/${netns}-up-${port}-${address}`);
}

const inode = (netns: string): number => statSync(`/run/netns/${netns}`).ino;

async function probe(listeners: readonly IdentifiedListener[], netnses: readonly string[], snapshot = SNAPSHOT) {
  const entries = netnses.map((netns) => ({ id: inode(netns), descriptor: openSync(`/run/netns/${netns}`, 'r') }));
  try {
    return await probeListeners(snapshot, listeners, entries);
  } finally {
    for (const { descriptor } of entries) closeSync(descriptor);
  }
}

const inNamespace = (netns: string, name: string, address: string, port: number): IdentifiedListener =>
  heardAs(name, port, { id: `tcp/${address}:${port}@${netns}`, address, namespace: { id: inode(netns), name: netns } });

describe('one address in several namespaces', () => {
  beforeAll(async () => {
    if (!canRun) return;
    for (const name of NAMES) sh(`ip netns add ${name}; ip -n ${name} link set lo up; rm -f /tmp/${name}-*`);
    sh(`ip -n ${RIGHT} link add r0 type veth peer name a0 netns ${AWAY}`);
    sh(`ip -n ${RIGHT} link set r0 up; ip -n ${RIGHT} addr add 192.0.2.1/24 dev r0`);
    sh(`ip -n ${AWAY} link set a0 up; ip -n ${AWAY} addr add 192.0.2.2/24 dev a0`);
    greets(LEFT, '127.0.0.1', 4022, 'SSH-2.0-Left_1\r\n');
    greets(RIGHT, '127.0.0.1', 4022, 'SSH-2.0-Right_2\r\n');
    greets(RIGHT, '0.0.0.0', 4023, '220 here ESMTP\r\n');
    greets(AWAY, '0.0.0.0', 4023, '220 away ESMTP\r\n');
    sh(`ip -n ${RIGHT} addr add fe80::9/64 dev r0 nodad`);
    for (const address of ['fe80::9%r0', '::1']) greets(RIGHT, address, 4024, 'SSH-2.0-Linked\r\n');
    // Greets with the address of whoever connects.
    greets(RIGHT, '192.0.2.1', 4025, 'from PEER\r\n');
    await vi.waitUntil(() => expected.every((file) => existsSync(file)), PATIENT);
  });
  afterAll(() => {
    for (const pid of started) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    if (canRun) for (const name of NAMES) sh(`ip netns del ${name}; rm -f /tmp/${name}-*`);
  });

  itNeeds(required, 'is answered by the one that listens in the listener’s own namespace', async () => {
    const listeners = [inNamespace(LEFT, 'ssh', '127.0.0.1', 4022), inNamespace(RIGHT, 'ssh', '127.0.0.1', 4022)];
    const { value } = await probe(listeners, [LEFT, RIGHT]);
    expect(value.map(({ product, version }) => `${product} ${version}`)).toEqual(['Left 1', 'Right 2']);
  });

  itNeeds(required, 'is not asked in our own namespace, where the same port listens too', async () => {
    const ours = await peer((socket) => socket.write('SSH-2.0-Ours_0\r\n'));
    const { value, gaps } = await probe([inNamespace(LEFT, 'ssh', '127.0.0.1', ours.port)], [LEFT]);
    expect(value[0]?.service ?? null).toBeNull();
    expect(gaps[0]?.why).toBe('ECONNREFUSED: connect');
    expect(ours.connections()).toBe(0);
    await ours.close();
  });

  itNeeds(required, 'is a gap where its namespace cannot be entered', async () => {
    const { value, gaps } = await probe([inNamespace(LEFT, 'ssh', '127.0.0.1', 4022)], []);
    expect(value).toEqual([]);
    expect(gaps[0]?.why).toBe('its namespace could not be entered');
  });

  itNeeds(required, 'is asked over IPv6 too, a link-local address by its interface', async () => {
    const index = Number(
      execFileSync('ip', ['netns', 'exec', RIGHT, 'cat', '/sys/class/net/r0/ifindex'], { encoding: 'utf8' }),
    );
    const network: Network = {
      ...EMPTY,
      namespace: inode(RIGHT),
      interfaces: [{ ...INTERFACE, index, name: 'r0' }],
    };
    const local = { ...inNamespace(RIGHT, 'ssh', 'fe80::9', 4024), family: 'ipv6' as const, device: 'r0' };
    const global = { ...inNamespace(RIGHT, 'ssh', '::1', 4024), family: 'ipv6' as const };
    const { value, gaps } = await probe([local, global], [RIGHT], { ...SNAPSHOT, networks: [network] });
    expect(gaps).toEqual([]);
    expect(value.map(({ product }) => product)).toEqual(['Linked', 'Linked']);
  });

  itNeeds(required, 'is spoken to from an address to spare where early ends are held against it', async () => {
    const vnc = inNamespace(RIGHT, 'vnc', '192.0.2.1', 4025);
    const { value } = await probe([vnc], [RIGHT]);
    expect(value[0]?.answer).toContain('127.101.115.104');
  });

  itNeeds(
    [...required, needs.program('nft')],
    'is not spoken to where a translation leads to another machine',
    async () => {
      const wildcard = { ...inNamespace(RIGHT, 'redis', '0.0.0.0', 4023), means: ['127.0.0.1', '192.0.2.1'] };
      const before = await probe([wildcard], [RIGHT]);
      expect(before.value[0]?.answer).toContain('here');
      sh(
        `ip netns exec ${RIGHT} nft "add table ip t; add chain ip t o { type nat hook output priority -100; }; add rule ip t o ip daddr 192.0.2.1 tcp dport 4023 dnat to 192.0.2.2"`,
      );
      const bound = inNamespace(RIGHT, 'redis', '192.0.2.1', 4023);
      const { value, gaps } = await probe([bound], [RIGHT]);
      expect(value[0]?.answer ?? null).toBeNull();
      expect(gaps[0]?.why).toContain('led elsewhere');
      // It was connected to, which only the kernel could say, and not a byte came.
      const sizeOf = (what: string) => statSync(`/tmp/${AWAY}-${what}`, { throwIfNoEntry: false })?.size;
      await expect.poll(() => sizeOf('accepted'), PATIENT).toBe(1);
      await expect.poll(() => sizeOf('heard'), PATIENT).toBe(0);
    },
  );
});
