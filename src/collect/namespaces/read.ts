import { errnoName } from '../../linux/errno.js';
import type { Link } from '../../linux/netlink/link.js';
import type { Vantage } from '../../linux/vantage.js';
import type { Gap } from '../../model/gap.js';
import type { Network } from '../../model/network.js';
import { type Host, unameOf } from '../host.js';
import { readLocalTable } from '../network/local-table.js';
import { deviceNames, readLinks, readNetwork } from '../network/network.js';
import type { DeviceName } from '../network/routes.js';
import { readSysctls } from '../network/sysctls.js';
import { ClientCounter, countClients, readTcpInUse } from '../sockets/clients.js';
import { genericEvidence, type KernelEvidence } from '../sockets/kernel.js';
import type { NetFilePath } from '../sockets/net-file.js';
import { countProcClients, readProcSockets } from '../sockets/proc.js';
import { readRegistered } from '../sockets/registered.js';
import { type Backend, type NamespaceSockets, readSockets } from '../sockets/sockets.js';
import type { FoundNamespace } from './found.js';
import { peerFinder, type Reachable } from './peers.js';

/** What is known of one namespace once it was read. */
export interface NamespaceReading {
  readonly sockets: NamespaceSockets;
  /** null: neither interfaces nor addresses could be read. */
  readonly network: Network | null;
  readonly evidence: readonly KernelEvidence[];
  readonly gaps: readonly Gap[];
}

/** How a namespace is to be read. */
export interface NamespaceWish {
  readonly host: Host;
  readonly namespace: FoundNamespace;
  /** null: it could not be entered, and `refused` says why. */
  readonly vantage: Vantage | null;
  readonly refused: string;
  readonly backend: Backend;
  readonly known: readonly Reachable[];
}

/** What lets us in. */
function fixOf(wish: NamespaceWish): string {
  if (wish.backend === 'proc') return 'leave out --backend proc';
  if (/^(?:ENOENT|ESRCH)\b/.test(wish.refused)) return 'look again: it went away while earshot looked';
  return wish.refused.startsWith('no system calls')
    ? 'install koffi for this platform: npm rebuild koffi'
    : 'run as root on the host itself';
}

function notEntered(wish: NamespaceWish): Gap {
  const wholly = wish.namespace.procNet === null;
  return {
    kind: 'namespace',
    what: `${wholly ? 'namespace' : 'addresses, routes and firewall of namespace'} ${wish.namespace.name}`,
    why: wish.refused,
    hides: wholly
      ? 'every listener there'
      : 'which addresses its wildcards mean, who reaches them, and sockets that /proc/net does not list (SCTP, DCCP, vsock)',
    fix: fixOf(wish),
    hidesListeners: wholly,
  };
}

/** Interfaces by /proc/net/dev names are not there: an index is all that a packet socket tells. */
function linksOf(vantage: Vantage | null): { readonly links: readonly Link[]; readonly why: string | null } {
  if (vantage === null) return { links: [], why: null };
  const links = readLinks(vantage.route);
  return typeof links === 'string' ? { links: [], why: links } : { links, why: null };
}

/** Where the namespace's /proc/net can be read: at a process that lives there, else where it was opened inside. */
function netFiles({ namespace, vantage }: NamespaceWish): NetFilePath {
  const { procNet } = namespace;
  return procNet === null ? (file) => vantage?.netFile(file) ?? null : (file) => `${procNet}/${file}`;
}

