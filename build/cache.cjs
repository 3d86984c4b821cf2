// Runs a freshly bundled earshot once (as `npm start` does) and keeps V8's code cache of every chunk that took part: earshot.cache.
const { createSocket } = require('node:dgram');
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { basename, join } = require('node:path');
const vm = require('node:vm');

/** Where the program lies now, and where it will lie: the cache holds the names that stack traces show. */
const [, , dist, home] = process.argv;
const scripts = [];
const { Script } = vm;
vm.Script = class extends Script {
  constructor(source, options) {
    const name = basename(options.filename);
    super(source, { ...options, filename: join(home, 'chunks', name) });
    scripts.push({ name, script: this });
  }
};

process.on('exit', () => {
  const index = {};
  const caches = [];
  let offset = 0;
  for (const { name, script } of scripts) {
    const bytes = script.createCachedData();
    index[name] = [offset, bytes.length];
    offset += bytes.length;
    caches.push(bytes);
  }
  const head = Buffer.from(JSON.stringify(index), 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  writeFileSync(join(dist, 'earshot.cache'), Buffer.concat([length, head, ...caches]));
});

const entry = join(dist, 'earshot.cjs');
process.argv = [
  process.execPath,
  entry,
  'audit',
  '-f',
  'json',
  '--fail-on',
  'none',
  '--no-config',
  '-o',
  '/dev/null',
  '-q',
];
// Something to be judged, on loopback only: a machine where nothing listens would leave half of the code out.
const udp = createSocket('udp4').unref();
const tcp = createServer().unref();
udp.bind(0, '127.0.0.1', () => tcp.listen(0, '127.0.0.1', () => require(entry)));
