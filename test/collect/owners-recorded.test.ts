import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostAt } from '../../src/collect/host.js';
import { findHolders, readProcesses, scanTasks } from '../../src/collect/owners/owners.js';

describe('owners of a recorded host', () => {
  let folder = '';
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const link = (path: string, target: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eho-'));
    file('/etc/passwd', 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/usr/sbin/nologin\n');
    file('/usr/sbin/nginx', 'ELF');
    file('/proc/1/stat', `1 (systemd) S 0 1 1 0 -1 4194560 ${'0 '.repeat(12)}5 0`);
    file('/proc/7/stat', `7 (nginx: a) b) S 1 7 7 0 -1 4194560 ${'0 '.repeat(12)}4711 0`);
    file('/proc/7/status', 'Name:\tx\nUid:\t0\t33\t33\t33\nCapEff:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2\n');
    file('/proc/7/cmdline', 'nginx: master process /usr/sbin/nginx\0--api-token\0topsecret\0\0\0');
    file('/proc/7/environ', 'LISTEN_FDS=1\0PASSWORD=topsecret\0PWD=/srv\0');
    file('/proc/7/cgroup', '0::/system.slice/nginx.service\n');
    link('/proc/7/exe', '/usr/sbin/nginx');
    link('/proc/7/root', '/');
    link('/proc/7/cwd', '/srv');
    link('/proc/7/ns/net', 'net:[4026531840]');
    link('/proc/7/fd/3', 'socket:[99]');
    link('/proc/7/fd/4', 'net:[4026532001]');
    link('/proc/7/fd/5', 'anon_inode:[io_uring]');
    file('/proc/7/task/7/fdinfo/5', 'SqMask:\t0x3\nUserFiles:\t1\n    0: socket:[100]\nUserBufs:\t0\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are found by its files alone: descriptors, namespaces, rings', async () => {
    const host = hostAt(folder);
    const scan = await scanTasks(host, { method: 'auto' });
    expect(scan.method).toBe('proc');
    expect([...scan.taskNamespaces]).toEqual([[4_026_531_840, { pid: 7, tid: 7 }]]);
    expect(scan.nsfsFiles).toEqual([{ pid: 7, tid: 7, fd: 4, inode: 4_026_532_001 }]);
    const { value } = await findHolders(host, scan, { method: 'auto', wanted: new Set([99, 100, 101]) });
    expect([...value.holders].map(([inode, { by, pids }]) => [inode, by, pids])).toEqual([
      [99, 'descriptor', [7]],
      [100, 'io_uring', [7]],
    ]);
  });

  it('have their facts, and no secret among them', () => {
    const { value, gaps } = readProcesses(hostAt(folder), [7]);
    expect(gaps).toEqual([]);
    expect(value).toMatchObject([
      {
        pid: 7,
        ppid: 1,
        name: 'nginx: a) b',
        exe: '/usr/sbin/nginx',
        exeState: 'present',
        args: ['nginx: master process /usr/sbin/nginx', '--api-token', '[redacted]'],
        uid: 33,
        user: 'www-data',
        startTicks: '4711',
        unit: 'nginx.service',
        ancestors: [{ pid: 1, name: 'systemd' }],
        ownRoot: false,
        capEff: '0000000000000400',
        seccomp: 2,
        noNewPrivs: true,
        cwd: '/srv',
        environment: { LISTEN_FDS: '1', PWD: '/srv' },
      },
    ]);
    expect(JSON.stringify(value)).not.toContain('topsecret');
  });

  it('say that an executable is gone only where nothing stands at its path', () => {
    rmSync(join(folder, 'proc/7/exe'));
    link('/proc/7/exe', '/usr/sbin/gone (deleted)');
    expect(readProcesses(hostAt(folder), [7]).value).toMatchObject([{ exe: '/usr/sbin/gone', exeState: 'deleted' }]);
    file('/usr/sbin/gone', 'ELF');
    expect(readProcesses(hostAt(folder), [7]).value).toMatchObject([{ exe: '/usr/sbin/gone', exeState: 'replaced' }]);
  });
});
