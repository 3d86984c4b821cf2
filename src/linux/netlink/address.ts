import { decodeText } from '../../lib/bytes.js';
import { eachAttribute, stringBytes, u32At } from './attributes.js';
import { addressAt } from './inet-diag.js';

export const RTM_NEWADDR = 20;
export const RTM_GETADDR = 22;
const HEADER_BYTES = 8;

/** IFA_…, linux/if_addr.h. */
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_BROADCAST = 4;
const IFA_FLAGS = 8;

/** One address as rtnetlink tells it. */
export interface LinkAddress {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  readonly prefixLength: number;
  /** IFA_F_… bits. */
  readonly flags: number;
  readonly scope: number;
  readonly index: number;
  /** IFA_ADDRESS: of a point-to-point link the peer. */
  readonly address: string | null;
  readonly local: string | null;
  readonly broadcast: string | null;
  /** IPv4: the name by which ifconfig knows it (`eth0`, `eth0:1`); null: none. */
  readonly label: string | null;
}

/** `struct ifaddrmsg` of a dump of all addresses of a family. */
export function addressRequest(family: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes[0] = family;
  return bytes;
}

/**
 * `struct ifaddrmsg`, linux/if_addr.h, and its attributes.
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodeAddress(view: DataView, at: number, end: number): LinkAddress {
  if (end - at < HEADER_BYTES) throw new RangeError(`ifaddrmsg of ${end - at} bytes`);
  const family = view.getUint8(at);
  let flags = view.getUint8(at + 2);
  let address: string | null = null;
  let local: string | null = null;
  let broadcast: string | null = null;
  let label: string | null = null;
  eachAttribute(view, at + HEADER_BYTES, end, (type, from, to) => {
    if (type === IFA_ADDRESS) address = addressAt(view, from, family);
    else if (type === IFA_LOCAL) local = addressAt(view, from, family);
    else if (type === IFA_BROADCAST) broadcast = addressAt(view, from, family);
    else if (type === IFA_LABEL) label = decodeText(stringBytes(view, from, to));
    else if (type === IFA_FLAGS) flags = u32At(view, from);
  });
  return {
    family,
    prefixLength: view.getUint8(at + 1),
    flags,
    scope: view.getUint8(at + 3),
    index: u32At(view, at + 4),
    address,
    local,
    broadcast,
    label,
  };
}
