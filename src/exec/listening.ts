import { readFileSync, readlinkSync } from 'node:fs';

/** Most bytes of one table that are looked at between two collections. */
const TABLE_BYTES_MAX = 4_000_000;
const TCP_LISTEN = '0A';
const UDP_UNCONNECTED = '07';

const TABLES = [
  { name: 'tcp', state: TCP_LISTEN },
  { name: 'tcp6', state: TCP_LISTEN },
  { name: 'udp', state: UDP_UNCONNECTED },
  { name: 'udp6', state: UDP_UNCONNECTED },
] as const;

/** A listening socket as a quick look shows it. */
export interface QuickSocket {
  readonly inode: string;
  readonly port: number;
}

/** Rows of a /proc/net table (Documentation/networking/proc_net_tcp.rst). */
function* rowsOf(pid: number, table: (typeof TABLES)[number]): Iterable<QuickSocket> {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/net/${table.name}`, 'latin1').slice(0, TABLE_BYTES_MAX);
  } catch {
    return;
  }
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] === table.state)
      yield { inode: fields[9] ?? '', port: Number.parseInt(fields[1]?.split(':')[1] ?? '', 16) };
  }
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return `of ${pid}`;
  }
}

/** What listens in the network namespaces of these processes, cheaply: enough to see that something changed. */
export function listeningAround(pids: readonly number[]): readonly QuickSocket[] {
  const seen = new Set<string>();
  const sockets: QuickSocket[] = [];
  for (const pid of pids) {
    const namespace = namespaceOf(pid);
    if (seen.has(namespace)) continue;
    seen.add(namespace);
    for (const table of TABLES) sockets.push(...rowsOf(pid, table));
  }
  return sockets;
}
