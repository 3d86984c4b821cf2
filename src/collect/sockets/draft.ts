import { ipProtocolOf } from '../../dialects/ip-protocols.js';
import type { Socket } from '../../model/socket.js';

/** A socket while it is being put together: readers add what they know. */
export type Draft = { -readonly [K in keyof Socket]: Socket[K] };

/** A socket of which nothing is known yet but what it is. */
export function draftOf(protocol: Socket['protocol'], namespace: number, source: Socket['source']): Draft {
  return {
    protocol,
    family: null,
    state: 'bound',
    namespace,
    address: null,
    port: null,
    peer: null,
    device: null,
    v6only: null,
    inode: null,
    cookie: null,
    uid: null,
    mark: null,
    cgroupId: null,
    queue: null,
    clients: null,
    holders: [],
    holdersComplete: true,
    source,
  };
}

const MAPPED_PREFIX = '::ffff:';

/** Sets the address; an IPv4 address bound by an IPv6 socket becomes itself, with `mapped`. */
export function setAddress(draft: Draft, family: 'ipv4' | 'ipv6', address: string): void {
  draft.family = family;
  if (family === 'ipv6' && address.startsWith(MAPPED_PREFIX) && address.includes('.')) {
    draft.address = address.slice(MAPPED_PREFIX.length);
    draft.mapped = true;
  } else draft.address = address;
}

/** The peer's address as text, a v4-mapped one as IPv4. */
export const plainAddress = (address: string): string =>
  address.startsWith(MAPPED_PREFIX) && address.includes('.') ? address.slice(MAPPED_PREFIX.length) : address;

export const ipProtocolName = (number: number): string => ipProtocolOf(String(number));
