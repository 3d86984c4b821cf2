import type { Interface, InterfaceAddress, Network, NetworkNamespace } from '../../src/model/network.js';
import type { Process } from '../../src/model/process.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { Socket } from '../../src/model/socket.js';
import type { Software } from '../../src/model/software.js';

/** Namespace id of the builders' host. */
export const HOST = 4026531840;

const EMPTY: Software = { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] };

export function aSocket(bind: string, more: Partial<Socket> = {}): Socket {
  const [protocol, address, port] =
    /^(\w+) (?:\[(.*)\]|([^:]*)):(\d+)$/
      .exec(bind)
      ?.slice(1)
      .filter((part) => part !== undefined) ?? [];
  return {
    protocol: (protocol ?? 'tcp') as Socket['protocol'],
    family: address?.includes(':') ? 'ipv6' : 'ipv4',
    state: protocol === 'udp' ? 'bound' : 'listen',
    namespace: HOST,
    address: address ?? null,
    port: port === undefined ? null : Number(port),
    peer: null,
    device: null,
    v6only: address?.includes(':') ? false : null,
    inode: null,
    cookie: null,
    uid: 0,
    mark: null,
    cgroupId: null,
    queue: null,
    clients: null,
    holders: [],
    holdersComplete: true,
    source: 'netlink',
    ...more,
  };
}

export function aProcess(
  pid: number,
  exe: string,
  args: readonly string[] = [exe],
  more: Partial<Process> = {},
): Process {
  return {
    pid,
    ppid: 1,
    name: exe.slice(exe.lastIndexOf('/') + 1).slice(0, 15),
    exe,
    exeState: 'present',
    exeFile: null,
    args,
    uid: 0,
    user: 'root',
    startTicks: '1',
    cgroup: '/',
    unit: null,
    ancestors: [],
    namespaces: { net: HOST, pid: 4026531836, mnt: 4026531841, user: 4026531837 },
    ownRoot: false,
    capEff: null,
    seccomp: null,
    noNewPrivs: null,
    kernelThread: false,
    cwd: '/',
    ...more,
  };
}

export const aNamespace = (id: number, name: string): NetworkNamespace => ({
  id,
  name,
  foundBy: 'self',
  entered: true,
});

const anInterface = (name: string, index: number, more: Partial<Interface>): Interface => ({
  index,
  name,
  kind: null,
  flags: ['UP'],
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
  ...more,
});

const anAddress = (name: string, index: number, address: string): InterfaceAddress => ({
  interface: name,
  index,
  family: 'ipv4',
  address,
  prefixLength: 16,
  peer: null,
  broadcast: null,
  scope: 'global',
  flags: [],
});

/** A namespace with one veth, whose other end stands in `linkNamespace`, and one IPv4 address on it. */
export const aNetworkAt = (namespace: number, address: string, linkNamespace: number | null): Network => ({
  namespace,
  interfaces: [anInterface('eth0', 2, { kind: 'veth', linkNamespace })],
  addresses: [anAddress('eth0', 2, address)],
  routes: [],
  policyRules: [],
  sysctls: {},
  firewall: { read: true, rulesets: [], unreadTables: [] },
});

export function aSnapshot(parts: {
  readonly sockets: readonly Socket[];
  readonly processes?: readonly Process[];
  readonly namespaces?: readonly NetworkNamespace[];
  readonly networks?: Snapshot['networks'];
  readonly software?: Partial<Software>;
}): Snapshot {
  return {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: '0.0.0' },
    host: { hostname: 'host', os: 'Debian', kernel: '6', platforms: ['debian'] },
    collection: { source: 'live', startedAt: '2026-01-01T00:00:00Z', durationMs: 1, dialect: null, uid: 0, gaps: [] },
    namespaces: parts.namespaces ?? [aNamespace(HOST, 'host')],
    sockets: parts.sockets,
    processes: parts.processes ?? [],
    networks: parts.networks ?? [],
    software: { ...EMPTY, ...parts.software },
    statistics: null,
  };
}
