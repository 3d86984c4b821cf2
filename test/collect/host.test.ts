import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveHost } from '../../src/collect/host.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-host-'));
const host = liveHost();
const fifo = join(folder, 'fifo');
let writer: ChildProcess;

beforeAll(() => {
  execFileSync('mkfifo', [fifo]);
  writer = spawn('sh', ['-c', `: > "${fifo}"; : > "${folder}/let-through"`], { stdio: 'ignore' });
});

afterAll(() => {
  writer.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

describe('Files at places that others choose', () => {
  it('a FIFO is not opened at all: a writer that waits for a reader goes on waiting', async () => {
    await pause(200);
    expect(host.sync.readText(fifo, 100)).toMatchObject({ ok: false, code: 'EINVAL' });
    expect(host.sync.readAt(fifo, 0, 100)).toMatchObject({ ok: false, code: 'EINVAL' });
    expect(await host.readText(fifo, 100)).toMatchObject({ ok: false, code: 'EINVAL' });
    await pause(200);
    expect(existsSync(join(folder, 'let-through'))).toBe(false);
  });

  it('nor is a device, also not by way of /proc/PID/root', () => {
    for (const path of ['/dev/null', `/proc/${process.pid}/root/dev/null`])
      expect(host.sync.readText(path, 100)).toMatchObject({ ok: false, code: 'EINVAL' });
  });

  it('what the kernel makes up is read where earshot names it, and nowhere else: /proc/kmsg gives each message once', () => {
    expect(host.sync.readText('/proc/self/stat', 4096)).toMatchObject({ ok: true });
    expect(host.sync.readText(`/proc/${process.pid}/root/proc/self/stat`, 4096)).toEqual({ ok: true, value: '' });
  });

  it('a plain file is read whole, an empty one is empty', async () => {
    writeFileSync(join(folder, 'plain'), 'abc');
    writeFileSync(join(folder, 'empty'), '');
    expect(host.sync.readText(join(folder, 'plain'), 3)).toEqual({ ok: true, value: 'abc' });
    expect(await host.readText(join(folder, 'plain'), 3)).toEqual({ ok: true, value: 'abc' });
    expect(host.sync.readText(join(folder, 'plain'), 2)).toMatchObject({ ok: false, code: 'EFBIG' });
    expect(host.sync.readAt(join(folder, 'plain'), 1, 1)).toMatchObject({ ok: true });
    expect(host.sync.readText(join(folder, 'empty'), 2)).toEqual({ ok: true, value: '' });
    expect(await host.readText(join(folder, 'empty'), 2)).toEqual({ ok: true, value: '' });
  });
});
