import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, vi } from 'vitest';
import { QuickLook } from '../../src/exec/listening.js';
import { itNeeds, needs } from '../needs.js';

/** Says the number of a child that ends, and never asks how. */
const SCRIPT = `
import os, time
child = os.fork()
if child == 0: os._exit(0)
print(child, flush=True)
time.sleep(600)
`;

describe('a quick look', () => {
  itNeeds(
    [needs.linux, needs.program('python3')],
    'is not blind where a process has ended whose status nobody took yet',
    async () => {
      const parent = spawn('python3', ['-c', SCRIPT], { stdio: ['ignore', 'pipe', 'ignore'] });
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
