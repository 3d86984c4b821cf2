import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  promises,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { hostname, release } from 'node:os';
import { posix } from 'node:path';
import { decodeText } from '../lib/bytes.js';
import { isBelowRoot, O_PATH, openFor, openInside, type Reader, readLinkInside } from '../linux/inside.js';
import { type FileFacts, factsOf } from './facts.js';
import { failed, type Look, refused } from './look.js';
import { answersAt, type Ran, type RunLimits, runProgram } from './programs.js';

export type { Reader } from '../linux/inside.js';
export type { FileFacts } from './facts.js';
export type { Look } from './look.js';
export type { Ran, RunLimits } from './programs.js';

/** Looking at files without waiting for the event loop: for /proc and /sys, where a read never blocks on a disk. */
interface SyncFiles {
  /** With a reader: only what that user may read itself, judged as it is opened. */
  readText(path: string, bytesMax: number, reader?: Reader | null): Look<string>;
  readBytes(path: string, bytesMax: number): Look<Uint8Array>;
  /** At most `bytes` bytes of a file from offset `at`; fewer where it ends. */
  readAt(path: string, at: number, bytes: number): Look<Uint8Array>;
  /** Names in a folder, sorted by their bytes; at most 1,000,000. */
  list(folder: string, reader?: Reader | null): Look<readonly string[]>;
  stat(path: string): Look<FileFacts>;
  lstat(path: string): Look<FileFacts>;
  readLink(path: string): Look<string>;
}

/**
 * The host under audit, and the only opener of its files: the live one, or a recorded tree. Paths are absolute. Only regular files are
 * read (a FIFO or device at a configuration's place would hang us or have an effect). A file larger than `bytesMax` is `EFBIG`.
 * Text is decoded by `decodeText`: bytes that are no UTF-8 stand as `\xNN`.
 */
export interface Host {
  /** `/` for the live host. */
  readonly root: string;
  /** True: this kernel may be asked by system calls. */
  readonly live: boolean;
  readonly sync: SyncFiles;
  readText(path: string, bytesMax: number): Promise<Look<string>>;
  readBytes(path: string, bytesMax: number): Promise<Look<Uint8Array>>;
  /** The first `bytes` bytes of a file, however large it is. */
  readHead(path: string, bytes: number): Promise<Look<Uint8Array>>;
  list(folder: string): Promise<Look<readonly string[]>>;
  stat(path: string): Promise<Look<FileFacts>>;
  lstat(path: string): Promise<Look<FileFacts>>;
  readLink(path: string): Promise<Look<string>>;
  /** Whether the file system at a place answers, as one of another machine may not. It is waited for a moment. */
  answers(place: string): boolean;
  /**
   * Starts a program without a shell, found in a fixed PATH, and reads what it prints. An exit status other than 0 is still `ok`.
   * In a recorded tree: the file `.commands/COMMAND ARGUMENTS` (`/` written as `%`), or `ENOENT`.
   */
  run(command: string, args: readonly string[], limits?: RunLimits): Promise<Look<Ran>>;
}

const NAMES_MAX = 1_000_000;
/** O_NONBLOCK: opening a FIFO returns at once; O_NOCTTY: a terminal does not become ours. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
/**
 * Files that only the kernel or root makes, and that earshot itself names; places below a process's root or folder are named by that process.
 * dpkg's lists are thousands, and looking twice at each would be felt.
 */
const OWN_FILE = /^\/(?:(?:proc|sys)\/(?!\d+\/(?:root|cwd)\/)|var\/lib\/dpkg\/(?:info\/|status$))/;
const CHUNK_BYTES = 65_536;

function look<T>(path: string, read: () => T): Look<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return failed(path, error);
  }
}

async function lookLater<T>(path: string, read: () => Promise<T>): Promise<Look<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    return failed(path, error);
  }
}

const sorted = (names: readonly Buffer[]): readonly string[] =>
  names
    .slice(0, NAMES_MAX)
    .sort((a, b) => Buffer.compare(a, b))
    .map((name) => decodeText(name));

