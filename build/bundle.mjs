// dist/: one small CommonJS entry (it starts faster than an ES module), chunks that load when they are needed, and the code cache of those
// that every audit needs.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import './generate.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const dist = join(root, 'dist');
// Made beside it and renamed onto it, so that an earshot that runs meanwhile finds all of its chunks or none.
const fresh = join(root, `dist.${process.pid}`);

/**
 * commander loads node:child_process (a tenth of Node's own start) for a feature that earshot does not have: commands that are programs of
 * their own. The bundle gives it a stand-in that says so.
 */
const isCommanders = (id, importer) => id === 'node:child_process' && /node_modules\/commander\//.test(importer ?? '');
const withoutChildProcess = {
  name: 'commander-without-child-process',
  resolveId(source, importer) {
    return isCommanders(source, importer) ? '\0no-child-process' : null;
  },
  load(id) {
    return id === '\0no-child-process'
      ? 'export const spawn = () => { throw new Error("earshot has no external commands"); }; export default { spawn };'
      : null;
  },
};

/** Chunks are loaded by the entry, which gives each a `require`: nothing needs node:module to make one. */
const withoutNodeModule = {
  name: 'require-of-the-entry',
  resolveId: (source) => (source === 'node:module' ? '\0require' : null),
  load: (id) => (id === '\0require' ? 'export const createRequire = () => require;' : null),
};

/** Files that take part in every audit of a small host: they and all that they import go to one chunk, whose code cache is loaded whole. */
const EVERY_AUDIT = [
  'cli/audit',
  'collect/live',
  'collect/host',
  'collect/namespaces/access',
  'collect/owners/owners',
  'collect/firewall/firewall',
  'collect/software/software',
  'linux/extended-attribute',
  'rules/rules',
  'reach/exposures',
  'report/json',
];
const imports = new Map();
const noteImports = {
  name: 'note-imports',
  moduleParsed({ id, importedIds }) {
    imports.set(id, importedIds);
  },
};
let common = null;
/** Everything that the files of every audit import, dynamic imports left out. */
function commonModules() {
  const found = new Set();
  const add = (id) => {
    if (found.has(id)) return;
    found.add(id);
    for (const next of imports.get(id) ?? []) add(next);
  };
  for (const file of EVERY_AUDIT) {
    const id = join(root, 'src', `${file}.ts`);
    if (!imports.has(id)) throw new Error(`build/bundle.mjs: ${id} is not in the bundle`);
    add(id);
  }
  return found;
}
const isCommon = (id) => {
  common ??= commonModules();
  return common.has(id);
};

const bundle = await rolldown({
  plugins: [withoutChildProcess, withoutNodeModule, noteImports],
  input: { main: join(root, 'src/main.ts') },
  platform: 'node',
  external: (id, importer) =>
    id !== 'node:module' && /^(?:node:|koffi$|@koromix\/|libsql$)/.test(id) && !isCommanders(id, importer),
  transform: { define: { EARSHOT_VERSION: JSON.stringify(version), 'import.meta.url': '__filename' } },
  treeshake: true,
  // Many files are loaded late by one command and early by another; that is no mistake.
  checks: { ineffectiveDynamicImport: false },
});
await bundle.write({
  dir: fresh,
  format: 'cjs',
  entryFileNames: 'chunks/[name].cjs',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
  codeSplitting: {
    groups: [{ name: 'common', test: isCommon, priority: 1 }],
  },
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  comments: { legal: false },
});
await bundle.close();
/**
 * Chunks as the entry compiles them: each a function of what a module is given (joined when it is read, it would be copied twice), in ASCII:
 * V8 keeps such a source in one byte a character, and it is read without decoding.
 */
for (const name of readdirSync(join(fresh, 'chunks'))) {
  const file = join(fresh, 'chunks', name);
  const code = readFileSync(file, 'utf8');
  if (/\\[^\x00-\x7f]|String\.raw`[^`]*[^\x00-\x7f`]/.test(code))
    throw new Error(`${file}: a character that cannot be written as \\u`);
  const ascii = code.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(file, `(function (exports, require, module, __filename, __dirname) {${ascii}\n})`);
}
copyFileSync(join(root, 'build/entry.cjs'), join(fresh, 'earshot.cjs'));
chmodSync(join(fresh, 'earshot.cjs'), 0o755);
// A trial run leaves the code cache behind; without one (no Linux here) earshot only starts slower. It audits a host without daemons where
// namespaces can be had: what only a busy host needs would make the cache larger, and every start slower.
const unshare = ['unshare', '--net', '--pid', '--mount', '--fork', '--mount-proc'];
const quietly = ['sh', join(root, 'build/quiet.sh')];
const trial = [process.execPath, join(root, 'build/cache.cjs'), fresh, dist];
for (const [program, ...words] of [
  [...unshare, ...quietly, ...trial, 'quiet'],
  [...unshare, '--user', '--map-root-user', ...quietly, ...trial, 'quiet'],
  trial,
]) {
  const ran = spawnSync(program, words, { stdio: 'ignore', timeout: 60_000 });
  if (ran.status === 0 && existsSync(join(fresh, 'earshot.cache'))) break;
}
const old = join(root, `dist.old.${process.pid}`);
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
