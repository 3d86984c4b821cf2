import { type Fact, haproxy, nginx, rinetd, stunnel } from './settings-relays.js';
import { BLANK, iniValues, keyValues, type Statement, statements, walk } from './settings-syntax.js';

/** A configuration whose facts stand in no single key. */
export interface Special {
  readonly programs: RegExp;
  readonly service: string;
  readonly options: readonly string[];
  readonly places: readonly string[];
  /** The option may be given several times, or name a folder whose files with this ending are read. */
  readonly several?: string;
  readonly read: (text: string) => readonly Fact[];
}

/** chrony.conf(5): `port` answers time (123 unless said), `cmdport` takes commands (323 unless said). */
function chrony(text: string): readonly Fact[] {
  const lines = keyValues(text, BLANK, /^[#;!%]/);
  const said = (key: string, usual: string): { value: string; line: number } =>
    lines.findLast((line) => line.key === key) ?? { value: usual, line: 0 };
  const port = said('port', '123');
  const command = said('cmdport', '323');
  return [
    { name: `listen.udp.${port.value}`, value: 'ntp', line: port.line },
    { name: `listen.udp.${command.value}`, value: 'chrony-command', line: command.line },
  ];
}

/** `service imap-login { inet_listener imap { port = 10143 } }` of dovecot's master. */
function dovecot(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  let listener: string | null = null;
  for (const { key, value, line } of keyValues(text, BLANK_EQUALS)) {
    if (key === 'inet_listener') listener = value.split(/\s+/)[0] ?? null;
    else if (key === 'port' && listener !== null && Number(value) > 0)
      facts.push({ name: `listen.tcp.${value}`, value: listener.replace(/^submissions$/, 'smtps'), line });
    else if (key === '}') listener = null;
    else if (key === 'disable_plaintext_auth' || key === 'auth_allow_cleartext')
      facts.push({ name: `mail.${key.replaceAll('_', '-')}`, value, line });
  }
  return facts;
}

const BLANK_EQUALS = /\s*=\s*|\s+/;

/** Communities that every scanner tries. */
const FAMOUS_COMMUNITIES = /^(?:public|private)$/i;

function snmpd(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  for (const { key, value, line } of keyValues(text, BLANK)) {
    const words = value.split(/\s+/);
    const name = /^r[ow]community6?$/.test(key) ? words[0] : key === 'com2sec' ? words.at(-1) : undefined;
    if (name !== undefined)
      facts.push({ name: 'snmp.community', value: FAMOUS_COMMUNITIES.test(name) ? 'well-known' : 'set', line });
    const subagents = key === 'agentxsocket' ? /^tcp:.*?(\d{1,5})$/i.exec(words[0] ?? '')?.[1] : undefined;
    if (subagents !== undefined) facts.push({ name: `listen.tcp.${subagents}`, value: 'agentx', line });
    if (/^rwcommunity6?$/.test(key)) facts.push({ name: 'snmp.write', value: 'yes', line });
  }
  return facts.sort((a, b) => Number(b.value === 'well-known') - Number(a.value === 'well-known'));
}

/** Modules that ask for no user, and whether one of them may be written. */
function rsync(text: string): readonly Fact[] {
  const modules = new Map<string, { line: number; auth: boolean; write: boolean }>();
  let standing = { auth: false, write: false };
  for (const { key, value, line } of iniValues(text)) {
    const header = /^\[(.*)\]$/.exec(key)?.[1];
    if (header !== undefined) {
      modules.set(header, { line, ...standing });
      continue;
    }
    const dot = key.lastIndexOf('.');
    const module = modules.get(key.slice(0, dot));
    const name = key.slice(dot + 1);
    const change =
      name === 'auth users' ? { auth: true } : name === 'read only' ? { write: /^(?:no|false|0)$/i.test(value) } : {};
    if (module === undefined) standing = { ...standing, ...change };
    else Object.assign(module, change);
  }
  const open = [...modules].filter(([, module]) => !module.auth);
  const first = open[0];
  if (first === undefined) return modules.size === 0 ? [] : [{ name: 'rsync.open-modules', value: 'none', line: 0 }];
  return [
    { name: 'rsync.open-modules', value: open.map(([name]) => name).join(' '), line: first[1].line },
    { name: 'rsync.write', value: open.some(([, module]) => module.write) ? 'yes' : 'no', line: first[1].line },
  ];
}

/** Ports of named.conf: `listen-on port 5353 { … }`, `inet 127.0.0.1 port 953` of controls and of statistics-channels. */
function bindPorts(list: readonly Statement[]): readonly Fact[] {
  const facts: Fact[] = [];
  for (const { statement, parents } of walk(list)) {
    const { words, line } = statement;
    const port = Number(words[words.indexOf('port') + 1] ?? 0);
    if (!words.includes('port') || !(port > 0)) continue;
    const inside = parents.at(-1);
    const value = /^listen-on/.test(words[0] ?? '')
      ? words.includes('http')
        ? 'https'
        : words.includes('tls')
          ? 'dns-over-tls'
          : 'dns'
      : words[0] !== 'inet'
        ? null
        : inside === 'controls'
          ? 'rndc'
          : inside === 'statistics-channels'
            ? 'http'
            : null;
    if (value === null) continue;
    facts.push({ name: `listen.tcp.${port}`, value, line });
    if (value === 'dns') facts.push({ name: `listen.udp.${port}`, value, line });
  }
  return facts;
}

/** Who may ask a resolver about names that are not its own, and what its ports are. */
function bind(text: string): readonly Fact[] {
  const list = statements(text);
  return [...recursion(list), ...bindPorts(list)];
}

function recursion(list: readonly Statement[]): readonly Fact[] {
  for (const { statement, parents } of walk(list)) {
    const [name, value = ''] = statement.words;
    if (!parents.includes('options')) continue;
    if (name === 'recursion' && value === 'no') return [{ name: 'dns.recursion', value: 'no', line: statement.line }];
    if (name === 'allow-recursion' && statement.block !== null)
      return [
        {
          name: 'dns.recursion',
          value: statement.block.some((one) => one.words[0] === 'any') ? 'any' : 'some',
          line: statement.line,
        },
      ];
  }
  return [];
}

function unbound(text: string): readonly Fact[] {
  const open = keyValues(text, /\s*:\s+/).find(
    (line) => line.key === 'access-control' && /^(?:0\.0\.0\.0\/0|::\/0|::0\/0)\s+allow/.test(line.value),
  );
  return open === undefined ? [] : [{ name: 'dns.recursion', value: 'any', line: open.line }];
}

function proftpd(text: string): readonly Fact[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^\s*<Anonymous\b/i.test(line));
  const tls = lines.findIndex((line) => /^\s*TLSEngine\s+on\b/i.test(line));
  return [
    { name: 'ftp.anonymous', value: at < 0 ? 'no' : 'yes', line: at + 1 },
    { name: 'ftp.tls', value: tls < 0 ? 'no' : 'yes', line: tls + 1 },
  ];
}

function squid(text: string): readonly Fact[] {
  const access = keyValues(text, BLANK).find(
    (line) => line.key === 'http_access' && /^(?:allow|deny)\s+all$/.test(line.value),
  );
  return access === undefined
    ? []
    : [{ name: 'proxy.open', value: access.value.startsWith('allow') ? 'yes' : 'no', line: access.line }];
}

/** One file a program; the reader of each is a function above. */
export const SPECIALS: readonly Special[] = [
  {
    programs: /^(?:nginx|openresty|angie)$/,
    service: 'nginx',
    options: ['-c'],
    places: ['/etc/nginx/nginx.conf'],
    read: nginx,
  },
  {
    programs: /^haproxy$/,
    service: 'haproxy',
    options: ['-f'],
    places: ['/etc/haproxy/haproxy.cfg'],
    several: '.cfg',
    read: haproxy,
  },
  {
    programs: /^stunnel\d*$/,
    service: 'stunnel',
    options: ['*'],
    places: ['/etc/stunnel/stunnel.conf'],
    read: stunnel,
  },
  { programs: /^rinetd$/, service: 'rinetd', options: ['-c'], places: ['/etc/rinetd.conf'], read: rinetd },
  {
    programs: /^chronyd$/,
    service: 'chrony',
    options: ['-f'],
    places: ['/etc/chrony/chrony.conf', '/etc/chrony.conf'],
    read: chrony,
  },
  {
    programs: /^(?:dovecot|imap-login|pop3-login)$/,
    service: 'dovecot',
    options: ['-c'],
    places: ['/etc/dovecot/dovecot.conf'],
    read: dovecot,
  },
  { programs: /^snmpd$/, service: 'snmp', options: ['-c'], places: ['/etc/snmp/snmpd.conf'], read: snmpd },
  { programs: /^rsync$/, service: 'rsync', options: ['--config'], places: ['/etc/rsyncd.conf'], read: rsync },
  {
    programs: /^named$/,
    service: 'dns',
    options: ['-c'],
    places: ['/etc/bind/named.conf.options', '/etc/named.conf', '/etc/bind/named.conf'],
    read: bind,
  },
  { programs: /^unbound$/, service: 'dns', options: ['-c'], places: ['/etc/unbound/unbound.conf'], read: unbound },
  {
    programs: /^proftpd$/,
    service: 'ftp',
    options: ['-c', '--config'],
    places: ['/etc/proftpd/proftpd.conf', '/etc/proftpd.conf'],
    read: proftpd,
  },
  { programs: /^squid3?$/, service: 'squid', options: ['-f'], places: ['/etc/squid/squid.conf'], read: squid },
];
