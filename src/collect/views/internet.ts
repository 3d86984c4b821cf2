import type { InternetProtocol, InternetRow, InternetTable } from '../../model/netstat.js';
import type { Host } from '../host.js';
import { fieldsOf, hex, readTable, signed, socketAddress } from './table.js';

const ZERO = /^0+$/;

/** `sl local rem st tx:rx tr:when retrnsmt uid timeout inode …`, proc_net_tcp.rst; null: no such row. */
export function parseRow(line: string): InternetRow | null {
  const fields = fieldsOf(line);
  const [, local = '', foreign = '', state = '', queues = '', timer = '', retransmits, uid, probes, inode] = fields;
  const [localAddress = '', localPort = ''] = local.split(':');
  const [foreignAddress = '', foreignPort = ''] = foreign.split(':');
  const [send, receive] = queues.split(':');
  const [running, ticks] = timer.split(':');
  if (fields.length < 10 || localAddress.length < 8 || foreignAddress.length !== localAddress.length) return null;
  return {
    family: localAddress.length > 8 ? 'ipv6' : 'ipv4',
    receiveQueue: hex(receive),
    sendQueue: hex(send),
    local: socketAddress(localAddress),
    localPort: hex(localPort),
    foreign: socketAddress(foreignAddress),
    foreignPort: hex(foreignPort),
    foreignIsNull: ZERO.test(foreignAddress),
    state: hex(state),
    timer: hex(running),
    timerTicks: hex(ticks),
    retransmits: hex(retransmits),
    probes: Number(probes),
    uid: signed(Number(uid)),
    inode: Number(inode),
  };
}

/** net-tools' name of a table it did not find. */
const TITLES: Readonly<Record<InternetProtocol, string>> = {
  tcp: 'AF INET (tcp)',
  udp: 'AF INET (udp)',
  udplite: 'AF INET (udplite)',
  raw: 'AF INET (raw)',
};

export const noSupport = (what: string): string => `netstat: no support for \`${what}' on this system.`;

/** Which files of a protocol are read. */
export interface Families {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

/** What is said where a table is missing: nothing, or that it is, which may fail the view. */
export interface Strictness {
  readonly tell: boolean;
  readonly fail: boolean;
}

/** Where a reader says what it missed. */
export interface Complaints {
  readonly texts: string[];
  missing: boolean;
}

/** Tells that a table is missing, as far as somebody asked for it. */
export function tellMissing(what: string, strictness: Strictness, complaints: Complaints): void {
  if (strictness.tell) complaints.texts.push(noSupport(what));
  complaints.missing ||= strictness.fail;
}

/** Sockets of one protocol: its IPv4 file, then its IPv6 file. */
export function readInternet(
  host: Host,
  protocol: InternetProtocol,
  families: Families,
  strictness: Strictness,
  complaints: Complaints,
): InternetTable {
  const rows: InternetRow[] = [];
  for (const ipv6 of [false, true]) {
    if (ipv6 ? !families.ipv6 : !families.ipv4) continue;
    const lines = readTable(host, `/proc/net/${protocol}${ipv6 ? '6' : ''}`, 1);
    if (typeof lines === 'string') complaints.texts.push(lines);
    else if (lines === null && !ipv6) tellMissing(TITLES[protocol], strictness, complaints);
    else
      for (const line of lines ?? []) {
        const row = parseRow(line);
        if (row === null) complaints.texts.push(`warning, got bogus ${protocol.replace('udplite', 'udp')} line.`);
        else rows.push(row);
      }
  }
  return { protocol, rows };
}
