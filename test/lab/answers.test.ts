import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { collectLive } from '../../src/collect/live.js';
import { identify } from '../../src/identify/identify.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { itNeeds, needs } from '../needs.js';

/** What is to be learnt of one daemon. */
interface Truth {
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly service: string;
  readonly authentication: string | null;
  readonly product: string | null;
  readonly version: boolean;
  readonly facts: Readonly<Record<string, string>>;
}

interface Answers {
  readonly listeners: readonly Truth[];
  readonly leftOut: readonly { readonly name: string; readonly missing: readonly string[] }[];
  readonly notUp: readonly string[];
}

/** Daemons that install in a moment: CI runs these. `LAB=full` runs whatever is installed. */
const QUICK = 'redis-open redis-password redis-user redis-tls redis-sentinel memcached-udp nginx-old-tls'.split(' ');
/** One of its own for each run: several may run at once on one machine. */
const NETNS = `ehi-answers-${process.pid}`;
const script = fileURLToPath(new URL('answers.py', import.meta.url));
const full = process.env['LAB'] === 'full';
const required = [
  needs.linux,
  needs.root,
  ...['ip', 'ss', 'python3', 'openssl', 'redis-server', 'nginx'].map(needs.program),
];

const WISH = {
  timeoutMs: 120_000,
  backend: 'auto',
  owners: 'auto',
  identity: true,
  statistics: false,
  firewall: true,
} as const;

/** What is wrong with what was learnt of one; empty: nothing. */
function wrongWith(one: Truth, listeners: readonly IdentifiedListener[]): readonly string[] {
  const fits = listeners.filter(({ protocol, port }) => protocol === one.protocol && port === one.port);
  const listener = fits.find(({ address }) => address === one.address) ?? fits.find(({ address }) => address === '::');
  if (listener === undefined) return [`${one.name}: not listed`];
  const { service } = listener;
  const wrong: string[] = [];
  const compare = (what: string, is: string | null | undefined, wanted: string | null): void => {
    if ((is ?? null) !== wanted) wrong.push(`${one.name}: ${what} is ${is ?? 'not told'}, not ${wanted ?? 'unknown'}`);
  };
  compare('service', service.name, one.service);
  compare('authentication', service.authentication, one.authentication);
  if (one.product !== null) compare('product', service.product, one.product);
  if (one.version && service.version === null) wrong.push(`${one.name}: no version`);
  for (const [name, value] of Object.entries(one.facts)) {
    const is = (name === 'encryption' ? service.encryption : service.facts?.[name]) ?? null;
    // `*`: whatever it says.
    if (value !== '*' || is === null) compare(name, is, value);
  }
  return wrong;
}

describe('what real daemons say themselves', () => {
  afterAll(() => {
    if (required.every((need) => need.met())) execFileSync('python3', [script, 'down', NETNS]);
  });

  itNeeds(required, 'is heard: what they are, and whether they let strangers in', async () => {
    const answers = JSON.parse(
      execFileSync('python3', [script, 'up', NETNS, ...(full ? [] : QUICK)], { encoding: 'utf8', maxBuffer: 1 << 26 }),
    ) as Answers;
    const ours = (seen: Snapshot): readonly IdentifiedListener[] =>
      identify(seen).filter((listener) => listener.namespace.name === NETNS);
    const listeners = ours(await collectLive(liveHost(), { ...WISH, probe: ours }));
    const wrong = answers.listeners.flatMap((one) => wrongWith(one, listeners));
    if (full) {
      const bad = new Set(wrong.map((line) => line.split(':')[0]));
      const left = answers.leftOut.map(({ name, missing }) => `left out: ${name} needs ${missing.join(', ')}`);
      const lines = answers.listeners.map(({ name }) => `${name.padEnd(28)} ${bad.has(name) ? 'WRONG' : 'right'}`);
      const down = answers.notUp.map((what) => `did not start: ${what}`);
      const sum = `answers   ${lines.length - bad.size} of ${lines.length}`;
      process.stdout.write(`${[...lines, sum, ...left, ...down].join('\n')}\n`);
    }
    expect(answers.listeners.length).toBeGreaterThan(0);
    if (!full) expect(answers.notUp).toEqual([]);
    expect(wrong).toEqual([]);
  });
});
