/**
 * Busy hosts: wall time of an audit against `ss -tulpn` in the same minute, as a median of paired ratios, and the audit's peak memory.
 *
 *   node bench/owners.mjs [--runs 9] [--owners auto|bpf|proc] [--collect] [KIND …]
 *
 * KIND: processes (5,000 of them with 20 descriptors each), descriptors (190,000 in ten processes beside the listeners), servers (ten that
 * share the listeners and hold 190,000), connections (100,000 of them, 2,000 listeners, in a namespace of their own). --collect measures collecting alone, without rules and report. Needs root, python3, ss, and dist/.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
/** At most so many times the wall time of ss (docs/adr; issue "The main job"); without BPF 1.3 on each. */
const TARGETS = { processes: 0.45, descriptors: 0.4, servers: 0.4, connections: 0.35 };
const MEMORY_MB_MAX = 150;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '9' },
    owners: { type: 'string', default: 'auto' },
    collect: { type: 'boolean', default: false },
  },
});
const kinds = positionals.length > 0 ? positionals : Object.keys(TARGETS);
const folder = mkdtempSync(join(tmpdir(), 'earshot-bench-'));

/** The program under test: the built command, or collecting alone. */
async function subject() {
  if (!values.collect)
    return [join(root, 'dist/earshot.cjs'), 'audit', '-f', 'json', '--fail-on', 'none', '--owners', values.owners];
  const { rolldown } = await import('rolldown');
  const entry = join(folder, 'collect.ts');
  writeFileSync(
    entry,
    `import { liveHost } from '${root}src/collect/host.js';
     import { collectLive } from '${root}src/collect/live.js';
     const wish = { timeoutMs: 60_000, backend: 'auto', owners: '${values.owners}', identity: false, probe: false, statistics: false };
     collectLive(liveHost(), wish).then((snapshot) => process.stdout.write(JSON.stringify(snapshot)));`,
  );
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: /^(?:node:|koffi$|@koromix\/)/,
    cwd: root,
  });
  await bundle.write({
    dir: join(root, 'node_modules/.cache/earshot-bench'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
  });
  await bundle.close();
  return [join(root, 'node_modules/.cache/earshot-bench/collect.cjs')];
}

/** Starts the host and waits until it stands; ends it by closing its input. */
function build(kind) {
  const script = kind === 'connections' ? 'connections-host.py' : 'owners-host.py';
  const maker = spawn('python3', [join(root, 'bench', script), kind], { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    maker.stdout.once('data', (said) =>
      resolve({
        // Words to put before a command that shall look at the host.
        inside: kind === 'connections' ? ['nsenter', `--net=${said.toString().trim()}`] : ['env'],
        end: () => new Promise((done) => maker.once('exit', done).stdin.end()),
      }),
    );
    maker.once('exit', (status) => reject(new Error(`the host was not built: status ${status}`)));
  });
}

/** Milliseconds in the last line of the shell's `times`: user and system time of its children. */
function childrenMs(text) {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return [...last.matchAll(/([0-9]+)m([0-9.]+)s/g)].reduce(
    (ms, [, m, s]) => ms + Number(m) * 60_000 + Number(s) * 1000,
    0,
  );
}

function timed(...words) {
  const start = process.hrtime.bigint();
  const ran = spawnSync('sh', ['-c', '"$@"; status=$?; times >&2; exit $status', 'sh', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 30,
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (ran.status !== 0) throw new Error(`${words.join(' ')}: ${ran.stderr}`);
  return { ms, cpuMs: childrenMs(ran.stderr.toString()), out: ran.stdout.toString() };
}

/** VmHWM of the command, as a loader hook prints it at its end. */
function peakMemoryMb(inside, args) {
  const hook = join(folder, 'peak.cjs');
  writeFileSync(
    hook,
    `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'));`,
  );
  const [command, ...words] = [...inside, process.execPath, '-r', hook, ...args];
  const ran = spawnSync(command, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1 << 30,
  });
  return Number(/peak ([0-9]+)/.exec(ran.stderr.toString())?.[1] ?? Number.NaN) / 1024;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const round = (number) => Math.round(number * 100) / 100;

/** Process ids that ss names and the audit's JSON does not. */
function missed(ssText, jsonText) {
  const pids = new Set([...ssText.matchAll(/,pid=([0-9]+),/g)].map(([, pid]) => pid));
  return [...pids].filter((pid) => !jsonText.includes(`"pid":${pid},`) && !jsonText.includes(`"pid": ${pid},`));
}

try {
  const args = await subject();
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}, --owners ${values.owners}`,
  );
  for (const kind of kinds) {
    const host = await build(kind);
    try {
      const { inside } = host;
      timed(...inside, 'ss', '-tulpn');
      timed(...inside, process.execPath, ...args);
      const pairs = [];
      for (let run = 0; run < Number(values.runs); run++) {
        const ss = timed(...inside, 'ss', '-tulpn');
        const ours = timed(...inside, process.execPath, ...args);
        const empty = timed(...inside, process.execPath, '-e', '0');
        pairs.push({ ratio: ours.ms / ss.ms, cpu: ours.cpuMs / ss.cpuMs, empty: empty.ms / ss.ms, ss, ours });
      }
      const [last] = pairs;
      const target = values.owners === 'proc' ? 1.3 : TARGETS[kind];
      const peak = peakMemoryMb(inside, args);
      console.log(
        `${kind}: ${round(median(pairs.map(({ ratio }) => ratio)))} × ss (at most ${target}; empty node ${round(median(pairs.map(({ empty }) => empty)))}; CPU time ${round(median(pairs.map(({ cpu }) => cpu)))}), ` +
          `${Math.round(median(pairs.map(({ ours }) => ours.ms)))} ms to ${Math.round(median(pairs.map(({ ss }) => ss.ms)))} ms, ` +
          `peak ${Math.round(peak)} MB (below ${MEMORY_MB_MAX}), owners missed: ${missed(last.ss.out, last.ours.out).length}`,
      );
    } finally {
      await host.end();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
