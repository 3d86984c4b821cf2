import type { Clients } from '../model/socket.js';
import type { CapturedSocket } from './dialect.js';
import { isWildcardHost } from './endpoint.js';

/** Distinct local ends that are remembered; a host has at most 65,536 ports, and few addresses that many connect to. */
const LOCAL_ENDS_MAX = 100_000;
/** Distinct peers shown of one listener (model, `Clients`). */
const PEERS_MAX = 50;

interface Count {
  count: number;
  readonly peers: Set<string>;
  truncated: boolean;
}

/** Before the local address of a connection that an IPv6 socket holds over IPv4. */
const MAPPED = 'mapped ';

function takes(listener: CapturedSocket, address: string, at: string, others: boolean): boolean {
  const plain = at.startsWith(MAPPED) ? at.slice(MAPPED.length) : at;
  if (!isWildcardHost(address)) return plain === address;
  if (address === '0.0.0.0') return at.startsWith(MAPPED) ? !others : !at.includes(':');
  if (address === '::') return at.includes(':') || (listener.v6only !== true && (at.startsWith(MAPPED) || !others));
  return true;
}

/** Who is connected to which local end, counted while the rows pass. */
export class ClientBook {
  /** By port, then by local address. */
  readonly #byPort = new Map<number | string, Map<string, Count>>();
  #ends = 0;

  add(socket: CapturedSocket): void {
    const { local, peer } = socket;
    if (peer === null) return;
    const port = local.port ?? local.portName ?? '';
    let there = this.#byPort.get(port);
    if (there === undefined) {
      if (this.#ends >= LOCAL_ENDS_MAX) return;
      there = new Map();
      this.#byPort.set(port, there);
    }
    const address = `${local.mapped ? MAPPED : ''}${local.address ?? ''}`;
    let count = there.get(address);
    if (count === undefined) {
      if (this.#ends >= LOCAL_ENDS_MAX) return;
      this.#ends++;
      count = { count: 0, peers: new Set(), truncated: false };
      there.set(address, count);
    }
    count.count++;
    if (count.peers.size < PEERS_MAX) count.peers.add(peer.address);
    else if (!count.peers.has(peer.address)) count.truncated = true;
  }

  /**
   * Clients of a listener: everybody connected to its port at its address, or at any address where it listens on all. `others`: whether the
   * other family's wildcard listens on that port too, which then has that family's connections.
   */
  of(listener: CapturedSocket, others: boolean): Clients {
    const there = this.#byPort.get(listener.local.port ?? listener.local.portName ?? '');
    const address = listener.local.address ?? '';
    const peers = new Set<string>();
    let count = 0;
    let truncated = false;
    for (const [at, one] of there ?? []) {
      if (!takes(listener, address, at, others)) continue;
      count += one.count;
      truncated ||= one.truncated;
      for (const peer of one.peers) {
        if (peers.size < PEERS_MAX) peers.add(peer);
        else truncated ||= !peers.has(peer);
      }
    }
    return { count, addresses: [...peers].sort(), truncated };
  }
}
