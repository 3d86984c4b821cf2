import { bitsOf, formatPrefix, parseAddress, parseIPv4, prefixOf } from '../lib/ip/address.js';

/** Length of a dotted netmask; null: it is none, or not contiguous. */
export function netmaskLength(mask: string): number | null {
  const value = parseIPv4(mask);
  if (value === null) return null;
  const bits = value.toString(2).padStart(32, '0');
  const length = bits.indexOf('0') < 0 ? 32 : bits.indexOf('0');
  return bits.slice(length).includes('1') ? null : length;
}

/** `ADDRESS/LENGTH` in RFC 5952 text with its host bits cleared; null: no address. */
export function prefixText(address: string, length: number): string | null {
  const parsed = parseAddress(address);
  if (parsed === null || !Number.isInteger(length) || length < 0 || length > bitsOf(parsed.family)) return null;
  return formatPrefix(prefixOf(parsed, length));
}

/** What BSD leaves out: `127` is 127.0.0.0/8, `169.254` 169.254.0.0/16, `172.31/20` 172.31.0.0/20 (netname() of netstat/route.c). */
export function shortPrefix(text: string): string | null {
  const [network = '', lengthText] = text.split('/');
  if (!/^\d{1,3}(?:\.\d{1,3}){0,3}$/.test(network)) return null;
  const octets = network.split('.');
  const address = [...octets, '0', '0', '0'].slice(0, 4).join('.');
  const length = lengthText === undefined ? octets.length * 8 : Number(lengthText);
  return prefixText(address, length);
}