/** Names whose order as text may differ from that of their bytes, or that may be no UTF-8. */
const UNUSUAL = /[\ud800-\udfff\ufffd]/;

/** The same names, read as text: a folder of a package database holds thousands, and a buffer for each costs three times as much. */
function namesIn(folder: string): readonly string[] {
  const names = readdirSync(folder);
  if (names.some((name) => UNUSUAL.test(name))) return sorted(readdirSync(folder, { encoding: 'buffer' }));
  return names.slice(0, NAMES_MAX).sort();
}

const joined = (chunks: readonly Uint8Array[]): Uint8Array =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);

let scratch: Buffer | null = null;

/**
 * Reads to the end without trusting the size (in /proc it is 0); at most one byte more than `bytesMax`. A large file is read into its place at
 * once; what it has more than its size comes after it.
 */
function readOpenSync(fd: number, size: number, bytesMax: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  if (size > CHUNK_BYTES) {
    const whole = Buffer.allocUnsafeSlow(Math.min(size, bytesMax) + 1);
    for (let bytes = -1; bytes !== 0 && total < whole.length; total += bytes)
      bytes = readSync(fd, whole, total, whole.length - total, null);
    if (total < whole.length) return whole.subarray(0, total);
    chunks.push(whole);
  }
  scratch ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
  while (total <= bytesMax) {
    const bytes = readSync(fd, scratch, 0, Math.min(CHUNK_BYTES, bytesMax + 1 - total), null);
    if (bytes === 0) break;
    chunks.push(Buffer.from(scratch.subarray(0, bytes)));
    total += bytes;
  }
  return joined(chunks);
}

async function readOpen(file: promises.FileHandle, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let total = 0; total <= bytesMax; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, bytesMax + 1 - total));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    total += bytesRead;
  }
  return joined(chunks);
}

function fits(bytes: Uint8Array, path: string, bytesMax: number): Look<Uint8Array> {
  return bytes.length > bytesMax
    ? refused('EFBIG', `${path} is larger than ${bytesMax} bytes`)
    : { ok: true, value: bytes };
}

const asText = (bytes: Look<Uint8Array>): Look<string> =>
  bytes.ok ? { ok: true, value: decodeText(bytes.value) } : bytes;

/** True: nobody else chose the path, or this system has no descriptors that only name a file. */
const isTrusted = (real: string): boolean => process.platform !== 'linux' || OWN_FILE.test(real);

const irregular = (path: string): Look<never> => refused('EINVAL', `${path} is no regular file`);

/**
 * Opens a regular file; null: it says that it is empty. Where others choose what a path leads to, the file is looked at before it is opened:
 * opening alone starts a watchdog, rewinds a tape or lets a waiting writer go on, and reading takes messages out of /proc/kmsg (which has no
 * size, like all that the kernel makes up).
 */
function openRegular(real: string, path: string, reader: Reader | null = null): Look<number | null> {
  let named: number | null = null;
  try {
    if (reader === null && isTrusted(real)) return { ok: true, value: openSync(real, OPEN_FLAGS) };
    named =
      reader !== null ? openFor(reader, real) : isBelowRoot(real) ? openInside(real, true) : openSync(real, O_PATH);
    const stats = fstatSync(named);
    if (!stats.isFile()) return irregular(path);
    return { ok: true, value: stats.size === 0 ? null : openSync(`/proc/self/fd/${named}`, OPEN_FLAGS) };
  } catch (error) {
    return failed(path, error);
  } finally {
    if (named !== null) closeSync(named);
  }
}

