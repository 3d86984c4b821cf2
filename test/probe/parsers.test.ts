import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSecurityTypes } from '../../src/collect/probe/banners/vnc.js';
import { BANNERS, readBanner } from '../../src/collect/probe/banners.js';
import { bson, readBson } from '../../src/collect/probe/handshakes/bson.js';
import { readText } from '../../src/collect/probe/handshakes/dns.js';
import { isWhole, readHttp } from '../../src/collect/probe/handshakes/http-answer.js';
import { HANDSHAKES, SECOND } from '../../src/collect/probe/handshakes.js';
import { StreamLine } from '../../src/collect/probe/line.js';
import type { Asked, Handshake, Said } from '../../src/collect/probe/said.js';
import { serviceNamed } from '../../src/lib/services.js';

/** A line whose other side says `answers`, one for each time it is spoken to (the first at once where `unasked`). */
function lineWith(answers: readonly Uint8Array[], unasked = false): StreamLine {
  const left = [...answers];
  const next = (stream: Duplex): void => {
    const answer = left.shift();
    stream.push(answer === undefined || answer.length === 0 ? null : Buffer.from(answer));
  };
  const stream: Duplex = new Duplex({
    read: () => undefined,
    write(_, __, done) {
      done();
      if (!stream.readableEnded) next(stream);
    },
  });
  const line = new StreamLine(stream, 65_536, new AbortController().signal);
  if (unasked) next(stream);
  return line;
}

