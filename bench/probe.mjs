// Probes 200 listeners of this host, of which most do not answer as they should, and prints how long it took. The bound: less than 3 seconds
// (issue "Identity"). Peers run in a process of their own. usage: node bench/probe.mjs [LISTENERS]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const COUNT = Number(process.argv[2] ?? 200);
const BOUND_MS = 3000;
const root = fileURLToPath(new URL('..', import.meta.url));

/** What the peers do, by turns, and what identity is made to say of them. */
const KINDS = ['silent', 'drip', 'endless', 'ssh', 'http', 'redis', 'binary', 'closes'];
const SERVICES = ['redis', 'ftp', 'mongodb', 'ssh', 'http', 'redis', 'memcached', null];

const PEERS = `
const { createServer } = require('node:net');
const KINDS = ${JSON.stringify(KINDS)};
const treat = {
  silent() {},
  drip(socket) { const t = setInterval(() => socket.write('x'), 50); socket.on('close', () => clearInterval(t)); },
  endless(socket) { const more = () => { while (!socket.destroyed && socket.write(Buffer.alloc(16384, 'y'))); }; socket.on('drain', more); more(); },
  ssh(socket) { socket.write('SSH-2.0-OpenSSH_9.2p1\\r\\n'); },
  http(socket) { socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\\r\\nServer: nginx/1.22.1\\r\\n\\r\\n')); },
  redis(socket) { socket.on('data', (d) => socket.write(String(d).startsWith('PING') ? '+PONG\\r\\n' : '$23\\r\\nredis_version:7.0.15\\r\\nx\\r\\n')); },
  binary(socket) { socket.once('data', () => socket.write(Buffer.from([0, 255, 1, 254]))); },
  closes(socket) { socket.end(); },
};
const ports = [];
for (let i = 0; i < ${COUNT}; i++) {
  const server = createServer((socket) => { socket.on('error', () => {}); treat[KINDS[i % KINDS.length]](socket); });
  server.listen(0, '127.0.0.1', () => { ports[i] = server.address().port; if (ports.filter(Boolean).length === ${COUNT}) process.send(ports); });
}
`;

const peers = spawn(process.execPath, ['-e', PEERS], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
const ports = await new Promise((resolve) => peers.once('message', resolve));

const folder = mkdtempSync(join(root, 'node_modules/.bench-'));
try {
  const made = await rolldown({
    input: join(root, 'src/collect/probe/probe.ts'),
    platform: 'node',
    external: [/^node:/, 'koffi', /^@koromix\//],
    onLog: () => undefined,
  });
  await made.write({ dir: folder, format: 'esm', entryFileNames: 'probe.mjs' });
  const { probeListeners } = await import(pathToFileURL(join(folder, 'probe.mjs')).href);
  const id = statSync('/proc/self/ns/net').ino;
  const listeners = ports.map((port, index) => {
    const name = SERVICES[index % SERVICES.length];
    return {
      id: `tcp/127.0.0.1:${port}@host`,
      protocol: 'tcp',
      family: 'ipv4',
      address: '127.0.0.1',
      means: [],
      port,
      device: null,
      listening: 'certain',
      namespace: { id, name: 'host' },
      owners: [],
      ownersComplete: true,
      clients: null,
      queue: null,
      sockets: 1,
      file: null,
      service: {
        name,
        product: null,
        version: null,
        confidence: name === null ? null : 'certain',
        evidence: [],
        disagreement: null,
        relayTo: null,
        authentication: null,
        encryption: null,
        facts: {},
      },
    };
  });
  const software = { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] };
  const snapshot = { sockets: [], networks: [], software };
  const times = [];
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    const { value, gaps } = await probeListeners(snapshot, listeners, [{ id, descriptor: null }]);
    times.push(performance.now() - start);
    if (value.length !== COUNT) throw new Error(`${value.length} entries of ${COUNT} in the log`);
    console.log(
      `round ${round + 1}: ${COUNT} listeners, ${value.filter(({ service }) => service !== null).length} named, ${gaps.length} gaps, ${Math.round(times.at(-1))} ms`,
    );
  }
  const slowest = Math.max(...times);
  console.log(
    `slowest of 3: ${Math.round(slowest)} ms, bound ${BOUND_MS} ms: ${slowest < BOUND_MS ? 'kept' : 'BROKEN'} (${cpus().length} × ${cpus()[0]?.model}, Node ${process.version})`,
  );
  process.exitCode = slowest < BOUND_MS ? 0 : 1;
} finally {
  peers.kill();
  rmSync(folder, { recursive: true, force: true });
}
