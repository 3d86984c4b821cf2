/**
 * The small host: wall and CPU time of the whole audit against `node -e 0`, as medians of paired ratios. The host is built in namespaces
 * of its own (network, mounts, processes), so that nothing of this machine is seen: loopback, two listeners, no firewall rule.
 *
 *   node bench/small.mjs [--runs 15] [--dist FOLDER] [-- ARGUMENTS]
 *
 * Needs root, unshare, ip, and dist/ (or --dist, to hold another build against it).
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import koffi from 'koffi';

/** At most so many times `node -e 0`, in wall and in CPU time. */
const TARGET = 1.3;

const here = fileURLToPath(import.meta.url);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '15' },
    dist: { type: 'string', default: join(here, '../../dist') },
    inside: { type: 'boolean', default: false },
  },
});
const audit = positionals.length > 0 ? positionals : ['audit', '-f', 'json', '--fail-on', 'none'];

const QUIET = join(here, '../../build/quiet.sh');

if (!values.inside) {
  const words = ['sh', QUIET, process.execPath, here, '--inside', ...process.argv.slice(2)];
  process.exit(spawnSync('unshare', ['-pfmn', '--mount-proc', ...words], { stdio: 'inherit' }).status ?? 1);
}

const getrusage = koffi.load(null).func('int getrusage(int who, _Out_ uint8_t *usage)');
/** Milliseconds of CPU that ended children took: RUSAGE_CHILDREN, whose first two fields are struct timeval (getrusage(2)). */
function childrenMs() {
  const usage = Buffer.alloc(256);
  if (getrusage(-1, usage) !== 0) throw new Error('getrusage');
  const seconds = Number(usage.readBigInt64LE(0) + usage.readBigInt64LE(16));
  return seconds * 1000 + Number(usage.readBigInt64LE(8) + usage.readBigInt64LE(24)) / 1000;
}

function timed(...args) {
  const cpu = childrenMs();
  const start = process.hrtime.bigint();
  const ran = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  if (ran.status !== 0) throw new Error(`${args.join(' ')}: ${ran.stderr}`);
  return { wall, cpu: childrenMs() - cpu };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const round = (number) => Math.round(number * 100) / 100;

/** Two daemons: TCP on every address, UDP on loopback. */
const server = spawn(
  process.execPath,
  [
    '-e',
    `require('net').createServer().listen(22, () => require('dgram').createSocket('udp4').bind(323, '127.0.0.1', () => console.log('ready')))`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
await new Promise((resolve) => server.stdout.once('data', resolve));

const entry = join(values.dist, 'earshot.cjs');
timed('-e', '0');
timed(entry, ...audit);
const pairs = [];
for (let run = 0; run < Number(values.runs); run++) {
  const empty = timed('-e', '0');
  const ours = timed(entry, ...audit);
  pairs.push({ empty, ours, wall: ours.wall / empty.wall, cpu: ours.cpu / empty.cpu });
}
server.kill();
const of = (kind, what) => `${Math.round(median(pairs.map((pair) => pair[kind][what])))} ms`;
console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}, load ${round(loadavg()[0])}`,
);
console.log(
  `small host: wall ${round(median(pairs.map(({ wall }) => wall)))} × node -e 0 (${of('ours', 'wall')} to ${of('empty', 'wall')}), ` +
    `CPU ${round(median(pairs.map(({ cpu }) => cpu)))} × (${of('ours', 'cpu')} to ${of('empty', 'cpu')}); at most ${TARGET} each`,
);
