import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../lib/errors.js';
import type { Finding } from '../model/finding.js';
import type { Report } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import { type Database, openDatabase, rowsOf } from './database.js';
import { safeFile, safeFolder } from './folder.js';
import { pack, unpack } from './pack.js';

const FILE = 'history.db';
/** Format of the tables; a database of a later earshot is not touched. */
const VERSION = 1;
/** A second run waits this long for the first one's write. */
const BUSY_MS = 15_000;
const BUSY_STEP_MS = 10;
/** A year of nights and a month. */
const RUNS_MAX = 400;
/** Runs are dropped from the oldest on when what they hold is more. */
const BYTES_MAX = 90_000_000;

/** One finished run. Runs are told apart and ordered by number, not by time: a clock may jump. */
export interface Run {
  readonly number: number;
  /** Time of its snapshot, RFC 3339. */
  readonly startedAt: string;
  readonly exitCode: number;
}

/** The history of runs in a state folder. */
export interface History {
  /** What had to be set right while opening (a damaged database put aside); empty: nothing. */
  readonly notices: readonly string[];
  readonly runs: () => readonly Run[];
  /** A run's report without its rules' help texts; null: no such run. */
  readonly report: (run: number) => Report | null;
  readonly snapshot: (run: number) => Snapshot | null;
  readonly last: () => Report | null;
  /** Time of the last run that saw everything that could hold a listener, RFC 3339; null: none is kept. */
  readonly lastCompleteAt: () => string | null;
  /** Adds when each finding was first and last seen, this run included. */
  readonly dated: (findings: readonly Finding[], at: string) => readonly Finding[];
  /** Keeps a finished run: all of it, or (a crash, a full disk) nothing of it. */
  readonly record: (report: Report, snapshot: Snapshot) => void;
  readonly close: () => void;
}

/** True for what SQLite says while another run holds the lock. */
const isBusy = (error: unknown): boolean => /database is locked|SQLITE_BUSY/i.test(String((error as Error).message));

const TABLES = `
  CREATE TABLE run (number INTEGER PRIMARY KEY AUTOINCREMENT, started_at TEXT NOT NULL, exit_code INTEGER NOT NULL,
    complete INTEGER NOT NULL, bytes INTEGER NOT NULL, report BLOB NOT NULL, snapshot BLOB NOT NULL);
  CREATE TABLE seen (fingerprint TEXT PRIMARY KEY, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, last_run INTEGER NOT NULL);
  PRAGMA user_version = ${VERSION};`;

/**
 * Puts the database into its journal mode. SQLite does not wait for a second run that does the same at this moment (the busy timeout is
 * not asked where waiting could be a deadlock: https://sqlite.org/c3ref/busy_handler.html), so we do.
 */
function useJournal(db: Database): void {
  for (let left = BUSY_MS / BUSY_STEP_MS; ; left--) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (left <= 0 || !isBusy(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_STEP_MS);
    }
  }
}

