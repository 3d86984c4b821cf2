import { execFileSync } from 'node:child_process';
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Socket } from '../../src/model/socket.js';
import { itNeeds, needs } from '../needs.js';
import { readOne } from './from.js';

const servers: Server[] = [];
const datagrams: Datagrams[] = [];
/** `protocol address port` of what this test opened, as the kernel has it. */
const opened: string[] = [];

const listenTcp = (host: string, ipv6Only: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    servers.push(server);
    server.on('error', reject);
    server.listen({ host, port: 0, ipv6Only }, () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') opened.push(`tcp ${host} ${address.port}`);
      resolve();
    });
  });

const bindUdp = (host: string, type: 'udp4' | 'udp6'): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    datagrams.push(socket);
    socket.on('error', reject);
    socket.bind(0, host, () => {
      opened.push(`udp ${host} ${socket.address().port}`);
      resolve();
    });
  });

beforeAll(async () => {
  await listenTcp('127.0.0.1', false);
  await listenTcp('0.0.0.0', false);
  await listenTcp('::1', true);
  await listenTcp('::', true);
  await bindUdp('127.0.0.1', 'udp4');
  await bindUdp('::', 'udp6');
});

afterAll(() => {
  for (const server of servers) server.close();
  for (const socket of datagrams) socket.close();
});

const hears = (socket: Socket): boolean =>
  socket.protocol === 'tcp' ? socket.state === 'listen' : socket.state === 'bound';

describe('what the tools of this machine print is what this machine listens on', () => {
  const tools: readonly (readonly [string, readonly string[]])[] = [
    ['ss', ['-tuln']],
    ['ss', ['-Htulnpe']],
    ['ss', ['-anpO']],
    ['ss', ['-tuanim']],
    ['netstat', ['-tuln']],
    ['netstat', ['-anW']],
    ['netstat', ['-anpee']],
    ['netstat', ['-anop']],
    ['lsof', ['-nP', '-i']],
    ['lsof', ['-nP', '-i', '-F']],
    ['lsof', ['-nP', '-i', '-F0']],
    ['busybox', ['netstat', '-an']],
    ['toybox', ['netstat', '-an']],
    ['cat', ['/proc/net/tcp', '/proc/net/tcp6', '/proc/net/udp', '/proc/net/udp6']],
  ];
  for (const [command, options] of tools)
    itNeeds([needs.linux, needs.program(command)], `${command} ${options.join(' ')}`, async () => {
      const text = execFileSync(command, options, { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 });
      const snapshot = await readOne(text);
      const found = new Set(
        snapshot.sockets.filter(hears).map((socket) => `${socket.protocol} ${socket.address} ${socket.port}`),
      );
      expect(opened.filter((one) => !found.has(one))).toEqual([]);
      const named = snapshot.sockets.filter((socket) =>
        opened.includes(`${socket.protocol} ${socket.address} ${socket.port}`),
      );
      for (const socket of named)
        for (const owner of socket.shown ?? []) if (owner.pid !== null) expect(owner.pid).toBe(process.pid);
    });
});
