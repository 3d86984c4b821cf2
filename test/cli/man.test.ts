import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';

for (const page of ['earshot', 'rules'])
  itNeeds([needs.program('mandoc')], `the man page "${page}" has nothing that mandoc warns of`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'earshot-man-'));
    try {
      const text = spawnSync(process.execPath, ['dist/earshot.cjs', 'man', page], {
        encoding: 'utf8',
        maxBuffer: 1e8,
      }).stdout;
      const file = join(folder, 'page');
      writeFileSync(file, text);
      expect(spawnSync('mandoc', ['-Tlint', '-W', 'warning', file], { encoding: 'utf8', maxBuffer: 1e8 }).stdout).toBe(
        '',
      );
      expect(text.length).toBeGreaterThan(5000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
