import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, vi } from 'vitest';
import { QuickLook } from '../../src/exec/listening.js';
import { itNeeds, needs } from '../needs.js';

describe('a quick look', () => {
  itNeeds(
    [needs.linux, needs.program('sh')],
    'is not blind where a process has ended whose status nobody took yet',
    async () => {
      // The shell becomes a program that takes no status of a child it does not know.
      const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        const line = await new Promise<string>((told) => createInterface(parent.stdout).once('line', told));
        const state = () => / ([A-Z]) /.exec(readFileSync(`/proc/${Number(line)}/stat`, 'latin1'))?.[1];
        await vi.waitUntil(() => state() === 'Z', { timeout: 60_000 });
        const look = new QuickLook();
        look.around([Number(line)]);
        expect(look.blind).toBe(false);
        look.close();
      } finally {
        parent.kill('SIGKILL');
      }
    },
  );
});
