import { baseName } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Socket } from '../../model/socket.js';
import type { RpcRegistration } from '../../model/software.js';
import type { Root } from './root.js';

const LINES_MAX = 2_000;

/** `0.0.0.0.191.68`: an address whose last two parts are the bytes of the port (RFC 5665, section 5.2.3.3). */
function universalAddress(text: string): { readonly address: string; readonly port: number } | null {
  const [, address, high, low] = /^(.+)\.(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  return address === undefined ? null : { address, port: Number(high) * 256 + Number(low) };
}

/** Reads what `rpcinfo` prints: program, version, netid, address, service, owner. */
export function parseRpcinfo(text: string, namespace: number): readonly RpcRegistration[] {
  const found: RpcRegistration[] = [];
  for (const line of text.split('\n').slice(0, LINES_MAX)) {
    const [, program, version, netid, universal, service] =
      /^\s*(\d+)\s+(\d+)\s+(tcp6?|udp6?)\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    const place = universalAddress(universal ?? '');
    if (place === null || netid === undefined) continue;
    found.push({
      namespace,
      program: Number(program),
      version: Number(version),
      protocol: netid.replace('6', ''),
      address: place.address,
      port: place.port,
      name: service === '-' || service === undefined ? null : service,
    });
  }
  return found;
}

/** The namespace whose rpcbind answers at the host's own socket file: the one of whoever holds it. */
function namespaceOf(sockets: readonly Socket[], processes: readonly Process[]): number | null {
  const file = sockets.find(
    (socket) =>
      socket.protocol === 'unix' &&
      socket.state === 'listen' &&
      /^(?:\/var)?\/run\/rpcbind\.sock$/.test(socket.address ?? ''),
  );
  const holder = processes.find(
    (process) =>
      file?.holders.includes(process.pid) === true &&
      process.exe !== null &&
      /^(?:rpcbind|systemd)$/.test(baseName(process.exe)),
  );
  if (holder === undefined || holder.ownRoot) return null;
  return (
    sockets.find(
      (socket) => (socket.protocol === 'udp' || socket.protocol === 'tcp') && socket.holders.includes(holder.pid),
    )?.namespace ?? null
  );
}

/** Registrations of the host's rpcbind, asked through its local socket by rpcinfo(8); empty where no rpcbind runs or the command is not there. */
export async function readRegistrations(
  root: Root,
  sockets: readonly Socket[],
  processes: readonly Process[],
): Promise<readonly RpcRegistration[]> {
  const namespace = namespaceOf(sockets, processes);
  if (namespace === null) return [];
  const ran = await root.host.run('rpcinfo', [], { timeoutMs: 3_000, bytesMax: 1024 * 1024 });
  return ran.ok && ran.value.status === 0 ? parseRpcinfo(ran.value.stdout, namespace) : [];
}
