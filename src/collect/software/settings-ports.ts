import {
  caddy,
  colons,
  equals,
  etcd,
  facts,
  influx,
  type PortFact,
  portIn,
  rabbitmq,
  tomcat,
  zookeeper,
} from './settings-stores.js';
import { BLANK, BLANK_OR_EQUALS, keyValues, type Line } from './settings-syntax.js';

/** A program with several ports whose configuration says which is which. */
export interface Ports {
  readonly programs: RegExp;
  readonly service: string;
  /** Options after which the file stands; `*` the first argument that is no option. */
  readonly options: readonly string[];
  /** True: the options are those of the class that Java runs, not the virtual machine's. */
  readonly behind?: true;
  /** A variable of the environment that names the file; its ending may be left out. */
  readonly variable?: { readonly name: string; readonly ending: string };
  /** A word that its arguments hold where an interpreter runs it; absent: the program alone tells. */
  readonly word?: string;
  /** Where it stands in the home of the process's user, before `places`; read as that process could. */
  readonly inHome?: string;
  /** Name of the file where the options name its folder; absent: they name the file. */
  readonly inFolder?: string;
  readonly places: readonly string[];
  readonly read: (text: string) => readonly PortFact[];
}

/** Keys of a configuration and the service whose port they give. */
type Keys = Readonly<Record<string, readonly [service: string, transports: 't' | 'u' | 'b']>>;

/** Reader of lines whose key says the service; the first word of the value holds the port. */
const byKey =
  (parse: (text: string) => readonly Line[], keys: Keys) =>
  (text: string): readonly PortFact[] =>
    parse(text).flatMap(({ key, value, line }) => {
      const wanted = keys[key];
      return wanted === undefined ? [] : facts(portIn(value.split(/\s+/)[0] ?? ''), wanted[0], line, wanted[1]);
    });

const blanks = (text: string): readonly Line[] => keyValues(text, BLANK);

/** transmission's settings.json: one `"key": value` a line. */
function transmission(text: string): readonly PortFact[] {
  return text.split('\n').flatMap((raw, index) => {
    const [, key, value = ''] = /"([\w-]+)"\s*:\s*("?[\w.]+"?)/.exec(raw.slice(0, 1000)) ?? [];
    const line = index + 1;
    if (key === 'rpc-port') return facts(portIn(value), 'transmission', line, 't');
    if (key === 'peer-port') return facts(portIn(value), 'bittorrent', line, 'b');
    return key === 'rpc-authentication-required'
      ? [{ name: 'transmission.password', value: value === 'true' ? 'asked' : 'none', line }]
      : [];
  });
}

/** `port 1194`, `management 127.0.0.1 7505` of openvpn(8). */
function openvpn(text: string): readonly PortFact[] {
  return blanks(text).flatMap(({ key, value, line }) => {
    const words = value.split(/\s+/);
    if (key === 'management') return facts(portIn(words[1] ?? ''), 'openvpn-management', line, 't');
    return key === 'port' || key === 'lport' ? facts(portIn(words[0] ?? ''), 'openvpn', line, 'b') : [];
  });
}

/** unbound.conf(5) and nsd.conf(5): `port`, `tls-port`, `control-port`, and addresses with a port of their own. */
function resolver(control: string): (text: string) => readonly PortFact[] {
  return (text) => {
    const lines = colons(text);
    const tls = portIn(lines.findLast(({ key }) => key === 'tls-port')?.value ?? '853');
    return lines.flatMap(({ key, value, line }) => {
      const [word = ''] = value.split(/\s+/);
      const port = portIn(word);
      if (key === 'control-port') return facts(port, control, line, 't');
      if (key === 'tls-port') return facts(port, 'dns-over-tls', line, 't');
      if (key === 'https-port') return facts(port, 'https', line, 't');
      if (key !== 'port' && !(/^(?:interface|ip-address)$/.test(key) && word.includes('@'))) return [];
      return key !== 'port' && port === tls ? facts(port, 'dns-over-tls', line, 't') : facts(port, 'dns', line, 'b');
    });
  };
}

/** Calls of dnsdist's Lua that open a port. */
const DNSDIST: Readonly<Record<string, readonly [service: string, transports: 't' | 'u' | 'b']>> = {
  setLocal: ['dns', 'b'],
  addLocal: ['dns', 'b'],
  addTLSLocal: ['dns-over-tls', 't'],
  addDOHLocal: ['https', 't'],
  addDNSCryptBind: ['dns', 'b'],
  controlSocket: ['dns-control', 't'],
  webserver: ['http', 't'],
};

