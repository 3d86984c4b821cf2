import type { Banner, Said } from '../said.js';
import { fact } from '../said.js';

/** Names shown of the modules that a daemon lists. */
const MODULES_MAX = 20;

/** A list of modules, one a line, name and comment apart by a tab, up to `@RSYNCD: EXIT`; or an error. Null: neither. */
export function readModules(heard: Buffer): Said | null {
  const lines = heard.toString('latin1').split('\n');
  const error = lines.find((line) => line.startsWith('@ERROR'));
  if (error !== undefined) return { service: 'rsync', facts: { 'rsync.list': 'refused' } };
  if (!lines.some((line) => line.startsWith('@RSYNCD: EXIT'))) return null;
  const names = lines.filter((line) => line.includes('\t')).map((line) => (line.split('\t')[0] ?? '').trim());
  if (names.length === 0) return { service: 'rsync', facts: { 'rsync.list': 'empty' } };
  return {
    service: 'rsync',
    facts: { 'rsync.list': 'yes', 'rsync.modules': fact(names.slice(0, MODULES_MAX).join(' ')) },
  };
}

/** An rsync daemon says `@RSYNCD: 31.0`, hears the same, and lists its modules. None is opened: that may start a program of the administrator's. */
export const rsync: Banner = {
  name: 'rsync-modules',
  read(heard) {
    const [, protocol] = /^@RSYNCD: (\d+(?:\.\d+)?)/.exec(heard.toString('latin1', 0, 64)) ?? [];
    return protocol === undefined ? null : { service: 'rsync', facts: { 'rsync.protocol': protocol } };
  },
  async follow(line, { answerMs }) {
    // Daemons of protocol 32 and later want the checksums we know on the same line; with 31 none is asked for.
    line.forget();
    line.send('@RSYNCD: 31.0\n#list\n', 'our version of rsync, then #list');
    await line.hear((heard) => readModules(heard) !== null, answerMs);
    return readModules(line.heard);
  },
};
