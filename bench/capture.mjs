// How fast a capture of a million lines is read, and in how much memory: `node bench/capture.mjs [LINES]`. Prints the ratio to a loop that only
// splits the same bytes into lines.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const LINES = Number(process.argv[2] ?? 1_000_000);
const CHUNK_LINES = 2000;

const folder = mkdtempSync(join(tmpdir(), 'earshot-bench-'));

async function bundled(source) {
  const build = await rolldown({ input: source, platform: 'node', logLevel: 'silent' });
  const file = join(folder, 'capture.mjs');
  await build.write({ file, format: 'esm' });
  return import(pathToFileURL(file).href);
}

const address = (n) => `${(n >> 16) % 223 || 1}.${(n >> 8) & 255}.${n & 255}.${(n * 7) % 254}`;

function line(kind, n) {
  const port = 1024 + (n % 60000);
  if (kind === 'ss')
    return n % 50 === 0
      ? `tcp   LISTEN 0      128                 0.0.0.0:${port}       0.0.0.0:*    users:(("web srv",pid=${n},fd=5)) ino:${n} sk:${n.toString(16)} cgroup:/a.service <->`
      : `tcp   ESTAB  0      0             192.0.2.10:443      ${address(n)}:${port}`;
  if (kind === 'windows')
    return `  TCP    192.0.2.10:443         ${`${address(n)}:${port}`.padEnd(22)} ESTABLISHED     ${n % 65536}`;
  if (kind === 'bsd')
    return `tcp4       0      0 192.0.2.10.443         ${`${address(n)}.${port}`.padEnd(22)} ESTABLISHED`;
  const state = n % 50 === 0 ? `0.0.0.0:${port}`.padEnd(23) : '192.0.2.10:443         ';
  return n % 50 === 0
    ? `tcp        0      0 ${state} 0.0.0.0:*               LISTEN      ${n % 32768}/python3`
    : `tcp        0      0 ${state} ${`${address(n)}:${port}`.padEnd(23)} ESTABLISHED ${n % 32768}/nginx: worker`;
}

async function* bytes(kind) {
  for (let at = 0; at < LINES; at += CHUNK_LINES) {
    let text = '';
    for (let n = at; n < Math.min(at + CHUNK_LINES, LINES); n++) text += `${line(kind, n)}\n`;
    yield Buffer.from(text);
  }
}

/** The peer: the same bytes made, decoded and split, and nothing else. */
async function bareLoop(kind) {
  let count = 0;
  for await (const chunk of bytes(kind)) for (const one of chunk.toString('utf8').split('\n')) if (one !== '') count++;
  return count;
}

/** CPU time in milliseconds: the clock's would be that of everybody on the machine. */
async function timed(work) {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

const { readCapture } = await bundled(new URL('../src/dialects/capture.ts', import.meta.url).pathname);
const read = (kind) => readCapture([{ name: kind, bytes: bytes(kind) }], { readAt: '2026-01-01T00:00:00Z' });

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${LINES} lines`);
for (const kind of ['net-tools', 'ss', 'windows', 'bsd']) {
  await timed(() => bareLoop(kind));
  const bare = await timed(() => bareLoop(kind));
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const whole = await timed(() => read(kind));
  clearInterval(watch);
  peak = Math.max(peak, process.memoryUsage().rss);
  console.log(
    `${kind.padEnd(10)} ${(whole / 1000).toFixed(2)} s of CPU, ${(whole / bare).toFixed(1)} × the bare loop (${(bare / 1000).toFixed(2)} s), peak ${Math.round(peak / 1048576)} MiB`,
  );
}
rmSync(folder, { recursive: true, force: true });
