import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Process number, time, and count: `.4711-m2x9k3ab-1.earshot`. */
const RESERVATION = /^\.(\d{1,10})-[0-9a-z]{6,12}-\d{1,6}\.earshot$/;
/** A run in another container writes into the same folder under a number that nobody has here: it has ended by now. */
const OLD_MS = 86_400_000;

/** Name of a file in which a report is written before it takes its place. */
export const reservationName = (count: number): string => `.${process.pid}-${Date.now().toString(36)}-${count}.earshot`;

/** True while a process of that number runs here. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const swept = new Set<string>();

/** Takes away, once a run, what our own runs that were killed left in a folder; nothing of anybody else's. */
export function sweep(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  const uid = process.geteuid?.() ?? null;
  try {
    for (const name of readdirSync(folder)) {
      const pid = RESERVATION.exec(name)?.[1];
      if (pid === undefined || isRunning(Number(pid))) continue;
      const path = join(folder, name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      const isOurs = stats?.isFile() === true && (uid === null || stats.uid === uid);
      if (isOurs && Date.now() - stats.mtimeMs > OLD_MS) unlinkSync(path);
    }
  } catch {
    // The folder cannot be listed, or another run was faster: what is left harms nobody.
  }
}
