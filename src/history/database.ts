import { createRequire } from 'node:module';

type Value = string | number | null | Uint8Array;

/** The little of SQLite that the history uses. */
export interface Database {
  readonly exec: (sql: string) => void;
  readonly run: (sql: string, values: readonly Value[]) => void;
  readonly all: (sql: string, values: readonly Value[]) => readonly Readonly<Record<string, unknown>>[];
  readonly close: () => void;
}

interface LibsqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): { run(values: unknown[]): unknown; all(values: unknown[]): Record<string, unknown>[] };
  close(): void;
}

/** Opens a SQLite file. Values go in as arrays: libsql takes a lone Buffer for named parameters and aborts. */
export function openDatabase(file: string): Database {
  const require = createRequire(import.meta.url);
  const Libsql = require('libsql') as new (file: string) => LibsqlDatabase;
  const db = new Libsql(file);
  return {
    exec: (sql) => db.exec(sql),
    run: (sql, values) => {
      db.prepare(sql).run(values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)));
    },
    all: (sql, values) => db.prepare(sql).all([...values]),
    close: () => db.close(),
  };
}

export const rowsOf = (db: Database, sql: string, values: readonly Value[] = []): ReturnType<Database['all']> =>
  db.all(sql, values);
