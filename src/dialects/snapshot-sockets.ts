import type { Process } from '../model/process.js';
import type { Clients, ShownOwner, Socket } from '../model/socket.js';
import { ClientBook } from './clients.js';
import type { CapturedSocket } from './dialect.js';

/** Clients counted anew, now that it is known which addresses were cut. */
export function clientsOf(sockets: readonly CapturedSocket[]): ClientBook {
  const clients = new ClientBook();
  for (const socket of sockets) if (socket.state === 'connected' && socket.established) clients.add(socket);
  return clients;
}

/** `ADDRESS PORT` of every TCP wildcard that listens. */
export function wildcardsOf(sockets: readonly CapturedSocket[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { protocol, state, local } of sockets)
    if (protocol === 'tcp' && state === 'listen' && (local.address === '::' || local.address === '0.0.0.0'))
      found.add(`${local.address} ${local.port ?? local.portName}`);
  return found;
}

/** `clients` null: the capture shows no connections, or nobody asked for them. */
export function socketOf(socket: CapturedSocket, clients: ClientBook | null, wildcards: ReadonlySet<string>): Socket {
  const { local, facts } = socket;
  const other = `${local.address === '::' ? '0.0.0.0' : '::'} ${local.port ?? local.portName}`;
  const counted: Clients | null =
    clients !== null && socket.protocol === 'tcp' && socket.state === 'listen'
      ? clients.of(socket, wildcards.has(other))
      : null;
  return {
    protocol: socket.protocol,
    family: socket.family,
    state: socket.state,
    namespace: 0,
    address: local.address,
    port: local.port,
    ...(local.portCandidates === undefined ? {} : { portCandidates: local.portCandidates }),
    ...(local.port === null && local.portName !== undefined ? { portName: local.portName } : {}),
    ...(local.cut === undefined ? {} : { cut: local.cut }),
    peer: socket.peer,
    device: local.device,
    ...(facts?.deviceIndex === undefined ? {} : { deviceIndex: facts.deviceIndex }),
    ...(local.mapped ? { mapped: true } : {}),
    v6only: socket.v6only,
    inode: facts?.inode ?? null,
    cookie: facts?.cookie ?? null,
    uid: facts?.uid ?? null,
    mark: facts?.mark ?? null,
    cgroupId: null,
    queue: facts?.queue ?? null,
    ...(facts?.queues === undefined ? {} : { queues: facts.queues }),
    ...(facts?.mptcp === true ? { mptcp: true } : {}),
    ...(facts?.ipProtocol === undefined ? {} : { ipProtocol: facts.ipProtocol }),
    ...(facts?.etherType === undefined ? {} : { etherType: facts.etherType }),
    ...(facts?.type === undefined ? {} : { type: facts.type }),
    clients: counted,
    holders: [],
    holdersComplete: false,
    ...(socket.owners.length > 0 ? { shown: socket.owners } : {}),
    source: 'capture',
  };
}

/** Processes whose number and name a capture shows, ascending. */
export function processesOf(sockets: readonly CapturedSocket[]): readonly Process[] {
  const byPid = new Map<number, Process>();
  for (const socket of sockets)
    for (const owner of socket.owners) {
      if (owner.pid === null || owner.name === null || byPid.has(owner.pid)) continue;
      byPid.set(owner.pid, processOf(owner.pid, owner.name, owner));
    }
  return [...byPid.values()].sort((a, b) => a.pid - b.pid);
}

const processOf = (pid: number, name: string, owner: ShownOwner): Process => ({
  pid,
  ppid: null,
  name,
  exe: owner.exe ?? null,
  exeState: 'unreadable',
  exeFile: null,
  args: [],
  uid: null,
  user: owner.user,
  startTicks: null,
  cgroup: null,
  unit: owner.unit ?? null,
  ancestors: [],
  namespaces: { net: null, pid: null, mnt: null, user: null },
  ownRoot: false,
  capEff: null,
  seccomp: null,
  noNewPrivs: null,
  kernelThread: false,
  cwd: null,
});