const dnsdist = (text: string): readonly PortFact[] =>
  text.split('\n').flatMap((raw, index) => {
    const [, call = '', place = ''] = /^\s*(\w+)\(\s*["']([^"']*)["']/.exec(raw.slice(0, 1000)) ?? [];
    const wanted = DNSDIST[call];
    return wanted === undefined ? [] : facts(portIn(place), wanted[0], index + 1, wanted[1]);
  });

/** Modules that ejabberd's listeners name. */
const EJABBERD: Readonly<Record<string, string>> = {
  ejabberd_c2s: 'xmpp',
  ejabberd_s2s_in: 'xmpp-server',
  ejabberd_http: 'xmpp-bosh',
  mod_mqtt: 'mqtt',
  ejabberd_stun: 'stun',
  ejabberd_sip: 'sip',
};

function ejabberd(text: string): readonly PortFact[] {
  const found: PortFact[] = [];
  let port: { readonly number: number | null; readonly line: number } | null = null;
  for (const [index, raw] of text.split('\n').entries()) {
    const [, key, value = ''] = /^[\s-]*(port|module):\s*["']?([\w.]+)/.exec(raw.slice(0, 1000)) ?? [];
    if (key === 'port') port = { number: portIn(value), line: index + 1 };
    const service = key === 'module' ? EJABBERD[value] : undefined;
    if (service === undefined || port === null) continue;
    found.push(...facts(port.number, service, port.line, 'b'));
    port = null;
  }
  return found;
}

/** Commands that Cyrus starts for a port, by their first word. */
const CYRUS: Readonly<Record<string, readonly [plain: string, secure: string]>> = {
  imapd: ['imap', 'imaps'],
  pop3d: ['pop3', 'pop3s'],
  lmtpd: ['lmtp', 'lmtp'],
  nntpd: ['nntp', 'nntps'],
  timsieved: ['sieve', 'sieve'],
  httpd: ['http', 'https'],
};

/** `imap cmd="imapd -U 30" listen="127.0.0.1:10143"` of cyrus.conf(5). */
const cyrus = (text: string): readonly PortFact[] =>
  text.split('\n').flatMap((raw, index) => {
    const command = /\bcmd="(?:\S*\/)?(\w+)([^"]*)"/.exec(raw.slice(0, 1000));
    const service = CYRUS[command?.[1] ?? ''];
    const place = /\blisten="([^"]*)"/.exec(raw.slice(0, 1000))?.[1];
    if (service === undefined || place === undefined) return [];
    return facts(portIn(place), /\s-s\b/.test(command?.[2] ?? '') ? service[1] : service[0], index + 1, 't');
  });

/** `2525 inet n - y - - smtpd` of master(5), with the options on the lines that follow. */
function postfix(text: string): readonly PortFact[] {
  const found: PortFact[] = [];
  let last: PortFact | null = null;
  for (const [index, raw] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(raw)) continue;
    if (/^\s/.test(raw)) {
      if (last !== null && /smtpd_tls_wrappermode\s*=\s*yes/.test(raw)) found.push({ ...last, value: 'smtps' });
      continue;
    }
    const [place = '', type, , , , , , command = '', ...rest] = raw.slice(0, 1000).split(/\s+/);
    const service = command === 'smtpd' || command === 'postscreen' ? 'smtp' : command === 'qmqpd' ? 'qmqp' : null;
    const own = type === 'inet' && service !== null ? facts(portIn(place), service, index + 1, 't') : [];
    last = own[0] ?? null;
    if (last !== null)
      found.push(rest.some((word) => /smtpd_tls_wrappermode=yes/.test(word)) ? { ...last, value: 'smtps' } : last);
  }
  return [...new Map(found.map((fact) => [fact.name, fact])).values()];
}

const TOR: Keys = {
  socksport: ['tor-socks', 't'],
  controlport: ['tor-control', 't'],
  dnsport: ['dns', 'u'],
  orport: ['tor', 't'],
  dirport: ['http', 't'],
  transport: ['tcp-relay', 't'],
  httptunnelport: ['http-connect-proxy', 't'],
};

const PDNS: Keys = { 'local-port': ['dns', 'b'], 'webserver-port': ['http', 't'] };

