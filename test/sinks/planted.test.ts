import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { openFile } from '../../src/sinks/file.js';
import { itNeeds, needs } from '../needs.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-planted-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const NOBODY = 65_534;

describe('What others plant where a report is to be written', () => {
  it('a link is replaced, and what it leads to stays as it was', () => {
    writeFileSync(path('theirs'), 'precious');
    symlinkSync(path('theirs'), path('link'));
    openFile(path('link'), 0o600).write('report');
    expect(readFileSync(path('theirs'), 'utf8')).toBe('precious');
    expect(readFileSync(path('link'), 'utf8')).toBe('report');
  });

  it('a folder that leads nowhere, or in which nothing can be made, is told as such', () => {
    symlinkSync(path('there'), path('back'));
    symlinkSync(path('back'), path('there'));
    expect(() => openFile(join(path('back'), 'report'), 0o600)).toThrow(/cannot be written \(ELOOP\)/);
    expect(() => openFile('/proc/report', 0o600)).toThrow(/cannot be written/);
  });

  it('so is a hard link', () => {
    writeFileSync(path('first'), 'precious');
    linkSync(path('first'), path('second'));
    openFile(path('second'), 0o600).write('report');
    expect(readFileSync(path('first'), 'utf8')).toBe('precious');
  });

  it('a link to a device is refused; the device itself, by its name, is written', () => {
    symlinkSync('/dev/null', path('device'));
    expect(() => openFile(path('device'), 0o600)).toThrow(/is a link to a device or pipe/);
    openFile('/dev/null', 0o600).write('report');
  });
});

describe('What a killed run left beside its report', () => {
  it('is taken away by a later one, and nothing else', () => {
    const inner = mkdtempSync(path('left-'));
    const at = (name: string): string => join(inner, name);
    const left = '.4194399-m2x9k3ab-1.earshot';
    const kept = [`.${process.pid}-m2x9k3ab-1.earshot`, '.4194399-m2x9k3ac-1.earshot', '.x.earshot', 'report.earshot'];
    for (const name of [left, ...kept]) writeFileSync(at(name), '');
    const yesterday = new Date(Date.now() - 2 * 86_400_000);
    for (const name of [left, kept[0] ?? '', '.x.earshot']) utimesSync(at(name), yesterday, yesterday);
    symlinkSync('/etc/passwd', at('.4194399-m2x9k3ad-1.earshot'));
    openFile(at('report.json'), 0o600).write('report');
    expect(readdirSync(inner).sort()).toEqual([...kept, '.4194399-m2x9k3ad-1.earshot', 'report.json'].sort());
  });
});

describe('What others plant for root to find', () => {
  itNeeds([needs.root], 'a FIFO of somebody else is refused instead of waited for', () => {
    execFileSync('mkfifo', [path('fifo')]);
    chownSync(path('fifo'), NOBODY, NOBODY);
    expect(() => openFile(path('fifo'), 0o600)).toThrow(/is a FIFO of user 65534/);
  });

  itNeeds(
    [needs.root],
    'a configuration in a folder above that is not ours is refused, since it says where reports go; named, it is used',
    async () => {
      const file = path('earshot.yaml');
      writeFileSync(file, `outputs: [{ format: html, file: ${path('pwned')} }]\n`);
      const finder = { uid: 0, env: {} };
      await expect(loadConfig(folder, null, finder)).resolves.toMatchObject({ file });
      chmodSync(file, 0o666);
      await expect(loadConfig(folder, null, finder)).rejects.toThrow(/everybody may write it/);
      chmodSync(file, 0o644);
      chownSync(file, NOBODY, NOBODY);
      await expect(loadConfig(folder, null, finder)).rejects.toThrow(/belongs to user 65534/);
      await expect(loadConfig(folder, file, finder)).resolves.toMatchObject({ file });
      await expect(loadConfig(folder, null, { uid: 0, env: { CI: 'true' } })).resolves.toMatchObject({ file });
      await expect(loadConfig(folder, null, { uid: 0, env: { SUDO_UID: String(NOBODY) } })).resolves.toMatchObject({
        file,
      });
      expect(existsSync(path('pwned'))).toBe(false);
    },
  );
});

describe('A FIFO in place of a configuration', () => {
  it('is refused instead of waited for', async () => {
    const inner = mkdtempSync(path('inner-'));
    execFileSync('mkfifo', [join(inner, 'earshot.yml')]);
    await expect(loadConfig(inner, null, { uid: null, env: {} })).rejects.toThrow(/is no plain file/);
  });
});
