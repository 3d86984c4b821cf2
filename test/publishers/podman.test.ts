import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Published, Report } from '../../src/model/report.js';
import { itNeeds, needs } from '../needs.js';
import { Ground, type Knock, until } from './ground.js';
import { imageTar } from './image.js';

const NETAVARK = '/usr/lib/podman/netavark';
const required = [
  needs.linux,
  needs.root,
  ...['podman', 'conmon', 'runc', 'iptables', 'ip', 'nsenter', 'python3', 'socat', 'busybox'].map(needs.program),
  needs.file(NETAVARK),
];
const able = required.every((need) => need.met());

const HTTPD = ['/bin/httpd', '-f', '-h', '/www', '-p'];
const ECHO = ['/usr/bin/socat', '-T5', 'UDP4-RECVFROM:53,fork', 'EXEC:/bin/cat'];
const CONTAINERS: readonly (readonly [name: string, options: string, command: readonly string[]])[] = [
  ['web', '-p 8080:80', [...HTTPD, '80']],
  ['local', '-p 127.0.0.1:8081:80', [...HTTPD, '80']],
  ['named', '--network inner -p 8090-8091:80-81', [...HTTPD, '80']],
  ['echo', '--network inner -p 5353:53/udp', ECHO],
  ['onhost', '--network host', [...HTTPD, '7070']],
];

let ground: Ground | null = null;
let report: Report | null = null;
const ids = new Map<string, string>();

const here = (): Ground => {
  if (ground === null) throw new Error('no ground');
  return ground;
};
const seen = (): Report => {
  if (report === null) throw new Error('no report');
  return report;
};

function podman(args: readonly string[], input: Buffer | string = ''): string {
  const { folder } = here();
  const places = ['root', 'runroot', 'tmpdir', 'network-config-dir'].flatMap((name) => [
    `--${name}`,
    `${folder}/${name}`,
  ]);
  const ways = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'];
  return here().run(['podman', ...places, '--network-backend', 'netavark', ...ways, ...args], input);
}

beforeAll(async () => {
  if (!able) return;
  ground = new Ground('rbp');
  await ground.ready();
  podman(['import', '-', 'earshot-image'], imageTar());
  podman(['network', 'create', 'inner']);
  // More than this host's own limits may be refused.
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
  for (const [name, options, command] of CONTAINERS)
    ids.set(name, podman(['run', '-d', ...limits, '--name', name, ...options.split(' '), 'earshot-image', ...command]));
  await until('the services inside', () =>
    here()
      .knock('neighbour', [
        ['tcp', '203.0.113.1', 8080],
        ['tcp', '203.0.113.1', 8090],
        ['tcp', '203.0.113.1', 7070],
        ['udp', '203.0.113.1', 5353],
      ])
      .every((answer) => answer === 'hello'),
  );
  report = ground.audit();
});

afterAll(async () => {
  await ground?.close();
});

const published = (of: string): Published => {
  const id = `published/${of}@${here().host}`;
  const found = seen().published.find((one) => one.id === id);
  if (found === undefined)
    throw new Error(
      `${id} is not among ${seen()
        .published.map((one) => one.id)
        .join(' ')}`,
    );
  return found;
};

describe('what a real Podman publishes', () => {
  itNeeds(required, 'appears under published with its container, image and target', () => {
    for (const [name, at, port] of [
      ['web', 'tcp/0.0.0.0:8080', 80],
      ['local', 'tcp/127.0.0.1:8081', 80],
      ['named', 'tcp/0.0.0.0:8090', 80],
      ['echo', 'udp/0.0.0.0:5353', 53],
    ] as const) {
      const one = published(at);
      expect(one.target, at).toMatchObject({ port, namespace: name });
      expect(one.target.listener, at).toMatch(new RegExp(`:${port}@${name}$`));
      expect(one.owners[0]?.container, at).toEqual({
        runtime: 'podman',
        id: ids.get(name),
        name,
        image: 'localhost/earshot-image:latest',
      });
    }
    // Nobody listens behind it.
    expect(published('tcp/0.0.0.0:8091')).toMatchObject({ target: { port: 81, listener: null }, owners: [] });
  });

  itNeeds(required, 'is said to be reachable by whom it is reachable', () => {
    const knocks: readonly Knock[] = ['10.77.0.1', '203.0.113.1', '127.0.0.1'].flatMap((address) => [
      ...[8080, 8081, 8090, 8091, 7070, 22].map((port): Knock => ['tcp', address, port]),
      ['udp', address, 5353],
    ]);
    for (const from of ['neighbour', 'host'] as const) {
      const said = here().reach(
        knocks.map(([proto, dst, dport]) => ({
          ...{ dst, proto, dport, src: from === 'host' ? dst : '203.0.113.2' },
          ...(from === 'neighbour' ? { in: 'rbv0' } : {}),
        })),
      );
      const answers = here().knock(
        from,
        knocks,
        said.map(({ outcome }) => outcome !== 'filtered'),
      );
      const outcomes = { hello: 'open', closed: 'closed', silent: 'filtered' } as const;
      expect(said.map(({ outcome }, i) => `${knocks[i]?.join(' ')} ${outcome}`)).toEqual(
        answers.map((answer, i) => `${knocks[i]?.join(' ')} ${outcomes[answer]}`),
      );
    }
  });

  itNeeds(required, 'names what listens inside, and what only keeps the port', () => {
    const onHost = seen().listeners.filter(({ namespace }) => namespace.name === here().host);
    const kept = onHost.find(({ id }) => id.startsWith('tcp/0.0.0.0:8080@'));
    expect(kept?.owners[0]?.exe).toBe('/usr/bin/conmon');
    expect(kept?.service.name).toBeNull();
    expect(kept?.service.evidence.join(' ')).toContain('keeps the port for the container web');
    const shared = onHost.find(({ port }) => port === 7070);
    expect(shared?.owners[0]?.container).toMatchObject({ runtime: 'podman', name: 'onhost' });
    const [inside] = seen().listeners.filter(({ namespace }) => namespace.name === 'web');
    expect(inside?.owners[0]).toMatchObject({
      exe: '/bin/busybox',
      exeState: 'present',
      package: { manager: 'dpkg', name: 'busybox-static' },
    });
    const resolver = onHost.find(({ owners }) => owners[0]?.exe?.endsWith('aardvark-dns') === true);
    expect(resolver?.service.name).toBe('dns');
  });
});
