// dist/: one small CommonJS entry (it starts faster than an ES module), chunks that load when they are needed, and the code cache of those
// that every audit needs.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
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

const bundle = await rolldown({
  plugins: [withoutChildProcess],
  input: { main: join(root, 'src/main.ts') },
  platform: 'node',
  external: (id, importer) => /^(?:node:|koffi$|@koromix\/|libsql$)/.test(id) && !isCommanders(id, importer),
  transform: { define: { EARSHOT_VERSION: JSON.stringify(version) } },
  treeshake: true,
});
await bundle.write({
  dir: fresh,
  format: 'cjs',
  entryFileNames: 'chunks/[name].cjs',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
  codeSplitting: {
    groups: [
      // Text that is parsed as JSON; a code cache of it would only be a second copy.
      { name: 'packs', test: /src\/generated\/packs\.ts$/, priority: 2 },
      // What every audit needs, in one file.
      { name: 'common', test: /src\/(?:audit\.ts|(?:lib|model|gate|linux|identify|sinks)\/|collect\/(?!software|firewall|probe)|rules\/(?!load|lint|catalogue|trial|parse|sources|validate|store|schema)|reach\/(?!frontends)|cli\/(?:audit|flags|settings|setup|sources|outputs|state|files)\.ts)/, priority: 1 },
    ],
  },
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  comments: { legal: false },
});
await bundle.close();
copyFileSync(join(root, 'build/entry.cjs'), join(fresh, 'earshot.cjs'));
chmodSync(join(fresh, 'earshot.cjs'), 0o755);
// A trial run leaves the code cache behind; without one (no Linux here) earshot only starts slower.
spawnSync(process.execPath, [join(root, 'build/cache.cjs'), fresh], { stdio: 'ignore', timeout: 60_000 });
const old = join(root, `dist.old.${process.pid}`);
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
