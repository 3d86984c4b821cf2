// Rules against records: the indexed engine and the naive loop over the same compiled rules, in pairs; and what loading the pack costs.
// node bench/rules.mjs [--rules 200] [--records 100000]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import '../build/generate.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const argument = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const RULES = argument('rules', 200);
const RECORDS = argument('records', 100_000);
const PAIRS = 5;

const ENTRY = `
export { builtinRules } from '${root}/src/rules/builtin.ts';
export { engineOf, worldOf } from '${root}/src/rules/engine.ts';
export { compile } from '${root}/src/rules/language/compile.ts';
export { loadRe2 } from '${root}/src/lib/re.ts';
export { allServices } from '${root}/src/lib/services.ts';
export { storePack } from '${root}/src/rules/store.ts';
`;

async function load() {
  const folder = mkdtempSync(join(root, 'node_modules/.bench-'));
  const entry = join(folder, 'entry.ts');
  writeFileSync(entry, ENTRY);
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: [/^yaml$/, /^re2js$/, /^ajv/, /^node:/],
    logLevel: 'silent',
  });
  const file = join(folder, 'engine.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A rule of the pack's usual shapes. */
function syntheticRule(index, services) {
  const service = services[index % services.length].name;
  const selections = [
    `{ service.name: ${service} }`,
    `{ service.name: [${service}, ${services[(index * 7 + 1) % services.length].name}], service.authentication: none }`,
    `{ port|gte: ${1024 + index}, port|lte: ${1034 + index}, protocol: tcp }`,
    `{ owners.exe|startswith: [/tmp/, /var/tmp/, "/dev/shm/${index}"] }`,
    `{ service.name: ${service}, service.version|re: '^[0-7]\\.${index % 10}$' }`,
  ];
  return `  - { id: bench-${index}, title: Bench, subject: listener, severity: high, detection: { selection: ${selections[index % 10 < 6 ? 0 : (index % 10) - 5]}, filter: { exposure.widest: loopback }, condition: selection and not filter } }\n`;
}

/** Listeners as an audit makes them, the same in every run. */
function records(services) {
  let seed = 42;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const programs = ['nginx', 'sshd', 'python3', 'java', 'node', 'postgres', 'systemd', 'dnsmasq'];
  return Array.from({ length: RECORDS }, (_, index) => {
    const service = random(3) === 0 ? null : services[random(services.length)].name;
    const program = programs[random(programs.length)];
    return {
      id: `tcp/0.0.0.0:${index % 65536}@host`,
      source: 'live',
      host: { platforms: ['debian'], os: 'Debian', kernel: '6.1', hostname: 'bench' },
      protocol: random(4) === 0 ? 'udp' : 'tcp',
      address: '0.0.0.0',
      port: random(65536),
      listening: 'certain',
      namespace: { id: 1, name: 'host' },
      owners: [
        {
          kind: 'process',
          pid: index,
          name: program,
          exe: `/usr/bin/${program}`,
          exeState: 'present',
          args: [program, '--port', String(index)],
          user: 'root',
          unit: null,
          container: null,
          package: null,
          parents: [],
        },
      ],
      service: {
        name: service,
        product: null,
        version: '2.4',
        confidence: 'likely',
        authentication: null,
        encryption: null,
        facts: {},
      },
      exposure: { widest: random(2) === 0 ? 'loopback' : 'public', zones: [] },
    };
  });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
/** Milliseconds of processor time: the wall clock of a shared machine tells of its neighbours. */
function timed(work) {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1000, result];
}

const { allServices, builtinRules, compile, engineOf, loadRe2, storePack, worldOf } = await load();
const services = allServices();
const text = `rules:\n${Array.from({ length: RULES }, (_, index) => syntheticRule(index, services)).join('')}`;
const stored = await storePack([{ file: 'bench.yaml', text }]);
const synthetic = {
  rules: stored.rules,
  shared: stored.core.shared,
  policies: [],
  waivers: [],
  textOf: () => null,
  testsOf: () => [],
  re2: null,
};
const packs = [['synthetic', synthetic]];
const builtin = await builtinRules();
if (builtin.rules.length > 0) packs.push(['built-in', builtin]);

console.log(`${cpus()[0]?.model ?? 'unknown cpu'}, ${cpus().length} cores, Node ${process.version}`);
const all = records(services);
for (const [name, rules] of packs) {
  const listenerRules = rules.rules.filter((rule) => rule.subject === 'listener' && rule.status !== 'deprecated');
  const world = worldOf(rules);
  const world2 = { ...world, re2: await loadRe2() };
  const naive = listenerRules.map((rule) => ({ rule, holds: compile(rule.expression, world2) }));
  const pairs = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [indexedMs, found] = timed(() => {
      const engine = engineOf({ ...rules, re2: world2.re2 });
      let matches = 0;
      for (const record of all) matches += engine.indexOf('listener').matching(record, () => {}).length;
      return matches;
    });
    const [naiveMs, expected] = timed(() => {
      let matches = 0;
      for (const record of all) for (const { holds } of naive) if (holds(record)) matches++;
      return matches;
    });
    if (found !== expected) throw new Error(`the index finds ${found} matches, the loop ${expected}`);
    pairs.push({ indexedMs, naiveMs, found });
  }
  const indexed = median(pairs.map((pair) => pair.indexedMs));
  console.log(
    `${name}: ${listenerRules.length} rules × ${all.length} records: ${indexed.toFixed(0)} ms of processor time, naive loop ${median(pairs.map((pair) => pair.naiveMs)).toFixed(0)} ms, ` +
      `ratio ${median(pairs.map((pair) => pair.indexedMs / pair.naiveMs)).toFixed(3)} (median of ${PAIRS} pairs); ${pairs[0].found} matches`,
  );
}

const loads = [];
for (let run = 0; run < 15; run++) {
  const start = process.hrtime.bigint();
  engineOf(await builtinRules());
  loads.push(Number(process.hrtime.bigint() - start) / 1e6);
}
console.log(
  `loading the built-in pack (${builtin.rules.length} rules): first ${loads[0].toFixed(2)} ms, median ${median(loads).toFixed(2)} ms`,
);
