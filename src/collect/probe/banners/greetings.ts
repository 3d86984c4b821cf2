import type { Banner, Said } from '../said.js';
import { fact } from '../said.js';

/** A greeting that is told by its words alone. */
interface Greeting {
  readonly service: string;
  /** Groups: `product`, `version`. */
  readonly words: RegExp;
  readonly product?: string;
  /** Whoever reads it has been let in, or is asked who it is; absent: it does not say. */
  readonly authentication?: 'none' | 'required';
  /** True: others could say the same, so identity has to say it too. */
  readonly ifKnown?: true;
}

/** Bytes that are looked at. */
const GREETING_BYTES_MAX = 4096;

/**
 * Each from its program's own documentation or source. To add one: a line here. `^` is the first byte; expressions have no open repetition of a
 * group, so that they take linear time.
 */
const GREETINGS: readonly Greeting[] = [
  // management-notes.txt of OpenVPN: with a password file it asks first.
  {
    service: 'openvpn-management',
    words: /^>INFO:OpenVPN Management Interface Version/,
    product: 'OpenVPN',
    authentication: 'none',
  },
  { service: 'openvpn-management', words: /^ENTER PASSWORD:/, authentication: 'required', ifKnown: true },
  // varnish-cli(7): 107 and a challenge where a secret is asked for.
  {
    service: 'varnish-admin',
    words: /^107 \d{1,8} *\n[a-z]{32}\n/,
    product: 'Varnish',
    authentication: 'required',
  },
  {
    service: 'varnish-admin',
    words: /^200 \d{1,8} *\n-{5,60}\nVarnish Cache CLI/,
    product: 'Varnish',
    authentication: 'none',
  },
  {
    service: 'coturn-cli',
    words: /^TURN Server\r\nCoturn-(?<version>[\d.]+)[\s\S]{0,200}?Enter password:/,
    product: 'coturn',
    authentication: 'required',
  },
  { service: 'coturn-cli', words: /^TURN Server\r\nCoturn-(?<version>[\d.]+)/, product: 'coturn' },
  // RFC 2812: a server may speak to a client that has not said who it is.
  { service: 'irc', words: /^:[^\s:]{1,255} NOTICE \* :BitlBee/, product: 'BitlBee' },
  { service: 'irc', words: /^(?::[^\s:]{1,255} )?NOTICE (?:\*|[\w-]{1,30}) :/ },
  { service: 'irc', words: /^ERROR :(?:Closing Link|Your host is trying)/i },
  // The protocol of svnserve (libsvn_ra_svn/protocol).
  { service: 'svn', words: /^\( success \( \d+ \d+ \(/, product: 'Subversion' },
  // RFC 2229 section 3.1: capabilities and a message id.
  { service: 'dict', words: /^220 [^\r\n<]{0,200}<[\w.-]*> <[^<>\s]{1,160}>\s/ },
  { service: 'mpd', words: /^OK MPD (?<version>[\d.]+)/, product: 'MPD' },
  {
    service: 'gpsd',
    words: /^\{"class":"VERSION","release":"(?<version>[^"]{1,40})"/,
    product: 'gpsd',
    authentication: 'none',
  },
  // RFC 5804 section 1.7.
  {
    service: 'sieve',
    words: /^"IMPLEMENTATION" "(?<product>[A-Za-z][A-Za-z -]{0,40}[A-Za-z])(?: v?(?<version>\d[\w.-]{0,40}))?/,
  },
  { service: 'lmtp', words: /^220 [^\r\n]{0,200}\bLMTP\b/ },
  { service: 'lmtp', words: /^220 /, ifKnown: true },
  { service: 'asterisk-ami', words: /^Asterisk Call Manager\/(?<version>[\d.]+)/, product: 'Asterisk' },
  {
    service: 'freeswitch-esl',
    words: /^Content-Type: auth\/request/,
    product: 'FreeSWITCH',
    authentication: 'required',
  },
  { service: 'freeswitch-esl', words: /^Content-Type: text\/rude-rejection/, product: 'FreeSWITCH' },
  { service: 'vmware-auth', words: /^220 VMware Authentication Daemon Version (?<version>[\d.]+)/ },
  { service: 'checkmk-agent', words: /^<<<check_mk>>>\r?\nVersion: (?<version>\S{1,40})/, authentication: 'none' },
  { service: 'rserve', words: /^Rsrv\d{4}QAP1/, product: 'Rserve' },
  {
    service: 'ganglia',
    words: /^<\?xml[\s\S]{0,3800}<GANGLIA_XML VERSION="(?<version>[\d.]+)"/,
    product: 'Ganglia',
    authentication: 'none',
  },
  { service: 'hylafax', words: /^220 [^\r\n]{0,200}HylaFAX \(tm\) Version (?<version>[\d.]+)/, product: 'HylaFAX' },
  { service: 'hddtemp', words: /^\|\/dev\//, authentication: 'none' },
  { service: 'zebra', words: /^\s{0,8}Hello, this is (?<product>FRRouting|Quagga) \(version (?<version>[\d.]+)/ },
  // OpenWire: WIREFORMAT_INFO (1) of a broker, whose properties name its version.
  {
    service: 'activemq',
    words: /^[\s\S]{4}\x01ActiveMQ[\s\S]{0,2000}?ProviderVersion[\s\S]{3}(?<version>\d[\w.-]*)/,
    product: 'ActiveMQ',
  },
  { service: 'activemq', words: /^[\s\S]{4}\x01ActiveMQ/ },
  // Mumble's protocol: a message Version (type 0) with a release, inside TLS.
  {
    service: 'mumble',
    words: /^\0\0\0\0[\0\x01][\s\S]\x08[\s\S]{1,20}?\x12[\s\S](?<version>\d{1,3}\.\d{1,3}\.\d{1,3})/,
    product: 'Mumble',
  },
  // ZMTP, 3.1: a signature of ten bytes, to which the version and the mechanism are added when the other side has sent its own.
  { service: 'zeromq', words: /^\xff\0{7}[\0\x01]\x7f/ },
];

const readGreeting = (text: string, service: string | null, greeting: Greeting): Said | null => {
  if (greeting.ifKnown === true && service !== greeting.service) return null;
  const found = greeting.words.exec(text);
  if (found === null) return null;
  const product = greeting.product ?? found.groups?.['product'] ?? null;
  const version = found.groups?.['version'] ?? null;
  return {
    // What speaks ZeroMQ has a name of its own where identity knows it.
    service: greeting.service === 'zeromq' && service !== null ? service : greeting.service,
    product: product === null ? null : fact(product),
    version: version === null ? null : fact(version),
    facts: greeting.authentication === undefined ? {} : { authentication: greeting.authentication },
  };
};

export const greetings: Banner = {
  name: 'greeting',
  read(heard, service) {
    const text = heard.toString('latin1', 0, GREETING_BYTES_MAX);
    for (const greeting of GREETINGS) {
      const said = readGreeting(text, service, greeting);
      if (said !== null) return said;
    }
    return null;
  },
};

/** A protobuf notice of MySQL's X plugin (Mysqlx.Notice.Frame of type ServerHello), which it sends to whoever connects. */
const X_HELLO = Buffer.from([5, 0, 0, 0, 11, 8, 5, 26, 0]);

export const mysqlx: Banner = {
  name: 'mysqlx-greeting',
  read: (heard) => (heard.subarray(0, X_HELLO.length).equals(X_HELLO) ? { service: 'mysqlx', product: 'MySQL' } : null),
};

/** nats.io, client protocol: `INFO {…}`, with `auth_required` where it asks who is there. */
export const nats: Banner = {
  name: 'nats-info',
  read(heard) {
    const text = heard.toString('latin1', 0, GREETING_BYTES_MAX);
    if (!/^INFO \{[\s\S]*"server_id":/.test(text)) return null;
    const version = /"version":"([\w.+-]{1,40})"/.exec(text)?.[1] ?? null;
    const asks = /"auth_required":true/.test(text) || /"tls_verify":true/.test(text);
    const facts: Record<string, string> = { authentication: asks ? 'required' : 'none' };
    if (/"tls_required":true/.test(text)) facts['encryption'] = 'tls';
    return { service: 'nats', product: 'NATS', version, facts };
  },
};