/** Configurations that tell the ports of one program apart. Keys are those of the programs' manual pages. */
export const PORTS: readonly Ports[] = [
  {
    programs: /^transmission-(?:daemon|gtk|qt)$/,
    service: 'transmission',
    options: ['-g', '--config-dir'],
    inFolder: 'settings.json',
    places: [
      '/etc/transmission-daemon/settings.json',
      '/var/lib/transmission/.config/transmission-daemon/settings.json',
    ],
    read: transmission,
  },
  {
    programs: /^tor$/,
    service: 'tor',
    options: ['-f'],
    places: ['/etc/tor/torrc'],
    read: byKey(blanks, TOR),
  },
  {
    programs: /^ssh$/,
    service: 'ssh',
    options: ['-F'],
    inHome: '.ssh/config',
    places: ['/etc/ssh/ssh_config'],
    read: byKey((text) => keyValues(text, BLANK_OR_EQUALS), { dynamicforward: ['socks', 't'] }),
  },
  {
    programs: /^org\.apache\.catalina\.startup\.Bootstrap$/,
    service: 'tomcat',
    options: ['-Dcatalina.base='],
    variable: { name: 'CATALINA_BASE', ending: '' },
    inFolder: 'conf/server.xml',
    places: ['/usr/local/tomcat/conf/server.xml'],
    read: tomcat,
  },
  {
    programs: /^org\.apache\.zookeeper\.server\.(?:quorum\.QuorumPeerMain|ZooKeeperServerMain)$/,
    service: 'zookeeper',
    behind: true,
    options: ['*'],
    places: ['/etc/zookeeper/conf/zoo.cfg'],
    read: zookeeper,
  },
  { programs: /^etcd$/, service: 'etcd', options: ['--config-file', '-config-file'], places: [], read: etcd },
  {
    programs: /^influxd$/,
    service: 'influxdb',
    options: ['-config', '--config'],
    places: ['/etc/influxdb/influxdb.conf'],
    read: influx,
  },
  { programs: /^caddy$/, service: 'caddy', options: ['--config', '-c'], places: ['/etc/caddy/Caddyfile'], read: caddy },
  {
    programs: /^aria2c$/,
    service: 'aria2',
    options: ['--conf-path'],
    inHome: '.aria2/aria2.conf',
    places: [],
    read: byKey(equals, {
      'rpc-listen-port': ['aria2-rpc', 't'],
      'listen-port': ['bittorrent', 't'],
      'dht-listen-port': ['bittorrent', 'u'],
    }),
  },
  { programs: /^openvpn$/, service: 'openvpn', options: ['--config', '*'], places: [], read: openvpn },
  {
    programs: /^(?:turnserver|coturn)$/,
    service: 'coturn',
    options: ['-c'],
    places: ['/etc/turnserver.conf', '/etc/coturn/turnserver.conf'],
    read: byKey(equals, {
      'listening-port': ['stun', 'b'],
      'tls-listening-port': ['turns', 'b'],
      'cli-port': ['coturn-cli', 't'],
    }),
  },
  {
    programs: /^unbound$/,
    service: 'dns',
    options: ['-c'],
    places: ['/etc/unbound/unbound.conf'],
    read: resolver('unbound-control'),
  },
  { programs: /^nsd$/, service: 'dns', options: ['-c'], places: ['/etc/nsd/nsd.conf'], read: resolver('dns-control') },
  {
    programs: /^dnsdist$/,
    service: 'dnsdist',
    options: ['-C', '--config'],
    places: ['/etc/dnsdist/dnsdist.conf'],
    read: dnsdist,
  },
  {
    programs: /^pdns_server$/,
    service: 'dns',
    options: ['--config-dir'],
    inFolder: 'pdns.conf',
    places: ['/etc/powerdns/pdns.conf', '/etc/pdns/pdns.conf'],
    read: byKey(equals, PDNS),
  },
  {
    programs: /^pdns_recursor$/,
    service: 'dns',
    options: ['--config-dir'],
    inFolder: 'recursor.conf',
    places: ['/etc/powerdns/recursor.conf', '/etc/pdns-recursor/recursor.conf'],
    read: byKey(equals, PDNS),
  },
  {
    programs: /^squid3?$/,
    service: 'squid',
    options: ['-f'],
    places: ['/etc/squid/squid.conf'],
    read: byKey((text) => keyValues(text, BLANK_OR_EQUALS), {
      http_port: ['squid', 't'],
      https_port: ['squid', 't'],
      icp_port: ['icp', 'u'],
      snmp_port: ['snmp', 'u'],
    }),
  },
  {
    programs: /^beam(?:\.smp)?$/,
    service: 'ejabberd',
    options: [],
    variable: { name: 'EJABBERD_CONFIG_PATH', ending: '' },
    places: ['/etc/ejabberd/ejabberd.yml'],
    read: ejabberd,
  },
  {
    programs: /^beam(?:\.smp)?$/,
    service: 'rabbitmq',
    word: 'rabbit',
    options: [],
    variable: { name: 'RABBITMQ_CONFIG_FILE', ending: '.conf' },
    places: ['/etc/rabbitmq/rabbitmq.conf'],
    read: rabbitmq,
  },
  {
    programs: /^(?:krb5kdc|kadmind)$/,
    service: 'kerberos',
    options: [],
    places: ['/etc/krb5kdc/kdc.conf', '/var/kerberos/krb5kdc/kdc.conf', '/etc/heimdal-kdc/kdc.conf'],
    read: byKey(equals, {
      kdc_ports: ['kerberos', 'b'],
      kdc_tcp_ports: ['kerberos', 't'],
      kadmind_port: ['kerberos-admin', 't'],
      kpasswd_port: ['kpasswd', 'b'],
    }),
  },
  {
    programs: /^(?:cyrmaster|cyrus-master|master)$/,
    service: 'cyrus',
    options: ['-M'],
    places: ['/etc/cyrus.conf'],
    read: cyrus,
  },
  {
    programs: /^master$/,
    service: 'postfix',
    options: ['-c'],
    inFolder: 'master.cf',
    places: ['/etc/postfix/master.cf'],
    read: postfix,
  },
];
