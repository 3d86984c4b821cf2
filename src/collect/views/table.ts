import { formatGroups, formatIPv4 } from '../../lib/ip/address.js';
import type { Host } from '../host.js';

/** 100,000 connections are 15 MB. */
const TABLE_BYTES_MAX = 512 * 1024 * 1024;

/** A table of the kernel: its lines without the headings; null: there is no such table; a string says why it could not be read. */
export function readTable(host: Host, path: string, headings: number): readonly string[] | null | string {
  const read = host.sync.readText(path, TABLE_BYTES_MAX);
  if (!read.ok) return read.code === 'ENOENT' || read.code === 'EACCES' ? null : read.why;
  const lines = read.value.split('\n').slice(headings);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The lines of a table that may be missing. */
export function tableLines(host: Host, path: string, headings: number, complain: (why: string) => void): string[] {
  const lines = readTable(host, path, headings);
  if (typeof lines === 'string') complain(lines);
  return lines === null || typeof lines === 'string' ? [] : [...lines];
}

export const fieldsOf = (line: string): readonly string[] => line.trim().split(/\s+/);

export const hex = (text: string | undefined): number => Number.parseInt(text ?? '', 16) || 0;

/** A number as `int` of C has it. */
export const signed = (value: number): number => value | 0;

const groupsOf = (digits: string): number[] =>
  Array.from({ length: 8 }, (_, group) => hex(digits.slice(group * 4, group * 4 + 4)));

/** inet_ntop(3) of 128 bits: like RFC 5952, and an IPv4-compatible address (`::192.0.2.1`) keeps its dots. */
function inet6Text(groups: readonly number[]): string {
  const compatible = groups.slice(0, 6).every((group) => group === 0) && groups[6] !== 0;
  return compatible ? `::${formatIPv4(((groups[6] ?? 0) * 0x10000 + (groups[7] ?? 0)) >>> 0)}` : formatGroups(groups);
}

/** 32 hexadecimal digits in network order (ipv6_route, if_inet6, igmp6). */
export const inet6Of = (digits: string): string => inet6Text(groupsOf(digits));

/** Swaps the bytes of each word of 32 bits, which /proc/net prints as the number it is on a little-endian host. */
const swapped = (digits: string): string => digits.replace(/(..)(..)(..)(..)/g, '$4$3$2$1');

/** 8 hexadecimal digits in host order (route, igmp, tcp). */
export const inetOf = (digits: string): string => formatIPv4(hex(swapped(digits)));

/** The address of a row of /proc/net/tcp and its kin: 8 or 32 digits, words in host order. */
export const socketAddress = (digits: string): string =>
  digits.length > 8 ? inet6Of(swapped(digits)) : inetOf(digits);