const ALL: readonly Handshake[] = [...HANDSHAKES, ...Object.values(SECOND).map(({ handshake }) => handshake)];
const asked = (service: string | null): Asked => ({ service, host: '127.0.0.1:1', secure: false, answerMs: 20 });
const named = (name: string): Handshake => {
  const found = ALL.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no handshake ${name}`);
  return found;
};
const said = (name: string, service: string, ...answers: readonly (string | Uint8Array)[]): Promise<Said | null> =>
  named(name).speak(
    lineWith(answers.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one))),
    asked(service),
  );

describe('bytes of any kind', () => {
  /** Beginnings that lead a parser further than chance does. */
  const START = [
    '',
    '+PONG\r\n',
    'RFB 003.008\n',
    '@RSYNCD: 31.0\n',
    'HTTP/1.1 200 OK\r\n',
    'VERSION 1',
    '0',
    '\u0001\n\0\0',
    '\u0003\0\0',
    'N',
    'S',
    'R\0\0\0',
    'E\0\0\0',
    '\0\0\0\u00ff\u00feSMB',
    '\0\0\0\u00ff\u00ffSMBr',
    '\n5.5',
    'es\u0080\u0080',
    '$9\r\n',
  ];
  const foreign = fc
    .tuple(fc.constantFrom(...START), fc.uint8Array({ maxLength: 300 }))
    .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]));

  it('break no greeting’s reader', () => {
    const services = fc.option(fc.constantFrom('ftp', 'smtp', 'telnet', 'mysql', 'vnc', 'daytime', 'nntp'), {
      nil: null,
    });
    fc.assert(
      fc.property(foreign, services, (heard, service) => {
        for (const banner of BANNERS) banner.read(heard, service);
        readBanner(heard, service);
        readSecurityTypes(heard, heard.length % 2 === 0);
        readBson(heard);
        readText(heard);
        readHttp(heard);
        isWhole(heard);
      }),
      { numRuns: 500 },
    );
  });

  it('break no handshake, and facts that come of them are short', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ALL), foreign, foreign, async (handshake, first, second) => {
        const service = handshake.services[0] ?? null;
        const result = await handshake.speak(lineWith([first, second]), asked(service));
        for (const value of Object.values(result?.facts ?? {})) expect(value.length).toBeLessThanOrEqual(200);
        expect(result?.version?.length ?? 0).toBeLessThanOrEqual(200);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('break no follow-up of a greeting', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...BANNERS), foreign, async (banner, answer) => {
        await banner.follow?.(lineWith([answer]), asked('vnc'));
      }),
      { numRuns: 100 },
    );
  });
});

describe('the list of handshakes', () => {
  it('names services of the one list only', () => {
    for (const { services } of HANDSHAKES)
      for (const name of services) expect(serviceNamed(name)?.name, name).toBe(name);
  });

  it('has a row in the documentation for each', () => {
    const page = readFileSync(new URL('../../docs/probe.md', import.meta.url), 'utf8');
    for (const { name } of [...ALL, ...BANNERS]) expect(page, name).toContain(`\`${name}\``);
  });

  it('has one name for each', () => {
    const names = [...ALL, ...BANNERS].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('answers as the protocols have them', () => {
  it('Redis: a password is asked for, or strangers are refused', async () => {
    expect(await said('redis-ping', 'redis', '-NOAUTH Authentication required.\r\n')).toMatchObject({
      facts: { authentication: 'required' },
    });
    expect(await said('redis-ping', 'redis', '-DENIED Redis is running in protected mode\r\n')).toEqual({
      service: 'redis',
      facts: { 'redis.protected': 'refuses us' },
    });
    expect(await said('redis-ping', 'redis', '-ERR unknown command\r\n')).toBeNull();
  });

  it('MongoDB: databases are listed for anybody, or a login is asked for', async () => {
    const reply = (fields: Parameters<typeof bson>[0]): Uint8Array => {
      const body = Buffer.concat([Buffer.alloc(5), bson(fields)]);
      const header = Buffer.alloc(16);
      header.writeInt32LE(16 + body.length, 0);
      header.writeInt32LE(2013, 12);
      return Buffer.concat([header, body]);
    };
    const hello = reply({ maxWireVersion: 21, ok: 1 });
    const build = reply({ version: '7.0.14', ok: 1 });
    expect(await said('mongodb-hello', 'mongodb', hello, build, reply({ ok: 1 }))).toMatchObject({
      version: '7.0.14',
      facts: { authentication: 'none' },
    });
    expect(await said('mongodb-hello', 'mongodb', hello, build, reply({ ok: 0, code: 13 }))).toMatchObject({
      facts: { authentication: 'required' },
    });
  });

  it('PostgreSQL: AuthenticationOk for a user that cannot exist is trust; SCRAM is not', async () => {
    const auth = (code: number, rest = ''): string =>
      `R\0\0\0${String.fromCharCode(8 + rest.length)}\0\0\0${String.fromCharCode(code)}${rest}`;
    expect(await said('postgresql-start', 'postgresql', 'N', auth(0))).toMatchObject({
      facts: { authentication: 'none', 'postgresql.method': 'trust' },
    });
    expect(await said('postgresql-start', 'postgresql', 'N', auth(10, 'SCRAM-SHA-256\0\0'))).toMatchObject({
      facts: { authentication: 'required' },
    });
    expect(await said('postgresql-start', 'postgresql', 'S')).toMatchObject({ facts: { 'postgresql.tls': 'offered' } });
  });

  it('MQTT: return code 5 is a broker that wants a login', async () => {
    expect(await said('mqtt-connect', 'mqtt', ' \u0002\0\u0005')).toMatchObject({
      facts: { authentication: 'required' },
    });
  });

  it('HTTP: an application answers, or asks for a login, or is something else', async () => {
    const json = (status: string, body: string, headers = ''): string =>
      `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
    expect(
      await said(
        'http-request',
        'elasticsearch',
        json('200 OK', '{"cluster_name":"c","version":{"number":"8.15.1"},"tagline":"x"}'),
      ),
    ).toMatchObject({ service: 'elasticsearch', version: '8.15.1', facts: { authentication: 'none' } });
    expect(await said('http-request', 'elasticsearch', json('401 Unauthorized', '{}'))).toMatchObject({
      service: 'elasticsearch',
      facts: { authentication: 'required' },
    });
    expect(await said('http-request', 'elasticsearch', json('200 OK', '<html>'))).toMatchObject({
      service: 'http',
      facts: { 'http.status': '200' },
    });
    expect(
      await said('http-request', 'docker', json('200 OK', '{"Version":"26.1.5","ApiVersion":"1.45"}')),
    ).toMatchObject({ version: '26.1.5', facts: { authentication: 'none' } });
    expect(await said('http-request', 'kubelet', json('401 Unauthorized', 'Unauthorized'))).toMatchObject({
      facts: { authentication: 'required' },
    });
    expect(
      await said(
        'http-request',
        'etcd',
        json('400 Bad Request', '{"error":"etcdserver: user name is empty","code":3}'),
      ),
    ).toMatchObject({ facts: { authentication: 'required' } });
    expect(
      await said('http-request', 'prometheus', json('200 OK', '{"status":"success","data":{"version":"2.42.0"}}')),
    ).toMatchObject({ product: 'Prometheus', version: '2.42.0' });
  });

  it('HTTP: no cookie and no token is shown', async () => {
    const answer = await said(
      'http-request',
      'http',
      'HTTP/1.1 200 OK\r\nServer: nginx/1.26.0\r\nSet-Cookie: session=secret\r\n\r\nbody with a secret',
    );
    expect(answer).toMatchObject({ product: 'nginx', version: '1.26.0' });
    expect(answer?.shown).not.toContain('secret');
  });

  it('HTTP: a port that wants TLS is no HTTP server', async () => {
    expect(
      await said(
        'http-request',
        'http',
        'HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port',
      ),
    ).toBeNull();
    expect(await said('http-request', 'http', Buffer.from([0x15, 3, 1, 0, 2, 2, 70]))).toBeNull();
  });

  it('SMB: a server that takes NT LM 0.12 speaks SMBv1', async () => {
    const answer = (index: number): Uint8Array => {
      const bytes = Buffer.alloc(4 + 32 + 40);
      bytes[3] = 72;
      bytes.write('\xffSMBr', 4, 'latin1');
      bytes.writeUInt16LE(index, 4 + 32 + 1);
      return bytes;
    };
    expect(await said('smb1-negotiate', 'smb', answer(0))).toMatchObject({
      facts: { 'smb.v1': 'yes', 'smb.min-protocol': 'NT1' },
    });
    expect(await said('smb1-negotiate', 'smb', answer(0xffff))).toMatchObject({ facts: { 'smb.v1': 'no' } });
  });

  it('RDP: what was chosen is TLS, NLA, or nothing', async () => {
    const confirm = (...rest: readonly number[]): Uint8Array =>
      Buffer.from([3, 0, 0, 11 + rest.length, 6, 0xd0, 0, 0, 0, 0, 0, ...rest]);
    expect(await said('rdp-negotiation', 'rdp', confirm(2, 0, 8, 0, 1, 0, 0, 0))).toMatchObject({
      facts: { 'rdp.security': 'tls', encryption: 'tls' },
    });
    expect(await said('rdp-negotiation', 'rdp', confirm(2, 0, 8, 0, 2, 0, 0, 0))).toMatchObject({
      facts: { 'rdp.security': 'nla' },
    });
    expect(await said('rdp-negotiation', 'rdp', confirm())).toMatchObject({ facts: { 'rdp.security': 'standard' } });
  });

  it('X11: the server lets anybody in, or does not', async () => {
    const success = Buffer.alloc(64);
    success.set([1, 0, 11, 0, 0, 0, 14, 0]);
    success.writeUInt16LE(20, 24);
    success.write('The X.Org Foundation', 40);
    expect(await said('x11-setup', 'x11', success)).toMatchObject({
      product: 'The X.Org Foundation',
      facts: { authentication: 'none' },
    });
    const refused = Buffer.concat([Buffer.from([0, 22, 11, 0, 0, 0, 6, 0]), Buffer.from('No protocol specified\n  ')]);
    expect(await said('x11-setup', 'x11', refused)).toMatchObject({ facts: { authentication: 'required' } });
  });

  it('SNMP: an agent that knows version 3 alone is told by its engine (bytes of Net-SNMP 5.9.3)', async () => {
    const report =
      '306b020103300e020166020300ffe30401000201030421301f041180001f8880908b43066b74066b00000000020101020102040004000400' +
      '3033041180001f8880908b43066b74066b000000000400a81c0201660201000201003011300f060a2b060106030f01010400410101';
    expect(await said('snmp-public', 'snmp', Buffer.from(report, 'hex'))).toMatchObject({
      service: 'snmp',
      facts: {
        'snmp.public': 'not answered',
        'snmp.v3': 'yes',
        'snmp.engine': '80001f8880908b43066b74066b00000000',
      },
    });
  });

  it('LDAP: a server that says so wants a login (bytes of OpenLDAP 2.5.13)', async () => {
    const refusal = '0#\x02\x01\x01e\x1e\n\x015\x04\x00\x04\x17authentication required';
    expect(await said('ldap-root-dse', 'ldap', refusal)).toMatchObject({
      facts: { 'ldap.root-dse': 'refused (53)', authentication: 'required' },
    });
  });

  it('VNC: what stands inside VeNCrypt decides', async () => {
    const vnc = BANNERS.find(({ name }) => name === 'vnc-banner');
    const inside = (types: string, ...subtypes: readonly number[]): Promise<Said | null> | undefined => {
      const offered = Buffer.alloc(2 + 4 * subtypes.length);
      offered[1] = subtypes.length;
      for (const [index, one] of subtypes.entries()) offered.writeUInt32BE(one, 2 + 4 * index);
      const line = lineWith([Buffer.from(types, 'latin1'), Buffer.from([0, 2]), offered]);
      return vnc?.follow?.(line, asked('vnc'));
    };
    expect(await inside('\x01\x13', 257)).toMatchObject({ facts: { authentication: 'none' } });
    expect(await inside('\x01\x13', 258, 261)).toMatchObject({ facts: { authentication: 'required' } });
    expect(await inside('\x02\x02\x13', 260)).toMatchObject({ facts: { authentication: 'none' } });
    expect((await inside('\x01\x13'))?.facts?.['authentication']).toBeUndefined();
    expect((await inside('\x01\x10'))?.facts?.['authentication']).toBeUndefined();
  });

  it('JDWP, SSDP and NTP say who they are', async () => {
    expect(await said('jdwp-handshake', 'jdwp', 'JDWP-Handshake')).toMatchObject({ facts: { authentication: 'none' } });
    expect(
      await said(
        'ssdp-search',
        'ssdp',
        'HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: Debian UPnP/1.1 MiniUPnPd/2.3.1\r\n\r\n',
      ),
    ).toMatchObject({ product: 'MiniUPnPd', version: '2.3.1' });
    const variables = 'version="ntpd ntpsec-1.2.2", processor="x86_64"';
    const control = Buffer.concat([
      Buffer.from([0x16, 0x82, 0, 1, 0, 0, 0, 0, 0, 0, 0, variables.length]),
      Buffer.from(variables),
    ]);
    const time = Buffer.alloc(48);
    time.set([0x24, 2]);
    expect(await said('ntp-readvar', 'ntp', time, control)).toMatchObject({
      product: 'ntpd',
      version: '1.2.2',
      facts: { 'ntp.stratum': '2', 'ntp.control': 'answered' },
    });
  });

  it('greetings tell FTP from SMTP, and MySQL from MariaDB', () => {
    const of = (text: string, service: string | null = null) => readBanner(Buffer.from(text, 'latin1'), service)?.said;
    expect(of('220 (vsFTPd 3.0.3)\r\n')).toMatchObject({ service: 'ftp', product: 'vsFTPd', version: '3.0.3' });
    expect(of('220 mx.example ESMTP Exim 4.96\r\n')).toMatchObject({
      service: 'smtp',
      product: 'Exim',
      version: '4.96',
    });
    expect(of('220 welcome\r\n')).toBeUndefined();
    expect(of('220 welcome\r\n', 'ftp')).toMatchObject({ service: 'ftp' });
    const greeting = `J\0\0\0\n5.5.5-10.11.6-MariaDB-0+deb12u1\0${'x'.repeat(60)}`;
    expect(of(greeting)).toMatchObject({ service: 'mysql', product: 'MariaDB', version: '10.11.6' });
    expect(of('* PREAUTH ready\r\n')).toMatchObject({ service: 'imap', facts: { authentication: 'none' } });
    expect(of('\xff\xfd\x18login: ')).toMatchObject({ service: 'telnet', facts: { authentication: 'required' } });
    expect(of('hello')).toBeUndefined();
  });
});
