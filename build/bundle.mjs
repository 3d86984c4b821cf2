// dist/: one small CommonJS entry (it starts faster than an ES module) and chunks that load when they are needed.
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import './generate.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const dist = join(root, 'dist');

const bundle = await rolldown({
  input: { earshot: join(root, 'src/main.ts') },
  platform: 'node',
  external: [/^node:/, 'koffi', /^@koromix\//],
  transform: { define: { EARSHOT_VERSION: JSON.stringify(version) } },
  treeshake: true,
});
rmSync(dist, { recursive: true, force: true });
await bundle.write({
  dir: dist,
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  legalComments: 'none',
  banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
});
await bundle.close();
chmodSync(join(dist, 'earshot.cjs'), 0o755);
