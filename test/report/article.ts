import type { Published, Report } from '../../src/model/report.js';
import {
  because,
  finding,
  gap,
  heardInPublic,
  listener,
  loopbackOnly,
  owner,
  reportOf,
  row,
  rule,
  service,
} from './samples.js';

const inetd = (program: string, line: number) => ({ program, file: '/etc/inetd.conf', line });

const telnet4 = listener('tcp', '0.0.0.0', 23, {
  owners: [
    owner('inetd', 412, {
      unit: 'inetd.service',
      inetd: inetd('/usr/sbin/in.telnetd', 41),
      package: { manager: 'dpkg', name: 'openbsd-inetd', version: '0.20221205-1' },
    }),
  ],
  clients: { count: 2, addresses: ['192.168.2.10', '192.168.2.11'], truncated: false },
  service: service('telnet', { product: 'in.telnetd', encryption: 'cleartext' }),
  exposure: {
    ...heardInPublic(23),
    remarks: [
      {
        code: 'open-though-denied',
        text: 'A rule drops this port, and yet packets from public sources get in: an earlier rule accepts them.',
        because: [because('tcp dport 23 drop', { handle: 31, verdict: 'drop' })],
      },
    ],
  },
});
const ftp = listener('tcp', '0.0.0.0', 21, {
  owners: [
    owner('vsftpd', 598, {
      unit: 'vsftpd.service',
      package: { manager: 'dpkg', name: 'vsftpd', version: '3.0.3-13+b2' },
    }),
  ],
  clients: { count: 1, addresses: ['192.168.2.10'], truncated: false },
  service: service('ftp', { product: 'vsftpd', version: '3.0.3', facts: { 'ftp.anonymous': 'yes' } }),
  exposure: heardInPublic(21),
});
const tftp = listener('udp', '0.0.0.0', 69, {
  owners: [owner('inetd', 412, { unit: 'inetd.service', inetd: inetd('/usr/sbin/in.tftpd', 48) })],
  service: service('tftp'),
  exposure: heardInPublic(69),
});
const x11 = listener('tcp', '0.0.0.0', 6000, {
  owners: [owner('Xorg', 1044, { exe: '/usr/lib/xorg/Xorg', args: ['Xorg', ':0', '-listen', 'tcp', '-ac'] })],
  service: service('x11', { authentication: 'none' }),
  exposure: {
    widest: 'private',
    zones: [
      row('private', { because: [because('ip saddr 192.168.2.0/24 accept', { handle: 9 })] }),
      row('public', { reachable: 'no', because: [because('', { kind: 'policy', handle: null, verdict: 'drop' })] }),
    ],
  },
});
const ssh = listener('tcp', '::', 22, {
  owners: [
    owner('sshd', 571, {
      unit: 'ssh.service',
      package: { manager: 'dpkg', name: 'openssh-server', version: '1:9.2p1-2' },
    }),
  ],
  clients: { count: 1, addresses: ['203.0.113.9'], truncated: false },
  service: service('ssh', { product: 'OpenSSH', version: '9.2p1' }),
  exposure: heardInPublic(22),
});
const postgres = listener('tcp', '127.0.0.1', 5432, {
  owners: [owner('postgres', 733, { user: 'postgres', unit: 'postgresql@15-main.service' })],
  service: service('postgresql'),
  exposure: loopbackOnly,
});
const mystery = listener('tcp', '0.0.0.0', 31337, {
  owners: [],
  ownersComplete: false,
  service: service('elite', { confidence: 'port-only' }),
  exposure: {
    widest: 'public',
    zones: [
      row('public', {
        reachable: 'conditional',
        conditions: ['the address is in set @trusted when the packet comes'],
        because: [because('ip saddr @trusted accept', { handle: 15 })],
      }),
    ],
  },
});
const docker = listener('unix', '/run/docker.sock', null, {
  family: null,
  owners: [owner('dockerd', 801, { unit: 'docker.service' })],
  service: service('docker'),
  file: { mode: '0660', user: 'root', group: 'docker' },
  exposure: { widest: 'local', zones: [], access: 'root and group docker' },
});
const web = listener('tcp', '172.17.0.2', 80, {
  id: 'tcp/172.17.0.2:80@web',
  namespace: { id: 4026532301, name: 'web' },
  owners: [
    owner('nginx', 2210, {
      user: 'www-data',
      container: { runtime: 'docker', id: '0a1b2c3d4e5f60718293', name: 'web', image: 'nginx:1.25' },
    }),
  ],
  service: service('http', { product: 'nginx', version: '1.25' }),
  exposure: { widest: 'container', zones: [row('container', { interface: 'docker0', sources: ['172.17.0.0/16'] })] },
});
const sniffer = listener('packet', '', null, {
  id: 'packet/any:all@host',
  address: null,
  family: null,
  etherType: 'all',
  owners: [owner('tcpdump', 3011, { user: 'tcpdump' })],
  exposure: null,
});

