import type { Report } from '../../src/model/report.js';
import { because, finding, gap, listener, owner, reportOf, row, rule, service } from './samples.js';

/** What found errors in every naive renderer, by the field it stands in. */
export const HOSTILE_NAMES: readonly string[] = [
  'a\nb\r\tc',
  '<b>&lt;',
  '|a||b\\|c',
  ']]><!--',
  '\u001b[2J\u001b]0;owned\u0007',
  '\\xff\\xfe\\xc3(',
  '::error::x',
  '##[error]x',
  'abc\u202egnp.exe',
  '\u009b31mred',
  '=cmd|x!A1',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the sample.
  '{{x}}${y}%s',
  '\r::add-mask::secret',
  'section_start:1:x\r\u001b[0K',
  '\ud800lone',
  '`tick` ``two`` ```three```',
  '日本語サービス',
  '👍🏽‍🔥 e\u0301 \u200b\u2060\ufeff',
  '\u2028line\u2029para',
  '\ufffe\uffff\u0000',
  '__proto__',
  'constructor',
];

export const HOSTILE_PATH = '/tmp/x\n# heading\n"quotes\' <img src=x onerror=alert(1)>/[a](b)';

export const HOSTILE_ARGS: readonly string[] = [
  '</script><script>alert(1)</script>',
  '@user',
  'me@example.com https://evil.example/x www.evil.example',
  '[x](javascript:alert(1))',
  '![x](https://host/x.png)',
  '"} 1\nmetric{a="b"} 1',
  "x'=1;;;0 | 'y'=2",
  '[[ATTACHMENT|/etc/passwd]]',
  'A'.repeat(5_000),
  '</style><style>*{display:none}</style>',
  '--password=[redacted]',
];

/** Every field that a stranger can fill holds something hostile. */
export function hostileHost(): Report {
  const listeners = HOSTILE_NAMES.map((name, index) =>
    listener('tcp', '0.0.0.0', 7000 + index, {
      owners: [
        owner(name, 100 + index, {
          exe: HOSTILE_PATH,
          args: [name, ...HOSTILE_ARGS],
          user: name,
          unit: `${name}.service`,
          script: HOSTILE_PATH,
          exeState: 'deleted',
          parents: [name],
          container: { runtime: 'docker', id: 'f00'.repeat(21), name, image: `${name}:latest` },
          package: { manager: 'dpkg', name, version: name },
          inetd: { program: HOSTILE_PATH, file: HOSTILE_PATH, line: 3 },
        }),
      ],
      service: service(name, {
        product: name,
        version: name,
        evidence: [name, ...HOSTILE_ARGS],
        disagreement: name,
        facts: { [name]: name },
      }),
      exposure: {
        widest: 'public',
        remarks: [{ code: 'open-over-ipv6-only', text: name, because: [because(name)] }],
        zones: [
          row('public', {
            zone: name,
            interface: name,
            conditions: [name],
            because: [because(name, { table: name, chain: name })],
            reachable: 'conditional',
          }),
        ],
      },
    }),
  );
  const sockets = HOSTILE_NAMES.map((name, index) =>
    listener('unix', `/run/${name}`, null, {
      id: `unix//run/${index}@host`,
      family: null,
      namespace: { id: 5, name },
      exposure: { widest: 'local', zones: [], access: name },
    }),
  );
  const findings = HOSTILE_NAMES.map((name, index) =>
    finding(
      `rule-${index}`,
      (['critical', 'high', 'medium', 'low', 'info'] as const)[index % 5] ?? 'info',
      `tcp/0.0.0.0:${7000 + index}@host`,
      {
        title: `A program called ${name} listens`,
        rationale: `It is called ${name} and runs ${HOSTILE_PATH}.\n\nThat is odd.`,
        evidence: [
          { field: name, value: name, why: name },
          ...HOSTILE_ARGS.map((value) => ({ field: 'owners.args', value, why: value })),
        ],
        remediation: [
          {
            what: `End ${name}`,
            command: "kill -- '100' # `x`\nsystemctl stop x.service",
            platform: 'generic',
            undo: 'systemctl start x.service',
          },
        ],
        references: [
          { id: name, url: `javascript:${name}` },
          { id: 'CWE-1', url: `https://example.org/${name}"><script>` },
        ],
        locations: [
          {
            file: HOSTILE_PATH,
            repoPath: index % 3 === 0 ? `a/${name}` : index % 3 === 1 ? '../../etc/passwd' : 'https://x/y',
            line: 0,
            what: name,
          },
        ],
        tags: [name],
        status: index % 7 === 6 ? 'waived' : index % 7 === 5 ? 'known' : index % 7 === 4 ? 'resolved' : 'new',
        waiver: index % 7 === 6 ? { owner: name, reason: name, expires: '2027-01-01', ticket: name } : null,
      },
    ),
  );
  return reportOf({
    hostname: 'evil\n<b>|`host`##[error]',
    listeners: [...listeners, ...sockets],
    published: [
      {
        id: 'published/tcp/0.0.0.0:1@host',
        via: because(HOSTILE_ARGS.join(' '), { backend: 'legacy', family: 'ip', chain: HOSTILE_PATH }),
        target: { address: '10.0.0.1', port: 1, portEnd: 9, namespace: HOSTILE_PATH, listener: null },
        protocol: 'tcp',
        family: 'ipv4',
        address: '0.0.0.0',
        port: 1,
        portEnd: 9,
        namespace: { id: 1, name: 'host' },
        service: service(HOSTILE_PATH),
        exposure: { widest: 'public', zones: [row('public')] },
        owners: [],
      },
    ],
    findings,
    rules: findings.map((f, index) => rule(f.ruleId, `Rule ${index}`, 'critical', 1)),
    gaps: HOSTILE_NAMES.map((name, index) =>
      gap({ what: name, why: name, hides: name, fix: name, hidesListeners: index % 2 === 0 }),
    ),
    gate: { narrowed: [...HOSTILE_NAMES], notices: [...HOSTILE_NAMES, ...HOSTILE_ARGS] },
    layers: [
      {
        osi: 'Application',
        number: '7',
        tcpip: 'Application',
        shows: HOSTILE_NAMES.map((name) => ({ what: name, value: name })),
      },
    ],
  });
}