function prepare(db: Database, file: string): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  useJournal(db);
  db.exec('PRAGMA synchronous = FULL');
  const version = (): number => Number(rowsOf(db, 'PRAGMA user_version')[0]?.['user_version'] ?? 0);
  if (version() > VERSION)
    throw new UsageError(
      `${file}: was written by a newer earshot (format ${version()}, this one knows ${VERSION})`,
      'update earshot, or name another state folder',
    );
  if (version() === 0) {
    db.exec('BEGIN IMMEDIATE');
    try {
      if (version() === 0) db.exec(TABLES);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
  rowsOf(db, 'SELECT max(number) AS n FROM run');
}

/** True for what SQLite says of a file that is no database, or no longer one. */
const isDamage = (error: unknown): boolean =>
  /malformed|not a database|SQLITE_(CORRUPT|NOTADB)|no such (table|column)/i.test(
    String((error as Error).message ?? error),
  );

function openOrSetAside(file: string, stamp: string): { db: Database; notices: string[] } {
  const open = (): Database => {
    const db = openDatabase(file);
    try {
      prepare(db, file);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  };
  try {
    return { db: open(), notices: [] };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = `${file}.damaged-${stamp.replace(/[^0-9TZ]/g, '')}`;
    for (const suffix of ['', '-wal', '-shm']) {
      try {
        renameSync(file + suffix, aside + suffix);
      } catch {
        // The log of a database may not exist; the database itself did, or opening would have made it.
      }
    }
    return { db: open(), notices: [`${file} was damaged and is now ${aside}; the history starts anew`] };
  }
}

function trim(db: Database): void {
  const runs = rowsOf(db, 'SELECT number, bytes FROM run ORDER BY number DESC');
  let bytes = 0;
  const last = runs.findIndex((run, index) => {
    bytes += Number(run['bytes']);
    return index > 0 && (index >= RUNS_MAX || bytes > BYTES_MAX);
  });
  if (last < 0) return;
  db.run('DELETE FROM run WHERE number <= ?', [Number(runs[last]?.['number'])]);
  const oldest = Number(runs[last - 1]?.['number'] ?? 0);
  db.run('DELETE FROM seen WHERE last_run < ?', [oldest]);
}

/** What is kept of a report: without the rules' texts, which the pack of any later day has too. */
const slim = (report: Report): Report => ({ ...report, rules: report.rules.map((rule) => ({ ...rule, help: '' })) });

function recordRun(db: Database, report: Report, snapshot: Snapshot): void {
  const packedReport = pack(slim(report));
  const packedSnapshot = pack(snapshot);
  db.exec('BEGIN IMMEDIATE');
  try {
    const { startedAt } = report.collection;
    db.run('INSERT INTO run (started_at, exit_code, complete, bytes, report, snapshot) VALUES (?, ?, ?, ?, ?, ?)', [
      startedAt,
      report.gate.exitCode,
      report.collection.gaps.some((gap) => gap.hidesListeners) ? 0 : 1,
      packedReport.length + packedSnapshot.length,
      packedReport,
      packedSnapshot,
    ]);
    const run = Number(rowsOf(db, 'SELECT max(number) AS n FROM run')[0]?.['n']);
    for (const finding of report.findings)
      if (finding.status !== 'resolved')
        db.run(
          `INSERT INTO seen VALUES (?, ?, ?, ?)
           ON CONFLICT (fingerprint) DO UPDATE SET last_seen = excluded.last_seen, last_run = excluded.last_run`,
          [finding.fingerprint, startedAt, startedAt, run],
        );
    trim(db);
    db.exec('COMMIT');
  } catch (error) {
    try {
      db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself where the disk was full.
    }
    throw error;
  }
}

/**
 * Opens (or starts) the history in `folder`. `at` names a damaged database that is put aside.
 * @throws UsageError where the folder is not safe, or the state is of a newer earshot.
 */
export function openHistory(folder: string, uid: number, at: string): History {
  safeFolder(folder, uid);
  const file = join(folder, FILE);
  for (const suffix of ['', '-wal', '-shm']) safeFile(file + suffix, uid);
  const before = process.umask(0o077);
  const { db, notices } = (() => {
    try {
      return openOrSetAside(file, at);
    } finally {
      process.umask(before);
    }
  })();
  const blob = (column: 'report' | 'snapshot', run: number): unknown => {
    const row = rowsOf(db, `SELECT ${column} AS value FROM run WHERE number = ?`, [run])[0];
    return row === undefined ? null : unpack(row['value']);
  };
  const history: History = {
    notices,
    runs: () =>
      rowsOf(db, 'SELECT number, started_at, exit_code FROM run ORDER BY number').map((row) => ({
        number: Number(row['number']),
        startedAt: String(row['started_at']),
        exitCode: Number(row['exit_code']),
      })),
    report: (run) => blob('report', run) as Report | null,
    snapshot: (run) => blob('snapshot', run) as Snapshot | null,
    last: () => {
      const number = rowsOf(db, 'SELECT max(number) AS n FROM run')[0]?.['n'];
      return number === null || number === undefined ? null : history.report(Number(number));
    },
    lastCompleteAt: () => {
      const row = rowsOf(db, 'SELECT started_at FROM run WHERE complete = 1 ORDER BY number DESC LIMIT 1')[0];
      return row === undefined ? null : String(row['started_at']);
    },
    dated: (findings, now) => {
      const seen = new Map(
        rowsOf(db, 'SELECT fingerprint, first_seen, last_seen FROM seen').map((row) => [
          String(row['fingerprint']),
          row,
        ]),
      );
      return findings.map((finding) => {
        const row = seen.get(finding.fingerprint);
        const firstSeen = row === undefined ? now : String(row['first_seen']);
        return {
          ...finding,
          firstSeen,
          lastSeen: finding.status === 'resolved' ? String(row?.['last_seen'] ?? firstSeen) : now,
        };
      });
    },
    record: (report, snapshot) => recordRun(db, report, snapshot),
    close: () => db.close(),
  };
  return history;
}
