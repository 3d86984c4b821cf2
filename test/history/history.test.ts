import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/history/database.js';
import { openHistory } from '../../src/history/history.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { finding, report } from '../builders.js';

const uid = process.getuid?.() ?? 0;
const AT = '2026-03-01T03:00:00Z';
const snapshot = { schema: 'earshot.snapshot/1', note: 'kept as it was' } as unknown as Snapshot;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-history-'));
  chmodSync(folder, 0o700);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the history of runs', () => {
  it('gives back what it was given, newest last', () => {
    const history = openHistory(folder, uid, AT);
    expect(history.last()).toBeNull();
    history.record(report(), snapshot);
    history.record(report({ findings: [] }), snapshot);
    expect(history.runs().map((run) => run.number)).toEqual([1, 2]);
    expect(history.report(1)).toEqual(report());
    expect(history.last()?.findings).toEqual([]);
    expect(history.snapshot(2)).toEqual(snapshot);
    history.close();
  });

  it('knows when a finding was first and last seen, also when the clock jumped back', () => {
    const history = openHistory(folder, uid, AT);
    const at = (startedAt: string) => report({ collection: { ...report().collection, startedAt } });
    history.record(at('2026-03-01T03:00:00Z'), snapshot);
    history.record(at('2026-03-02T03:00:00Z'), snapshot);
    history.record(at('2020-01-01T00:00:00Z'), snapshot);
    expect(history.dated([finding()], '2026-03-03T03:00:00Z')[0]).toMatchObject({
      firstSeen: '2026-03-01T03:00:00Z',
      lastSeen: '2026-03-03T03:00:00Z',
    });
    expect(history.runs().map((run) => run.number)).toEqual([1, 2, 3]);
    history.close();
  });

  it('keeps a bounded number of runs and drops the oldest', () => {
    const history = openHistory(folder, uid, AT);
    for (let night = 0; night < 405; night++) history.record(report(), snapshot);
    const numbers = history.runs().map((run) => run.number);
    expect(numbers.length).toBe(400);
    expect(numbers[numbers.length - 1]).toBe(405);
    history.close();
  });

  it('puts a damaged database aside, says so, and goes on', () => {
    writeFileSync(
      join(folder, 'history.db'),
      'this is no database, and long enough to be read as a header of one'.repeat(20),
    );
    const history = openHistory(folder, uid, AT);
    expect(history.notices.join()).toContain('was damaged');
    history.record(report(), snapshot);
    expect(history.runs()).toHaveLength(1);
    history.close();
    expect(readdirSync(folder).some((name) => name.startsWith('history.db.damaged-'))).toBe(true);
  });

  it('refuses the state of a newer earshot and leaves it alone', () => {
    const db = openDatabase(join(folder, 'history.db'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => openHistory(folder, uid, AT)).toThrow(/newer earshot/);
    expect(existsSync(join(folder, 'history.db'))).toBe(true);
  });

  it('refuses a folder that others may write, a link in its place, and a link planted in it', () => {
    chmodSync(folder, 0o777);
    expect(() => openHistory(folder, uid, AT)).toThrow(/others may write/);
    chmodSync(folder, 0o700);
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    expect(() => openHistory(link, uid, AT)).toThrow(/symbolic link/);
    rmSync(link);
    symlinkSync('/etc/passwd', join(folder, 'history.db'));
    expect(() => openHistory(folder, uid, AT)).toThrow(/symbolic link/);
  });

  it('makes its files readable by their owner only', () => {
    const inner = join(folder, 'state');
    openHistory(inner, uid, AT).close();
    expect(execFileSync('stat', ['-c', '%a', inner, join(inner, 'history.db')], { encoding: 'utf8' })).toBe(
      '700\n600\n',
    );
    mkdirSync(join(inner, 'x'));
  });
});
