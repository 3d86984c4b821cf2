import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../../src/dialects/dialects.js';

const FOLDERS = ['fixtures/dialects', 'fixtures/cases/captures', 'fixtures/dialects/hosts'];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.(?:txt|gnmap|xml)$/.test(name) && !name.endsWith('.source.txt'))
    .map((name) => join(folder, name)),
);
const lines = files.flatMap((file) => readFileSync(file, 'utf8').replaceAll('\r', '').split('\n'));
const guide = readFileSync('docs/dialects.md', 'utf8');

describe('each dialect has a capture with records, and a place in the guide', () => {
  it.each(DIALECTS.map((dialect) => [dialect.name, dialect] as const))('%s', (name, dialect) => {
    expect(lines.some((line) => dialect.recognise(line) !== 'no')).toBe(true);
    expect(guide).toContain(name);
  });

  it('each sample says where it comes from', () => {
    for (const file of readdirSync('fixtures/dialects').filter((name) => name.endsWith('.records')))
      expect(readFileSync(join('fixtures/dialects', file.replace('.records', '.source.txt')), 'utf8')).toMatch(
        /^SOURCE: .+\nWHAT: .+/,
      );
  });
});
