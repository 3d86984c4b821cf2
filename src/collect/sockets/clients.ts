import { parseIPv4 } from '../../lib/ip/address.js';
import {
  AF_INET,
  AF_INET6,
  addressAt,
  ESTABLISHED,
  IPPROTO,
  inetRequest,
  SOCK_DIAG_BY_FAMILY,
} from '../../linux/netlink/inet-diag.js';
import { portFilter } from '../../linux/netlink/port-filter.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import type { Clients } from '../../model/socket.js';
import type { Host } from '../host.js';
import { type Draft, plainAddress } from './draft.js';
import type { NetFilePath } from './net-file.js';

const PEERS_MAX = 50;
const SOCKSTAT_BYTES_MAX = 4096;
/** Both families are counted again where the kernel's table changed during one of them. */
const ATTEMPTS_MAX = 3;
/** Where the fields stand in `struct inet_diag_msg` (linux/inet_diag.h). */
const AT = { family: 0, localPort: 4, localAddress: 8, remoteAddress: 24, device: 40 } as const;

/** TCP listeners on the same port, address and device: connections cannot be told apart among them. */
interface Group {
  readonly sockets: Draft[];
  readonly address: string;
  readonly wildcard: boolean;
  /** The address as a number, where it is IPv4 (also where an IPv6 socket is bound to it, whose connections tell it otherwise). */
  readonly ipv4: number | null;
  readonly deviceIndex: number;
  count: number;
  /** Few enough that looking through them is cheaper than a set of them, of which there would be thousands. */
  peers: (string | number)[];
  truncated: boolean;
}

function ipv4Number(address: string): number | null {
  const value = parseIPv4(address);
  return value === null ? null : Number(value);
}

const isWildcard = (draft: Draft): boolean => draft.address === '0.0.0.0' || draft.address === '::';

/** Established connections of the TCP listeners of one namespace, counted as they come. */
export class ClientCounter {
  readonly #byPort = new Map<number, Group[]>();
  readonly #listeners = new Map<number, number>();

  constructor(sockets: Iterable<Draft>) {
    for (const draft of sockets) {
      if (draft.protocol !== 'tcp' || draft.state !== 'listen' || draft.port === null || draft.address === null)
        continue;
      const family = draft.family === 'ipv6' ? AF_INET6 : AF_INET;
      this.#listeners.set(family, this.listenersOf(family) + 1);
      this.#add(draft, draft.port, draft.address);
    }
  }

