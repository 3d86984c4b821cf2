// Writes src/generated/: everything that is derived from the model, the rule packs and the templates. Never edit those files by hand.
// Each part runs only when what it is made from has changed since its last run.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Name, what it is made from, what it makes, and the module whose export makes it. */
const PARTS = [
  { name: 'schemas', from: ['src/model', 'build/schemas.mjs'], module: './schemas.mjs', run: 'generateSchemas' },
  {
    name: 'packs',
    from: ['rules', 'src/rules', 'src/lib', 'src/model', 'build/packs.mjs'],
    module: './packs.mjs',
    run: 'generatePacks',
  },
  { name: 'templates', from: ['reports', 'build/templates.mjs'], module: './templates.mjs', run: 'generateTemplates' },
];

function* filesBelow(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) yield path;
  else for (const name of readdirSync(path).sort()) yield* filesBelow(join(path, name));
}

function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of filesBelow(join(root, path)))
      hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

const out = join(root, 'src/generated');
mkdirSync(out, { recursive: true });
for (const part of PARTS) {
  if (!existsSync(new URL(part.module, import.meta.url))) continue;
  const stamp = join(out, `.${part.name}.stamp`);
  const digest = digestOf([...part.from, 'package.json']);
  if (!process.argv.includes('--force') && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) continue;
  const made = await import(part.module);
  await made[part.run](root);
  writeFileSync(stamp, digest);
}
