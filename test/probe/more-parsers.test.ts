import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readExports } from '../../src/collect/probe/banners/nbd.js';
import { readBanner } from '../../src/collect/probe/banners.js';
import { HANDSHAKES } from '../../src/collect/probe/handshakes.js';
import { StreamLine } from '../../src/collect/probe/line.js';
import type { Said } from '../../src/collect/probe/said.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const greeting = (text: string, service: string | null = null): Said | undefined =>
  readBanner(bytes(text), service)?.said;

/** What a handshake learns from answers, one for each time that it speaks; after the last the other side closes. */
async function said(name: string, service: string, ...answers: readonly string[]): Promise<Said | null> {
  const left = [...answers];
  const stream: Duplex = new Duplex({
    read: () => undefined,
    write(_, __, done) {
      done();
      const answer = left.shift();
      if (!stream.readableEnded) stream.push(answer === undefined ? null : bytes(answer));
    },
  });
  const handshake = HANDSHAKES.find((one) => one.name === name);
  const line = new StreamLine(stream, 65_536, new AbortController().signal);
  const answer = await handshake?.speak(line, { service, host: '127.0.0.1:1', secure: false, answerMs: 20 });
  return answer ?? null;
}

describe('greetings of real daemons (bytes recorded from Debian 12, or written from the protocol)', () => {
  const GREETINGS: readonly (readonly [string, Partial<Said>, string?])[] = [
    [
      ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n",
      { service: 'openvpn-management', facts: { authentication: 'none' } },
    ],
    ['ENTER PASSWORD:', { service: 'openvpn-management', facts: { authentication: 'required' } }, 'openvpn-management'],
    [
      '107 59      \nulgqabvuhlwfcitdxqljoepsmiduvczb\n\nAuthentication required.\n\n',
      { service: 'varnish-admin', facts: { authentication: 'required' } },
    ],
    [
      '200 274     \n-----------------------------\nVarnish Cache CLI 1.0\n-----------------------------\n',
      { service: 'varnish-admin', facts: { authentication: 'none' } },
    ],
    [
      "TURN Server\r\nCoturn-4.6.1 'Gorst'\r\n\r\nType '?' for help\r\nEnter password: \r\n",
      { service: 'coturn-cli', version: '4.6.1', facts: { authentication: 'required' } },
    ],
    [':198.51.100.15 NOTICE * :BitlBee-IRCd initialized, please go on\r\n', { service: 'irc', product: 'BitlBee' }],
    [':irc.example NOTICE AUTH :*** Looking up your hostname...\r\n', { service: 'irc' }],
    ['NOTICE AUTH :*** Checking Ident\r\n', { service: 'irc' }],
    ['( success ( 2 2 ( ) ( edit-pipeline svndiff1 ) ) ) ', { service: 'svn' }],
    ['220 dict.example dictd 1.13.0/rf on Linux 6.1 <auth.mime> <1.2.3@dict.example>\r\n', { service: 'dict' }],
    ['OK MPD 0.23.5\n', { service: 'mpd', version: '0.23.5' }],
    [
      '{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}\r\n',
      { service: 'gpsd', version: '3.22', facts: { authentication: 'none' } },
    ],
    ['"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SIEVE" "fileinto"\r\n', { service: 'sieve' }],
    [
      'INFO {"server_id":"NA","version":"2.9.10","go":"go1.19.8","auth_required":true,"max_payload":1048576} \r\n',
      { service: 'nats', version: '2.9.10', facts: { authentication: 'required' } },
    ],
    ['INFO {"server_id":"NA","version":"2.9.10"} \r\n', { service: 'nats', facts: { authentication: 'none' } }],
    ['Asterisk Call Manager/5.0.1\r\n', { service: 'asterisk-ami', version: '5.0.1' }],
    ['Content-Type: auth/request\n\n', { service: 'freeswitch-esl', facts: { authentication: 'required' } }],
    ['Rsrv0103QAP1\r\n\r\n--------------\r\n', { service: 'rserve' }],
    ['\x05\0\0\0\x0b\x08\x05\x1a\0', { service: 'mysqlx' }],
    ['NBDMAGICIHAVEOPT\0\x03', { service: 'nbd' }],
    ['\0\0\x01\x3e\x01ActiveMQ\0\0\0\x0c\x01\0\0\x01,\0\x0fProviderVersion\t\0\x065.18.2', { version: '5.18.2' }],
    ['\xff\0\0\0\0\0\0\0\x01\x7f', { service: 'salt-master' }, 'salt-master'],
    ['\0\0\0\0\0\x32\x08\x84\x86\x04\x12\x071.3.4-4', { service: 'mumble', version: '1.3.4' }],
    ['220 mail.example Dovecot (Debian) ready.\r\n', { service: 'lmtp' }, 'lmtp'],
    ['502 no permission\r\n', { service: 'nntp' }, 'nntp'],
  ];

  it.each(GREETINGS.map(([text, expected, service]) => ({ text, expected, service })))(
    '$text',
    ({ text, expected, service }) => {
      expect(greeting(text, service ?? null)).toMatchObject(expected);
    },
  );

  it('that anybody could say are nobody’s', () => {
    for (const text of ['ENTER PASSWORD:', '220 ready\r\n', 'INFO nothing', '107 hello\n', 'NOTICE', 'OK MPG'])
      expect(greeting(text), text).toBeUndefined();
  });

  it('NBD: exports that are listed have names; a server may refuse, or want TLS first', () => {
    const reply = (type: string, data: string): string =>
      `\0\x03\xe8\x89\x04\x55\x65\xa9\0\0\0\x03${type}\0\0\0${String.fromCharCode(data.length)}${data}`;
    const listed = reply('\0\0\0\x02', '\0\0\0\x04disk') + reply('\0\0\0\x01', '');
    expect(readExports(bytes(listed))?.facts).toEqual({ 'nbd.list': 'yes', 'nbd.exports': 'disk' });
    expect(readExports(bytes(listed.slice(0, 22)))).toBeNull();
    expect(readExports(bytes(reply('\x80\0\0\x02', '')))?.facts).toEqual({ 'nbd.list': 'refused' });
    expect(readExports(bytes(reply('\x80\0\0\x05', '')))?.facts).toEqual({ 'nbd.tls': 'required' });
  });
});

