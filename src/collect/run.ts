import type { Gap, Reading } from '../model/gap.js';
import { monotonicMs } from './clock.js';

/** What the readers of one collection share while they run: the clock and the list of gaps. */
export class Run {
  readonly gaps: Gap[] = [];
  readonly #endMs: number;

  constructor(timeoutMs: number) {
    this.#endMs = monotonicMs() + timeoutMs;
  }

  get leftMs(): number {
    return Math.max(0, this.#endMs - monotonicMs());
  }

  /** Keeps the value of a reading, and its gaps. */
  keep<T>(reading: Reading<T>): T {
    for (const gap of reading.gaps) this.gaps.push(gap);
    return reading.value;
  }

  #cut(what: string, hidesListeners: boolean): void {
    this.gaps.push({
      kind: 'timeout',
      what,
      why: 'the deadline of the audit had passed',
      hides: `everything that ${what} would have told`,
      fix: 'allow more time with --timeout SECONDS',
      hidesListeners,
    });
  }

  #broke(what: string, error: unknown, hidesListeners: boolean): void {
    this.gaps.push({
      kind: 'internal',
      what,
      why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      hides: `everything that ${what} would have told`,
      fix: 'this is a mistake in earshot: please report it',
      hidesListeners,
    });
  }

  /** Calls a reader that does not wait. Time that is up, and a mistake of ours in it, cost its part only. */
  readNow<T>(what: string, otherwise: T, hidesListeners: boolean, reader: () => Reading<T>): T {
    if (this.leftMs === 0) {
      this.#cut(what, hidesListeners);
      return otherwise;
    }
    try {
      return this.keep(reader());
    } catch (error) {
      this.#broke(what, error, hidesListeners);
      return otherwise;
    }
  }

  /** Calls a reader that may wait for disks and programs, and gives up waiting at the deadline. */
  async read<T>(what: string, otherwise: T, hidesListeners: boolean, reader: () => Promise<Reading<T>>): Promise<T> {
    if (this.leftMs === 0) {
      this.#cut(what, hidesListeners);
      return otherwise;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), this.leftMs);
    });
    try {
      const reading = await Promise.race([reader(), late]);
      if (reading !== null) return this.keep(reading);
      this.#cut(what, hidesListeners);
      return otherwise;
    } catch (error) {
      this.#broke(what, error, hidesListeners);
      return otherwise;
    } finally {
      clearTimeout(timer);
    }
  }
}
