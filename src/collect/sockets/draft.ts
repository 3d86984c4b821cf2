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

/** IANA keywords of the protocols that raw sockets are opened for (assigned internet protocol numbers). */
const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipv4',
  6: 'tcp',
  8: 'egp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  88: 'eigrp',
  89: 'ospfigp',
  103: 'pim',
  108: 'ipcomp',
  112: 'vrrp',
  115: 'l2tp',
  132: 'sctp',
  136: 'udplite',
  255: 'raw',
};

export const ipProtocolName = (number: number): string => IP_PROTOCOLS[number] ?? String(number);
