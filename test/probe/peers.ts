import { statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { PROBE_LIMITS, type ProbeLimits } from '../../src/collect/probe/limits.js';
import { probeListeners } from '../../src/collect/probe/probe.js';
import type { Gap } from '../../src/model/gap.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Network } from '../../src/model/network.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { ProbeAnswer } from '../../src/model/software.js';
import { listener, service } from '../builders.js';

/** Our own namespace: peers of these tests listen there, on loopback. */
export const HERE = statSync('/proc/self/ns/net').ino;

/** A peer that keeps every byte it is sent. */
export interface Peer {
  readonly port: number;
  readonly heard: () => Buffer;
  readonly connections: () => number;
  close(): Promise<void>;
}

/** Listens on loopback and treats each connection as told. */
export async function peer(treat: (socket: Socket) => void = () => undefined): Promise<Peer> {
  let heard = Buffer.alloc(0);
  let connections = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
    });
    treat(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: address === null || typeof address === 'string' ? 0 : address.port,
    heard: () => heard,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const NETWORK: Network = {
  namespace: HERE,
  interfaces: [],
  addresses: [],
  routes: [],
  policyRules: [],
  sysctls: {},
  firewall: { read: true, rulesets: [], unreadTables: [] },
};

/** A snapshot with nothing in it but our namespace and a firewall without rules. */
export const SNAPSHOT: Snapshot = {
  schema: 'earshot.snapshot/1',
  tool: { name: 'earshot', version: '0' },
  host: { hostname: 'h', os: 'Debian', kernel: '6.1', platforms: ['debian'] },
  collection: { source: 'live', startedAt: '2026-03-01T03:00:00Z', durationMs: 0, dialect: null, uid: 0, gaps: [] },
  namespaces: [{ id: HERE, name: 'host', foundBy: 'self', entered: true }],
  sockets: [],
  processes: [],
  networks: [NETWORK],
  software: { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] },
  statistics: null,
};

/** A listener on loopback that identity is sure of; `null`: it knows nothing. */
export function heardAs(name: string | null, port: number, over: Partial<IdentifiedListener> = {}): IdentifiedListener {
  const { exposure: _, ...made } = listener({
    id: `tcp/127.0.0.1:${port}@host`,
    address: '127.0.0.1',
    port,
    namespace: { id: HERE, name: 'host' },
    service: service(name),
    ...over,
  });
  return made;
}

/** Peers live in this very process: what answers is waited for however slow the machine is, and only silence costs its time. */
const PATIENT: ProbeLimits = {
  ...PROBE_LIMITS,
  totalMs: 200_000,
  listenerMs: 100_000,
  connectMs: 50_000,
  greetingMs: 50_000,
  answerMs: 50_000,
};

/** Probes them in our own namespace. */
export async function probed(
  listeners: readonly IdentifiedListener[],
  limits: Partial<ProbeLimits> = {},
  snapshot: Snapshot = SNAPSHOT,
): Promise<{ readonly answers: readonly ProbeAnswer[]; readonly gaps: readonly Gap[] }> {
  const { value, gaps } = await probeListeners(snapshot, listeners, [{ id: HERE, descriptor: null }], {
    ...PATIENT,
    ...limits,
  });
  return { answers: value, gaps };
}
