import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { openInside } from '../../src/linux/inside.js';
import { itNeeds, needs } from '../needs.js';

const NEEDED = [needs.root, needs.linux, needs.program('python3')];
const able = NEEDED.every((need) => need.met());

/** Lives in the folder as its root, and exchanges `swapped` for a link to the host's folder of that name, and back, for ever. */
const SWAPPER = `
import os, sys
os.chroot(sys.argv[1]); os.chdir('/')
open('/ready', 'w').close()
while True:
    os.rename('/swapped', '/kept'); os.symlink(sys.argv[2], '/swapped')
    os.unlink('/swapped'); os.rename('/kept', '/swapped')
`;

let folder = '';
let swapper: ChildProcess | null = null;
const path = (rest: string): string => `/proc/${swapper?.pid}/root/${rest}`;

beforeAll(async () => {
  if (!able) return;
  folder = mkdtempSync(join(tmpdir(), 'earshot-inside-'));
  const [root, secret] = [join(folder, 'root'), join(folder, 'secret')];
  for (const made of [root, secret, join(root, 'swapped'), join(root, 'etc'), join(root, 'etc/deep')]) mkdirSync(made);
  writeFileSync(join(secret, 'file'), "the host's");
  for (const place of ['swapped/file', 'etc/file']) writeFileSync(join(root, place), "the container's");
  symlinkSync('/etc/file', join(root, 'absolute'));
  symlinkSync('../../../../etc/file', join(root, 'etc/deep/up'));
  symlinkSync('/etc', join(root, 'folder'));
  symlinkSync('/loop', join(root, 'loop'));
  symlinkSync(`${secret}/file`, join(root, 'out'));
  writeFileSync(join(folder, 'swapper.py'), SWAPPER);
  swapper = spawn('python3', [join(folder, 'swapper.py'), root, secret], { stdio: 'ignore' });
  await vi.waitUntil(() => existsSync(join(root, 'ready')), { timeout: 60_000 });
});
afterAll(() => {
  swapper?.kill('SIGKILL');
  if (folder !== '') rmSync(folder, { recursive: true });
});

const textAt = (place: string, stepwise: boolean): string => {
  const fd = openInside(path(place), true, stepwise);
  try {
    return readFileSync(`/proc/self/fd/${fd}`, 'utf8');
  } finally {
    closeSync(fd);
  }
};

describe('a path below the root of another process', () => {
  for (const stepwise of [false, true]) {
    const how = stepwise ? 'step by step, as on old kernels' : 'at once';
    itNeeds(NEEDED, `has its links followed inside that root, ${how}`, () => {
      for (const place of [
        'etc/file',
        'absolute',
        'etc/deep/up',
        'folder/file',
        '../../etc/./file',
        'folder/deep/../file',
      ])
        expect(textAt(place, stepwise), place).toBe("the container's");
      expect(() => textAt('loop', stepwise)).toThrow(/ELOOP/);
      expect(() => textAt('out', stepwise)).toThrow(/ENOENT/);
      expect(() => textAt('nothing/file', stepwise)).toThrow(/ENOENT/);
    });

    itNeeds(NEEDED, `leads to no file of the host, however often a folder is exchanged for a link, ${how}`, () => {
      const seen = new Set<string>();
      for (let i = 0; i < 5_000; i++) {
        try {
          seen.add(textAt('swapped/file', stepwise));
        } catch (error) {
          expect((error as NodeJS.ErrnoException).code).toMatch(/^(?:ENOENT|EAGAIN|EINVAL)$/);
        }
      }
      expect([...seen].filter((text) => text !== "the container's")).toEqual([]);
    });
  }

  itNeeds(NEEDED, 'is looked at inside that root by everything that reads the host', async () => {
    const { sync, ...host } = liveHost();
    expect(sync.readText(path('absolute'), 100)).toEqual({ ok: true, value: "the container's" });
    expect(await host.readText(path('absolute'), 100)).toEqual({ ok: true, value: "the container's" });
    expect(sync.list(path('folder'))).toEqual({ ok: true, value: ['deep', 'file'] });
    expect(sync.stat(path('absolute'))).toMatchObject({ ok: true, value: { kind: 'file' } });
    expect(sync.lstat(path('folder/deep/up'))).toMatchObject({ ok: true, value: { kind: 'link' } });
    expect(sync.readLink(path('folder/deep/up'))).toEqual({ ok: true, value: '../../../../etc/file' });
    expect(sync.readText(path('out'), 100)).toMatchObject({ ok: false, code: 'ENOENT' });
  });
});
