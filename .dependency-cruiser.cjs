// The walls between rooms, each with its reason. docs/architecture.md draws the house they make.
const room = (name) => `^src/${name}/`;

/** Rooms, and what each may import beside model, lib and itself. Shelves (linux, dialects, model, lib) are entered at any file. */
const MAY = {
  linux: [],
  dialects: [],
  collect: ['linux', 'dialects', 'generated'],
  identify: [],
  reach: [],
  rules: ['generated'],
  gate: ['rules'],
  report: ['generated'],
  netstat: [],
  config: ['generated'],
  history: ['generated'],
  // Node has no unix datagrams, and syslog and journald take nothing else.
  sinks: ['generated', 'linux'],
  // A quick look at /proc/net reads the same rows as a capture of it.
  exec: ['linux', 'dialects', 'generated'],
};
const DOORS = ['identify', 'reach', 'rules', 'gate', 'report', 'netstat'];
const WORLD = ['^src/collect/host\\.ts$', room('config'), room('history'), room('sinks'), room('cli'), room('exec'), room('linux')];

const walls = Object.entries(MAY).map(([name, may]) => ({
  name: `wall-${name}`,
  comment: `src/${name} imports only ${['model', 'lib', ...may].join(', ')} and itself (docs/architecture.md)`,
  severity: 'error',
  from: { path: room(name) },
  to: { path: '^src/', pathNot: [room(name), room('model'), room('lib'), ...may.map(room)] },
}));

module.exports = {
  forbidden: [
    ...walls,
    {
      name: 'lib-knows-nobody',
      comment: 'lib has no word of our field, so it imports nothing of ours',
      severity: 'error',
      from: { path: room('lib') },
      to: { path: '^src/', pathNot: room('lib') },
    },
    {
      name: 'model-is-types',
      comment: 'model holds the shapes that cross walls; it knows addresses and places, and no room',
      severity: 'error',
      from: { path: room('model') },
      to: { path: '^src/', pathNot: [room('model'), room('lib')] },
    },
    {
      name: 'spine',
      comment: 'audit.ts is the pure pipeline: Snapshot in, Report out',
      severity: 'error',
      from: { path: '^src/audit\\.ts$' },
      to: { path: '^src/', pathNot: ['identify', 'reach', 'rules', 'gate', 'netstat', 'model', 'lib'].map(room) },
    },
    {
      name: 'no-cycle',
      comment: 'a cycle is two files that are one; the list of commands loads its commands lazily, and two of them read the list',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
    {
      name: 'files-at-the-edge',
      comment: 'no harm: only the edges open files (DESIGN, What is never allowed)',
      severity: 'error',
      from: { path: '^src/', pathNot: WORLD },
      to: { path: '^(node:)?fs(/promises)?$' },
    },
    {
      name: 'programs-at-the-edge',
      comment: 'no harm: only collect/programs.ts (by way of collect/host.ts) and exec start programs',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/collect/programs\\.ts$', room('exec')] },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'network-at-the-edge',
      comment: 'no harm: only probes and sinks speak to a network, and netstat without -n looks names up as net-tools does',
      severity: 'error',
      from: { path: '^src/', pathNot: [room('collect/probe'), room('sinks'), '^src/collect/views/resolver\\.ts$'] },
      to: { path: '^(node:)?(net|tls|dgram|http|https|dns|dns/promises)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.cjs'] },
  },
};
