/**
 * What identity costs: an audit with it against the same audit with --no-identity, as a median of paired ratios of CPU and wall time.
 *
 *   node bench/identity.mjs [--runs 9] [none|processes]
 *
 * `processes`: 5,000 of them with 20 descriptors each beside 200 listeners (bench/owners-host.py); `none`: the host as it is. Needs root, python3, dist/.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A whole audit with identity costs at most half as much again as one without. */
const RATIO_MAX = 1.5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '9' } },
});
const kind = positionals[0] ?? 'processes';

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Starts the busy host and waits until it stands. */
function busyHost() {
  if (kind === 'none') return Promise.resolve(() => Promise.resolve());
  const maker = spawn('python3', [join(root, 'bench/owners-host.py'), kind], { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    maker.stdout.once('data', () => resolve(() => new Promise((done) => maker.once('exit', done).stdin.end())));
    maker.once('exit', (status) => reject(new Error(`the host was not built: status ${status}`)));
  });
}

/** CPU and wall milliseconds of one audit. */
function once(flags) {
  const command = [
    process.execPath,
    join(root, 'dist/earshot.cjs'),
    'audit',
    '--no-config',
    '-f',
    'json',
    '--fail-on',
    'none',
    ...flags,
  ];
  const start = performance.now();
  // The shell tells what its child used: resourceUsage() counts this process only.
  const shell = spawnSync('bash', ['-c', '"$@" > /dev/null; status=$?; times; exit $status', 'bash', ...command], {
    encoding: 'utf8',
    // What a shell is told to read at its start would be measured too.
    env: { ...process.env, BASH_ENV: '' },
  });
  const wallMs = performance.now() - start;
  if (shell.status !== 0) throw new Error(`audit ${flags.join(' ')}: status ${shell.status}\n${shell.stderr}`);
  const last = shell.stdout.trimEnd().split('\n').at(-1) ?? '';
  const cpuMs = [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (ms, [, m, s]) => ms + Number(m) * 60_000 + Number(s) * 1000,
    0,
  );
  return { cpuMs, wallMs };
}

const end = await busyHost();
try {
  const ratios = { cpu: [], wall: [] };
  const costs = { with: [], without: [] };
  for (let run = 0; run <= Number(values.runs); run++) {
    const without = once(['--no-identity']);
    const identified = once([]);
    // The first pair warms the caches.
    if (run === 0) continue;
    ratios.cpu.push(identified.cpuMs / without.cpuMs);
    ratios.wall.push(identified.wallMs / without.wallMs);
    costs.with.push(identified.cpuMs);
    costs.without.push(without.cpuMs);
  }
  const cpu = median(ratios.cpu);
  console.log(
    `machine   ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`,
  );
  console.log(`host      ${kind}, ${values.runs} pairs`);
  console.log(
    `cpu       ${median(costs.with).toFixed(0)} ms with, ${median(costs.without).toFixed(0)} ms without identity`,
  );
  console.log(`ratio     cpu ${cpu.toFixed(2)}, wall ${median(ratios.wall).toFixed(2)} (at most ${RATIO_MAX})`);
  process.exitCode = cpu <= RATIO_MAX ? 0 : 1;
} finally {
  await end();
}