const published: Published = {
  id: 'published/tcp/0.0.0.0:8080@host',
  via: because('tcp dport 8080 dnat to 172.17.0.2:80', {
    backend: 'legacy',
    family: 'ip',
    table: 'nat',
    chain: 'DOCKER',
    handle: null,
    number: 2,
    verdict: 'dnat',
  }),
  target: { address: '172.17.0.2', port: 80, portEnd: null, namespace: 'web', listener: web.id },
  protocol: 'tcp',
  family: 'ipv4',
  address: '0.0.0.0',
  port: 8080,
  portEnd: null,
  namespace: { id: 4026531840, name: 'host' },
  service: web.service,
  exposure: heardInPublic(8080),
  owners: web.owners,
};

const telnetFinding = finding('telnet-exposed', 'critical', telnet4.id, {
  title: 'Telnet logins cross the network in clear text',
  rationale:
    'Telnet sends user names, passwords and everything typed without encryption. Whoever can see the traffic on any network in between can read the password and take over the session.',
  evidence: [
    { field: 'service.name', value: 'telnet', why: '/etc/inetd.conf line 41 starts /usr/sbin/in.telnetd on this port' },
    { field: 'exposure.widest', value: 'public', why: 'nft inet filter input handle 12 accepts it from any address' },
  ],
  remediation: [
    {
      what: 'Stop inetd from offering telnet',
      command: 'sudo update-inetd --disable telnet && sudo systemctl restart inetd.service',
      platform: 'debian',
      undo: 'sudo update-inetd --enable telnet',
    },
    { what: 'Disable the telnet socket', command: 'sudo systemctl disable --now telnet.socket', platform: 'rhel' },
  ],
  references: [
    { id: 'CWE-319', url: 'https://cwe.mitre.org/data/definitions/319.html' },
    { id: 'T1040', url: 'https://attack.mitre.org/techniques/T1040/' },
  ],
  locations: [{ file: '/etc/inetd.conf', repoPath: null, line: 41, what: 'starts in.telnetd' }],
  tags: ['cleartext'],
});

