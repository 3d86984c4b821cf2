import { createSocket } from 'node:dgram';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messagesOf } from '../../src/report/messages.js';
import { Undelivered } from '../../src/sinks/courier.js';
import { deliverKept, deliverNow } from '../../src/sinks/spool.js';
import { encodeFor, rfc5424, syslog } from '../../src/sinks/syslog.js';
import { outputTarget } from '../../src/sinks/target.js';
import { webhook } from '../../src/sinks/webhook.js';
import { listener, report, service } from '../builders.js';

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let folder = '';
let server: Server | null = null;
const received: Received[] = [];
const closers: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-sinks-'));
  chmodSync(folder, 0o700);
  received.length = 0;
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
  for (const close of closers.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

type Answer = (nth: number, request: Received) => { status: number; headers?: Record<string, string> } | 'hang';

/** A receiver that answers as the test says. */
async function receiver(answer: Answer, port = 0): Promise<number> {
  const made = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString();
    });
    request.on('end', () => {
      const got = { path: request.url ?? '', headers: request.headers, body };
      received.push(got);
      const said = answer(received.length, got);
      if (said === 'hang') return;
      response.writeHead(said.status, said.headers);
      response.end('thanks');
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(port, '127.0.0.1', resolve));
  const address = made.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const parcel = (text: string) => ({ contentType: 'application/json', parts: [Buffer.from(text)] });
const at = (port: number, path = '/hook') => webhook(new URL(`http://127.0.0.1:${port}${path}`), null);

describe('what -o names', () => {
  it('is a file unless it begins with a scheme', () => {
    expect(outputTarget('reports/a:b.json')).toEqual({ kind: 'file', path: 'reports/a:b.json' });
    expect(outputTarget('C.json').kind).toBe('file');
    expect(outputTarget('https://host/x').kind).toBe('webhook');
    expect(outputTarget('syslog://siem:5514')).toEqual({
      kind: 'syslog',
      target: { transport: 'udp', host: 'siem', port: 5514 },
    });
    expect(outputTarget('syslog+tls://[2001:db8::1]')).toEqual({
      kind: 'syslog',
      target: { transport: 'tls', host: '2001:db8::1', port: 6514 },
    });
  });

  it('is refused where no sink has that scheme, and the nearest is named', () => {
    expect(() => outputTarget('htps://host/')).toThrow(/htps.*https/);
    expect(() => outputTarget('ftp://host/')).toThrow(/ftp/);
    expect(() => outputTarget('syslog://host/path')).toThrow(/host and a port/);
  });
});

describe('a webhook', () => {
  it('is posted the rendered bytes with their type, and a key by which a second copy is told', async () => {
    const port = await receiver(() => ({ status: 204 }));
    await deliverNow(webhook(new URL(`http://127.0.0.1:${port}/hook?x=1`), 's3cret'), parcel('{"a":1}'));
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      path: '/hook?x=1',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', authorization: 'Bearer s3cret' },
    });
    expect(received[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('that answers 500 once is asked again', async () => {
    const port = await receiver((nth) => ({ status: nth === 1 ? 500 : 200 }));
    await deliverNow(at(port), parcel('x'));
    expect(received).toHaveLength(2);
  });

  it('that always answers 500 is given up, and the error shows no password and no token', async () => {
    const port = await receiver(() => ({ status: 500 }));
    const hook = webhook(new URL(`http://user:pa55@127.0.0.1:${port}/hook?token=t0k`), null);
    const failure = await deliverNow(hook, parcel('x')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Undelivered);
    expect(String(failure)).toContain('answered 500, 3 times');
    expect(String(failure)).not.toMatch(/pa55|t0k/);
    expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:pa55').toString('base64')}`);
  });

  it('that redirects to itself is followed once and no more', async () => {
    const port = await receiver(() => ({ status: 307, headers: { location: '/hook' } }));
    await expect(deliverNow(at(port), parcel('x'))).rejects.toThrow(/in a circle/);
    expect(received).toHaveLength(1);
  });

  it('is followed through a 308 with its body, and told the address where a 301 would lose it', async () => {
    const port = await receiver((_, { path }) =>
      path === '/hook' ? { status: 308, headers: { location: '/new' } } : { status: 200 },
    );
    await deliverNow(at(port), parcel('x'));
    expect(received.map(({ path, body }) => `${path} ${body}`)).toEqual(['/hook x', '/new x']);
    server?.close();
    const moved = await receiver(() => ({ status: 301, headers: { location: 'http://127.0.0.1:9/elsewhere' } }));
    await expect(deliverNow(at(moved), parcel('x'))).rejects.toThrow(/127.0.0.1:9\/elsewhere; name that address/);
  });

  it('gives a token to no other origin', async () => {
    const port = await receiver(() => ({ status: 200 }));
    const first = createServer((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/other` });
      response.end();
    });
    await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
    closers.push(() => first.close());
    const address = first.address();
    const from = typeof address === 'object' && address !== null ? address.port : 0;
    await deliverNow(webhook(new URL(`http://127.0.0.1:${from}/`), 's3cret'), parcel('x'));
    expect(received[0]?.headers.authorization).toBeUndefined();
  });

  it('that hangs is left when the time is over', async () => {
    const port = await receiver(() => 'hang');
    const started = Date.now();
    await expect(at(port).send(parcel('x'), started + 1500)).rejects.toThrow(/no answer within/);
  });
});

describe('the spool', () => {
  it('keeps what a receiver that is away was sent, and sends it in order when it is back', async () => {
    const port = await receiver(() => ({ status: 401 }));
    for (const night of ['one', 'two'])
      expect(await deliverKept(folder, at(port), parcel(night))).toMatchObject({ delivered: 0, lost: [] });
    expect(readdirSync(folder)).toHaveLength(2);
    server?.closeAllConnections();
    server?.close();
    received.length = 0;
    await receiver(() => ({ status: 200 }), port);
    expect(await deliverKept(folder, at(port), parcel('three'))).toEqual({
      delivered: 3,
      waiting: 0,
      why: null,
      lost: [],
    });
    expect(received.map(({ body }) => body)).toEqual(['one', 'two', 'three']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes no address down, and keeps receivers apart', async () => {
    const port = await receiver(() => ({ status: 403 }));
    await deliverKept(folder, webhook(new URL(`http://u:pa55@127.0.0.1:${port}/a`), null), parcel('x'));
    const other = await deliverKept(folder, at(port, '/b'), parcel('y'));
    expect(other.waiting).toBe(1);
    const names = readdirSync(folder);
    expect(names).toHaveLength(2);
    expect(names.join()).not.toMatch(/pa55|127/);
  });

  it('gives up what the receiver refuses for good, and says so', async () => {
    const port = await receiver((nth) => ({ status: nth === 1 ? 413 : 200 }));
    const first = await deliverKept(folder, at(port), parcel('too large'));
    expect(first.lost.join()).toContain('refused it with 413');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes over what a run that was killed had begun to send', async () => {
    const port = await receiver(() => ({ status: 401 }));
    await deliverKept(folder, at(port), parcel('one'));
    const [name = ''] = readdirSync(folder);
    const { renameSync } = await import('node:fs');
    renameSync(join(folder, name), join(folder, `${name}.4194399`));
    server?.closeAllConnections();
    server?.close();
    await receiver(() => ({ status: 200 }), port);
    expect((await deliverKept(folder, at(port), parcel('two'))).delivered).toBe(2);
  });

  it('is bounded: the oldest is given up and said', async () => {
    const port = await receiver(() => ({ status: 401 }));
    await deliverKept(folder, at(port), parcel('first'));
    const [name = ''] = readdirSync(folder);
    for (let i = 0; i < 100; i++)
      writeFileSync(join(folder, name.replace(/-\d+\.json$/, `-${2000 + i}.json`)), '{"contentType":"a","parts":[]}');
    const full = await deliverKept(folder, at(port), parcel('last'));
    expect(full.lost.join()).toContain('the oldest was given up');
    expect(full.waiting).toBe(100);
    expect(existsSync(join(folder, name))).toBe(false);
  });
});

const hostile = report({
  host: { hostname: 'web 1\n', os: '', kernel: '', platforms: [] },
  listeners: [listener({ service: service('tel"net]\\') })],
});

describe('syslog', () => {
  it('gets one message a finding and a summary, as RFC 5424 writes them, whatever names hold', () => {
    const parts = messagesOf(hostile, null).map((message) => Buffer.from(rfc5424(message, 7, 2048)).toString());
    expect(parts).toHaveLength(2);
    // PRI VERSION TIMESTAMP HOSTNAME APP PROCID MSGID SD BOM MSG: the grammar of section 6, with the escapes of 6.3.3.
    const grammar =
      /^<\d{1,3}>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z [!-~]{1,255} earshot 7 (?:finding|gap|summary) \[earshot@32473(?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*\] \ufeff?[^\n]*$/;
    for (const part of parts) expect(part).toMatch(grammar);
    expect(parts[0]).toContain('service="tel\\"net\\]\\\\"');
    expect(parts[0]).toContain(' web1 earshot');
    expect(parts[0]).toMatch(/^<83>1 /);
    expect(parts[1]).toContain('summary');
  });

  it('reaches a server by UDP', async () => {
    const socket = createSocket('udp4');
    const got: string[] = [];
    socket.on('message', (message) => got.push(message.toString()));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    closers.push(() => socket.close());
    const target = { transport: 'udp', host: '127.0.0.1', port: socket.address().port } as const;
    await deliverNow(syslog(target), { contentType: '', parts: encodeFor(target, messagesOf(report(), null), 7) });
    for (let i = 0; i < 3000 && got.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got).toHaveLength(2);
  });

  it('reaches a server by TCP, with the length before each message', async () => {
    let text = '';
    const tcp = createTcpServer((socket) => {
      socket.on('data', (piece) => {
        text += piece.toString('latin1');
      });
      socket.on('end', () => socket.end());
    });
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    closers.push(() => tcp.close());
    const address = tcp.address();
    const target = {
      transport: 'tcp',
      host: '127.0.0.1',
      port: typeof address === 'object' && address !== null ? address.port : 0,
    } as const;
    await deliverNow(syslog(target), { contentType: '', parts: encodeFor(target, messagesOf(report(), null), 7) });
    let messages = 0;
    for (let rest = text; rest !== ''; messages++) {
      const head = /^(\d+) (?=<)/.exec(rest);
      expect(head).not.toBeNull();
      rest = rest.slice((head?.[0].length ?? 0) + Number(head?.[1]));
    }
    expect(messages).toBe(2);
  });

  it('says which server did not answer', async () => {
    const target = { transport: 'tcp', host: '127.0.0.1', port: 1 } as const;
    await expect(deliverNow(syslog(target), { contentType: '', parts: [Buffer.from('x')] })).rejects.toThrow(
      /syslog\+tcp:\/\/127.0.0.1:1: .*ECONNREFUSED/,
    );
  });
});
