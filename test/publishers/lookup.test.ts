import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';
import { Ground } from './ground.js';

const required = [needs.linux, needs.root, ...['ip', 'nsenter', 'python3', 'unshare'].map(needs.program)];
const able = required.every((need) => need.met());
const PROGRAM = fileURLToPath(new URL('lookup.py', import.meta.url));
const [SERVED, LISTENING, NOBODY] = [7777, 7000, 7778];

let ground: Ground | null = null;
let holder: ChildProcess | null = null;
/** What the program said once it was attached; anything else than `ready`: why it could not be. */
let said = '';

beforeAll(async () => {
  if (!able) return;
  ground = new Ground('rbl');
  await ground.ready();
  const words = [`--net=/run/netns/${ground.host}`, 'python3', PROGRAM, String(SERVED), String(LISTENING)];
  const child = spawn('nsenter', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  holder = child;
  said = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the program ended before it said anything')));
  });
});

afterAll(async () => {
  holder?.kill();
  await ground?.close();
});

describe('a BPF program that chooses sockets', () => {
  itNeeds(required, 'is a gap that may hide listeners, and nothing is certain of any port', ({ skip }) => {
    if (said.startsWith('refused')) skip(`this kernel takes no sk_lookup program: ${said}`);
    if (ground === null) throw new Error('no ground');
    // The port that no socket shows is open: only the program serves it.
    const [served, listening, nobody] = [SERVED, LISTENING, NOBODY].map(
      (port) => ground?.connects('127.0.0.1', port) ?? false,
    );
    expect([served, listening, nobody]).toEqual([true, true, false]);
    const { host } = ground;
    const report = ground.audit();
    expect(report.listeners.some((one) => one.namespace.name === host && one.port === SERVED)).toBe(false);
    const gap = report.collection.gaps.find(({ what }) => what.includes(`sk_lookup) serves in namespace ${host}`));
    expect(gap).toMatchObject({ kind: 'firewall', hidesListeners: true });
    expect(gap?.what).toContain('earshot_test');
    const [listener] = report.listeners.filter((one) => one.namespace.name === host && one.port === LISTENING);
    expect(listener?.exposure?.zones.find(({ zone }) => zone === 'loopback')).toMatchObject({
      reachable: 'conditional',
      conditions: [expect.stringContaining('earshot_test (sk_lookup) chooses the socket')],
    });
    const answers = ground.reach(
      [SERVED, LISTENING, NOBODY].map((dport) => ({ src: '127.0.0.1', dst: '127.0.0.1', proto: 'tcp', dport })),
    );
    expect(answers.map(({ outcome }) => outcome)).toEqual(['conditional', 'conditional', 'conditional']);
  });
});