/** As `openRegular`, without making the event loop wait. */
async function openRegularLater(real: string, path: string): Promise<Look<promises.FileHandle | null>> {
  if (isTrusted(real)) return lookLater(path, () => promises.open(real, OPEN_FLAGS));
  const named = await lookLater(path, () => promises.open(real, O_PATH));
  if (!named.ok) return named;
  try {
    const stats = await named.value.stat();
    if (!stats.isFile()) return irregular(path);
    if (stats.size === 0) return { ok: true, value: null };
    return await lookLater(path, () => promises.open(`/proc/self/fd/${named.value.fd}`, OPEN_FLAGS));
  } finally {
    await named.value.close();
  }
}

function readFileSync(real: string, path: string, bytesMax: number, reader: Reader | null = null): Look<Uint8Array> {
  const opened = openRegular(real, path, reader);
  if (!opened.ok) return opened;
  if (opened.value === null) return { ok: true, value: new Uint8Array() };
  const fd = opened.value;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return irregular(path);
    return fits(readOpenSync(fd, stats.size, bytesMax), path, bytesMax);
  } catch (error) {
    return failed(path, error);
  } finally {
    closeSync(fd);
  }
}

function readPartSync(real: string, path: string, at: number, bytes: number): Look<Uint8Array> {
  const opened = openRegular(real, path);
  if (!opened.ok) return opened;
  if (opened.value === null) return { ok: true, value: new Uint8Array() };
  const fd = opened.value;
  try {
    if (!fstatSync(fd).isFile()) return irregular(path);
    const part = Buffer.alloc(bytes);
    let read = 0;
    while (read < bytes) {
      const more = readSync(fd, part, read, bytes - read, at + read);
      if (more === 0) break;
      read += more;
    }
    return { ok: true, value: part.subarray(0, read) };
  } catch (error) {
    return failed(path, error);
  } finally {
    closeSync(fd);
  }
}

async function readFileHead(real: string, path: string, bytesMax: number): Promise<Look<Uint8Array>> {
  if (isBelowRoot(real)) return readPartSync(real, path, 0, bytesMax + 1);
  const opened = await openRegularLater(real, path);
  if (!opened.ok) return opened;
  const file = opened.value;
  if (file === null) return { ok: true, value: new Uint8Array() };
  try {
    if (!(await file.stat()).isFile()) return irregular(path);
    return await lookLater(path, () => readOpen(file, bytesMax));
  } finally {
    await file.close();
  }
}

/** Looks at a file by a descriptor that names it, and closes that afterwards. */
function naming<T>(fd: number, look: (fd: number) => T): T {
  try {
    return look(fd);
  } finally {
    closeSync(fd);
  }
}

type Place = (path: string) => string;

/** As `syncFiles`, below the root of another process: its links stay inside. */
const insideFiles: Pick<SyncFiles, 'list' | 'stat' | 'lstat' | 'readLink'> = {
  list: (folder) => look(folder, () => naming(openInside(folder, true), (fd) => namesIn(`/proc/self/fd/${fd}`))),
  stat: (path) => look(path, () => factsOf(naming(openInside(path, true), (fd) => fstatSync(fd)))),
  lstat: (path) => look(path, () => factsOf(naming(openInside(path, false), (fd) => fstatSync(fd)))),
  readLink: (path) => look(path, () => decodeText(readLinkInside(path))),
};

function syncFiles(real: Place, place: Place): SyncFiles {
  const readBytes = (path: string, bytesMax: number, reader: Reader | null = null): Look<Uint8Array> =>
    readFileSync(real(path), path, bytesMax, reader);
  return {
    readBytes,
    readText: (path, bytesMax, reader = null) => asText(readBytes(path, bytesMax, reader)),
    readAt: (path, at, bytes) => readPartSync(real(path), path, at, bytes),
    list: (folder, reader = null) => {
      if (reader !== null)
        return look(folder, () => naming(openFor(reader, real(folder)), (fd) => namesIn(`/proc/self/fd/${fd}`)));
      return isBelowRoot(real(folder)) ? insideFiles.list(folder) : look(folder, () => namesIn(real(folder)));
    },
    stat: (path) =>
      isBelowRoot(real(path)) ? insideFiles.stat(path) : look(path, () => factsOf(statSync(real(path)))),
    lstat: (path) =>
      isBelowRoot(place(path)) ? insideFiles.lstat(path) : look(path, () => factsOf(lstatSync(place(path)))),
    readLink: (path) =>
      isBelowRoot(place(path))
        ? insideFiles.readLink(path)
        : look(path, () => decodeText(readlinkSync(place(path), { encoding: 'buffer' }))),
  };
}

