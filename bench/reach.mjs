// How long the evaluator takes on a large firewall: node bench/reach.mjs [elements] [rules] [listeners] [zones]
// Prints seconds and peak memory of `earshot audit --snapshot` over a made host, against the same host without its ruleset.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [elements = 1_000_000, rules = 10_000, listeners = 1000, zones = 10] = process.argv.slice(2).map(Number);
const earshot = new URL('../dist/earshot.cjs', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'earshot-bench-'));

const address = (n) => `${20 + ((n >>> 24) % 60)}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
const match = (left, right) => ({ match: { op: '==', left, right } });
const saddr = { payload: { protocol: 'ip', field: 'saddr' } };
const dport = { payload: { protocol: 'tcp', field: 'dport' } };

function ruleset() {
  const table = { family: 'inet', table: 'f' };
  const rule = (handle, expr) => ({ rule: { ...table, chain: 'input', handle, expr } });
  const elem = Array.from({ length: elements }, (_, i) => address((i * 2654435761) >>> 0));
  return JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 'f', handle: 1 } },
      { set: { ...table, name: 'banned', type: 'ipv4_addr', handle: 2, elem } },
      { chain: { ...table, name: 'input', handle: 3, type: 'filter', hook: 'input', prio: 0, policy: 'drop' } },
      rule(4, [match(saddr, '@banned'), { drop: null }]),
      ...Array.from({ length: rules }, (_, i) => {
        const port = 1000 + (i % listeners);
        return rule(5 + i, [
          match(saddr, { prefix: { addr: `10.${(i >>> 8) & 255}.${i & 255}.0`, len: 24 } }),
          match(dport, port),
          { accept: null },
        ]);
      }),
    ],
  });
}

const live = JSON.parse(execFileSync('node', [earshot, 'collect'], { encoding: 'utf8', maxBuffer: 1 << 28 }));
const [own] = live.networks;
const socket = live.sockets.find((one) => one.protocol === 'tcp') ?? {};
const sockets = Array.from({ length: listeners }, (_, i) => ({
  ...socket,
  protocol: 'tcp',
  family: 'ipv4',
  state: 'listen',
  namespace: own.namespace,
  address: '0.0.0.0',
  port: 1000 + i,
  peer: null,
  device: null,
  v6only: null,
  inode: 1_000_000 + i,
  cookie: null,
  uid: 0,
  mark: null,
  cgroupId: null,
  queue: null,
  clients: null,
  holders: [],
  holdersComplete: true,
  source: 'netlink',
}));
const host = (firewall) => ({
  ...live,
  namespaces: live.namespaces.slice(0, 1),
  processes: [],
  sockets,
  networks: [{ ...own, firewall }],
});

const config = join(folder, 'earshot.yaml');
const userZones = Array.from({ length: zones }, (_, i) => `  z${i}: { from: [10.${i}.0.0/16], rank: private }`);
writeFileSync(config, `zones:\n${userZones.join('\n')}\n`);

function measure(name, snapshot) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(snapshot));
  const report = join(folder, 'report.json');
  const done = spawnSync(
    '/usr/bin/time',
    [
      '-f',
      '%e %M',
      'node',
      earshot,
      'audit',
      '--snapshot',
      file,
      '--config',
      config,
      '-f',
      'json',
      '-o',
      report,
      '-q',
      '--fail-on',
      'none',
    ],
    { encoding: 'utf8' },
  );
  const [seconds, kilobytes] = (done.stderr.trim().split('\n').pop() ?? '').split(' ').map(Number);
  console.log(
    `${name}: ${seconds} s, ${Math.round(kilobytes / 1024)} MB, exit ${done.status}${done.status === 0 ? '' : `: ${done.stderr.slice(0, 300)}`}`,
  );
  const parsed = JSON.parse(readFileSync(report, 'utf8'));
  console.log(
    `  ${parsed.listeners.length} listeners, ${parsed.listeners.reduce((sum, one) => sum + (one.exposure?.zones.length ?? 0), 0)} rows`,
  );
}

console.log(`${elements} elements, ${rules} rules, ${listeners} listeners, ${zones} zones`);
measure('without rules', host({ read: true, rulesets: [], unreadTables: [] }));
measure(
  'with rules',
  host({ read: true, rulesets: [{ format: 'nft-json', text: ruleset(), origin: 'bench' }], unreadTables: [] }),
);
rmSync(folder, { recursive: true });
