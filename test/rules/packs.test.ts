import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPack } from '../../src/config/packs.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-packs-'));
  for (const name of ['rules', 'empty', 'node_modules/@acme/rules/rules', 'node_modules/plain'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of [
    'rules/b.yaml',
    'rules/a.yml',
    'rules/note.txt',
    'node_modules/@acme/rules/rules/acme.yaml',
    'node_modules/plain/plain.yaml',
    'huge.yaml',
  ])
    writeFileSync(join(folder, name), `pack: x\n`);
  truncateSync(join(folder, 'huge.yaml'), 100_000_000);
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = async (name: string): Promise<readonly string[]> =>
  (await openPack(name, folder)).map(({ file }) => file.slice(file.indexOf(folder) + folder.length + 1));

describe('a pack', () => {
  it('is a file, the YAML files of a folder in order, or those of an npm package', async () => {
    expect(await names('rules/b.yaml')).toEqual(['rules/b.yaml']);
    expect(await names('rules')).toEqual(['rules/a.yml', 'rules/b.yaml']);
    expect(await names('@acme/rules')).toEqual(['node_modules/@acme/rules/rules/acme.yaml']);
    expect(await names('plain')).toEqual(['node_modules/plain/plain.yaml']);
  });

  it('is no device, which would never end', async () => {
    await expect(openPack('/dev/zero', folder)).rejects.toThrow(/is a device or socket, not a rule file/);
  });

  it('that cannot be had is told with what was looked for', async () => {
    await expect(openPack('gone', folder)).rejects.toThrow(
      /^gone: there is no such rule file, folder or npm package \(looked for /,
    );
    await expect(openPack('empty', folder)).rejects.toThrow(/there is no \.yaml file in this folder/);
    await expect(openPack('../../etc', join(folder, 'rules'))).rejects.toThrow(/there is no/);
  });

  it('of a hundred megabytes is refused unread, with its size', async () => {
    await expect(openPack('huge.yaml', folder)).rejects.toThrow(
      /huge\.yaml:1:1: the file has 95\.4 MiB \(a rule file has at most 4 MiB\)/,
    );
  });
});
