import type { Exposure, Rank } from '../../src/model/exposure.js';
import type { Listener, Owner } from '../../src/model/listener.js';
import type { Service } from '../../src/model/service.js';
import type { Snapshot } from '../../src/model/snapshot.js';

export const aService = (parts: Partial<Service> = {}): Service => ({
  name: 'telnet',
  product: null,
  version: null,
  confidence: 'certain',
  evidence: [],
  disagreement: null,
  relayTo: null,
  authentication: null,
  encryption: null,
  facts: {},
  ...parts,
});

export const anOwner = (parts: Partial<Owner> = {}): Owner => ({
  kind: 'process',
  pid: 4711,
  name: 'in.telnetd',
  exe: '/usr/sbin/in.telnetd',
  exeState: 'present',
  script: null,
  args: ['in.telnetd'],
  user: 'root',
  uid: 0,
  unit: null,
  inetd: null,
  container: null,
  package: null,
  parents: [],
  exeWritable: null,
  posesAsKernel: false,
  setuid: null,
  capabilities: null,
  sandbox: [],
  ...parts,
});

export const exposedTo = (widest: Rank): Exposure => ({ widest, zones: [] });

export const aListener = (parts: Partial<Listener> = {}): Listener => ({
  id: 'tcp/0.0.0.0:23@host',
  protocol: 'tcp',
  family: 'ipv4',
  address: '0.0.0.0',
  means: [],
  port: 23,
  device: null,
  listening: 'certain',
  namespace: { id: 1, name: 'host' },
  owners: [anOwner()],
  ownersComplete: true,
  clients: null,
  queue: null,
  sockets: 1,
  file: null,
  service: aService(),
  exposure: exposedTo('public'),
  ...parts,
});

export const aSnapshot = (parts: Partial<Snapshot> = {}): Snapshot => ({
  schema: 'earshot.snapshot/1',
  tool: { name: 'earshot', version: '0.0.0' },
  host: { hostname: 'h', os: 'Debian GNU/Linux 12', kernel: '6.1.0', platforms: ['debian'] },
  collection: { source: 'live', startedAt: '2026-01-01T00:00:00Z', durationMs: 1, dialect: null, uid: 0, gaps: [] },
  namespaces: [{ id: 1, name: 'host', foundBy: 'self', entered: true }],
  sockets: [],
  processes: [],
  networks: [],
  software: { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] },
  statistics: null,
  ...parts,
});
