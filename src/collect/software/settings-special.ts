import { BLANK, iniValues, keyValues, type Statement, statements } from './settings-syntax.js';

/** A fact with the line that says it. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  /** 0: no line says it; it is what the program does without one. */
  readonly line: number;
}

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

const portIn = (text: string): number | null => {
  const digits = /(?:^|:)(\d{1,5})$/.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
};

function* walk(
  list: readonly Statement[],
  parents: readonly string[] = [],
): Iterable<{
  readonly statement: Statement;
  readonly parents: readonly string[];
  readonly siblings: readonly Statement[];
}> {
  for (const statement of list) {
    yield { statement, parents, siblings: list };
    if (statement.block !== null) yield* walk(statement.block, [...parents, statement.words[0] ?? '']);
  }
}

/** Value of a directive among the statements of one block; looked up once for each block. */
class Blocks {
  readonly #values = new Map<readonly Statement[], ReadonlyMap<string, string>>();

  valueOf(siblings: readonly Statement[], directive: string): string | undefined {
    let values = this.#values.get(siblings);
    if (values === undefined) {
      values = new Map(siblings.map(({ words }) => [words[0] ?? '', words[1] ?? '']));
      this.#values.set(siblings, values);
    }
    return values.get(directive);
  }
}

/** The first server of each `upstream` of nginx. */
function upstreams(list: readonly Statement[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { statement } of walk(list)) {
    const [word, name = ''] = statement.words;
    const server = word === 'upstream' ? statement.block?.find(({ words }) => words[0] === 'server') : undefined;
    if (server !== undefined) found.set(name, server.words[1] ?? '');
  }
  return found;
}

/** `stream { server { listen 23; proxy_pass 127.0.0.1:2323; } }`, and which ports of http are TLS. */
function nginx(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  const blocks = new Blocks();
  const list = statements(text);
  const groups = upstreams(list);
  for (const { statement, parents, siblings } of walk(list)) {
    const [name, where = '', ...more] = statement.words;
    const port = name === 'listen' ? portIn(where) : null;
    if (port === null) continue;
    const { line } = statement;
    const transport = more.includes('udp') || more.includes('quic') ? 'udp' : 'tcp';
    const pass = blocks.valueOf(siblings, 'proxy_pass');
    if (parents.includes('stream')) {
      if (more.includes('ssl')) facts.push({ name: `tls.${transport}.${port}`, value: 'yes', line });
      const target = (groups.get(pass ?? '') ?? pass)?.replace(/^unix:/, '');
      // A variable is chosen for each connection: where it leads is not told.
      if (target === undefined || !/^\/|:\d+$/.test(target))
        facts.push({ name: `listen.${transport}.${port}`, value: 'tcp-relay', line });
      else facts.push({ name: `relay.${transport}.${port}`, value: target, line });
    } else if (parents.includes('mail'))
      facts.push({ name: `listen.${transport}.${port}`, value: blocks.valueOf(siblings, 'protocol') ?? 'smtp', line });
    else if (parents.includes('http') || parents.length === 1) {
      const value = more.includes('quic') ? 'http3' : more.includes('ssl') ? 'https' : 'http';
      facts.push({ name: `listen.${transport}.${port}`, value, line });
    }
  }
  return facts;
}

/** A section of haproxy.cfg. */
interface Section {
  readonly kind: string;
  readonly name: string;
  readonly binds: { readonly port: number; readonly line: number }[];
  mode: string | null;
  backend: string | null;
  server: string | null;
  stats: boolean;
}

function haproxySections(text: string): readonly Section[] {
  const sections: Section[] = [];
  for (const { key, value, line } of keyValues(text, BLANK)) {
    const words = value.split(/\s+/);
    if (/^(?:global|defaults|frontend|backend|listen|resolvers|peers|userlist)$/.test(key))
      sections.push({
        kind: key,
        name: words[0] ?? '',
        binds: [],
        mode: null,
        backend: null,
        server: null,
        stats: false,
      });
    const section = sections.at(-1);
    if (section === undefined) continue;
    const port = key === 'bind' ? portIn((words[0] ?? '').split(',')[0] ?? '') : null;
    if (port !== null) section.binds.push({ port, line });
    else if (key === 'mode') section.mode = words[0] ?? null;
    else if (key === 'default_backend' || key === 'use_backend') section.backend ??= words[0] ?? null;
    else if (key === 'server') section.server ??= words[1] ?? null;
    else if (key === 'stats') section.stats = true;
  }
  return sections;
}

/** Ports whose mode is tcp pass on to the backend's first server; the others speak HTTP. */
function haproxy(text: string): readonly Fact[] {
  const sections = haproxySections(text);
  const standing = sections.findLast((section) => section.kind === 'defaults')?.mode ?? 'tcp';
  const backends = new Map(sections.filter(({ kind }) => kind === 'backend').map((one) => [one.name, one]));
  const facts: Fact[] = [];
  for (const section of sections) {
    const backend = backends.get(section.backend ?? '');
    const server = section.server ?? backend?.server ?? null;
    for (const { port, line } of section.binds) {
      if ((section.mode ?? standing) !== 'tcp') facts.push({ name: `listen.tcp.${port}`, value: 'http', line });
      else if (server !== null) facts.push({ name: `relay.tcp.${port}`, value: server, line });
    }
  }
  return facts;
}

/** `[service]`, `accept = 992`, `connect = 23`: TLS outside, and what stands behind. */
function stunnel(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  const bySection = new Map<
    string,
    { accept?: { port: number; line: number }; connect?: string; client?: boolean; exec?: string; execArgs?: string }
  >();
  for (const { key, value, line } of iniValues(text)) {
    const dot = key.lastIndexOf('.');
    const name = key.slice(0, dot);
    const section = bySection.get(name) ?? {};
    const port = portIn(value);
    if (key.endsWith('.accept') && port !== null) section.accept = { port, line };
    if (key.endsWith('.connect')) section.connect = value;
    if (key.endsWith('.exec')) section.exec = value;
    if (key.endsWith('.execargs')) section.execArgs = value;
    if (key.endsWith('.client')) section.client = /^yes$/i.test(value);
    bySection.set(name, section);
  }
  for (const { accept, connect, client = bySection.get('')?.client ?? false, exec, execArgs } of bySection.values()) {
    if (accept !== undefined && exec !== undefined && connect === undefined) {
      // The first of execArgs is the name that the program is called by.
      const command = [exec, ...(execArgs ?? '').split(/\s+/).slice(1)].join(' ');
      facts.push({ name: `exec.tcp.${accept.port}`, value: command, line: accept.line });
      facts.push({ name: `tls.tcp.${accept.port}`, value: 'yes', line: accept.line });
    }
    if (accept === undefined || connect === undefined) continue;
    facts.push({ name: `relay.tcp.${accept.port}`, value: connect, line: accept.line });
    if (!client) facts.push({ name: `tls.tcp.${accept.port}`, value: 'yes', line: accept.line });
  }
  return facts;
}

/** `BINDADDRESS BINDPORT CONNECTADDRESS CONNECTPORT`, ports with `/udp` perhaps. */
function rinetd(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const [, port, transport = 'tcp', address, to] =
      /^\s*[\w.:*-]+\s+(\d{1,5})(?:\/(tcp|udp))?\s+([\w.:-]+)\s+(\d{1,5})/.exec(raw) ?? [];
    if (port !== undefined)
      facts.push({
        name: `relay.${transport}.${port}`,
        value: address?.includes(':') === true ? `[${address}]:${to}` : `${address}:${to}`,
        line: index + 1,
      });
  }
  return facts;
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
