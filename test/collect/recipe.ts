import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A situation that stands until `end` is called. */
export interface Situation {
  readonly nsid: number | null;
  /** Words to put before the audit command. */
  readonly run: readonly string[];
  readonly vars: Readonly<Record<string, number>>;
  /** Why it cannot be built here. */
  readonly skip: string | null;
  end(): Promise<void>;
}

interface Said {
  readonly nsid?: number | null;
  readonly run?: readonly string[];
  readonly vars?: Readonly<Record<string, number>>;
  readonly skip?: string;
}

/** Starts a recipe and waits for the line that says it is ready. */
export async function standing(file: string): Promise<Situation> {
  const child = spawn('python3', [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const lines = createInterface(child.stdout);
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    child.once('error', reject);
    child.once('close', () => reject(new Error(`${file} ended before it said anything`)));
  });
  const said = JSON.parse(first) as Said;
  return {
    nsid: said.nsid ?? null,
    run: said.run ?? [],
    vars: said.vars ?? {},
    skip: said.skip ?? null,
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
