import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { Drift } from '../../src/model/drift.js';
import { itNeeds, needs } from '../needs.js';

const EARSHOT = `"${process.execPath}" "${resolve('dist/earshot.cjs')}"`;
const REAL = [needs.root, needs.program('unshare'), needs.program('ip')];

/** Listens on a fixed TCP port and on a UDP port that the kernel draws. */
const SERVER = `
import socket, sys, time
t = socket.socket(); t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
t.bind(('0.0.0.0', 8080)); t.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', 0))
if 'more' in sys.argv:
    m = socket.socket(); m.bind(('0.0.0.0', 9090)); m.listen()
open('ready', 'w').close()
time.sleep(600)
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-drift-'));
  writeFileSync(join(folder, 'server.py'), SERVER);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Two snapshots of a host of its own, with a restart of everything between them. */
function restarted(second: string): void {
  const start = (words: string) =>
    `rm -f ready; python3 server.py ${words} & server=$!; until [ -e ready ]; do sleep 0.05; done`;
  const script = [
    // Named namespaces of the machine around it are not this host's.
    'ip link set lo up; umount -l /run/netns/* 2>/dev/null; umount -l /run/netns 2>/dev/null',
    'set -e; mount -t tmpfs none /run',
    start(''),
    `${EARSHOT} collect --no-config -o a.json`,
    'kill -9 $server; wait $server 2>/dev/null || true',
    // Numbers of processes move on, as they do between nights.
    'for i in 1 2 3 4 5; do true & done; wait',
    start(second),
    `${EARSHOT} collect --no-config -o b.json`,
    'kill -9 $server',
  ].join('\n');
  const words = ['--net', '--pid', '--fork', '--mount-proc', 'sh', '-c', script];
  const { status, stderr } = spawnSync('unshare', words, { cwd: folder, encoding: 'utf8', timeout: 200_000 });
  if (status !== 0) throw new Error(stderr);
}

const diff = (...words: string[]) =>
  spawnSync(process.execPath, [resolve('dist/earshot.cjs'), 'diff', 'a.json', 'b.json', '--no-config', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });

describe('drift between two nights of a real host', () => {
  itNeeds(REAL, 'is none where a service was restarted: other pids, other inodes, another drawn port', () => {
    restarted('');
    expect(readFileSync(join(folder, 'a.json'), 'utf8')).not.toBe(readFileSync(join(folder, 'b.json'), 'utf8'));
    const { status, stdout } = diff('-f', 'json');
    expect({ status, changes: (JSON.parse(stdout) as Drift).changes }).toEqual({ status: 0, changes: [] });
  });

  itNeeds(REAL, 'is the one port that is new', () => {
    restarted('more');
    const { status, stdout } = diff('-f', 'json', '--only-new');
    const { changes } = JSON.parse(stdout) as Drift;
    expect(status).toBe(1);
    expect(
      changes.filter(({ kind }) => kind.startsWith('listener')).map(({ kind, subject }) => [kind, subject]),
    ).toEqual([['listener-new', 'tcp/0.0.0.0:9090@host']]);
    expect(diff().stdout).toContain('9090');
  });
});
