// Runs a freshly bundled earshot once (as `npm start` does) and keeps V8's code cache of every chunk that took part: earshot.cache.
const { createSocket } = require('node:dgram');
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { basename, join } = require('node:path');
const vm = require('node:vm');

/**
 * Where the program lies now, and where it will lie: the cache holds the names that stack traces show. A third word says that this is a quiet
 * host of its own (build/quiet.sh), on which a usual small host can be played.
 */
const [, , dist, home, quiet] = process.argv;
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
const elsewhere = ['--no-config', '-o', '/dev/null', '-q'];
process.argv = [process.execPath, entry, 'audit', '-f', 'json', '--fail-on', 'none', ...(quiet ? [] : elsewhere)];
// Something to be judged: a machine where nothing listens would leave half of the code out. On the quiet host one port is open to all, as on
// nearly every host; elsewhere on loopback only.
const udp = createSocket('udp4').unref();
const tcp = createServer().unref();
udp.bind(0, '127.0.0.1', () => tcp.listen(0, quiet ? '::' : '127.0.0.1', () => require(entry)));
