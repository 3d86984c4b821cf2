/** An IP address: 32 or 128 bits. */
export interface Address {
  readonly family: 'ipv4' | 'ipv6';
  /** IPv4: 0 to 2^32-1; IPv6: 0 to 2^128-1. */
  readonly value: bigint;
}

/** An address range that is a prefix; host bits are zero. */
export interface Prefix {
  readonly family: 'ipv4' | 'ipv6';
  readonly value: bigint;
  readonly length: number;
}

/** Bits of an address of the family. */
export const bitsOf = (family: Address['family']): number => (family === 'ipv4' ? 32 : 128);

const DECIMAL_OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Dotted quad in its canonical form (no leading zeros, which inet_aton reads as octal); null where it is none. */
export function parseIPv4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!DECIMAL_OCTET.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return BigInt(value);
}

/** IPv6 text (RFC 4291 section 2.2) without brackets and scope; null where it is none. */
export function parseIPv6(text: string): bigint | null {
  if (text.length > 45) return null;
  let body = text;
  const lastColon = body.lastIndexOf(':');
  if (lastColon < 0) return null;
  if (body.includes('.')) {
    const tail = parseIPv4(body.slice(lastColon + 1));
    if (tail === null) return null;
    body = `${body.slice(0, lastColon + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return null;
  const groupsOf = (half: string | undefined): string[] => (half === undefined || half === '' ? [] : half.split(':'));
  const head = groupsOf(halves[0]);
  const tail = groupsOf(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  let value = 0n;
  for (const group of [...head, ...Array<string>(missing).fill('0'), ...tail]) {
    if (!GROUP.test(group)) return null;
    value = (value << 16n) | BigInt(Number.parseInt(group, 16));
  }
  return value;
}

/** Either family, without brackets and scope; null where it is neither. */
export function parseAddress(text: string): Address | null {
  if (text.includes(':')) {
    const value = parseIPv6(text);
    return value === null ? null : { family: 'ipv6', value };
  }
  const value = parseIPv4(text);
  return value === null ? null : { family: 'ipv4', value };
}

export function formatIPv4(value: bigint | number): string {
  const bits = Number(value);
  return `${Math.floor(bits / 0x1000000) & 255}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** RFC 5952 text of eight 16-bit groups. v4-mapped addresses keep their dotted tail (section 5). */
export function formatGroups(groups: readonly number[]): string {
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${formatIPv4(((groups[6] ?? 0) * 0x10000 + (groups[7] ?? 0)) >>> 0)}`;
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; ) {
    if (groups[i] !== 0) {
      i++;
      continue;
    }
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    i = end;
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

export function formatIPv6(value: bigint): string {
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn));
  return formatGroups(groups);
}

/** RFC 5952 text, without brackets. */
export const formatAddress = (address: Address): string =>
  address.family === 'ipv4' ? formatIPv4(address.value) : formatIPv6(address.value);

/** `ADDRESS/LENGTH` or a bare address; host bits are cleared. null where it is neither. */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const bits = bitsOf(address.family);
  if (slash < 0) return { ...address, length: bits };
  const lengthText = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > bits) return null;
  return prefixOf(address, Number(lengthText));
}

/** The prefix of `length` bits that holds the address. */
export function prefixOf(address: Address, length: number): Prefix {
  const host = BigInt(bitsOf(address.family) - length);
  return { family: address.family, value: (address.value >> host) << host, length };
}

export const formatPrefix = (prefix: Prefix): string => `${formatAddress(prefix)}/${prefix.length}`;

export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (prefix.family !== address.family) return false;
  const host = BigInt(bitsOf(prefix.family) - prefix.length);
  return prefix.value >> host === address.value >> host;
}

const MAPPED = 0xffffn << 32n;

/** The IPv4 address behind `::ffff:a.b.c.d`, else the address itself. */
export function unmapped(address: Address): Address {
  return address.family === 'ipv6' && address.value >> 32n === MAPPED >> 32n
    ? { family: 'ipv4', value: address.value & 0xffffffffn }
    : address;
}
