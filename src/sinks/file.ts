import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../lib/errors.js';
import { piecesOf } from '../lib/pieces.js';
import { reservationName, sweep } from './stale.js';

/** What a file is given: at once, or as texts that join to it. */
type Content = string | Uint8Array | Iterable<string>;

/** A file that will be written: reserved before the audit, so that an unwritable one is known before anything is read. */
export interface FileSink {
  /** Writes all of it and puts it in place. @throws OutputLost when the disk is full or the file vanished. */
  readonly write: (content: Content) => void;
  /** Gives the reservation up. */
  readonly discard: () => void;
}

/** What was rendered could not be kept: exit 4. */
export class OutputLost extends Error {
  constructor(file: string, why: string) {
    super(`${file}: the output was lost while writing: ${why}`);
    this.name = 'OutputLost';
  }
}

/** Files reserved by this process so far: two of one name never share a reservation. */
let opened = 0;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

function writeAll(fd: number, content: Content): void {
  const pieces = content instanceof Uint8Array ? [content] : content;
  for (const piece of typeof pieces === 'string' ? piecesOf(pieces) : pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
  }
}

const refuse = (file: string, error: unknown): never => {
  const code = codeOf(error);
  const hint =
    code === 'ENOENT'
      ? existsSync(dirname(file))
        ? `no file can be made in ${dirname(file)}; choose another folder`
        : `the folder ${dirname(file)} does not exist; make it first`
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'choose a folder you may write to'
        : null;
  throw new UsageError(`${file}: cannot be written (${code})`, hint);
};

/** What stands there already. @throws UsageError where that may not be looked at, or the path leads nowhere. */
function standingAt(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    return refuse(file, error);
  }
}

/** Where the kernel's own links stand: /dev/stdout, /dev/fd/3, /proc/self/fd/3. */
const KERNEL_LINKS = /^\/(?:dev|proc)\//;

/**
 * A report goes into no device that a link of somebody else's names, into no FIFO of somebody else's (who would read it, or let us wait for
 * ever), and over no disk.
 * @throws UsageError
 */
function refuseDirect(file: string, stats: Stats): void {
  const uid = process.geteuid?.() ?? null;
  const foreign = stats.isFIFO() && uid !== null && stats.uid !== uid && stats.uid !== 0;
  const why = stats.isBlockDevice()
    ? ['is a disk', 'name a file']
    : lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true && !KERNEL_LINKS.test(file)
      ? ['is a link to a device or pipe', 'name what it leads to']
      : foreign && !KERNEL_LINKS.test(file)
        ? [`is a FIFO of user ${stats.uid}`, 'remove it, or name another']
        : null;
  if (why !== null) throw new UsageError(`${file}: ${why[0]}`, why[1] ?? null);
}

/** A device, pipe or socket is written directly; it cannot be renamed onto. Nothing is made or cut short, should another stand there by now. */
function openDirect(file: string, stats: Stats): FileSink {
  refuseDirect(file, stats);
  let fd: number;
  try {
    fd = openSync(file, constants.O_WRONLY | constants.O_NOCTTY);
  } catch (error) {
    return refuse(file, error);
  }
  const opened = fstatSync(fd);
  if (opened.dev !== stats.dev || opened.ino !== stats.ino) {
    closeSync(fd);
    throw new UsageError(`${file}: something else stands there by now`, 'write into a folder of your own');
  }
  return {
    write: (bytes) => {
      try {
        writeAll(fd, bytes);
      } catch (error) {
        if (codeOf(error) !== 'EPIPE') throw new OutputLost(file, codeOf(error));
      } finally {
        closeSync(fd);
      }
    },
    discard: () => closeSync(fd),
  };
}

/**
 * Reserves `file`: a hidden file beside it, renamed onto it when all is written, so that a reader never sees half a report.
 * @param mode permission bits of the finished file.
 * @throws UsageError when it cannot be written (exit 2, nothing audited).
 */
export function openFile(file: string, mode: number): FileSink {
  const kind = standingAt(file);
  if (kind?.isDirectory()) throw new UsageError(`${file}: is a folder`, 'name a file in it');
  if (kind !== undefined && !kind.isFile()) return openDirect(file, kind);
  const beside = join(dirname(file), reservationName(++opened));
  let fd: number;
  try {
    fd = openSync(beside, 'wx', 0o600);
  } catch (error) {
    return refuse(file, error);
  }
  sweep(dirname(file));
  const discard = (): void => {
    closeSync(fd);
    unlinkSync(beside);
  };
  return {
    discard,
    write: (bytes) => {
      try {
        writeAll(fd, bytes);
        fchmodSync(fd, mode);
        fsyncSync(fd);
        renameSync(beside, file);
        closeSync(fd);
      } catch (error) {
        try {
          discard();
        } catch {
          // The reservation is gone already; what matters is the failure below.
        }
        throw new OutputLost(file, codeOf(error));
      }
    },
  };
}

/** Adds to a file that others write too. @throws OutputLost where that fails. */
export function appendFile(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    throw new OutputLost(file, codeOf(error));
  }
}
