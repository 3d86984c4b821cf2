import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/dialects/capture.js';
import { parseExpected, recordsOf } from './records.js';

const FOLDERS = ['fixtures/dialects', 'fixtures/cases/captures'];
const READ_AT = '2026-01-01T00:00:00.000Z';

const samples = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.(?:txt|gnmap)$/.test(name) && !name.endsWith('.source.txt'))
    .map((name) => join(folder, name)),
);

describe('every sample gives the records that were written by hand', () => {
  it.each(samples)('%s', async (file) => {
    const records = file.replace(/\.\w+$/, '.records');
    expect(existsSync(records), `${records} is missing`).toBe(true);
    const expected = parseExpected(readFileSync(records, 'utf8'));
    const reading = readCapture([{ name: basename(file), bytes: createReadStream(file) }], { readAt: READ_AT });
    if (expected.error !== null) {
      await expect(reading).rejects.toThrow(expected.error);
      return;
    }
    const [snapshot, ...others] = await reading;
    expect(others).toEqual([]);
    if (snapshot === undefined) throw new Error('no snapshot');
    expect(recordsOf(snapshot, expected.facts)).toEqual(expected.records);
    expect(snapshot.collection.dialect).toBe(expected.dialect);
    if (expected.os !== null) expect(snapshot.host.os).toBe(expected.os);
    const whats = snapshot.collection.gaps.map((gap) => gap.what);
    for (const gap of expected.gaps)
      expect(
        whats.filter((what) => what.includes(gap)),
        gap,
      ).not.toEqual([]);
    // No line of a sample may be left over.
    expect(whats.filter((what) => /^line \d+ of/.test(what))).toEqual([]);
    expect(whats).toContain('firewall of the captured host');
  });
});
