import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { Socket } from '../../src/model/socket.js';
import { itNeeds, needs } from '../needs.js';

/*
 * The night shift: a month of runs over fixed snapshots, as cron would make them, each with its date. What is judged is what a mailbox
 * would get.
 */

const PROGRAM = resolve('dist/earshot.cjs');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-night-'));
  chmodSync(folder, 0o700);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const earshot = (...words: string[]) =>
  spawnSync(process.execPath, [PROGRAM, ...words], { cwd: folder, encoding: 'utf8', timeout: 200_000 });

const socket = (port: number, over: Partial<Socket> = {}): Socket => ({
  protocol: 'tcp',
  family: 'ipv4',
  state: 'listen',
  namespace: 4026531840,
  address: '0.0.0.0',
  port,
  peer: null,
  device: null,
  v6only: null,
  inode: 1000 + port,
  cookie: null,
  uid: 0,
  mark: null,
  cgroupId: null,
  queue: null,
  clients: null,
  holders: [],
  holdersComplete: true,
  source: 'netlink',
  ...over,
});

/** A host on one night of November: SSH, and what else the night brought. */
function night(day: number, more: readonly Socket[] = [], over: Partial<Snapshot['collection']> = {}): string {
  const snapshot: Snapshot = {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: '0.1.0' },
    host: { hostname: 'burner', os: 'Debian GNU/Linux 12', kernel: '6.1.0', platforms: ['debian'] },
    collection: {
      source: 'live',
      startedAt: `2026-11-${String(day).padStart(2, '0')}T03:00:00.000Z`,
      durationMs: 40 + day,
      dialect: null,
      uid: 0,
      gaps: [],
      ...over,
    },
    namespaces: [{ id: 4026531840, name: 'host', foundBy: 'self', entered: true }],
    // Inodes differ every night, as they do after a restart.
    sockets: [socket(22, { inode: 20_000 + day }), ...more],
    processes: [],
    networks: [],
    software: { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] },
    statistics: null,
  };
  const file = join(folder, 'night.json');
  writeFileSync(file, JSON.stringify(snapshot));
  return file;
}

const audit = (file: string, ...more: string[]) =>
  earshot('audit', '--snapshot', file, '--state', join(folder, 'state'), '--quiet-if-unchanged', ...more);

const silent = { status: 0, stdout: '', stderr: '' };
const telnet = socket(23);

describe('a month of nights', () => {
  it('tells what was planted, on the night it was planted, and not one byte on the others', () => {
    expect(audit(night(1)).status).toBe(0);
    const planted = new Map([
      [8, [telnet]],
      [9, [telnet]],
      [10, [telnet]],
      [20, [telnet]],
    ]);
    for (let day = 2; day <= 28; day++) {
      const { status, stdout, stderr } = audit(night(day, planted.get(day) ?? []));
      // Telnet appears on the 8th, is known on the 9th and 10th, and comes back on the 20th.
      if (day === 8 || day === 20) {
        expect({ day, status }).toEqual({ day, status: 1 });
        expect(stdout).toContain('0.0.0.0:23');
      } else expect({ day, status, stdout, stderr }).toEqual({ day, ...silent });
    }
  }, 600_000);

  it('is never quiet about a gap that was not there before, and quiet about it the night after', () => {
    const gaps = [
      {
        kind: 'namespace',
        what: 'network namespace 4711',
        why: 'EPERM: setns',
        hides: 'its listeners',
        fix: 'run as root',
        hidesListeners: true,
      },
    ] as const;
    audit(night(1));
    expect(audit(night(2))).toMatchObject(silent);
    expect(audit(night(3, [], { gaps })).stdout).toContain('network namespace 4711');
    expect(audit(night(4, [], { gaps }))).toMatchObject(silent);
  });

  it('is never quiet while a waiver is about to end, nor once it has ended', () => {
    writeFileSync(
      join(folder, 'earshot.yaml'),
      'waivers:\n  - { rule: "telnet-*", subject: "*", owner: ops, reason: old switch, expires: 2026-11-20 }\n',
    );
    expect(audit(night(1, [telnet]))).toMatchObject({ status: 0 });
    expect(audit(night(5, [telnet]))).toMatchObject(silent);
    const soon = audit(night(8, [telnet]));
    expect(soon.status).toBe(0);
    expect(soon.stdout).toContain('expires on 2026-11-20');
    const over = audit(night(21, [telnet]));
    expect(over.stdout).toContain('expired on 2026-11-20');
  });

  it('keeps the files of a quiet night up to date all the same', () => {
    audit(night(1));
    const { stdout, stderr } = audit(night(2), '-f', 'prometheus', '-o', 'e.prom', '-f', 'html', '-o', 'e.html', '-q');
    expect(stdout + stderr).toBe('');
    expect(readFileSync(join(folder, 'e.prom'), 'utf8')).toContain(
      'earshot_last_complete_timestamp_seconds 1793588400',
    );
    expect(readFileSync(join(folder, 'e.html'), 'utf8')).toContain('burner');
  });

  it('remembers when the last complete audit was while incomplete ones follow', () => {
    audit(night(1));
    const gap = { kind: 'protocol', what: 'x', why: 'y', hides: 'z', fix: '', hidesListeners: true } as const;
    audit(night(2, [], { gaps: [gap] }), '-f', 'prometheus', '-o', 'e.prom', '-q');
    const text = readFileSync(join(folder, 'e.prom'), 'utf8');
    expect(text).toContain('earshot_last_run_timestamp_seconds 1793588400');
    expect(text).toContain('earshot_last_complete_timestamp_seconds 1793502000');
  });

  it('says that a damaged history was put aside, also on a night without news', () => {
    audit(night(1));
    writeFileSync(join(folder, 'state', 'history.db'), 'no database'.repeat(500));
    expect(audit(night(2)).stderr).toContain('was damaged and is now');
  });
});

