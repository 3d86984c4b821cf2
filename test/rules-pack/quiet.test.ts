import { describe, expect, it } from 'vitest';
import { SEVERITIES, type Severity } from '../../src/model/finding.js';
import { loadRules, type RuleSet, tryRecord } from '../../src/rules/rules.js';
import type { Example } from './pack.js';

const rules: RuleSet = await loadRules({ builtin: true, paths: [], config: null, cwd: '.', open: async () => [] });

const listener = (record: Example): Example => ({
  source: 'live',
  listening: 'certain',
  ownersComplete: true,
  'namespace.name': 'host',
  'exposure.widest': 'public',
  ...(record['source'] === 'capture' ? {} : { 'owners.kind': 'process' }),
  ...record,
});

/** Findings on a listener, worst first. */
async function findings(record: Example): Promise<readonly { readonly id: string; readonly severity: Severity }[]> {
  const found: { readonly id: string; readonly severity: Severity }[] = [];
  for (const rule of rules.rules) {
    if (rule.subject !== 'listener') continue;
    const { match, severity } = await tryRecord(rules, rule, listener(record));
    if (match) found.push({ id: rule.id, severity: SEVERITIES.find((word) => word === severity) ?? 'info' });
  }
  return found.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

const worse = (severity: Severity, than: Severity): boolean => SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(than);
const above = async (record: Example, most: Severity): Promise<readonly string[]> =>
  (await findings(record))
    .filter(({ severity }) => worse(severity, most))
    .map(({ id, severity }) => `${id} ${severity}`);

/** Situations that auditors misread: what is there, and how severe a finding may be at most. */
const HARMLESS: readonly (readonly [string, Severity, Example])[] = [
  [
    'a resolver stub on 127.0.0.53',
    'info',
    {
      protocol: 'udp',
      port: 53,
      address: '127.0.0.53',
      device: 'lo',
      'service.name': 'dns',
      'owners.name': 'systemd-resolve',
      'exposure.widest': 'loopback',
    },
  ],
  ['LLMNR of systemd-resolved', 'medium', { protocol: 'udp', port: 5355, address: '0.0.0.0', 'service.name': 'llmnr' }],
  [
    "avahi's second port, where it waits for answers",
    'low',
    { protocol: 'udp', port: 43117, address: '0.0.0.0', 'service.name': 'mdns', 'owners.name': 'avahi-daemon' },
  ],
  [
    "chronyd's command port on loopback",
    'info',
    {
      protocol: 'udp',
      port: 323,
      address: '127.0.0.1',
      'service.name': 'chrony-command',
      'owners.name': 'chronyd',
      'exposure.widest': 'loopback',
    },
  ],
  [
    'chronyd that answers time',
    'medium',
    { protocol: 'udp', port: 123, 'service.name': 'ntp', 'owners.name': 'chronyd' },
  ],
  [
    'lighttpd on 31337',
    'medium',
    {
      protocol: 'tcp',
      port: 31337,
      address: '0.0.0.0',
      'service.name': 'http',
      'service.disagreement': 'port says eldim, process says lighttpd',
      'owners.name': 'lighttpd',
      'owners.exe': '/usr/sbin/lighttpd',
    },
  ],
  [
    "gunicorn on redis's port",
    'medium',
    {
      protocol: 'tcp',
      port: 6379,
      address: '0.0.0.0',
      'service.name': 'http',
      'owners.name': 'gunicorn: maste',
      'owners.exe': '/usr/bin/python3.11',
      'owners.script': 'gunicorn',
    },
  ],
  [
    'SSH on port 23',
    'medium',
    {
      protocol: 'tcp',
      port: 23,
      address: '0.0.0.0',
      'service.name': 'ssh',
      'service.disagreement': 'port says telnet, process says dropbear',
      'owners.name': 'dropbear',
      'owners.exe': '/usr/sbin/dropbear',
    },
  ],
  [
    'a DHCP client',
    'low',
    { protocol: 'udp', port: 68, address: '0.0.0.0', 'service.name': 'dhcp-client', 'owners.name': 'dhclient' },
  ],
  [
    "a DHCP client's packet socket",
    'low',
    {
      protocol: 'packet',
      address: null,
      port: null,
      device: 'id0',
      etherType: 'all',
      'service.name': null,
      'owners.name': 'dhclient',
      'owners.exe': '/usr/sbin/dhclient',
      'exposure.widest': null,
    },
  ],
  [
    'an SSH server everybody reaches',
    'info',
    {
      protocol: 'tcp',
      port: 22,
      address: '::',
      'service.name': 'ssh',
      'service.product': 'OpenSSH',
      'owners.name': 'sshd',
      'owners.exe': '/usr/sbin/sshd',
      'owners.exeState': 'present',
    },
  ],
  [
    "a client's UDP socket on a port the kernel chose",
    'info',
    {
      protocol: 'udp',
      port: 40123,
      address: '0.0.0.0',
      listening: 'possible',
      'service.name': null,
      'owners.name': 'chromium',
      'owners.exe': '/usr/lib/chromium/chromium',
    },
  ],
  [
    "a client's UDP socket that the kernel gave a famous port",
    'info',
    {
      protocol: 'udp',
      port: 47808,
      address: '0.0.0.0',
      listening: 'possible',
      'service.name': 'bacnet',
      'service.confidence': 'port-only',
      'owners.name': 'chromium',
      'owners.exe': '/usr/lib/chromium/chromium',
    },
  ],
  [
    'a mail server for local delivery',
    'info',
    {
      protocol: 'tcp',
      port: 25,
      address: '127.0.0.1',
      'service.name': 'smtp',
      'owners.name': 'exim4',
      'owners.exe': '/usr/sbin/exim4',
      'exposure.widest': 'loopback',
    },
  ],
  [
    'a web server over TLS',
    'info',
    {
      protocol: 'tcp',
      port: 443,
      address: '0.0.0.0',
      'service.name': 'https',
      'owners.name': 'nginx',
      'owners.exe': '/usr/sbin/nginx',
    },
  ],
  [
    'WireGuard',
    'info',
    { protocol: 'udp', port: 51820, 'service.name': 'wireguard', 'owners.kind': 'kernel', 'owners.name': 'wireguard' },
  ],
  [
    'PostgreSQL on loopback',
    'info',
    {
      protocol: 'tcp',
      port: 5432,
      address: '127.0.0.1',
      'service.name': 'postgresql',
      'owners.name': 'postgres',
      'exposure.widest': 'loopback',
    },
  ],
  [
    "MySQL's own unix socket, open to all as it is shipped",
    'info',
    {
      protocol: 'unix',
      address: '/run/mysqld/mysqld.sock',
      port: null,
      'service.name': 'mysql',
      'file.mode': '0777',
      'exposure.access': 'everybody',
      'exposure.widest': 'local',
      'owners.name': 'mariadbd',
    },
  ],
  [
    "systemd's journal socket",
    'info',
    {
      protocol: 'unix',
      address: '/run/systemd/journal/stdout',
      port: null,
      'service.name': null,
      'file.mode': '0666',
      'exposure.access': 'everybody',
      'exposure.widest': 'local',
      'owners.name': 'systemd',
    },
  ],
  [
    "sshd's listener for a forwarded display",
    'info',
    {
      protocol: 'tcp',
      port: 6010,
      address: '127.0.0.1',
      'service.name': 'x11',
      'owners.name': 'sshd',
      'owners.exe': '/usr/sbin/sshd',
      'exposure.widest': 'loopback',
    },
  ],
];

describe('the pack stays quiet', () => {
  it.each(HARMLESS)('%s is %s at most', async (_, most, record) => {
    expect(await above(record, most)).toEqual([]);
  });
});

describe('the pack speaks up', () => {
  const worst = async (record: Example): Promise<string> => (await findings(record))[0]?.severity ?? 'nothing';

  it('about telnet, FTP, TFTP and X11 in a capture, and not about SSH beside them', async () => {
    const seen = (protocol: string, port: number, service: string): Example => ({
      source: 'capture',
      protocol,
      port,
      address: '0.0.0.0',
      'service.name': service,
      'service.confidence': 'port-only',
      ownersComplete: false,
    });
    expect(await worst(seen('tcp', 23, 'telnet'))).toBe('high');
    expect(await worst(seen('tcp', 21, 'ftp'))).toBe('high');
    expect(await worst(seen('udp', 69, 'tftp'))).toBe('high');
    expect(await worst(seen('tcp', 6000, 'x11'))).toBe('high');
    expect(await findings(seen('tcp', 22, 'ssh'))).toEqual([]);
  });

  it('about a program that runs from memory, whoever can reach it', async () => {
    const record = {
      protocol: 'tcp',
      port: 4460,
      'service.name': null,
      'owners.name': '3',
      'owners.exe': '/memfd:updater (deleted)',
      'owners.exeState': 'memfd',
      'exposure.widest': 'loopback',
    };
    expect(await worst(record)).toBe('high');
  });

  it('about an FTP server by a Python script on an odd port', async () => {
    expect(await worst({ protocol: 'tcp', port: 2139, 'service.name': 'ftp', 'owners.name': 'twistd3' })).toBe('high');
  });

  it('less, the narrower the exposure is', async () => {
    const docker = (widest: string): Example => ({
      protocol: 'tcp',
      port: 2375,
      'service.name': 'docker',
      'exposure.widest': widest,
    });
    expect(await worst(docker('public'))).toBe('critical');
    expect(await worst(docker('private'))).toBe('high');
    expect(await worst(docker('loopback'))).toBe('low');
  });
});
