import { execFileSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { collectLive } from '../../src/collect/live.js';
import { identify } from '../../src/identify/identify.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Report } from '../../src/model/report.js';
import { program } from '../collect/program.js';
import { itNeeds, needs } from '../needs.js';

/** A listener of the machine, by hand; `service` null: nothing says what it is. */
interface Truth {
  readonly protocol: string;
  readonly address: string;
  readonly port: number | null;
  readonly unit: string;
  readonly service: string | null;
}

interface Machine {
  readonly listeners: readonly Truth[];
  readonly notUp: readonly string[];
}

/** One of its own for each run: several may run at once on one machine. */
const NETNS = `ehi-sd-${process.pid}`;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('machine.py', import.meta.url));
const required = [
  needs.linux,
  needs.root,
  ...['ip', 'python3', 'systemctl', 'busybox', 'memcached', 'redis-server', 'sshd', 'setpriv'].map(needs.program),
];
const WISH = {
  timeoutMs: 120_000,
  backend: 'auto',
  owners: 'auto',
  identity: true,
  probe: false,
  statistics: false,
  firewall: false,
} as const;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** What is said of each listener: unit, service, confidence. */
function said(truth: readonly Truth[], listeners: readonly IdentifiedListener[]): Readonly<Record<string, string>> {
  const rows: Record<string, string> = {};
  for (const { protocol, address, port } of truth) {
    const one = listeners.find((it) => it.protocol === protocol && it.address === address && it.port === port);
    const units = one?.owners.flatMap(({ unit }) => unit ?? []) ?? [];
    rows[`${protocol} ${address} ${port}`] =
      `${units[0] ?? 'no unit'}: ${one?.service.name ?? 'unknown'} (${one?.service.confidence ?? 'unknown'})`;
  }
  return rows;
}

const expected = (
  truth: readonly Truth[],
  sure: string,
  unitOf: (one: Truth) => string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    truth.map((one) => [
      `${one.protocol} ${one.address} ${one.port}`,
      `${unitOf(one)}: ${one.service ?? 'unknown'} (${one.service === null ? 'unknown' : sure})`,
    ]),
  );

let machine: Machine | null = null;

/** Boots it, once. */
function booted(): Machine {
  machine ??= JSON.parse(
    execFileSync('python3', [script, 'up', NETNS], {
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { ...process.env, LAB_NODE: process.execPath },
    }),
  ) as Machine;
  return machine;
}

/** A report that the program makes inside the machine. */
async function inside(as: readonly string[], options: readonly string[] = []): Promise<Report> {
  const entry = `/opt/earshot/${relative(ROOT, await program())}`;
  const words = [
    script,
    'enter',
    NETNS,
    ...as,
    '/opt/node',
    entry,
    'audit',
    ...options,
    '-f',
    'json',
    '--fail-on',
    'none',
  ];
  return JSON.parse(execFileSync('python3', words, { encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX })) as Report;
}

describe('a machine with systemd of its own', () => {
  afterAll(() => {
    if (required.every((need) => need.met())) execFileSync('python3', [script, 'down', NETNS]);
  });

  itNeeds(required, 'is seen from the host: the unit behind each socket and what it starts', async () => {
    const { listeners, notUp } = booted();
    expect(notUp).toEqual([]);
    const seen = identify(await collectLive(liveHost(), WISH)).filter(({ namespace }) => namespace.name === NETNS);
    // To the host a machine's services stand in the machine's scope.
    const unitOf = ({ unit }: Truth): string => (unit.endsWith('.socket') ? unit : `machine-${NETNS}.scope`);
    expect(said(listeners, seen)).toEqual(expected(listeners, 'certain', unitOf));
  });

  itNeeds(required, 'is seen from inside by root', async () => {
    const { listeners } = booted();
    const report = await inside([]);
    expect(said(listeners, report.listeners)).toEqual(expected(listeners, 'certain', ({ unit }) => unit));
  });

  itNeeds(
    required,
    'is seen from inside where no control group is told: systemctl knows what no file names',
    async () => {
      const { listeners } = booted();
      const report = await inside([], ['--backend', 'proc']);
      expect(said(listeners, report.listeners)).toEqual(expected(listeners, 'certain', ({ unit }) => unit));
    },
  );

  itNeeds(
    required,
    'is seen from inside by somebody who may not look at others: nothing wrong, and the gap is told',
    async () => {
      const { listeners } = booted();
      const report = await inside(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
      const wrong = listeners.flatMap((one) => {
        const seen = report.listeners.find(
          (it) => it.protocol === one.protocol && it.address === one.address && it.port === one.port,
        );
        const { name = null, confidence = null } = seen?.service ?? {};
        const isClaim = confidence === 'certain' || confidence === 'likely';
        return isClaim && name !== one.service ? [`${one.unit} ${one.port}: ${name} (${confidence})`] : [];
      });
      expect(wrong).toEqual([]);
      expect(report.collection.gaps.map(({ kind }) => kind)).toContain('owner');
    },
  );
});