describe('the history a month later', () => {
  it('answers what changed since a date, and since the last run', () => {
    audit(night(1));
    audit(night(10, [telnet]));
    audit(night(20, [telnet, socket(6379)]));
    const now = night(21, [telnet, socket(6379)]);
    const state = ['--state', join(folder, 'state')];
    expect(earshot('diff', ...state, '--since', '2026-11-21', now)).toMatchObject({ status: 0 });
    const since = earshot('diff', ...state, '--since', '2026-11-12', now, '-f', 'json');
    const changes = (JSON.parse(since.stdout) as { changes: { kind: string; subject: string }[] }).changes;
    expect(changes.filter(({ kind }) => kind === 'listener-new').map(({ subject }) => subject)).toEqual([
      'tcp/0.0.0.0:6379@host',
    ]);
    expect(since.status).toBe(1);
  });
});

describe('the state folder', () => {
  itNeeds([needs.root, needs.program('setpriv')], 'is refused where somebody else owns it or may write in it', () => {
    const state = join(folder, 'state');
    audit(night(1));
    chmodSync(state, 0o777);
    expect(audit(night(2))).toMatchObject({ status: 2 });
    chmodSync(state, 0o700);
    spawnSync('chown', ['-R', '65534', state]);
    const refused = audit(night(2));
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('belongs to user 65534');
  });

  itNeeds([needs.root, needs.linux], 'on a full disk costs no report and keeps what it had', () => {
    const state = join(folder, 'state');
    spawnSync('mkdir', ['-m', '700', state]);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k,mode=700', 'none', state]).status).toBe(0);
    try {
      audit(night(1));
      spawnSync('sh', ['-c', `head -c 1000000 /dev/zero > ${state}/fill 2>/dev/null`]);
      const full = audit(night(2, [telnet]), '-f', 'json', '-o', join(folder, 'r.json'), '-q');
      expect(full.status).toBe(1);
      expect(full.stderr).toMatch(/history|state/);
      expect(statSync(join(folder, 'r.json')).size).toBeGreaterThan(100);
      rmSync(join(state, 'fill'));
      // What was agreed on the first night is still known: telnet is new, and nothing else is said.
      expect(audit(night(3)).status).toBe(0);
      expect(readdirSync(state).filter((name) => name.includes('damaged'))).toEqual([]);
    } finally {
      spawnSync('umount', [state]);
    }
  });
});
