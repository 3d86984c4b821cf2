import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { readProcesses } from '../../src/collect/owners/owners.js';
import { namedBy, Root } from '../../src/collect/software/root.js';
import { itNeeds, needs } from '../needs.js';

const NEEDED = [needs.root, needs.linux, needs.program('setpriv')];
const NOBODY = 65_534;
const GROUP = 65_530;

let folder = '';
let stranger: ChildProcess | null = null;

beforeAll(async () => {
  if (!NEEDED.every((need) => need.met())) return;
  folder = mkdtempSync(join(tmpdir(), 'earshot-deputy-'));
  for (const name of ['shut', 'own']) mkdirSync(join(folder, name));
  const write = (name: string, mode: number, uid = 0, gid = 0): void => {
    writeFileSync(join(folder, name), name);
    chmodSync(join(folder, name), mode);
    chownSync(join(folder, name), uid, gid);
  };
  write('secret', 0o600);
  write('group', 0o640, 0, GROUP);
  write('anybody', 0o644);
  write('shut/anybody', 0o644);
  write('own/file', 0o400, NOBODY, NOBODY);
  write('own/not-even-own', 0o044, NOBODY, NOBODY);
  chmodSync(join(folder, 'shut'), 0o700);
  symlinkSync('../secret', join(folder, 'own/link'));
  symlinkSync(join(folder, 'shut/anybody'), join(folder, 'own/other-link'));
  chmodSync(folder, 0o755);
  const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, `--groups=${GROUP}`, 'sh', '-c'];
  const ready = join(folder, 'own/ready');
  chownSync(join(folder, 'own'), NOBODY, NOBODY);
  stranger = spawn('setpriv', [...words, ': > "$0"; exec sleep 600', ready], { stdio: 'ignore' });
  await vi.waitUntil(() => existsSync(ready), { timeout: 60_000 });
});
afterAll(() => {
  stranger?.kill('SIGKILL');
  if (folder !== '') rmSync(folder, { recursive: true });
});

describe('a file that somebody names in the arguments of a program', () => {
  itNeeds(NEEDED, 'is read for him only where he could read it himself', () => {
    const host = liveHost();
    const root = new Root(host, '');
    const [process] = readProcesses(host, [stranger?.pid ?? 0]).value;
    if (process === undefined) throw new Error('the stranger has ended');
    const his = namedBy(root, process);
    const textOf = (from: Root, name: string): string => {
      const text = from.readText(join(folder, name), 100);
      return text.ok ? text.value : text.code;
    };
    const names = ['secret', 'group', 'anybody', 'shut/anybody', 'own/file', 'own/not-even-own', 'own/link'];
    expect(names.map((name) => textOf(root, name))).toEqual([...names.slice(0, -1), 'secret']);
    expect(names.map((name) => textOf(his, name))).toEqual([
      'EACCES',
      'group',
      'anybody',
      'EACCES',
      'own/file',
      'EACCES',
      'EACCES',
    ]);
    expect(textOf(his, 'own/other-link')).toBe('EACCES');
    expect(his.list(join(folder, 'shut'))).toEqual([]);
    expect(root.list(join(folder, 'shut'))).toEqual(['anybody']);
  });
});
