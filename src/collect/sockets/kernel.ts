import type { Interface, Network } from '../../model/network.js';
import type { Host } from '../host.js';
import type { Draft } from './draft.js';

const PORTLIST_BYTES_MAX = 65_536;
const NFSD_PORTLIST = '/proc/fs/nfsd/portlist';

/** UDP ports that kernel devices open in their own namespace, by kind of link: name of the module, option with the port, default. */
const DEVICE_PORTS: Readonly<
  Record<string, { readonly name: string; readonly option: string; readonly otherwise: number | null }>
> = {
  vxlan: { name: 'vxlan', option: 'port', otherwise: 8472 },
  geneve: { name: 'geneve', option: 'port', otherwise: 6081 },
  bareudp: { name: 'bareudp', option: 'port', otherwise: null },
  gtp: { name: 'gtp', option: 'port', otherwise: 2152 },
};

interface Evidence {
  readonly protocol: Draft['protocol'];
  readonly namespace: number;
  readonly port: number;
  readonly name: string;
  readonly evidence: string;
}

function evidenceOf(link: Interface, namespace: number): Evidence | null {
  const known = DEVICE_PORTS[link.kind ?? ''];
  if (known === undefined) return null;
  const text = link.options[known.option];
  const port = text === undefined ? known.otherwise : Number(text);
  if (port === null || !link.flags.includes('UP')) return null;
  return {
    protocol: 'udp',
    namespace,
    port,
    name: known.name,
    evidence: `interface ${link.name} is a ${link.kind} device that is up, and its port is ${port}`,
  };
}

/** Listeners of the NFS server: `NAME PORT` a line, e.g. `tcp 2049` (Documentation/filesystems/nfs; write_ports, nfsctl.c). */
function nfsEvidence(host: Host, hostNamespace: number): readonly Evidence[] {
  const read = host.sync.readText(NFSD_PORTLIST, PORTLIST_BYTES_MAX);
  if (!read.ok) return [];
  const found: Evidence[] = [];
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

/**
 * Marks sockets that the kernel itself owns, by positive evidence only, and only where no process holds them. `ports` of WireGuard and the
 * like come from their own interfaces.
 */
export function addKernelOwners(
  host: Host,
  sockets: readonly Draft[],
  networks: readonly Network[],
  hostNamespace: number,
  further: readonly Evidence[],
): void {
  const unheld = sockets.filter((socket) => socket.holders.length === 0 && socket.port !== null);
  if (unheld.length === 0) return;
  const evidence = [
    ...networks.flatMap((network) => network.interfaces.flatMap((link) => evidenceOf(link, network.namespace) ?? [])),
    ...nfsEvidence(host, hostNamespace),
    ...further,
  ];
  for (const socket of unheld) {
    const found = evidence.find(
      (one) => one.port === socket.port && one.protocol === socket.protocol && one.namespace === socket.namespace,
    );
    if (found !== undefined) socket.kernel = { name: found.name, evidence: found.evidence };
  }
}

export type KernelEvidence = Evidence;
