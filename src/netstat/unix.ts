import type { NetstatFacts, UnixRow } from '../model/netstat.js';
import type { NetstatFlags } from './flags.js';
import { audience, programColumn } from './internet.js';
import { left } from './text.js';

const ACCEPTCON = 1 << 16;
const WAITDATA = 1 << 17;
const NOSPACE = 1 << 18;
const UNCONNECTED = 1;
/** SOCK_…, include/linux/net.h. */
const TYPES: Readonly<Record<number, string>> = { 1: 'STREAM', 2: 'DGRAM', 3: 'RAW', 4: 'RDM', 5: 'SEQPACKET' };
/** SS_…, uapi/linux/net.h. */
const STATES: readonly string[] = ['FREE', '', 'CONNECTING', 'CONNECTED', 'DISCONNECTING'];
const WHITESPACE = /[ \t\n\v\f\r]/;

const isServer = (row: UnixRow): boolean => row.state === UNCONNECTED && (row.flags & ACCEPTCON) !== 0;

function flagsText(flags: number): string {
  const words = [
    ...((flags & ACCEPTCON) !== 0 ? ['ACC'] : []),
    ...((flags & WAITDATA) !== 0 ? ['W'] : []),
    ...((flags & NOSPACE) !== 0 ? ['N'] : []),
  ];
  return `[ ${words.map((word) => `${word} `).join('')}]`;
}

/** net-tools ends a path at its first blank; -W shows it whole. */
function pathText(path: string, wide: boolean): string {
  if (wide) return path;
  const [first = ''] = path.trimStart().split(WHITESPACE);
  return first;
}

function rowText(row: UnixRow, facts: NetstatFacts, flags: NetstatFlags): string {
  const state = isServer(row) ? 'LISTENING' : (STATES[row.state] ?? 'UNKNOWN');
  const columns = [
    left(row.protocol === 0 ? 'unix' : '??', 5),
    left(row.references, 6),
    left(flagsText(row.flags), 11),
    left(TYPES[row.type] ?? 'UNKNOWN', 10),
    left(state, 13),
    left(row.inode, 8),
  ].join(' ');
  return `${columns}${flags.programs ? programColumn(row.inode, facts) : ''} ${pathText(row.path, flags.wide)}`;
}

/** True: the flags show this row. */
export const isUnixShown = (row: UnixRow, flags: NetstatFlags): boolean =>
  flags.all || isServer(row) === flags.listening;

export function unixLines(facts: NetstatFacts, flags: NetstatFlags): readonly string[] {
  const program = flags.programs ? ` ${left('PID/Program name', 20)}` : '';
  const lines = [
    `Active UNIX domain sockets ${audience(flags)}`,
    `Proto RefCnt Flags       Type       State         I-Node  ${program} Path`,
  ];
  for (const row of facts.unix) if (isUnixShown(row, flags)) lines.push(rowText(row, facts, flags));
  return lines;
}