  #add(draft: Draft, port: number, address: string): void {
    const groups = this.#byPort.get(port) ?? [];
    this.#byPort.set(port, groups);
    const deviceIndex = draft.deviceIndex ?? 0;
    // `mapped` and plain IPv4 binds of one address cannot both exist, so the address tells the group.
    const known = groups.find((group) => group.address === address && group.deviceIndex === deviceIndex);
    if (known !== undefined) known.sockets.push(draft);
    else
      groups.push({
        sockets: [draft],
        address,
        wildcard: isWildcard(draft),
        ipv4: ipv4Number(address),
        deviceIndex,
        count: 0,
        peers: [],
        truncated: false,
      });
  }

  get ports(): Iterable<number> {
    return this.#byPort.keys();
  }

  /** Families of the listeners: a connection has that of its listener, also where an IPv6 listener took an IPv4 peer. */
  get families(): Iterable<number> {
    return this.#listeners.keys();
  }

  listenersOf(family: number): number {
    return this.#listeners.get(family) ?? 0;
  }

  get isEmpty(): boolean {
    return this.#byPort.size === 0;
  }

  /** The only listener on the port, where the connection is plainly its own: no text is made. */
  #onlyOf(view: DataView, at: number, family: number): Group | undefined {
    const groups = this.#byPort.get(view.getUint16(at + AT.localPort));
    const only = groups?.length === 1 ? groups[0] : undefined;
    if (only === undefined || only.wildcard) return only;
    return family === AF_INET && only.ipv4 === view.getUint32(at + AT.localAddress) ? only : undefined;
  }

  /** The listener that a connection came through: bound address and device beat wildcards, IPv4's wildcard beats the one of both. */
  #groupOf(port: number, local: () => string, deviceIndex: number): Group | undefined {
    const groups = this.#byPort.get(port);
    if (groups === undefined) return undefined;
    const [only] = groups;
    if (groups.length === 1 && only?.wildcard === true) return only;
    const address = local();
    const byDevice = (group: Group): boolean => group.deviceIndex === 0 || group.deviceIndex === deviceIndex;
    const fitting = groups.filter(byDevice).sort((a, b) => b.deviceIndex - a.deviceIndex);
    const wildcard = address.includes(':') ? '::' : '0.0.0.0';
    return (
      fitting.find((group) => group.address === address) ??
      fitting.find((group) => group.address === wildcard) ??
      fitting.find((group) => group.address === '::')
    );
  }

  /** `key` tells peers apart without making text of each. */
  #count(group: Group, key: string | number): void {
    group.count++;
    if (group.truncated || group.peers.includes(key)) return;
    if (group.peers.length < PEERS_MAX) group.peers.push(key);
    else group.truncated = true;
  }

  /** A connection as text tells it. */
  take(port: number, local: string, remote: string): void {
    const group = this.#groupOf(port, () => local, 0);
    if (group !== undefined) this.#count(group, remote);
  }

  /** A `struct inet_diag_msg`; nothing is made of it but a look at two maps. */
  takeMessage(view: DataView, at: number): void {
    const family = view.getUint8(at + AT.family);
    const local = (): string => plainAddress(addressAt(view, at + AT.localAddress, family));
    const group =
      this.#onlyOf(view, at, family) ??
      this.#groupOf(view.getUint16(at + AT.localPort), local, view.getUint32(at + AT.device, true));
    if (group === undefined) return;
    const isFour = family === AF_INET;
    this.#count(
      group,
      isFour
        ? view.getInt32(at + AT.remoteAddress)
        : group.truncated
          ? ''
          : plainAddress(addressAt(view, at + AT.remoteAddress, family)),
    );
  }

  /** Starts again: the dump is repeated. */
  reset(): void {
    for (const groups of this.#byPort.values())
      for (const group of groups) {
        group.count = 0;
        group.peers = [];
        group.truncated = false;
      }
  }

  /** Writes what was counted to the listeners. */
  settle(): void {
    const texts = new Map<number, string>();
    const textOf = (key: string | number): string => {
      if (typeof key === 'string') return key;
      const text = texts.get(key) ?? ipv4Text(key);
      texts.set(key, text);
      return text;
    };
    for (const groups of this.#byPort.values())
      for (const group of groups) {
        const addresses = [...new Set(group.peers.map(textOf))].sort();
        const clients: Clients = { count: group.count, addresses, truncated: group.truncated };
        for (const socket of group.sockets) socket.clients = clients;
      }
  }
}

const ipv4Text = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;

/** Sockets that listen or are connected, by family, as /proc/net/sockstat and sockstat6 of a namespace count them. */
export interface TcpInUse {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** null: not told. `TCP: inuse 5 orphan 0 …`, `TCP6: inuse 3`. */
export function readTcpInUse(host: Host, netFile: NetFilePath): TcpInUse | null {
  const text = (file: string): string => {
    const path = netFile(file);
    const read = path === null ? null : host.sync.readText(path, SOCKSTAT_BYTES_MAX);
    return read?.ok === true ? read.value : '';
  };
  const ipv4 = /^TCP: inuse (\d+)/m.exec(text('sockstat'))?.[1];
  const ipv6 = /^TCP6: inuse (\d+)/m.exec(text('sockstat6'))?.[1];
  return ipv4 === undefined ? null : { ipv4: Number(ipv4), ipv6: ipv6 === undefined ? 0 : Number(ipv6) };
}

/**
 * Asks the kernel for the established connections of the listeners' ports. A family of which no more sockets are in use than listen has none:
 * it is not asked, because the kernel would walk the connections of all namespaces. null: done; else the errno of what it refused.
 */
export function countClients(diag: NetlinkSocket, counter: ClientCounter, inUse: TcpInUse | null): number | null {
  const filter = portFilter(counter.ports);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    counter.reset();
    let repeated = false;
    const again = (): void => {
      counter.reset();
      repeated = true;
    };
    for (const family of counter.families) {
      if (inUse !== null && counter.listenersOf(family) >= (family === AF_INET ? inUse.ipv4 : inUse.ipv6)) continue;
      const request = inetRequest(family, IPPROTO.tcp, [ESTABLISHED], filter);
      const end = diag.dump(SOCK_DIAG_BY_FAMILY, request, (view, at) => counter.takeMessage(view, at), again);
      if (end.kind === 'refused') return end.errno;
    }
    if (!repeated) break;
  }
  return null;
}
