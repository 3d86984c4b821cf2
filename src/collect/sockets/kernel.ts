import { mptcpEndpoints, wireguardPort } from '../../linux/netlink/generic.js';
import type { Link } from '../../linux/netlink/link.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import type { Interface, Network } from '../../model/network.js';
import type { Host } from '../host.js';
import type { Draft } from './draft.js';

const PORTLIST_BYTES_MAX = 65_536;
const NFSD_PORTLIST = '/proc/fs/nfsd/portlist';

/** UDP ports that kernel devices open in the namespace they were made in, by kind of link: name of the module, option with the port, default. */
const DEVICE_PORTS: Readonly<
  Record<string, { readonly name: string; readonly option: string; readonly otherwise: number | null }>
> = {
  vxlan: { name: 'vxlan', option: 'port', otherwise: 8472 },
  geneve: { name: 'geneve', option: 'port', otherwise: 6081 },
  bareudp: { name: 'bareudp', option: 'port', otherwise: null },
  gtp: { name: 'gtp', option: 'port', otherwise: 2152 },
};

/** Why a socket is the kernel's own. */
export interface KernelEvidence {
  readonly protocol: Draft['protocol'];
  readonly namespace: number;
  /** True: an interface of this namespace, which may have been made in another one; the kernel does not say where its socket is. */
  readonly moves?: boolean;
  readonly port: number;
  /** Module or thread. */
  readonly name: string;
  readonly evidence: string;
}

function evidenceOf(link: Interface, namespace: number): KernelEvidence | null {
  const known = DEVICE_PORTS[link.kind ?? ''];
  if (known === undefined) return null;
  const text = link.options[known.option];
  const port = text === undefined ? known.otherwise : Number(text);
  if (port === null || !link.flags.includes('UP')) return null;
  // A device that was moved to another namespace leaves its socket where it was made.
  const moved = link.linkNamespace === null ? '' : ' of another namespace';
  return {
    protocol: 'udp',
    namespace: link.linkNamespace ?? namespace,
    port,
    name: known.name,
    evidence: `interface ${link.name}${moved} is a ${link.kind} device that is up, and its port is ${port}`,
  };
}

/** Listeners of the NFS server: `NAME PORT` a line, e.g. `tcp 2049` (Documentation/filesystems/nfs; write_ports, nfsctl.c). */
function nfsEvidence(host: Host, hostNamespace: number): readonly KernelEvidence[] {
  const read = host.sync.readText(NFSD_PORTLIST, PORTLIST_BYTES_MAX);
  if (!read.ok) return [];
  const found: KernelEvidence[] = [];
  for (const line of read.value.split('\n')) {
    const row = /^(tcp|udp)6? (\d{1,5})$/.exec(line.trim());
    if (row === null) continue;
    found.push({
      protocol: row[1] === 'udp' ? 'udp' : 'tcp',
      namespace: hostNamespace,
      port: Number(row[2]),
      name: 'nfsd',
      evidence: `${NFSD_PORTLIST} says ${line.trim()}`,
    });
  }
  return found;
}

/** What generic netlink tells of one namespace: ports of WireGuard interfaces, and MPTCP endpoints where MPTCP is in use. */
export function genericEvidence(
  generic: NetlinkSocket,
  namespace: number,
  links: readonly Link[],
  usesMptcp: boolean,
): readonly KernelEvidence[] {
  const found: KernelEvidence[] = [];
  for (const link of links.filter((one) => one.kind === 'wireguard')) {
    const port = wireguardPort(generic, link.name);
    if (port === null || port === 0) continue;
    const evidence = `WireGuard says that interface ${link.name} listens on ${port}`;
    found.push({ protocol: 'udp', namespace, moves: true, port, name: 'wireguard', evidence });
  }
  for (const { address, port } of usesMptcp ? mptcpEndpoints(generic) : []) {
    const evidence = `the MPTCP path manager has an endpoint ${address} with port ${port}`;
    found.push({ protocol: 'tcp', namespace, port, name: 'mptcp', evidence });
  }
  return found;
}

/** The port of an interface that may have been made elsewhere, among sockets of nobody: in its own namespace, else in the only other one. */
function placed(one: KernelEvidence, unheld: readonly Draft[]): KernelEvidence {
  if (one.moves !== true) return one;
  const there = new Set<number>();
  for (const { protocol, port, namespace } of unheld)
    if (protocol === one.protocol && port === one.port) there.add(namespace);
  const [only] = there;
  return there.has(one.namespace) || there.size !== 1 || only === undefined ? one : { ...one, namespace: only };
}

/**
 * Marks sockets that the kernel itself owns, by positive evidence only, and only where no process holds them. `further` is what was asked
 * of the kernel in each namespace (`genericEvidence`).
 */
export function addKernelOwners(
  host: Host,
  sockets: readonly Draft[],
  networks: readonly Network[],
  hostNamespace: number,
  further: readonly KernelEvidence[],
): void {
  const unheld = sockets.filter((socket) => socket.holders.length === 0 && socket.port !== null);
  if (unheld.length === 0) return;
  const evidence = [
    ...networks.flatMap((network) => network.interfaces.flatMap((link) => evidenceOf(link, network.namespace) ?? [])),
    ...nfsEvidence(host, hostNamespace),
    ...further.map((one) => placed(one, unheld)),
  ];
  for (const socket of unheld) {
    const found = evidence.find(
      (one) => one.port === socket.port && one.protocol === socket.protocol && one.namespace === socket.namespace,
    );
    if (found !== undefined) socket.kernel = { name: found.name, evidence: found.evidence };
  }
}
