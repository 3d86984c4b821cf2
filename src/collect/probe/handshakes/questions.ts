import type { Handshake, Said } from '../said.js';
import { fact } from '../said.js';

/** A question of one line or so, and how its answer is told from others. */
interface Question {
  readonly name: string;
  readonly services: readonly string[];
  /** Name of who answers so. */
  readonly service: string;
  readonly send: string;
  /** For the log. */
  readonly words: string;
  /** Groups: `product`, `version`. */
  readonly answer: RegExp;
  readonly product?: string;
  /** What an answer says of a login; absent: nothing. */
  readonly authentication?: 'none' | 'required';
  /** An answer that refuses, told before the other. */
  readonly refusal?: RegExp;
  /** What has been heard of an answer that is whole; absent: a line. */
  readonly whole?: RegExp;
  readonly transport?: 'udp';
  readonly alsoSecure?: true;
}

/** Bytes of an answer that are looked at. */
const ANSWER_BYTES_MAX = 4096;

/** Nobody is to pass it on: Max-Forwards is 0. */
const sipOptions = (transport: 'TCP' | 'UDP'): string =>
  [
    'OPTIONS sip:earshot@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${transport} 127.0.0.1:5060;branch=z9hG4bKearshot;rport`,
    'From: <sip:earshot@127.0.0.1>;tag=earshot',
    'To: <sip:earshot@127.0.0.1>',
    'Call-ID: earshot@127.0.0.1',
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 0',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
const SIP_WORDS = 'OPTIONS that nobody may pass on';

/** Each is a question that only reads, from its protocol's own documentation. To add one: a line here. */
const QUESTIONS: readonly Question[] = [
  {
    name: 'gearman-version',
    services: ['gearman'],
    service: 'gearman',
    send: 'version\n',
    words: 'version',
    answer: /^OK (?<version>\d[\w.+-]{0,40})\r?\n/,
    product: 'Gearman',
    authentication: 'none',
  },
  {
    name: 'beanstalkd-stats',
    services: ['beanstalkd'],
    service: 'beanstalkd',
    send: 'stats\r\n',
    words: 'stats',
    whole: /\nversion: [\s\S]{0,60}\n/,
    answer: /^OK \d+\r\n---\n[\s\S]{0,3000}?\nversion: "?(?<version>[\w.+-]{1,40})"?\n/,
    product: 'beanstalkd',
    authentication: 'none',
  },
  // Administrator's guide of ZooKeeper, "The Four Letter Words".
  {
    name: 'zookeeper-srvr',
    services: ['zookeeper'],
    service: 'zookeeper',
    send: 'srvr',
    words: 'srvr',
    answer: /^(?:Zookeeper version: (?<version>\d[\d.]*)|This ZooKeeper instance|srvr is not executed)/,
    product: 'ZooKeeper',
  },
  // clamd(8): whoever is answered may have any file scanned, and may end the daemon.
  {
    name: 'clamd-version',
    services: ['clamd'],
    service: 'clamd',
    send: 'zVERSION\0',
    words: 'VERSION',
    answer: /^ClamAV (?<version>[\d.]+)/,
    whole: /\0/,
    product: 'ClamAV',
    authentication: 'none',
  },
  {
    name: 'spamd-ping',
    services: ['spamd'],
    service: 'spamd',
    send: 'PING SPAMC/1.2\r\n\r\n',
    words: 'PING',
    answer: /^SPAMD\/[\d.]+ 0 PONG/,
    product: 'SpamAssassin',
    authentication: 'none',
  },
  // RFC 1413: ports that no connection has.
  {
    name: 'ident-query',
    services: ['ident'],
    service: 'ident',
    send: '1, 1\r\n',
    words: 'a query for ports 1 and 1',
    answer: /^\s*1\s*,\s*1\s*:\s*(?:ERROR|USERID)\s*:/i,
  },
  // RFC 1288: an empty line asks who is there.
  {
    name: 'finger-all',
    services: ['finger'],
    service: 'finger',
    send: '\r\n',
    words: 'an empty line',
    answer: /^(?:\s{0,8}Login\b|\s{0,8}No one logged on|\s{0,8}(?:User|Name|Line|Welcome)\b)/i,
    authentication: 'none',
  },
  // RFC 1436: an empty selector is answered with the menu.
  {
    name: 'gopher-menu',
    services: ['gopher'],
    service: 'gopher',
    send: '\r\n',
    words: 'an empty selector',
    answer: /^[0-9+A-Za-z:;<][^\t\r\n]{0,500}\t[^\t\r\n]{0,500}\t[^\t\r\n]{0,255}\t\d{1,5}/,
    authentication: 'none',
  },
  // Network UPS Tools, developer guide: VER.
  {
    name: 'nut-version',
    services: ['nut'],
    service: 'nut',
    send: 'VER\n',
    words: 'VER',
    answer: /^Network UPS Tools upsd (?<version>[\d.]+)/,
    product: 'Network UPS Tools',
  },
  // control-spec of Tor: PROTOCOLINFO is answered before a login.
  {
    name: 'tor-protocolinfo',
    services: ['tor-control'],
    service: 'tor-control',
    send: 'PROTOCOLINFO 1\r\n',
    words: 'PROTOCOLINFO 1',
    answer: /^250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\b(?:[\s\S]{0,500}?VERSION Tor="(?<version>[\d.]+))?/,
    whole: /\n250 OK/,
    refusal: /^250-PROTOCOLINFO 1\r\n250-AUTH METHODS=(?:[\s\S]{0,500}?VERSION Tor="(?<version>[\d.]+))?/,
    product: 'Tor',
    authentication: 'none',
  },
  // git-protocol-pack(5): a repository that cannot exist.
  {
    name: 'git-upload-pack',
    services: ['git'],
    service: 'git',
    send: '0032git-upload-pack /earshot-no-such-repository\0\0\n',
    words: 'a request of a repository that cannot exist',
    answer: /^[0-9a-f]{4}(?:ERR |[0-9a-f]{40} )/,
    whole: /^[\s\S]{8}/,
  },
  // RFC 3261 section 11: what a server is able to do.
  {
    name: 'sip-options',
    services: ['sip', 'sips'],
    service: 'sip',
    send: sipOptions('TCP'),
    words: SIP_WORDS,
    answer:
      /^SIP\/2\.0 \d{3} (?:[\s\S]{0,3000}?\r\n(?:Server|User-Agent): (?<product>[A-Za-z][\w -]{0,40}?)(?:[/ (-]+v?(?<version>\d[\w.+~-]{0,40}))?[\r )])?/i,
    whole: /\r\n\r\n/,
    alsoSecure: true,
  },
  {
    name: 'sip-options-udp',
    services: ['sip'],
    service: 'sip',
    send: sipOptions('UDP'),
    words: SIP_WORDS,
    answer:
      /^SIP\/2\.0 \d{3} (?:[\s\S]{0,3000}?\r\n(?:Server|User-Agent): (?<product>[A-Za-z][\w -]{0,40}?)(?:[/ (-]+v?(?<version>\d[\w.+~-]{0,40}))?[\r )])?/i,
    whole: /\r\n\r\n/,
    transport: 'udp',
  },
  // RFC 7826 section 13.1.
  {
    name: 'rtsp-options',
    services: ['rtsp'],
    service: 'rtsp',
    send: 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n',
    words: 'OPTIONS *',
    whole: /\r\n\r\n/,
    answer:
      /^RTSP\/[12]\.0 \d{3} (?:[\s\S]{0,3000}?\r\nServer: (?<product>[A-Za-z][\w -]{0,40}?)(?:[/ (-]+v?(?<version>\d[\w.+~-]{0,40}))?[\r )])?/i,
  },
  // STOMP 1.2: a frame of CONNECT without a login.
  {
    name: 'stomp-connect',
    services: ['stomp'],
    service: 'stomp',
    send: 'CONNECT\naccept-version:1.0,1.1,1.2\nhost:/\n\n\0',
    words: 'CONNECT without a login',
    whole: /\0/,
    answer: /^CONNECTED\r?\n(?:[\s\S]{0,2000}?server:(?<product>[A-Za-z][\w -]{0,40})\/(?<version>\d[\w.+-]{0,40}))?/,
    refusal: /^ERROR\r?\n[\s\S]{0,2000}?(?:denied|auth|login|passcode|credential|security)/i,
    authentication: 'none',
    alsoSecure: true,
  },
];

const read = (text: string, question: Question): Said | null => {
  const found = question.answer.exec(text);
  const refused = found === null ? (question.refusal?.exec(text) ?? null) : null;
  const answer = found ?? refused;
  if (answer === null) return null;
  const authentication = refused === null ? question.authentication : 'required';
  const product = question.product ?? answer.groups?.['product'] ?? null;
  const version = answer.groups?.['version'] ?? null;
  return {
    service: question.service,
    product: product === null ? null : fact(product),
    version: version === null ? null : fact(version),
    facts: authentication === undefined ? {} : { authentication },
  };
};

const A_LINE = /[\n\0]/;

const textOf = (heard: Buffer): string => heard.toString('latin1', 0, ANSWER_BYTES_MAX);

/** Services that answer one line of text with a text of their own. */
export const QUESTIONS_ASKED: readonly Handshake[] = QUESTIONS.map((question) => ({
  name: question.name,
  transport: question.transport ?? 'tcp',
  services: question.services,
  ...(question.alsoSecure === true ? { alsoSecure: true } : {}),
  async speak(line, { answerMs }) {
    line.send(question.send, question.words);
    await line.hear((heard) => (question.whole ?? A_LINE).test(textOf(heard)), answerMs);
    return read(textOf(line.heard), question);
  },
}));
