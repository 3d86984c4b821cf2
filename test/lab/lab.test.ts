import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { collectLive } from '../../src/collect/live.js';
import { identify } from '../../src/identify/identify.js';
import { serviceNamed } from '../../src/lib/services.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { itNeeds, needs } from '../needs.js';

interface Truth {
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly moved: boolean;
  readonly services: readonly string[];
  readonly never: readonly string[];
  readonly package: string | null;
}

interface Lab {
  readonly listeners: readonly Truth[];
  readonly leftOut: readonly { readonly name: string; readonly missing: readonly string[] }[];
  readonly notUp: readonly string[];
}

/** Daemons that install in a moment: CI runs these. `LAB=full` runs whatever is installed. */
const QUICK =
  'xinetd vsftpd redis memcached lighttpd nginx sshd socat-relay python-on-x11 netcat-on-ftp netcat-as-sshd script-called-redis sleep-holds-a-port deleted-binary node-inspector'.split(
    ' ',
  );
/** One of its own for each run: several may run at once on one machine. */
const NETNS = `ehi-lab-${process.pid}`;
const script = fileURLToPath(new URL('lab.py', import.meta.url));
const full = process.env['LAB'] === 'full';
/** `LAB_PROBE=1`: the daemons are asked as well. */
const probes = process.env['LAB_PROBE'] === '1';
const required = [needs.linux, needs.root, needs.program('ip'), needs.program('python3')];

const WISH = {
  timeoutMs: 120_000,
  backend: 'auto',
  owners: 'auto',
  identity: true,
  probe: false,
  statistics: false,
  firewall: false,
} as const;

const namesOf = (name: string | null): readonly string[] => {
  const entry = name === null ? null : serviceNamed(name);
  return entry === null ? ['unknown'] : [entry.name, ...entry.aliases, ...(entry.iana === null ? [] : [entry.iana])];
};

const listenerOf = (one: Truth, listeners: readonly IdentifiedListener[]): IdentifiedListener | undefined => {
  const fits = listeners.filter((listener) => listener.protocol === one.protocol && listener.port === one.port);
  return (
    fits.find((listener) => listener.address === one.address) ??
    fits.find((listener) => listener.address === '0.0.0.0' || listener.address === '::')
  );
};

/** One line of the table. */
interface Row {
  readonly truth: Truth;
  readonly said: string;
  readonly seen: boolean;
  readonly named: boolean;
  readonly wrong: boolean;
}

function rowOf(truth: Truth, listeners: readonly IdentifiedListener[]): Row {
  const listener = listenerOf(truth, listeners);
  const { name = null, confidence = null } = listener?.service ?? {};
  const names = namesOf(name);
  const sure = confidence === 'certain' || confidence === 'likely';
  const named = truth.services.length === 0 || (sure && truth.services.some((service) => names.includes(service)));
  const packaged =
    truth.package === null || listener?.owners.some((owner) => owner.package?.name === truth.package) === true;
  const wrong = sure && (truth.never.some((never) => names.includes(never)) || (truth.services.length > 0 && !named));
  return {
    truth,
    said: `${name ?? 'unknown'} (${confidence ?? 'unknown'})`,
    seen: listener !== undefined,
    named: named && packaged,
    wrong,
  };
}

const percent = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;

/** The table: every listener, then recall (listed), identity (named, with its package) and precision (nothing claimed that is not so). */
function tableOf(rows: readonly Row[], lab: Lab): string {
  const lines = rows.map(({ truth, said, seen, named, wrong }) =>
    [
      truth.name.padEnd(20),
      `${truth.protocol}/${truth.address}:${truth.port}`.padEnd(28),
      (truth.moved ? 'moved' : 'usual').padEnd(6),
      said.padEnd(28),
      seen ? (named ? 'right' : wrong ? 'WRONG' : 'NOT NAMED') : 'NOT LISTED',
    ].join(' '),
  );
  const claims = rows.filter((row) => row.seen);
  return [
    ...lines,
    `recall    ${percent(claims.length, rows.length)}`,
    `identity  ${percent(rows.filter((row) => row.named).length, rows.length)}`,
    `precision ${percent(claims.filter((row) => !row.wrong).length, claims.length)}`,
    ...lab.leftOut.map(({ name, missing }) => `left out: ${name} needs ${missing.join(', ')}`),
    ...lab.notUp.map((what) => `did not start: ${what}`),
  ].join('\n');
}

describe('the accuracy lab', () => {
  afterAll(() => {
    if (required.every((need) => need.met())) execFileSync('python3', [script, 'down', NETNS]);
  });

  itNeeds(
    required,
    'names every daemon at its usual and at its moved port, and no decoy by its port',
    async () => {
      const words = full ? [] : QUICK;
      const lab = JSON.parse(
        execFileSync('python3', [script, 'up', NETNS, ...words], { encoding: 'utf8', maxBuffer: 1 << 26 }),
      ) as Lab;
      const ours = (seen: Snapshot): readonly IdentifiedListener[] =>
        identify(seen).filter((listener) => listener.namespace.name === NETNS);
      const listeners = ours(await collectLive(liveHost(), { ...WISH, probe: probes && ours }));
      const rows = lab.listeners.map((truth) => rowOf(truth, listeners));
      const table = tableOf(rows, lab);
      if (full) process.stdout.write(`${table}\n`);
      expect(rows.length, table).toBeGreaterThan(0);
      expect(
        rows
          .filter((row) => !row.seen || !row.named || row.wrong)
          .map((row) => `${row.truth.name} ${row.truth.port}: ${row.said}`),
        table,
      ).toEqual([]);
    },
    600_000,
  );
});
