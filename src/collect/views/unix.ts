import type { UnixRow } from '../../model/netstat.js';
import type { Host } from '../host.js';
import { tableLines } from './table.js';

const ROW = /^[0-9a-fA-F]+: ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) ([0-9A-F]+) +(\d+)(?: ([\s\S]*))?$/;

/** `Num: RefCount Protocol Flags Type St Inode Path`, unix_seq_show of net/unix/af_unix.c; null: no such row. */
export function parseUnix(line: string): UnixRow | null {
  const row = ROW.exec(line);
  if (row === null) return null;
  const hex = (index: number): number => Number.parseInt(row[index] ?? '', 16);
  return {
    references: hex(1),
    protocol: hex(2),
    flags: hex(3),
    type: hex(4),
    state: hex(5),
    inode: Number(row[6]),
    path: row[7] ?? '',
  };
}

/** A path may hold line ends: a line that starts no row belongs to the row before it. */
export function readUnix(host: Host, complain: (why: string) => void): readonly UnixRow[] {
  const whole: string[] = [];
  for (const line of tableLines(host, '/proc/net/unix', 1, complain)) {
    if (/^[0-9a-fA-F]+: [0-9A-F]{8} /.test(line) || whole.length === 0) whole.push(line);
    else whole[whole.length - 1] += `\n${line}`;
  }
  return whole.flatMap((line) => {
    const row = parseUnix(line);
    if (row === null) complain('warning, got bogus unix line.');
    return row === null ? [] : [row];
  });
}
