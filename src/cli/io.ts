import { isatty } from 'node:tty';

/** The world as a command sees it: streams, environment, working folder. Made once, in main. */
export interface Io {
  /** Writes to standard output; resolves when the kernel has it. After the reader has gone (`| head`) it does nothing. */
  readonly out: (text: string) => Promise<void>;
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

/** A stream whose reader may go away: writing then ends quietly, as it does for every Unix filter. */
function writer(stream: () => NodeJS.WriteStream): Io['out'] {
  let gone = false;
  let watched = false;
  return (text) =>
    new Promise((resolve, reject) => {
      if (gone || text === '') return resolve();
      const target = stream();
      if (!watched) {
        watched = true;
        target.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'EPIPE') gone = true;
        });
      }
      target.write(text, (error) => {
        if (error === null || error === undefined) return resolve();
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') return reject(error);
        gone = true;
        resolve();
      });
    });
}

/** The real process. */
export function processIo(): Io {
  return {
    out: writer(() => process.stdout),
    err: writer(() => process.stderr),
    stdin: () => process.stdin,
    env: process.env,
    cwd: process.cwd(),
    outIsTerminal: isatty(1),
    errIsTerminal: isatty(2),
    inIsTerminal: isatty(0),
    get columns() {
      return isatty(1) ? process.stdout.columns : null;
    },
    uid: process.geteuid?.() ?? null,
    platform: process.platform,
    now: () => new Date(),
  };
}
