// A year of nights of 1,000 listeners: how large the history is, and how long a comparison of two nights takes.
// Run: node bench/history.mjs [nights] [listeners]
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { rolldown } from 'rolldown';

const NIGHTS = Number(process.argv[2] ?? 365);
const LISTENERS = Number(process.argv[3] ?? 1000);
const HOST = 4026531840;
const folder = mkdtempSync(join(tmpdir(), 'earshot-bench-'));
chmodSync(folder, 0o700);

/** A night: every inode, pid and count of clients is another; three listeners are new, three gone. */
function night(n) {
  const sockets = [];
  const processes = [];
  for (let i = 0; i < LISTENERS; i++) {
    const moved = i < 3 ? n * 3 : 0;
    const pid = 2000 + ((i * 7 + n * 131) % 3_000_000);
    sockets.push({
      protocol: i % 9 === 0 ? 'udp' : 'tcp',
      family: 'ipv4',
      state: i % 9 === 0 ? 'bound' : 'listen',
      namespace: HOST,
      address: i % 3 === 0 ? '127.0.0.1' : '0.0.0.0',
      port: 2000 + i + moved,
      peer: null,
      device: null,
      v6only: null,
      inode: 100_000 + i * 17 + n * 9973,
      cookie: String(4000 + i + n * 7919),
      uid: i % 5,
      mark: null,
      cgroupId: '4711',
      queue: { used: 0, max: 128 },
      clients: { count: (i * n) % 40, addresses: [`192.0.2.${(i + n) % 250}`], truncated: false },
      holders: [pid],
      holdersComplete: true,
      source: 'netlink',
    });
    processes.push({
      pid,
      ppid: 1,
      name: `service-${i}`,
      exe: `/usr/sbin/service-${i}`,
      exeState: 'present',
      exeFile: null,
      args: [`/usr/sbin/service-${i}`, '--config', `/etc/service-${i}.conf`],
      uid: i % 5,
      user: `user${i % 5}`,
      startTicks: String(1000 + n * 8_640_000 + i),
      cgroup: `/system.slice/service-${i}.service`,
      unit: `service-${i}.service`,
      ancestors: [{ pid: 1, name: 'systemd' }],
      namespaces: { net: HOST, pid: 1, mnt: 2, user: 3 },
      ownRoot: false,
      capEff: '000001ffffffffff',
      seccomp: 0,
      noNewPrivs: false,
      kernelThread: false,
      cwd: '/',
    });
  }
  return {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: '0.0.0' },
    host: { hostname: 'bench', os: 'Debian GNU/Linux 12', kernel: '6.1.0', platforms: ['debian'] },
    collection: {
      source: 'live',
      startedAt: new Date(Date.UTC(2026, 0, 1, 3) + n * 86_400_000).toISOString(),
      durationMs: 900,
      dialect: null,
      uid: 0,
      gaps: [],
    },
    namespaces: [{ id: HOST, name: 'host', foundBy: 'self', entered: true }],
    sockets,
    processes,
    networks: [],
    software: { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] },
    statistics: null,
  };
}

/** The rooms themselves, bundled once for this bench. */
async function rooms() {
  const entry = join(folder, 'entry.ts');
  const at = (path) => JSON.stringify(join(process.cwd(), 'src', path));
  writeFileSync(
    entry,
    `export { openHistory } from ${at('history/history.ts')};
export { audit } from ${at('audit.ts')};
export { driftOf } from ${at('gate/drift.ts')};
export { loadRules } from ${at('rules/rules.ts')};
export { NO_ZONE_SETTINGS } from ${at('model/zones.ts')};`,
  );
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: ['libsql', 'koffi', 'ajv', 'yaml', 're2js'],
    logLevel: 'silent',
  });
  const file = join(process.cwd(), `bench/.history-${process.pid}.mjs`);
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  try {
    return await import(file);
  } finally {
    rmSync(file);
  }
}

const { openHistory, audit, driftOf, loadRules, NO_ZONE_SETTINGS } = await rooms();
const rules = await loadRules({ builtin: true, paths: [], config: null, cwd: folder, open: async () => [] });
const setup = {
  rules,
  zones: NO_ZONE_SETTINGS,
  agreements: { waivers: [], agreed: [] },
  gate: { failOn: 'high', failOnKnown: false, minSeverity: 'info', requireComplete: false, narrowed: [] },
  narrowing: { ports: [], namespaces: [], containers: [], units: [] },
  layers: null,
};
const history = openHistory(folder, process.getuid(), '2026-01-01T00:00:00Z');
let raw = 0;
for (let n = 0; n < NIGHTS; n++) {
  const snapshot = night(n);
  const report = await audit(snapshot, setup);
  raw += JSON.stringify(snapshot).length + JSON.stringify(report).length;
  history.record(report, snapshot);
}
const runs = history.runs();
const times = [];
for (let i = 0; i < 30; i++) {
  const [a, b] = [runs[(i * 37) % runs.length], runs[(i * 101 + 7) % runs.length]];
  const start = performance.now();
  driftOf(history.report(a.number), history.report(b.number));
  times.push(performance.now() - start);
}
history.close();
const bytes = readdirSync(folder)
  .filter((name) => name.startsWith('history'))
  .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
times.sort((a, b) => a - b);
const bare = [];
for (let i = 0; i < 5; i++) {
  const start = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  bare.push(performance.now() - start);
}
bare.sort((a, b) => a - b);
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}`);
console.log(
  `${runs.length} nights of ${LISTENERS} listeners: ${(bytes / 1e6).toFixed(1)} MB, ${(raw / bytes).toFixed(0)} times less than as JSON`,
);
console.log(
  `diff of two nights: ${times[15]?.toFixed(0)} ms (median), ${times.at(-1)?.toFixed(0)} ms (worst of 30); ${((times[15] ?? 0) / (bare[2] ?? 1)).toFixed(1)} × node -e 0`,
);
rmSync(folder, { recursive: true });
