import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Courier, type Parcel, Undelivered } from './courier.js';
import { openFile } from './file.js';
import { isRunning } from './stale.js';

/** What waits for one receiver: a season of nights, and no more than a disk can bear. */
const PARCELS_MAX = 100;
const BYTES_MAX = 64_000_000;
/** All that waits for one receiver is sent within this time, or waits on. */
const FLUSH_MS = 30_000;

/** What became of a delivery. */
export interface Delivery {
  readonly delivered: number;
  /** Parcels that wait for the next run. */
  readonly waiting: number;
  /** Why they wait; null: none does. */
  readonly why: string | null;
  /** What was given up for good, in words. */
  readonly lost: readonly string[];
}

interface Kept {
  readonly name: string;
  readonly bytes: number;
}

/** Names begin with the time and tell the receiver; the address itself, which may hold a password, is not written down. */
const keyOf = (courier: Courier): string => createHash('sha256').update(courier.address).digest('hex').slice(0, 16);

/** A parcel that another live run is sending carries that run's process number at the end of its name. */
function isFree(name: string): boolean {
  const claim = /\.json\.(\d+)$/.exec(name);
  return claim === null ? name.endsWith('.json') : Number(claim[1]) === process.pid || !isRunning(Number(claim[1]));
}

/** What waits for a receiver, oldest first. */
function keptFor(folder: string, key: string): readonly Kept[] {
  const kept: Kept[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.includes(`-${key}-`) || !isFree(name)) continue;
    const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
    if (stats?.isFile() === true) kept.push({ name, bytes: stats.size });
  }
  return kept;
}

let counted = 0;

/** Writes a parcel down before it is sent: whatever happens to this process, it is sent some day. */
function keep(folder: string, key: string, parcel: Parcel, now: number): void {
  const name = `${String(now).padStart(15, '0')}-${key}-${process.pid}-${String(++counted).padStart(4, '0')}.json`;
  const parts = parcel.parts.map((part) => Buffer.from(part).toString('base64'));
  openFile(join(folder, name), 0o600).write(JSON.stringify({ contentType: parcel.contentType, parts }));
}

function read(file: string): Parcel | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as { contentType?: unknown; parts?: unknown };
    if (typeof value.contentType !== 'string' || !Array.isArray(value.parts)) return null;
    return { contentType: value.contentType, parts: value.parts.map((part) => Buffer.from(String(part), 'base64')) };
  } catch {
    return null;
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Another run was faster.
  }
}

/** Takes a parcel for this process alone; null: another run has it. */
function claim(folder: string, name: string): string | null {
  const mine = `${name.replace(/\.json\.\d+$/, '.json')}.${process.pid}`;
  try {
    if (name !== mine) renameSync(join(folder, name), join(folder, mine));
    return mine;
  } catch {
    return null;
  }
}

/** Gives the oldest up where more waits than may. */
function bound(folder: string, key: string): readonly string[] {
  const kept = keptFor(folder, key);
  let bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
  const lost: string[] = [];
  for (const [index, each] of kept.entries()) {
    if (kept.length - index <= PARCELS_MAX && bytes <= BYTES_MAX) break;
    if (index === kept.length - 1) break;
    remove(join(folder, each.name));
    bytes -= each.bytes;
    lost.push(`more than ${PARCELS_MAX} reports or ${BYTES_MAX / 1e6} MB waited; the oldest was given up`);
  }
  return lost;
}

/** Sends all that waits for a receiver, oldest first; stops at the first that it does not take now. */
async function flush(folder: string, courier: Courier, key: string): Promise<Omit<Delivery, 'waiting'>> {
  const deadline = Date.now() + FLUSH_MS;
  const lost: string[] = [];
  let delivered = 0;
  for (const { name } of keptFor(folder, key)) {
    const mine = claim(folder, name);
    if (mine === null) continue;
    const file = join(folder, mine);
    const parcel = read(file);
    if (parcel === null) {
      remove(file);
      lost.push(`${file} was damaged and cannot be sent`);
      continue;
    }
    try {
      await courier.send(parcel, deadline);
      delivered++;
      remove(file);
    } catch (error) {
      if (!(error instanceof Undelivered)) throw error;
      if (error.forGood) {
        remove(file);
        lost.push(error.why);
        continue;
      }
      renameSync(file, join(folder, mine.replace(/\.json\.\d+$/, '.json')));
      return { delivered, why: error.message, lost };
    }
  }
  return { delivered, why: null, lost };
}

/**
 * Delivers a parcel by way of a folder in which it waits while the receiver is away.
 * @param folder a folder of one's own (see history/folder.ts).
 */
export async function deliverKept(folder: string, courier: Courier, parcel: Parcel): Promise<Delivery> {
  const key = keyOf(courier);
  keep(folder, key, parcel, Date.now());
  const given = bound(folder, key);
  const flushed = await flush(folder, courier, key);
  return { ...flushed, lost: [...given, ...flushed.lost], waiting: keptFor(folder, key).length };
}

/** Delivers a parcel now or not at all. @throws Undelivered */
export const deliverNow = (courier: Courier, parcel: Parcel): Promise<void> =>
  courier.send(parcel, Date.now() + FLUSH_MS);
