import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostAt } from '../../src/collect/host.js';
import { Root } from '../../src/collect/software/root.js';
import { findInRpm } from '../../src/collect/software/rpm.js';

const FORMS = { 'ndb (SUSE)': 'ndb', 'Berkeley DB, hash (RHEL 6)': 'hash', 'Berkeley DB, btree, big-endian': 'btree' };
const folder = (form: string): string =>
  fileURLToPath(new URL(`../../fixtures/hosts/identity-rpm-${form}`, import.meta.url));
const rootOf = (path: string): Root => new Root(hostAt(path), '');

describe('RPM databases of forms other than SQLite', () => {
  for (const [form, name] of Object.entries(FORMS))
    it(`give the package that brought a file: ${form}`, () => {
      const paths = [
        '/usr/sbin/lab-daemon',
        '/opt/other/lab-daemon',
        '/usr/share/many/file-1',
        '/usr/share/many/file-399',
        '/usr/bin/other',
      ];
      const found = findInRpm(rootOf(folder(name)), paths);
      const extras = { manager: 'rpm', name: 'lab-daemon-extras', version: '2:1.2.3-4.el8', modified: null };
      expect(Object.fromEntries(found)).toEqual({
        '/usr/sbin/lab-daemon': { ...extras, name: 'lab-daemon' },
        '/opt/other/lab-daemon': extras,
        '/usr/share/many/file-1': extras,
        '/usr/share/many/file-399': extras,
      });
    });

  it('give no package to a file of that name in another folder', () => {
    for (const name of Object.values(FORMS)) expect(findInRpm(rootOf(folder(name)), ['/tmp/lab-daemon']).size).toBe(0);
  });

  it('are read without an exception and without end, whatever they hold', () => {
    for (const [name, file] of [
      ['ndb', 'usr/lib/sysimage/rpm/Packages.db'],
      ['hash', 'var/lib/rpm/Packages'],
      ['hash', 'var/lib/rpm/Basenames'],
      ['btree', 'var/lib/rpm/Basenames'],
    ] as const) {
      const copy = mkdtempSync(join(tmpdir(), 'earshot-rpm-'));
      cpSync(folder(name), copy, { recursive: true });
      const good = readFileSync(join(copy, file));
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }),
          fc.nat(good.length),
          (changes, length) => {
            const bad = Buffer.from(good);
            for (const [at, byte] of changes) bad[at] = byte;
            writeFileSync(join(copy, file), bad.subarray(0, length));
            findInRpm(rootOf(copy), ['/usr/sbin/lab-daemon', '/usr/share/many/file-7']);
          },
        ),
        { numRuns: 20 },
      );
      // Headers of pages are where pointers stand: every second byte of the first ones is tried.
      for (let at = 0; at < 128; at += 2)
        for (const byte of [0, 255]) {
          const bad = Buffer.from(good);
          bad[at] = byte;
          writeFileSync(join(copy, file), bad);
          findInRpm(rootOf(copy), ['/usr/sbin/lab-daemon']);
        }
      rmSync(copy, { recursive: true });
    }
  });
});
