import type { MasqueradedConnection } from '../model/statistics.js';
import type { NetstatFlags } from './flags.js';
import { hostText, type Naming, portText } from './names.js';
import { left, right } from './text.js';

const two = (value: number): string => String(value).padStart(2, '0');

function expiryText(seconds: number | null): string {
  if (seconds === null) return right('-', 9);
  return `${right(Math.floor(seconds / 60), 3)}:${two(seconds % 60)}.00`;
}

function portOf(port: number | null, protocol: string, naming: Naming): string {
  if (port === null) return '-';
  return portText(port, protocol === 'tcp' || protocol === 'udp' ? protocol : 'sctp', naming);
}

/** `netstat -M`: net-tools' layout of the time before connection tracking; -e adds the address it appears as, and the state. */
export function masqueradedLines(
  connections: readonly MasqueradedConnection[],
  flags: NetstatFlags,
  naming: Naming,
): readonly string[] {
  const extended = flags.extend > 0;
  return [
    'IP masquerading entries',
    `prot   expire source               destination          ports${extended ? '                    translated           state' : ''}`,
    ...connections.map((entry) => {
      const { protocol } = entry;
      const ports = `${portOf(entry.sourcePort, protocol, naming)} -> ${portOf(entry.destinationPort, protocol, naming)} (${portOf(entry.translatedPort, protocol, naming)})`;
      const ends = `${left(hostText(entry.source, naming), 20)} ${left(hostText(entry.destination, naming), 20)}`;
      const tail = extended ? ` ${left(hostText(entry.translated, naming), 20)} ${entry.state ?? ''}` : '';
      return `${left(protocol, 4)}${expiryText(entry.expiresSeconds)} ${ends} ${extended ? left(ports, 24) : ports}${tail}`.trimEnd();
    }),
  ];
}
