import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/cli/cli.js';
import { processIo } from '../../src/cli/io.js';

/** Runs inside the namespace of lab.py: for each set of flags what net-tools prints, what we print, and what net-tools prints afterwards. */
export interface Compared {
  readonly set: string;
  readonly ours: string;
  readonly theirs: string;
  readonly ourStatus: number;
  readonly theirStatus: number;
}

interface Shown {
  readonly text: string;
  readonly status: number;
}

const TRIES_MAX = 6;

/** The time until a timer ends moves between two looks. */
const still = (text: string): string => text.replace(/\(\d+\.\d\d\//g, '(…/');

const folder = mkdtempSync(join(tmpdir(), 'ehn-driver-'));

/** Into a file: Node's pipes would be unix sockets that the views show. */
function netTools(flags: readonly string[]): Shown {
  const file = join(folder, 'shown');
  const out = openSync(file, 'w');
  const { status } = spawnSync('netstat', flags, { stdio: ['ignore', out, 'ignore'] });
  closeSync(out);
  return { text: still(readFileSync(file, 'utf8')), status: status ?? 255 };
}

async function ours(flags: readonly string[]): Promise<Shown> {
  let text = '';
  const status = await run(['netstat', ...flags], {
    ...processIo(),
    out: async (more) => {
      text += more;
    },
    err: async () => undefined,
  });
  return { text: still(text), status };
}

/** Where net-tools itself differs from what it showed a moment ago, the host moved: the set is compared again. */
async function compare(set: string): Promise<Compared> {
  const flags = set.split(' ').filter((word) => word !== '');
  for (let tries = 1; ; tries++) {
    const before = netTools(flags);
    const own = await ours(flags);
    const after = netTools(flags);
    if (before.text !== after.text && tries < TRIES_MAX) continue;
    return { set, ours: own.text, theirs: after.text, ourStatus: own.status, theirStatus: after.status };
  }
}

const compared: Compared[] = [];
for (const set of JSON.parse(process.argv[2] ?? '[]') as readonly string[]) compared.push(await compare(set));
rmSync(folder, { recursive: true });
process.stdout.write(JSON.stringify(compared));