describe('answers to a question', () => {
  const table = (name: string, length: number, value: string): string =>
    `${String.fromCharCode(length)}${name}S\0\0\0${value}`;

  it('of one line name who they are', async () => {
    expect(await said('gearman-version', 'gearman', 'OK 1.1.20\n')).toMatchObject({ version: '1.1.20' });
    expect(await said('beanstalkd-stats', 'beanstalkd', 'OK 902\r\n---\nready: 0\nversion: "1.12"\n')).toMatchObject({
      version: '1.12',
      facts: { authentication: 'none' },
    });
    expect(await said('zookeeper-srvr', 'zookeeper', 'Zookeeper version: 3.8.0-5a02a05\n')).toMatchObject({
      version: '3.8.0',
    });
    expect(await said('clamd-version', 'clamd', 'ClamAV 1.4.3/27\0')).toMatchObject({ version: '1.4.3' });
    expect(await said('spamd-ping', 'spamd', 'SPAMD/1.5 0 PONG\r\n')).toMatchObject({ service: 'spamd' });
    expect(await said('ident-query', 'ident', '1,1:ERROR:INVALID-PORT\r\n')).toMatchObject({ service: 'ident' });
    expect(await said('gopher-menu', 'gopher', 'iHello\tfake\t(NULL)\t0\r\n.\r\n')).toMatchObject({
      service: 'gopher',
    });
    expect(await said('nut-version', 'nut', 'Network UPS Tools upsd 2.8.0 - http\n')).toMatchObject({
      version: '2.8.0',
    });
    expect(await said('git-upload-pack', 'git', '0032ERR access denied or repository not exported')).toMatchObject({
      service: 'git',
    });
    expect(
      await said('sip-options', 'sip', 'SIP/2.0 200 OK\r\nServer: kamailio (5.6.3 (x86_64))\r\n\r\n'),
    ).toMatchObject({ product: 'kamailio', version: '5.6.3' });
    for (const { name, services } of HANDSHAKES)
      if (!/^(?:http|redis|smb|postgresql)/.test(name))
        expect(await said(name, services[0] ?? '', 'no\n'), name).toSatisfy(
          (answer: Said | null) => answer === null || answer.service === null,
        );
  });

  it('say whether a login is asked for', async () => {
    expect(
      await said(
        'tor-protocolinfo',
        'tor-control',
        '250-PROTOCOLINFO 1\r\n250-AUTH METHODS=COOKIE COOKIEFILE="x"\r\n250-VERSION Tor="0.4.9.11"\r\n250 OK\r\n',
      ),
    ).toMatchObject({ version: '0.4.9.11', facts: { authentication: 'required' } });
    expect(
      await said('tor-protocolinfo', 'tor-control', '250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250 OK\r\n'),
    ).toMatchObject({ facts: { authentication: 'none' } });
    expect(await said('stomp-connect', 'stomp', 'CONNECTED\nserver:RabbitMQ/3.10.8\n\n\0')).toMatchObject({
      version: '3.10.8',
      facts: { authentication: 'none' },
    });
    expect(await said('stomp-connect', 'stomp', 'ERROR\nmessage:Access refused\n\nAccess denied\0')).toMatchObject({
      facts: { authentication: 'required' },
    });
    const features = '<stream:stream xmlns:stream="http://etherx.jabber.org/streams"><stream:features><mechanisms>';
    expect(
      await said('xmpp-stream', 'xmpp', `${features}<mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>`),
    ).toMatchObject({ facts: { authentication: 'none' } });
  });

  it('AMQP: a broker that takes no anonymous login asks for one', async () => {
    const properties = table('\x07product'.slice(1), 7, '\x08RabbitMQ') + table('version', 7, '\x063.10.8');
    const body = `\0\x0a\0\x0a\0\x09\0\0\0${String.fromCharCode(properties.length)}${properties}\0\0\0\x0ePLAIN AMQPLAIN`;
    const frame = `\x01\0\0\0\0\0${String.fromCharCode(body.length)}${body}\xce`;
    expect(await said('amqp-header', 'amqp', frame)).toMatchObject({
      product: 'RabbitMQ',
      version: '3.10.8',
      facts: { authentication: 'required', 'amqp.mechanisms': 'PLAIN AMQPLAIN' },
    });
    expect(await said('amqp-header', 'amqp', 'AMQP\0\x01\0\0')).toMatchObject({ facts: { 'amqp.version': '1.0.0' } });
  });

  it('Cassandra, Kafka: what comes after the first question decides', async () => {
    const supported = '\x84\0\0\0\x06\0\0\0\x1a\0\x01\0\x0bCQL_VERSION\0\x01\0\x053.4.5';
    expect(await said('cassandra-options', 'cassandra', supported, '\x84\0\0\0\x02\0\0\0\0')).toMatchObject({
      facts: { 'cassandra.cql': '3.4.5', authentication: 'none' },
    });
    expect(await said('cassandra-options', 'cassandra', supported, '\x84\0\0\0\x03\0\0\0\0')).toMatchObject({
      facts: { authentication: 'required' },
    });
    const versions = '\0\0\0\x10\0\0es\0\0\0\0\0\x01\0\x12\0\0\0\x03';
    expect(await said('kafka-versions', 'kafka', versions, '\0\0\0\x08\0\0es\0\0\0\x01')).toMatchObject({
      facts: { authentication: 'none' },
    });
    expect(await said('kafka-versions', 'kafka', versions)).toMatchObject({ facts: { authentication: 'required' } });
  });

  it('in bytes: epmd, SQL Server, Mumble, IPMI, STUN, Zabbix', async () => {
    expect(await said('epmd-names', 'epmd', '\0\0\x11\x11name lab at port 25672\n')).toMatchObject({
      facts: { 'epmd.nodes': 'lab:25672' },
    });
    expect(
      await said(
        'mssql-prelogin',
        'mssql',
        '\x04\x01\0\x1a\0\0\0\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x10\0\x07\xd0\0\0\x02',
      ),
    ).toMatchObject({ version: '16.0.2000', facts: { 'mssql.encryption': 'not supported' } });
    expect(await said('mumble-ping', 'mumble', '\0\x01\x03\x04earshot!\0\0\0\x02\0\0\0\x64\0\0\xfa\0')).toMatchObject({
      version: '1.3.4',
      facts: { 'mumble.users': '2' },
    });
    const ipmi = (types: string, logins: string): string =>
      `\x06\0\xff\x07${'\0'.repeat(10)}\x81\x1c\x63\x20\0\x38\0\x01${types}${logins}\x03\0\0\0\0\0`;
    expect(await said('ipmi-capabilities', 'ipmi', ipmi('\x97', '\x04'))).toMatchObject({
      facts: { 'ipmi.version': '2.0', authentication: 'none' },
    });
    expect(await said('ipmi-capabilities', 'ipmi', ipmi('\x96', '\x04'))).toMatchObject({
      facts: { authentication: 'required' },
    });
    expect(
      await said(
        'stun-binding',
        'stun',
        "\x01\x01\0\x18\x21\x12\xa4\x42earshotprobe\x80\x22\0\x14Coturn-4.6.1 'Gorst'",
      ),
    ).toMatchObject({ product: 'Coturn', version: '4.6.1' });
    expect(await said('zabbix-agent-version', 'zabbix-agent', 'ZBXD\x01\x06\0\0\0\0\0\0\x006.0.14')).toMatchObject({
      version: '6.0.14',
      facts: { authentication: 'none' },
    });
    expect(await said('zabbix-agent-version', 'zabbix-agent')).toMatchObject({
      facts: { 'zabbix.server': 'refuses us' },
    });
  });

  it('HTTP: pages of Supervisor and Monit, and databases that InfluxDB and ClickHouse show to anybody', async () => {
    const ok = (body: string, headers = ''): string =>
      `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
    const none = { authentication: 'none' };
    expect(
      await said('http-request', 'supervisor', ok('<title>Supervisor Status</title><a>Supervisor</a> <span>4.2.5')),
    ).toMatchObject({ version: '4.2.5', facts: none });
    expect(
      await said('http-request', 'monit', ok('<title>Monit: vm</title>', 'Server: monit 5.33.0\r\n')),
    ).toMatchObject({ version: '5.33.0', facts: none });
    expect(await said('http-request', 'influxdb', ok('{"results":[]}', 'X-Influxdb-Version: 1.6.7\r\n'))).toMatchObject(
      { version: '1.6.7', facts: none },
    );
    expect(await said('http-request', 'clickhouse', ok('24.3.1.2672\n'))).toMatchObject({
      version: '24.3.1.2672',
      facts: none,
    });
    expect(
      await said('http-request', 'supervisor', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'),
    ).toMatchObject({ service: 'supervisor', facts: { authentication: 'required' } });
  });
});