function countAll(wish: NamespaceWish, sockets: NamespaceSockets, gaps: Gap[]): void {
  const counter = new ClientCounter(sockets.sockets);
  if (counter.isEmpty) return;
  const { vantage, namespace, host } = wish;
  let why: string | null = null;
  if (vantage !== null && wish.backend !== 'proc') {
    const inUse = readTcpInUse(host, netFiles(wish));
    const errno = countClients(vantage.diag, counter, inUse);
    if (errno === null) {
      counter.settle();
      return;
    }
    why = `${errnoName(errno)}: sock_diag`;
    counter.reset();
  }
  if (wish.backend !== 'netlink' && namespace.procNet !== null) {
    why = countProcClients(host, namespace.procNet, counter);
    if (why === null) {
      counter.settle();
      return;
    }
  }
  gaps.push({
    kind: 'clients',
    what: `clients of the TCP listeners in namespace ${namespace.name}`,
    why: why ?? wish.refused,
    hides: 'whether somebody is connected to a listener now',
    fix: 'run as root',
    hidesListeners: false,
  });
}

/** What /proc/net does not tell, where it was read instead of netlink. */
function procGap(wish: NamespaceWish, sockets: NamespaceSockets, why: string): Gap | null {
  const { wildcards, inet, raw } = sockets.procBlind;
  if (inet === 0 && raw === 0) return null;
  if (inet === 0)
    return {
      kind: 'family',
      what: `bound interface of ${raw === 1 ? 'one raw socket' : `${raw} raw sockets`} in namespace ${wish.namespace.name}`,
      why: '/proc/net does not tell it, and this kernel answers for raw sockets in no other way',
      hides: `whether ${raw === 1 ? 'it hears' : 'they hear'} one interface only`,
      fix: 'modprobe raw_diag, where the kernel has it',
      hidesListeners: false,
    };
  return {
    kind: 'family',
    what: `IPv6-only flag and bound interface of ${inet === 1 ? 'one socket' : `${inet} sockets`} in namespace ${wish.namespace.name}`,
    why: `/proc/net does not tell them (${why})`,
    hides: `whether ${wildcards > 1 ? `the ${wildcards} IPv6 wildcards there take` : 'an IPv6 wildcard there takes'} IPv4 too, and whether a listener is bound to one interface`,
    fix: fixOf(wish),
    hidesListeners: false,
  };
}

/** Reads one namespace: sockets and their clients, interfaces, addresses, routes, sysctls. */
export function readNamespace(wish: NamespaceWish): NamespaceReading {
  const { host, namespace, vantage } = wish;
  const gaps: Gap[] = [];
  const { links, why } = linksOf(vantage);
  const device: DeviceName = deviceNames(links);
  const netFile = netFiles(wish);
  const closed = vantage === null && namespace.procNet === null;
  const sockets = readSockets(
    {
      id: namespace.id,
      name: namespace.name,
      diag: wish.backend === 'proc' ? null : (vantage?.diag ?? null),
      refused: wish.refused,
      registered: readRegistered(host, netFile, unameOf(host).kernel),
      proc: closed ? null : (protocol) => readProcSockets(host, netFile, protocol, namespace.id, device),
    },
    device,
    wish.backend,
  );
  gaps.push(...sockets.gaps);
  countAll(wish, sockets, gaps);
  const blind = procGap(wish, sockets, wish.refused);
  if (blind !== null) gaps.push(blind);
  if (vantage === null) return { sockets, network: null, evidence: [], gaps: [...gaps, notEntered(wish)] };
  if (why !== null)
    gaps.push({
      kind: 'interface',
      what: `interfaces of namespace ${namespace.name}`,
      why,
      hides: 'which interfaces packets enter by, and the names of bound devices',
      fix: 'run as root',
      hidesListeners: false,
    });
  const network = readNetwork(namespace, vantage.route, links, peerFinder(vantage.route, wish.known));
  gaps.push(...network.gaps);
  const sysctls = readSysctls(host, (folder) => vantage.sysctl(folder), links);
  const usesMptcp = sockets.sockets.some((socket) => socket.mptcp === true);
  const { generic } = vantage;
  const evidence = generic === null ? [] : genericEvidence(generic, namespace.id, links, usesMptcp);
  const read = { ...network.value, ...readLocalTable(host, netFile, network.value), sysctls };
  return { sockets, network: read, evidence, gaps };
}