/** The host of the article: telnet, FTP, TFTP and X11 beside ssh, with containers, a waiver and a gap. */
export const articleHost = (): Report =>
  reportOf({
    listeners: [ftp, ssh, telnet4, postgres, x11, mystery, tftp, docker, sniffer, web],
    published: [published],
    findings: [
      telnetFinding,
      finding('x11-exposed', 'critical', x11.id, {
        title: 'X11 display takes connections from the network without a password',
        rationale:
          'Whoever connects to an X server can read every key pressed and every window shown, and can type into them.',
        evidence: [
          {
            field: 'service.authentication',
            value: 'none',
            why: 'Xorg runs with -ac, which switches access control off',
          },
        ],
        remediation: [
          {
            what: 'Start Xorg without -listen tcp; use ssh -X to show windows from afar',
            command: '',
            platform: 'generic',
          },
        ],
        references: [{ id: 'CWE-306', url: 'https://cwe.mitre.org/data/definitions/306.html' }],
      }),
      finding('ftp-anonymous', 'high', ftp.id, {
        title: 'FTP server lets anybody in without a password',
        rationale: 'Anonymous FTP serves files to, and sometimes takes files from, everybody who asks.',
        evidence: [{ field: 'ftp.anonymous', value: 'yes', why: '/etc/vsftpd.conf line 25 says anonymous_enable=YES' }],
        remediation: [
          {
            what: 'Switch anonymous logins off',
            command:
              "sudo sed -i 's/^anonymous_enable=YES/anonymous_enable=NO/' /etc/vsftpd.conf && sudo systemctl restart vsftpd.service",
            platform: 'debian',
          },
        ],
        references: [{ id: 'CWE-284', url: 'https://cwe.mitre.org/data/definitions/284.html' }],
        locations: [
          { file: '/etc/vsftpd.conf', repoPath: 'ansible/files/vsftpd.conf', line: 25, what: 'anonymous_enable=YES' },
        ],
      }),
      finding('tftp-exposed', 'high', tftp.id, {
        title: 'TFTP serves files without asking who wants them',
        rationale: 'TFTP knows no users and no passwords.',
        status: 'known',
        evidence: [{ field: 'service.name', value: 'tftp', why: '/etc/inetd.conf line 48' }],
        remediation: [
          {
            what: 'Stop inetd from offering TFTP',
            command: 'sudo update-inetd --disable tftp && sudo systemctl restart inetd.service',
            platform: 'debian',
          },
        ],
        references: [{ id: 'CWE-306', url: 'https://cwe.mitre.org/data/definitions/306.html' }],
        locations: [{ file: '/etc/inetd.conf', repoPath: null, line: 48, what: 'starts in.tftpd' }],
      }),
      finding('owner-unseen', 'medium', mystery.id, {
        title: 'A listener whose program could not be seen',
        rationale: 'Something listens here and the audit could not see what it is.',
        evidence: [{ field: 'owners', value: 'none', why: 'the owner could not be read' }],
        remediation: [{ what: 'See who holds it', command: "sudo ss -tlnp 'sport = :31337'", platform: 'generic' }],
      }),
      finding('ssh-exposed', 'info', ssh.id, {
        title: 'SSH server heard from everywhere',
        rationale: 'Keep it up to date and use keys.',
      }),
      finding('packet-sniffer', 'medium', sniffer.id, {
        title: 'A program reads all network traffic',
        status: 'waived',
        waiver: { owner: 'Ada', reason: 'the IDS of the network team', expires: '2027-01-31', ticket: 'NET-7' },
      }),
      finding('redis-exposed', 'high', 'tcp/0.0.0.0:6379@host', {
        title: 'Redis open to the network',
        status: 'resolved',
      }),
    ],
    rules: [
      rule('telnet-exposed', 'Telnet server heard from outside', 'critical', 1),
      rule('x11-exposed', 'X11 display heard from outside', 'critical', 1),
      rule('ftp-anonymous', 'FTP server with anonymous logins', 'high', 1),
      rule('tftp-exposed', 'TFTP server heard from outside', 'high', 1),
      rule('owner-unseen', 'Listener without a visible owner', 'medium', 1),
      rule('ssh-exposed', 'SSH server heard from everywhere', 'info', 1),
      rule('packet-sniffer', 'Packet sniffer', 'medium', 1),
      rule('redis-exposed', 'Redis heard from outside', 'critical', 0),
      rule('vnc-exposed', 'VNC heard from outside', 'critical', 0),
    ],
    gaps: [
      gap({
        kind: 'owner',
        what: 'owner of tcp 0.0.0.0:31337',
        why: 'EACCES: /proc/1/fd',
        hides: 'which program answers there',
      }),
      gap({
        kind: 'namespace',
        what: 'sockets of network namespace 4026532417',
        why: 'EPERM: setns',
        hides: 'every listener in it',
        fix: 'run with CAP_SYS_ADMIN',
        hidesListeners: true,
      }),
    ],
    gate: { notices: ['The waiver of packet-sniffer for packet/any:all@host ends on 2027-01-31.'] },
  });
