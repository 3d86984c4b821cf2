import type { Exposure, Rank } from '../src/model/exposure.js';
import type { Finding, Match, Severity } from '../src/model/finding.js';
import type { Listener, Owner } from '../src/model/listener.js';
import type { Report } from '../src/model/report.js';
import type { Service } from '../src/model/service.js';

/** Small plain values for tests; each takes what the test is about and fills in the rest. */
export const exposure = (widest: Rank): Exposure => ({
  widest,
  zones: [
    {
      zone: widest,
      rank: widest,
      interface: null,
      addresses: null,
      reachable: 'yes',
      sources: ['0.0.0.0/0'],
      conditions: [],
      because: [],
    },
  ],
});

export const service = (name: string | null, over: Partial<Service> = {}): Service => ({
  name,
  product: null,
  version: null,
  confidence: name === null ? null : 'certain',
  evidence: [],
  disagreement: null,
  relayTo: null,
  authentication: null,
  encryption: null,
  facts: {},
  ...over,
});

export const owner = (over: Partial<Owner> = {}): Owner => ({
  kind: 'process',
  pid: 1,
  name: 'x',
  exe: '/usr/bin/x',
  exeState: 'present',
  script: null,
  args: [],
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
  ...over,
});

export const listener = (over: Partial<Listener> = {}): Listener => ({
  id: 'tcp/0.0.0.0:23@host',
  protocol: 'tcp',
  family: 'ipv4',
  address: '0.0.0.0',
  means: [],
  port: 23,
  device: null,
  listening: 'certain',
  namespace: { id: 4026531840, name: 'host' },
  owners: [owner()],
  ownersComplete: true,
  clients: null,
  queue: null,
  sockets: 1,
  file: null,
  service: service('telnet'),
  exposure: exposure('public'),
  ...over,
});

export const match = (over: Partial<Match> = {}): Match => ({
  ruleId: 'telnet-exposed',
  title: 'Telnet accepts logins in cleartext',
  severity: 'high' as Severity,
  subject: 'tcp/0.0.0.0:23@host',
  locations: [],
  rationale: 'because',
  evidence: [],
  remediation: [],
  references: [],
  tags: [],
  fingerprint: 'f1',
  ...over,
});

export const finding = (over: Partial<Finding> = {}): Finding => ({ ...match(), status: 'new', waiver: null, ...over });

export const report = (over: Partial<Report> = {}): Report => ({
  schema: 'earshot.report/1',
  tool: { name: 'earshot', version: '0.0.0' },
  host: { hostname: 'burner', os: 'Debian', kernel: '6.1', platforms: ['debian'] },
  collection: { source: 'live', startedAt: '2026-03-01T03:00:00Z', durationMs: 12, dialect: null, gaps: [] },
  listeners: [listener()],
  published: [],
  findings: [finding()],
  rules: [],
  gate: {
    failOn: 'high',
    minSeverity: 'info',
    requireComplete: false,
    exitCode: 1,
    narrowed: [],
    notices: [],
    expiring: 0,
  },
  layers: null,
  summary: { critical: 0, high: 1, medium: 0, low: 0, info: 0, waived: 0, listeners: 1, gaps: 0 },
  ...over,
});
