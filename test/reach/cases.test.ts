import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const earshot = path('dist/earshot.cjs');

const NEEDED = [
  needs.linux,
  needs.root,
  ...['python3', 'ip', 'nft', 'iptables-legacy', 'iptables-nft', 'ipset', 'conntrack', 'unshare', 'nsenter'].map(
    needs.program,
  ),
  { what: 'the bundle (npm run build)', met: () => existsSync(earshot) },
];

describe('thirteen situations in which owners were wrong about their own firewall', () => {
  itNeeds(
    NEEDED,
    'reach and audit say what the kernel does, and cite the rules of its trace',
    () => {
      const run = spawnSync(
        'python3',
        [path('fixtures/exposure/cases.py'), 'run', '--no-packets', '--because', process.execPath, earshot],
        {
          encoding: 'utf8',
          env: { ...process.env, EXPOSURE_PREFIX: 'ehr_' },
        },
      );
      expect(run.stdout).toContain('13 of 13 exposure cases');
      expect(run.status).toBe(0);
    },
    400_000,
  );
});
