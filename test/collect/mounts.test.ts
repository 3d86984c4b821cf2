import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostAt, liveHost } from '../../src/collect/host.js';
import { answering, remoteMounts } from '../../src/collect/mounts.js';

const MOUNTS = `22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/dead rw shared:2 - nfs4 server:/ rw
31 22 0:41 / /mnt/alive rw shared:3 - fuse.sshfs me@server: rw
32 22 0:42 / /mnt/later rw shared:4 - autofs systemd-1 rw
33 22 0:43 / /mnt/with\\040blank rw - cifs //server/x rw
34 22 8:2 / /mnt/covered rw - nfs server:/ rw
35 34 8:3 / /mnt/covered rw - ext4 /dev/sdb1 rw
`;

let folder = '';
const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-mounts-'));
  put('proc/self/mountinfo', MOUNTS);
  for (const name of ['dead', 'alive', 'later', 'covered']) put(`mnt/${name}/file`, name);
  put('etc/file', 'etc');
  symlinkSync('/mnt/dead/file', join(folder, 'etc/link'));
  symlinkSync('../mnt/dead', join(folder, 'etc/folder'));
  put('proc/7/mountinfo', '40 1 0:50 / / rw - overlay x rw\n41 40 0:51 / /data rw - fuse.thing x rw\n');
  put('proc/7/root/data/file', 'seven');
  put('proc/7/root/etc/file', 'seven');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('file systems of other machines and programs', () => {
  it('are told by their type, and what covers one is what stands there', () => {
    expect([...remoteMounts(MOUNTS)]).toEqual([
      ['/mnt/dead', 'nfs4'],
      ['/mnt/alive', 'fuse.sshfs'],
      ['/mnt/later', 'autofs'],
      ['/mnt/with blank', 'cifs'],
    ]);
  });

  it('that do not answer are left alone, whichever path or link leads there; all others are read', async () => {
    const asked: string[] = [];
    const answers = (place: string): boolean => {
      asked.push(place);
      return place === '/mnt/alive';
    };
    const { host, gaps } = answering({ ...hostAt(folder), answers });
    const textOf = (path: string): string => {
      const text = host.sync.readText(path, 100);
      return text.ok ? text.value : text.code;
    };
    const paths = ['/mnt/dead/file', '/etc/link', '/etc/folder/file', '/etc/../mnt/dead/file', '/mnt/later/file'];
    expect(paths.map(textOf)).toEqual(paths.map(() => 'EHOSTDOWN'));
    expect(['/mnt/alive/file', '/mnt/covered/file', '/etc/file'].map(textOf)).toEqual(['alive', 'covered', 'etc']);
    expect(['/proc/7/root/etc/file', '/proc/7/root/data/file'].map(textOf)).toEqual(['seven', 'EHOSTDOWN']);
    expect((await host.readText('/mnt/dead/file', 100)).ok).toBe(false);
    expect(host.sync.readLink('/etc/link')).toEqual({ ok: true, value: '/mnt/dead/file' });
    expect(asked).toEqual(['/mnt/dead', '/mnt/alive', '/proc/7/root/data']);
    expect(gaps().map(({ what, why }) => `${what}: ${why}`)).toEqual([
      'files below /mnt/dead: its file system (nfs4) does not answer',
      'files below /mnt/later: to look there would mount it',
      'files below /proc/7/root/data: its file system (fuse.thing) does not answer',
    ]);
  });

  it('of this host answer', () => {
    expect(liveHost().answers('/')).toBe(true);
  });
});
