import type { Because, Exposure, ZoneExposure } from '../../src/model/exposure.js';
import type { Finding, Severity } from '../../src/model/finding.js';
import type { Gap } from '../../src/model/gap.js';
import type { Listener, Owner } from '../../src/model/listener.js';
import type { Published, Report, RuleSummary, Summary } from '../../src/model/report.js';
import type { Service } from '../../src/model/service.js';

/*
 * Reports written by hand, for the tests of the formats: a report is plain data, and no format needs more than it.
 */

export const service = (name: string | null, more: Partial<Service> = {}): Service => ({
  name,
  product: null,
  version: null,
  confidence: name === null ? null : 'certain',
  evidence: name === null ? [] : [`the executable belongs to a package that serves ${name}`],
  disagreement: null,
  relayTo: null,
  authentication: null,
  encryption: null,
  facts: {},
  ...more,
});

export const owner = (name: string, pid: number, more: Partial<Owner> = {}): Owner => ({
  kind: 'process',
  pid,
  name,
  exe: `/usr/sbin/${name}`,
  exeState: 'present',
  script: null,
  args: [name],
  user: 'root',
  uid: 0,
  unit: null,
  inetd: null,
  container: null,
  package: null,
  parents: ['systemd'],
  exeWritable: false,
  posesAsKernel: false,
  setuid: false,
  capabilities: ['all'],
  sandbox: [],
  ...more,
});

export const because = (rule: string, more: Partial<Because> = {}): Because => ({
  kind: 'rule',
  backend: 'nft',
  family: 'inet',
  table: 'filter',
  chain: 'input',
  handle: 12,
  number: null,
  rule,
  verdict: 'accept',
  ...more,
});

export const row = (zone: ZoneExposure['rank'], more: Partial<ZoneExposure> = {}): ZoneExposure => ({
  zone,
  rank: zone,
  interface: zone === 'loopback' ? 'lo' : 'eth0',
  addresses: null,
  reachable: 'yes',
  sources: zone === 'public' ? ['0.0.0.0/0'] : zone === 'private' ? ['192.168.2.0/24'] : ['127.0.0.0/8'],
  conditions: [],
  because: [],
  ...more,
});

export const heardInPublic = (port: number): Exposure => ({
  widest: 'public',
  zones: [
    row('loopback', { because: [because('iif "lo" accept', { handle: 4 })] }),
    row('private', { because: [because(`tcp dport ${port} accept`)] }),
    row('public', { because: [because(`tcp dport ${port} accept`)] }),
  ],
});

export const loopbackOnly: Exposure = { widest: 'loopback', zones: [row('loopback')] };

export const listener = (
  protocol: Listener['protocol'],
  address: string,
  port: number | null,
  more: Partial<Listener> = {},
): Listener => ({
  id: `${protocol}/${address.includes(':') ? `[${address}]` : address}${port === null ? '' : `:${port}`}@host`,
  protocol,
  family: address.includes(':') ? 'dual' : 'ipv4',
  address,
  means: address === '0.0.0.0' ? ['127.0.0.1', '192.168.2.20'] : [],
  port,
  device: null,
  listening: 'certain',
  namespace: { id: 4026531840, name: 'host' },
  owners: [],
  ownersComplete: true,
  clients: protocol === 'tcp' ? { count: 0, addresses: [], truncated: false } : null,
  queue: null,
  sockets: 1,
  file: null,
  service: service(null),
  exposure: loopbackOnly,
  ...more,
});

/** 32 hex digits that follow the rule and the subject, as the engine's do. */
function fingerprintOf(ruleId: string, subject: string): string {
  let hash = 0x811c9dc5;
  for (const character of `${ruleId} ${subject}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0').repeat(4);
}

export const finding = (ruleId: string, severity: Severity, subject: string, more: Partial<Finding> = {}): Finding => ({
  ruleId,
  title: ruleId,
  severity,
  subject,
  locations: [],
  rationale: 'A reason that can be handed to a manager.',
  evidence: [],
  remediation: [],
  references: [],
  tags: [],
  fingerprint: fingerprintOf(ruleId, subject),
  status: 'new',
  waiver: null,
  ...more,
});

export const rule = (
  id: string,
  title: string,
  worst: Severity,
  matched: number,
  help = `## ${title}\n\nWhat to do about it.\n`,
): RuleSummary => ({
  id,
  title,
  help,
  worst,
  ran: true,
  matched,
  tags: ['attack.t1021'],
});

function summaryOf(findings: readonly Finding[], listeners: number, gaps: number): Summary {
  const open = findings.filter((f) => f.status === 'new' || f.status === 'known');
  const of = (severity: Severity): number => open.filter((f) => f.severity === severity).length;
  return {
    critical: of('critical'),
    high: of('high'),
    medium: of('medium'),
    low: of('low'),
    info: of('info'),
    waived: findings.filter((f) => f.status === 'waived').length,
    listeners,
    gaps,
  };
}

export interface Parts {
  readonly hostname?: string;
  readonly listeners?: readonly Listener[];
  readonly published?: readonly Published[];
  readonly findings?: readonly Finding[];
  readonly rules?: readonly RuleSummary[];
  readonly gaps?: readonly Gap[];
  /** What differs from the gate's defaults. */
  readonly gate?: Partial<Omit<Report['gate'], 'failOnKnown' | 'expiring'>>;
  readonly source?: Report['collection']['source'];
  readonly layers?: Report['layers'];
}

/** A report whose sums add up. */
export function reportOf(parts: Parts): Report {
  const { listeners = [], published = [], findings = [], rules = [], gaps = [] } = parts;
  return {
    schema: 'earshot.report/1',
    tool: { name: 'earshot', version: '0.1.0' },
    host: {
      hostname: parts.hostname ?? 'cardinal',
      os: 'Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1.0-18-amd64',
      platforms: ['debian'],
    },
    collection: {
      source: parts.source ?? 'live',
      startedAt: '2026-11-25T01:20:22Z',
      durationMs: 184,
      dialect: parts.source === 'capture' ? 'linux-netstat' : null,
      gaps,
    },
    listeners,
    published,
    findings,
    rules,
    gate: {
      failOn: 'high',
      minSeverity: 'info',
      requireComplete: false,
      exitCode: findings.some((f) => f.status === 'new' && (f.severity === 'critical' || f.severity === 'high'))
        ? 1
        : 0,
      narrowed: [],
      expiring: 0,
      notices: [],
      ...parts.gate,
    },
    layers: parts.layers ?? null,
    summary: summaryOf(findings, listeners.length, gaps.length),
  };
}

export const gap = (more: Partial<Gap> = {}): Gap => ({
  kind: 'owner',
  what: 'owners of 2 sockets',
  why: 'EACCES: /proc/1/fd',
  hides: 'which program holds them',
  fix: 'run as root',
  hidesListeners: false,
  ...more,
});

/** A host with nothing to report. */
export const emptyHost = (): Report =>
  reportOf({
    hostname: 'quiet',
    rules: [rule('telnet-exposed', 'Telnet server', 'critical', 0), rule('ftp-exposed', 'FTP server', 'high', 0)],
  });
