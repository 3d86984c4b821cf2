import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect } from 'vitest';
import { tcxPrograms } from '../../src/linux/bpf-query.js';
import { closeDescriptor, openNamespace, withNamespace } from '../../src/linux/namespaces.js';
import { NETLINK_ROUTE, NetlinkSocket } from '../../src/linux/netlink/socket.js';
import { trafficFilters } from '../../src/linux/netlink/traffic.js';
import { itNeeds, needs } from '../needs.js';

const NAMESPACE = `eho-tc-${process.pid}`;
const sh = (...words: readonly string[]): string => {
  const [command = '', ...args] = words;
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
};
const tc = (text: string): string => sh('tc', '-n', NAMESPACE, ...text.split(' '));
const remove = (): void => {
  try {
    sh('ip', 'netns', 'del', NAMESPACE);
  } catch {
    // It was not there.
  }
};

function filters(): ReturnType<typeof trafficFilters> {
  const opened = openNamespace(`/run/netns/${NAMESPACE}`);
  if (!opened.ok) throw new Error(opened.why);
  try {
    const found = withNamespace(opened.value, () => NetlinkSocket.open(NETLINK_ROUTE));
    if (!found.ok || typeof found.value === 'number') throw new Error('no rtnetlink');
    try {
      found.value.prepare(false);
      return trafficFilters(found.value);
    } finally {
      found.value.close();
    }
  } finally {
    closeDescriptor(opened.value);
  }
}

const PROGRAM = fileURLToPath(new URL('tcx.py', import.meta.url));

describe('tc filters at the gates of devices', () => {
  afterAll(() => {
    if (process.getuid?.() === 0) remove();
  });

  itNeeds(
    [needs.root, needs.program('ip'), needs.program('tc')],
    'are told by device, way and kind; a gate without filters is nothing',
    () => {
      remove();
      sh('ip', 'netns', 'add', NAMESPACE);
      sh('ip', '-n', NAMESPACE, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
      sh('ip', '-n', NAMESPACE, 'link', 'add', 'vc', 'type', 'veth', 'peer', 'name', 'vd');
      expect(filters()).toEqual([]);
      tc('qdisc add dev va clsact');
      tc('qdisc add dev vc ingress');
      expect(filters()).toEqual([]);
      tc('filter add dev va egress protocol ip u32 match ip dport 80 0xffff action mirred egress redirect dev vb');
      tc('filter add dev vc ingress protocol ip u32 match ip dport 80 0xffff action mirred egress redirect dev vb');
      const index = (name: string): number =>
        Number(sh('ip', '-n', NAMESPACE, '-o', 'link', 'show', name).split(':')[0]);
      expect(filters()).toEqual([
        { index: index('va'), way: 'egress', kind: 'u32' },
        { index: index('vc'), way: 'ingress', kind: 'u32' },
      ]);
    },
  );

  itNeeds(
    [needs.root, needs.program('ip'), needs.program('python3')],
    'are told by name where a BPF program stands there without tc (tcx)',
    async ({ skip }) => {
      remove();
      sh('ip', 'netns', 'add', NAMESPACE);
      sh('ip', '-n', NAMESPACE, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
      const child = spawn('ip', ['netns', 'exec', NAMESPACE, 'python3', PROGRAM, 'va'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      try {
        const said = await new Promise<string>((resolve, reject) => {
          child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
          child.once('error', reject);
          child.once('exit', () => reject(new Error('the program ended before it said anything')));
        });
        if (said !== 'ready') skip(`this kernel takes no tcx program: ${said}`);
        const opened = openNamespace(`/run/netns/${NAMESPACE}`);
        if (!opened.ok) throw new Error(opened.why);
        const index = Number(sh('ip', '-n', NAMESPACE, '-o', 'link', 'show', 'va').split(':')[0]);
        const found = withNamespace(opened.value, () => [tcxPrograms(index, 'ingress'), tcxPrograms(index, 'egress')]);
        closeDescriptor(opened.value);
        const name = new TextEncoder().encode('earshot_drop');
        expect(found).toEqual({ ok: true, value: [[{ id: expect.any(Number), name: Buffer.from(name) }], []] });
      } finally {
        child.kill();
      }
    },
  );
});