/** `real` follows links, `place` all but the last. */
function hostWith(root: string, real: Place, place: Place, run: Host['run']): Host {
  const readBytes = async (path: string, bytesMax: number): Promise<Look<Uint8Array>> => {
    const head = await readFileHead(real(path), path, bytesMax);
    return head.ok ? fits(head.value, path, bytesMax) : head;
  };
  return {
    root,
    live: root === '/',
    sync: syncFiles(real, place),
    readBytes,
    readText: async (path, bytesMax) => asText(await readBytes(path, bytesMax)),
    readHead: async (path, bytes) => {
      const head = await readFileHead(real(path), path, bytes);
      return head.ok ? { ok: true, value: head.value.subarray(0, bytes) } : head;
    },
    list: (folder) =>
      lookLater(folder, async () => sorted(await promises.readdir(real(folder), { encoding: 'buffer' }))),
    stat: (path) => lookLater(path, async () => factsOf(await promises.stat(real(path)))),
    lstat: (path) => lookLater(path, async () => factsOf(await promises.lstat(place(path)))),
    readLink: (path) =>
      lookLater(path, async () => decodeText(await promises.readlink(place(path), { encoding: 'buffer' }))),
    answers: root === '/' ? answersAt : () => true,
    run,
  };
}

/** The host this process runs on. */
export function liveHost(): Host {
  const same: Place = (path) => path;
  return hostWith('/', same, same, (command, args, limits = {}) => runProgram(command, args, limits));
}

/** As many as the kernel follows (path_resolution(7)). */
const LINKS_MAX = 40;

/** Where a path of a recorded host lies in its folder. Links are followed inside the folder, as chroot(2) would. */
function insideOf(folder: string, path: string, followLast: boolean): string {
  let todo = posix.normalize(path).split('/').filter(Boolean);
  let done: string[] = [];
  for (let links = 0; todo.length > 0; ) {
    const [name = '', ...rest] = todo;
    todo = rest;
    if (name === '..') {
      done.pop();
      continue;
    }
    done.push(name);
    if (todo.length === 0 && !followLast) break;
    const target = look(path, () => readlinkSync(posix.join(folder, ...done)));
    if (!target.ok || links++ >= LINKS_MAX) continue;
    if (target.value.startsWith('/')) done = [];
    else done.pop();
    todo = [...target.value.split('/').filter((part) => part !== '' && part !== '.'), ...todo];
  }
  return posix.join(folder, ...done);
}

/** A host recorded as a tree of files, as fixtures/hosts has them. */
export function hostAt(folder: string): Host {
  const real: Place = (path) => insideOf(folder, path, true);
  const place: Place = (path) => insideOf(folder, path, false);
  return hostWith(folder, real, place, async (command, args, limits = {}) => {
    const recorded = posix.join(folder, '.commands', [command, ...args].join(' ').replaceAll('/', '%'));
    const out = asText(readFileSync(recorded, command, limits.bytesMax ?? 16 * 1024 * 1024));
    return out.ok ? { ok: true, value: { status: 0, stdout: out.value, stderr: '' } } : out;
  });
}

/** Name of the host and release of its kernel, as uname(2) has them. */
export function unameOf(host: Host): { readonly hostname: string; readonly kernel: string } {
  if (host.live) return { hostname: hostname(), kernel: release() };
  const text = (path: string): string => {
    const read = host.sync.readText(path, 1024);
    return read.ok ? read.value.trim() : 'unknown';
  };
  return { hostname: text('/proc/sys/kernel/hostname'), kernel: text('/proc/sys/kernel/osrelease') };
}
