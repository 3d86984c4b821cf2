import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../lib/errors.js';

const OTHERS_MAY_WRITE = 0o022;

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

const mine = (stats: Stats, uid: number): boolean => stats.uid === uid || stats.uid === 0;

/**
 * A folder that only its owner can change. earshot runs as root, so a folder that somebody else can write, or a link planted in its
 * place, would let them choose what root writes where.
 * @throws UsageError when it is not safe or cannot be made.
 */
export function safeFolder(folder: string, uid: number): void {
  if (statOf(folder) === null) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // A second run may have made it just now: it is looked at below like any other.
      if (code !== 'EEXIST')
        throw new UsageError(
          `${folder}: the state folder cannot be made (${code})`,
          code === 'ENOENT' ? `make ${dirname(folder)} first` : 'name a folder you may write to',
        );
    }
  }
  const stats = statOf(folder);
  const refused = (why: string, fix: string): UsageError =>
    new UsageError(`${folder}: refused as state folder: ${why}`, fix);
  if (stats === null || stats.isSymbolicLink()) throw refused('it is a symbolic link', 'name the real folder');
  if (!stats.isDirectory()) throw refused('it is no folder', 'name a folder');
  if (!mine(stats, uid)) throw refused(`it belongs to user ${stats.uid}`, 'chown it to yourself, or name another');
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) throw refused('others may write in it', `chmod go-w ${folder}`);
}

/** @throws UsageError when a file of the state is not a plain file of one's own. */
export function safeFile(file: string, uid: number): void {
  const stats = statOf(file);
  if (stats === null) return;
  if (!stats.isFile())
    throw new UsageError(
      `${file}: refused: it is ${stats.isSymbolicLink() ? 'a symbolic link' : 'no plain file'}`,
      'remove it',
    );
  if (!mine(stats, uid))
    throw new UsageError(`${file}: refused: it belongs to user ${stats.uid}`, 'remove it or chown it to yourself');
  if (stats.nlink > 1)
    throw new UsageError(`${file}: refused: it has ${stats.nlink} names`, 'remove the other hard links');
}
