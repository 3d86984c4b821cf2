import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { UsageError } from '../lib/errors.js';
import { toJson } from '../lib/escape/json.js';
import type { Baseline } from '../model/baseline.js';
import type { Report } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Io } from './io.js';

/** A saved report or snapshot of a busy host has tens of megabytes; more than this is no such file. */
const FILE_BYTES_MAX = 1_000_000_000;

async function readAll(io: Io): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of io.stdin()) {
    length += piece.length;
    if (length > FILE_BYTES_MAX) throw new UsageError(`standard input has more than ${FILE_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The text of a file the user named; `-` is standard input. */
export async function readNamed(file: string, io: Io): Promise<string> {
  if (file === '-') return readAll(io);
  const path = resolve(io.cwd, file);
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX)
      throw new UsageError(`${file}: ${size} bytes are more than can be read (${FILE_BYTES_MAX})`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(
      code === 'ENOENT' ? `${file}: there is no such file` : `${file}: cannot be read (${code})`,
      code === 'EISDIR' ? 'name a file in it' : null,
    );
  }
}

/** Line and column of an offset, from 1. */
function placeOf(file: string, text: string, offset: number) {
  const before = text.slice(0, offset);
  return { file, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // V8 tells the position of some mistakes, and of others only the text around them.
    const at = /position (\d+)/.exec(message);
    const offset = at === null ? text.length : Number(at[1]);
    const ended = /end of JSON/.test(message) || (at !== null && offset >= text.length);
    const place = ended || at !== null ? placeOf(file, text, offset) : null;
    const what = ended
      ? 'it ends in the middle'
      : message.split(/ in JSON| \(line| at position|\.{0,3} is not valid JSON/)[0];
    throw new UsageError([
      {
        place,
        message: `${place === null ? `${file}: ` : ''}not valid JSON: ${what}`,
        hint: 'is this the file that earshot wrote, and was all of it copied?',
      },
    ]);
  }
}

const PROBLEMS_SHOWN = 10;

function problemsOf(errors: readonly ErrorObject[], file: string, what: string): UsageError {
  return new UsageError(
    errors.slice(0, PROBLEMS_SHOWN).map((error) => ({
      place: null,
      message: `${file}: no ${what}: ${error.instancePath === '' ? 'the top' : error.instancePath} ${error.message ?? 'is not valid'}`,
      hint: `earshot schema ${what.split(' ')[0] ?? what} prints what is expected`,
    })),
  );
}

/** `{ "schema": … }` of a value, for telling files apart. */
const schemaOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as { schema?: unknown }).schema : undefined;

function validated<T>(value: unknown, validate: ValidateFunction, file: string, what: string): T {
  if (!validate(value)) throw problemsOf(validate.errors ?? [], file, what);
  return value as T;
}

const wrongKind = (file: string, value: unknown, wanted: string): UsageError => {
  const found = schemaOf(value);
  const text = typeof found === 'string' ? found.slice(0, 60) : 'none';
  return new UsageError(
    `${file}: expected "schema": "${wanted}", found ${text === 'none' ? text : JSON.stringify(text)}`,
  );
};

/** @throws UsageError when the text is no snapshot of a version this earshot reads. */
export async function parseSnapshot(text: string, file: string): Promise<Snapshot> {
  const value = parseJson(text, file);
  if (schemaOf(value) !== 'earshot.snapshot/1') throw wrongKind(file, value, 'earshot.snapshot/1');
  const { validate } = await import('../generated/validate-snapshot.js');
  return validated<Snapshot>(value, validate, file, 'snapshot');
}

/** The text of a snapshot's file. */
export const snapshotText = (snapshot: Snapshot): string => `${toJson(snapshot, 0)}\n`;

/** One report, or an array of them. @throws UsageError when the text is neither. */
export async function parseReports(text: string, file: string): Promise<readonly Report[]> {
  const value = parseJson(text, file);
  const { validate } = await import('../generated/validate-report.js');
  const list = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (schemaOf(item) !== 'earshot.report/1') throw wrongKind(file, item, 'earshot.report/1');
    return validated<Report>(item, validate, file, 'report');
  });
}

/** A baseline, or a report in its place. */
export async function parseBaseline(
  text: string,
  file: string,
): Promise<{ kind: 'baseline'; baseline: Baseline } | { kind: 'report'; report: Report }> {
  const value = parseJson(text, file);
  if (schemaOf(value) === 'earshot.report/1') {
    const { validate } = await import('../generated/validate-report.js');
    return { kind: 'report', report: validated<Report>(value, validate, file, 'report') };
  }
  if (schemaOf(value) !== 'earshot.baseline/1') throw wrongKind(file, value, 'earshot.baseline/1');
  const { validate } = await import('../generated/validate-baseline.js');
  return { kind: 'baseline', baseline: validated<Baseline>(value, validate, file, 'baseline') };
}
