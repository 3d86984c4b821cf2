import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder = '';
let server: Server | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-webhook-'));
  chmodSync(folder, 0o700);
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
  rmSync(folder, { recursive: true, force: true });
});

/** A receiver; its answers are a status each, and it keeps what it took. */
async function receiver(port: number, status: number, taken: string[]): Promise<number> {
  const made = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString();
    });
    request.on('end', () => {
      if (status === 200) taken.push(body);
      response.writeHead(status);
      response.end();
    });
  });
  server = made;
  await new Promise<void>((ready) => made.listen(port, '127.0.0.1', ready));
  const address = made.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function stop(): Promise<void> {
  server?.closeAllConnections();
  await new Promise((done) => (server === null ? done(null) : server.close(done)));
  server = null;
}

/** A capture of an empty host: there is nothing to say, but the report is sent all the same. */
function audit(port: number, ...more: string[]): Promise<{ code: number | null; text: string }> {
  const capture = join(folder, 'netstat.txt');
  writeFileSync(
    capture,
    'Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\ntcp        0      0 127.0.0.1:25            0.0.0.0:*               LISTEN\n',
  );
  const words = [
    'audit',
    '--no-config',
    '--from',
    capture,
    '-q',
    '-f',
    'json',
    '-o',
    `http://127.0.0.1:${port}/x?token=t0k`,
  ];
  return new Promise((settle) => {
    const child = spawn(process.execPath, [resolve('dist/earshot.cjs'), ...words, ...more], { cwd: folder });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
    child.on('close', (code) => settle({ code, text }));
  });
}

describe('a report for a webhook', () => {
  it('is lost with exit 4 where nobody takes it and there is no state, and says how to keep it', async () => {
    const port = await receiver(0, 401, []);
    const { code, text } = await audit(port);
    expect(code).toBe(4);
    expect(text).toMatch(
      /http:\/\/127.0.0.1:\d+\/x\?…: .*answered 401 \(with --state it would wait for the next run\)/,
    );
    expect(text).not.toContain('t0k');
  });

  it('waits in the state while the receiver is away, quietly on a quiet night, and arrives when it is back', async () => {
    const state = ['--state', join(folder, 'state')];
    const port = await receiver(0, 401, []);
    const first = await audit(port, ...state);
    expect(first.code).toBe(0);
    expect(first.text).toContain('1 waiting in ');
    expect(await audit(port, ...state, '--quiet-if-unchanged')).toEqual({ code: 0, text: '' });
    expect(readdirSync(join(folder, 'state', 'spool'))).toHaveLength(2);
    await stop();
    const taken: string[] = [];
    await receiver(port, 200, taken);
    expect(await audit(port, ...state, '--quiet-if-unchanged')).toEqual({ code: 0, text: '' });
    expect(taken.map((body) => (JSON.parse(body) as { schema: string }).schema)).toEqual([
      'earshot.report/1',
      'earshot.report/1',
      'earshot.report/1',
    ]);
    expect(readdirSync(join(folder, 'state', 'spool'))).toEqual([]);
  });
});
