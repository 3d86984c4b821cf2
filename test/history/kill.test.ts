import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../../src/history/history.js';
import type { Snapshot } from '../../src/model/snapshot.js';

/** `KILLS=1000 npx vitest run test/history/kill.test.ts` is the long form. */
const KILLS = Number(process.env['KILLS'] ?? 24);
const PROGRAM = resolve('dist/earshot.cjs');
const uid = process.getuid?.() ?? 0;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-kill-'));
  chmodSync(folder, 0o700);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A snapshot whose time tells the run: what is found again is known by it. */
function snapshotOf(run: number): string {
  const snapshot: Snapshot = {
    schema: 'earshot.snapshot/1',
    tool: { name: 'earshot', version: '0.1.0' },
    host: { hostname: 'h', os: 'x', kernel: 'x', platforms: [] },
    collection: {
      source: 'live',
      startedAt: new Date(Date.UTC(2026, 0, 1) + run * 1000).toISOString(),
      durationMs: 1,
      dialect: null,
      uid: 0,
      gaps: [],
    },
    namespaces: [{ id: 1, name: 'host', foundBy: 'self', entered: true }],
    sockets: [],
    processes: [],
    networks: [],
    software: { socketUnits: [], inetd: [], packages: {}, containers: {}, rpc: [], settings: [], probes: [] },
    statistics: null,
  };
  const file = join(folder, `${run}.json`);
  writeFileSync(file, JSON.stringify(snapshot));
  return file;
}

const words = (run: number) => [
  PROGRAM,
  'audit',
  '--snapshot',
  snapshotOf(run),
  '--state',
  join(folder, 'state'),
  '-q',
  '-f',
  'json',
  '-o',
  '/dev/null',
];

/** Resolves to the exit code, or null where it was killed before it ended. */
function runAndKill(run: number, afterMs: number): Promise<number | null> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, words(run), { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    child.on('exit', (code) => {
      clearTimeout(timer);
      settle(code);
    });
  });
}

const kept = (): readonly string[] => {
  const history = openHistory(join(folder, 'state'), uid, '2026-01-01T00:00:00Z');
  try {
    expect(history.notices).toEqual([]);
    const runs = history.runs();
    for (const { number } of runs) expect(history.report(number)?.schema).toBe('earshot.report/1');
    return runs.map(({ startedAt }) => startedAt);
  } finally {
    history.close();
  }
};

const timeOf = (run: number): string => new Date(Date.UTC(2026, 0, 1) + run * 1000).toISOString();

describe('the history', () => {
  it(
    `loses no finished run in ${KILLS} that were killed at any moment, and is never damaged`,
    async () => {
      const started = Date.now();
      expect(spawnSync(process.execPath, words(0), { stdio: 'ignore' }).status).toBe(0);
      const whole = Date.now() - started;
      const finished = [timeOf(0)];
      for (let run = 1; run <= KILLS; run++) {
        // Most of the way, where the writing is; sometimes earlier, sometimes too late.
        const moment = whole * (0.3 + 0.9 * ((run * 0.618034) % 1));
        if ((await runAndKill(run, moment)) === 0) finished.push(timeOf(run));
      }
      const found = kept();
      // Of more than 400 runs the oldest have made room.
      const [oldest = ''] = found.length < 400 ? [] : found;
      expect(finished.filter((time) => time >= oldest && !found.includes(time))).toEqual([]);
      expect(readdirSync(join(folder, 'state')).filter((name) => name.includes('damaged'))).toEqual([]);
      expect(spawnSync(process.execPath, words(KILLS + 1), { stdio: 'ignore' }).status).toBe(0);
    },
    KILLS * 20_000 + 120_000,
  );

  it('keeps every one of four runs that start a history at the same moment, time and again', async () => {
    const runs = [1, 2, 3, 4];
    for (let round = 0; round < 10; round++) {
      const codes = await Promise.all(runs.map((run) => runAndKill(run, 500_000)));
      expect(codes, `round ${round}`).toEqual([0, 0, 0, 0]);
      expect([...kept()].sort(), `round ${round}`).toEqual(runs.map(timeOf));
      rmSync(join(folder, 'state'), { recursive: true });
    }
  }, 600_000);
});
