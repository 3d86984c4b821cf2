import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createServer } from 'node:tls';
import { describe, expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';

const CAPTURE = 'Proto Recv-Q Send-Q Local Address Foreign Address State\ntcp 0 0 127.0.0.1:25 0.0.0.0:* LISTEN\n';

describe('syslog over TLS', () => {
  itNeeds(
    [needs.program('openssl')],
    'reaches a server whose authority is known, by name and by address, and says what is missing where it is not',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'earshot-tls-'));
      const made =
        '-x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';
      const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
      execFileSync('openssl', ['req', ...made.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
      writeFileSync(join(folder, 'netstat.txt'), CAPTURE);
      let got = '';
      const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (bytes: Buffer) => {
          got += bytes.toString();
        });
        socket.on('end', () => socket.end());
      });
      server.on('tlsClientError', () => undefined);
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port } = server.address() as AddressInfo;
      const sent = (host: string, env: NodeJS.ProcessEnv): Promise<{ status: number | null; said: string }> =>
        new Promise((settle) => {
          const words = ['audit', '--no-config', '--from', 'netstat.txt', '-q', '-o', `syslog+tls://${host}:${port}`];
          const child = spawn(process.execPath, [resolve('dist/earshot.cjs'), ...words], { cwd: folder, env });
          let said = '';
          for (const stream of [child.stdout, child.stderr])
            stream.on('data', (bytes: Buffer) => {
              said += bytes.toString();
            });
          child.on('close', (status) => settle({ status, said }));
        });
      try {
        const known = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
        for (const host of ['localhost', '127.0.0.1']) {
          got = '';
          expect(await sent(host, known), host).toEqual({ status: 0, said: '' });
          expect(got, host).toMatch(/^\d+ <\d+>1 [\s\S]* summary \[earshot@32473 /);
        }
        const refused = await sent('localhost', process.env);
        expect(refused.status).toBe(4);
        expect(refused.said).toContain(
          'self-signed certificate; an authority of your own is named by NODE_EXTRA_CA_CERTS',
        );
      } finally {
        server.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
