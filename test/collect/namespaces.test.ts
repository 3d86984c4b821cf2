import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { collectLive } from '../../src/collect/live.js';
import { namespaceMounts } from '../../src/collect/namespaces/mounts.js';
import { nameInCgroup } from '../../src/collect/namespaces/names.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { itNeeds, needs } from '../needs.js';
import { type Situation, standing } from './recipe.js';

const recipe = fileURLToPath(new URL('../../fixtures/live/namespaces.py', import.meta.url));
const root = [needs.linux, needs.root, needs.program('ip'), needs.program('python3')];
const able = process.platform === 'linux' && process.getuid?.() === 0;

let situation: Situation | null = null;
let walked: Snapshot | null = null;
let iterated: Snapshot | null = null;

beforeAll(async () => {
  if (!able) return;
  situation = await standing(recipe);
  const wish = {
    timeoutMs: 60_000,
    backend: 'auto',
    identity: false,
    probe: false,
    statistics: false,
    firewall: false,
  } as const;
  walked = await collectLive(liveHost(), { ...wish, owners: 'proc' });
  iterated = await collectLive(liveHost(), { ...wish, owners: 'bpf' });
});
afterAll(async () => {
  await situation?.end();
});

const variable = (name: string): number => situation?.vars[name] ?? 0;

/** What both ways of searching must find. */
function inBoth(check: (snapshot: Snapshot) => void): void {
  for (const snapshot of [walked, iterated]) {
    expect(snapshot).not.toBeNull();
    if (snapshot !== null) check(snapshot);
  }
}

/** On a host with very many sockets the walk does not ask each for its namespace, and a gap says so. */
const gaveUp = (snapshot: Snapshot): boolean =>
  snapshot.collection.gaps.some((gap) => /^the network namespace of \d+ held sockets/.test(gap.what));

const portsIn = (snapshot: Snapshot, namespace: number): readonly (number | null)[] =>
  snapshot.sockets
    .filter((socket) => socket.namespace === namespace && socket.protocol === 'tcp')
    .map((socket) => socket.port);

describe('namespaces are found wherever they are', () => {
  itNeeds(root, 'held by an open file only', () => {
    inBoth((snapshot) => {
      const found = snapshot.namespaces.find((one) => one.id === variable('byFile'));
      // Another earshot that looks at the same moment holds the namespace open as well.
      expect(found?.foundBy).toMatch(/^fd \d+ of \d+$/);
      expect(portsIn(snapshot, variable('byFile'))).toEqual([3001]);
    });
  });

  itNeeds(root, 'held by a socket only, raw sockets too', () => {
    inBoth((snapshot) => {
      const found = snapshot.namespaces.find((one) => one.id === variable('bySocket'));
      if (found === undefined && gaveUp(snapshot)) return;
      // Another earshot that looks at the same moment holds the namespace open, and is found before the socket.
      expect(found?.foundBy).toMatch(new RegExp(`^(?:socket \\d+ of ${variable('socketPid')}|fd \\d+ of \\d+)$`));
      expect(portsIn(snapshot, variable('bySocket'))).toEqual([3002]);
      const raw = snapshot.sockets.find((one) => one.namespace === variable('bySocket') && one.protocol === 'raw');
      expect(raw).toMatchObject({ ipProtocol: 'ospfigp', holders: [variable('socketPid')] });
    });
  });

  itNeeds(root, 'mounted where only another mount namespace shows it', () => {
    inBoth((snapshot) => {
      const found = snapshot.namespaces.find((one) => one.id === variable('byMount'));
      if (found === undefined && snapshot.collection.gaps.some((gap) => gap.what.startsWith('mounts that only')))
        return;
      expect(found).toMatchObject({ entered: true });
      expect(found?.foundBy).toMatch(/^mount \/tmp\/hb_\w+\/net of \d+$/);
    });
  });

  itNeeds(root, 'of one thread', () => {
    inBoth((snapshot) => {
      const found = snapshot.namespaces.find((one) => one.id === variable('byThread'));
      expect(found?.foundBy).toBe(`thread ${variable('tid')}`);
      expect(portsIn(snapshot, variable('byThread'))).toEqual([3003]);
    });
  });

  itNeeds(root, 'and the two ends of a veth pair find each other', () => {
    inBoth((snapshot) => {
      const ends = [
        ['named', 'ehk-out', 'byFile'],
        ['byFile', 'ehk-in', 'named'],
      ] as const;
      for (const [here, name, there] of ends) {
        const network = snapshot.networks.find((one) => one.namespace === variable(here));
        const link = network?.interfaces.find((one) => one.name === name);
        expect(link).toMatchObject({ kind: 'veth', linkNamespace: variable(there), linkUnseen: false });
      }
    });
  });

  itNeeds(root, 'and a vsock listener on a kernel without vsock_diag is a gap that names its holder', () => {
    inBoth((snapshot) => {
      const listed = snapshot.sockets.some((socket) => socket.protocol === 'vsock' && socket.port === 4711);
      const gap = snapshot.collection.gaps.find((one) => one.what.includes('vsock'));
      if (variable('vsock') === 1) {
        const named = gap?.what.includes(String(variable('vsockPid'))) === true;
        expect(listed || named || gap?.what === 'vsock sockets, if there are any').toBe(true);
      }
    });
  });

  itNeeds(root, 'the host comes first and is called host', () => {
    inBoth((snapshot) => {
      expect(snapshot.namespaces[0]).toMatchObject({ name: 'host', entered: true });
      expect(new Set(snapshot.namespaces.map((one) => one.name)).size).toBe(snapshot.namespaces.length);
    });
  });
});

describe('names of namespaces', () => {
  it('reads nsfs mounts from mountinfo, with blanks in their paths', () => {
    const mountinfo = [
      '22 28 0:21 / /proc rw,nosuid - proc proc rw',
      '700 28 0:4 net:[4026532345] /srv/a\\040b rw shared:5 - nsfs nsfs rw',
      '701 28 0:4 mnt:[4026532346] /srv/m rw - nsfs nsfs rw',
    ].join('\n');
    expect(namespaceMounts(mountinfo)).toEqual([{ inode: 4026532345, path: '/srv/a b' }]);
  });

  it('calls a container by the start of its id, and a service by its unit', () => {
    const id = 'ab12'.repeat(16);
    expect(nameInCgroup(`0::/system.slice/docker-${id}.scope`)).toBe('ab12ab12ab12');
    expect(nameInCgroup(`0::/kubepods/besteffort/pod1/${id}`)).toBe('ab12ab12ab12');
    expect(nameInCgroup(`9:name=systemd:/docker/${id}\n8:pids:/docker/${id}\n0::/docker/${id}\n`)).toBe('ab12ab12ab12');
    expect(nameInCgroup('1:cpu:/\n0::/system.slice/redis.service\n')).toBe('redis.service');
    expect(nameInCgroup('0::/system.slice/redis.service')).toBe('redis.service');
    expect(nameInCgroup('0::/')).toBeNull();
  });
});