/** More than any consumer's limit of findings, on one host. */
export function bigHost(size: number): Report {
  const listeners = Array.from({ length: size }, (_, index) =>
    listener('tcp', `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`, 23, {
      service: service('telnet'),
      exposure: { widest: 'public', zones: [row('public')] },
    }),
  );
  const findings = listeners.map(({ id }, index) =>
    finding('telnet-exposed', index < size / 2 ? 'high' : 'medium', id, {
      title: 'Telnet in clear text',
      fingerprint: index.toString(16).padStart(32, '0'),
    }),
  );
  return reportOf({
    hostname: 'big',
    listeners,
    findings,
    rules: [rule('telnet-exposed', 'Telnet in clear text', 'critical', size)],
  });
}

/** A capture: nothing is known of the firewall, and gaps say so. */
export const captureHost = (): Report =>
  reportOf({
    hostname: 'unknown',
    source: 'capture',
    listeners: [
      listener('tcp', '0.0.0.0', 23, {
        owners: [],
        ownersComplete: false,
        clients: null,
        service: service('telnet', { confidence: 'port-only' }),
        exposure: {
          widest: 'public',
          zones: [row('public', { interface: null, reachable: 'conditional', conditions: ['firewall not seen'] })],
        },
      }),
    ],
    gaps: [
      gap({
        kind: 'firewall',
        what: 'the firewall',
        why: 'a capture of netstat does not show it',
        hides: 'whether anybody is kept out',
        fix: 'run earshot on the host',
      }),
      gap({
        kind: 'capture',
        what: 'line 7: "garbage"',
        why: 'it is no row of this dialect',
        hides: 'a listener, if it was one',
        fix: '',
        hidesListeners: true,
      }),
    ],
  });
