import { fstatSync, writeSync } from 'node:fs';
import { StreamLost } from '../lib/errors.js';
import { piecesOf } from '../lib/pieces.js';

/** The world as a command sees it: streams, environment, working folder. Made once, in main. */
export interface Io {
  /** Writes to standard output; resolves when the kernel has it. After the reader has gone (`| head`) it does nothing. */
  readonly out: (text: string) => Promise<void>;
  /** True once the reader of standard output has gone: what would print for ever ends. Absent: not told. */
  readonly outGone?: () => boolean;
  /** Writes to standard error. */
  readonly err: (text: string) => Promise<void>;
  /** Everything on standard input, in pieces. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly inIsTerminal: boolean;
  /** Columns of the terminal; null where there is none. */
  readonly columns: number | null;
  /** Effective user id; null where the platform has none. */
  readonly uid: number | null;
  readonly platform: string;
  readonly now: () => Date;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** The rest of a text that a full pipe would not take at once, by Node's own stream, which waits. */
function writeByStream(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error | null): void => {
      stream.off('error', end);
      if (error === null || error === undefined || codeOf(error) === 'EPIPE') resolve();
      else reject(new StreamLost(codeOf(error)));
    };
    stream.on('error', end);
    stream.write(bytes, end);
  });
}

/**
 * Writes to a descriptor. Node's own streams load its network code first (a tenth of its whole start), so plain write(2) is tried before
 * them. A reader that has gone away (EPIPE) ends the output quietly, as with every Unix filter.
 */
function writer(fd: number, stream: () => NodeJS.WriteStream, ended: () => void): Io['out'] {
  let gone = false;
  const write = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length && !gone; ) {
      try {
        at += writeSync(fd, bytes, at);
      } catch (error) {
        if (codeOf(error) === 'EPIPE') {
          gone = true;
          ended();
        } else if (codeOf(error) === 'EAGAIN') return writeByStream(stream(), bytes.subarray(at));
        else throw new StreamLost(codeOf(error));
      }
    }
  };
  return async (text) => {
    for (const piece of piecesOf(text)) await write(Buffer.from(piece));
  };
}

/** Major number of /dev/null, /dev/zero and their kin (Documentation/admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;

/** isatty(3); node:tty, which brings Node's network code, is loaded only where the descriptor could be a terminal at all. */
function isTerminal(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    if (!stats.isCharacterDevice() || ((stats.rdev >> 8) & 0xfff) === MEMORY_DEVICES) return false;
  } catch {
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(fd);
}

/** The real process. What costs something is asked for only when somebody looks. */
export function processIo(): Io {
  let outGone = false;
  const outEnded = (): void => {
    outGone = true;
  };
  const toErr = writer(
    2,
    () => process.stderr,
    () => undefined,
  );
  return {
    out: writer(1, () => process.stdout, outEnded),
    outGone: () => outGone,
    // What cannot be said on standard error cannot be said anywhere.
    err: (text) => toErr(text).catch(() => undefined),
    stdin: () => process.stdin,
    env: process.env,
    cwd: process.cwd(),
    get outIsTerminal() {
      return isTerminal(1);
    },
    get errIsTerminal() {
      return isTerminal(2);
    },
    get inIsTerminal() {
      return isTerminal(0);
    },
    get columns() {
      return isTerminal(1) ? process.stdout.columns : null;
    },
    uid: process.geteuid?.() ?? null,
    platform: process.platform,
    now: () => new Date(),
  };
}
