import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Listener } from '../../src/model/listener.js';
import type { Published, Report } from '../../src/model/report.js';
import { itNeeds, needs } from '../needs.js';
import { type Answer, Ground, type Knock, until } from './ground.js';
import { imageTar } from './image.js';

const required = [
  needs.linux,
  needs.root,
  ...['dockerd', 'docker', 'iptables', 'nft', 'ip', 'nsenter', 'python3', 'socat', 'busybox'].map(needs.program),
];
const able = required.every((need) => need.met());

const HTTPD = ['/bin/httpd', '-f', '-h', '/www', '-p'];
const ECHO = ['/usr/bin/socat', '-T5', 'UDP4-RECVFROM:53,fork', 'EXEC:/bin/cat'];
/** Containers: name, options, command. */
const CONTAINERS: readonly (readonly [name: string, options: string, command: readonly string[]])[] = [
  ['web', '-p 8080:80', [...HTTPD, '80']],
  ['local', '--cgroup-parent earshot-team -p 127.0.0.1:8081:80', [...HTTPD, '80']],
  ['six', '-p [fd77::1]:8082:80', [...HTTPD, '80']],
  ['both', '--network front -p 8090:80', [...HTTPD, '80']],
  ['hidden', '--network front -p 8091:80', [...HTTPD, '80']],
  ['walled', '-p 8092:80', [...HTTPD, '80']],
  ['range', '-p 9000-9001:9000-9001', ['/bin/sh', '-c', 'httpd -h /www -p 9000; exec httpd -f -h /www -p 9001']],
  ['echo', '-p 5353:53/udp', ECHO],
  ['onhost', '--network host', [...HTTPD, '7070']],
];
/** A host firewall that lets nothing in but SSH, as ufw leaves it. */
const FIREWALL =
  'table inet rbfw { chain input { type filter hook input priority 0; policy drop; ct state established,related accept; iif lo accept; meta l4proto ipv6-icmp accept; tcp dport 22 accept; }; }';

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
const socket = (): string => `unix://${here().folder}/docker.sock`;
const docker = (...args: readonly string[]): string => here().run(['docker', '-H', socket(), ...args]);

async function startDaemon(...more: readonly string[]): Promise<() => Promise<void>> {
  const { folder } = here();
  const places = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`];
  const daemon = here().start(['dockerd', '--storage-driver', 'vfs', ...places, '-H', socket(), ...more]);
  let ended = false;
  daemon.once('exit', () => {
    ended = true;
  });
  await until('dockerd', () => {
    if (ended) throw new Error('dockerd ended');
    return here().does(['docker', '-H', socket(), 'version']);
  });
  return async () => {
    here().does(['sh', '-c', `kill $(cat ${folder}/pid)`]);
    await until('the end of dockerd', () => ended);
  };
}

let stop: (() => Promise<void>) | null = null;

beforeAll(async () => {
  if (!able) return;
  ground = new Ground('rbd');
  await ground.ready();
  stop = await startDaemon('-H', 'tcp://127.0.0.1:2375');
  ground.run(['docker', '-H', socket(), 'import', '-', 'earshot-image'], imageTar());
  for (const network of ['front', 'back']) docker('network', 'create', network);
  for (const [name, options, command] of CONTAINERS)
    ids.set(name, docker('run', '-d', '--name', name, ...options.split(' '), 'earshot-image', ...command));
  docker('network', 'connect', 'back', 'both');
  ground.run(['nft', '-f', '-'], FIREWALL);
  const hide = '-I DOCKER-USER -i rbv0 -p tcp -m conntrack --ctorigdstport 8091 -j DROP';
  ground.run(['iptables', ...hide.split(' ')]);
  const walled = docker('inspect', '-f', '{{.State.Pid}}', 'walled');
  ground.run(
    ['nsenter', '-t', walled, '-n', 'nft', '-f', '-'],
    'table ip inner { chain input { type filter hook input priority 0; tcp dport 80 drop; }; }',
  );
  const [serves, echoes] = [docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'range'), '10.77.0.1'];
  await until('the services inside', () =>
    here()
      .knock('host', [
        ['tcp', serves, 9001],
        ['tcp', '127.0.0.1', 7070],
        ['udp', echoes, 5353],
      ])
      .every((answer) => answer === 'hello'),
  );
  report = ground.audit('--probe');
});

afterAll(async () => {
  await stop?.();
  await ground?.close();
});

const published = (of: string, from: Report = seen()): Published => {
  const id = `published/${of}@${here().host}`;
  const found = from.published.find((one) => one.id === id);
  if (found === undefined) throw new Error(`${id} is not among ${from.published.map((one) => one.id).join(' ')}`);
  return found;
};
const listenersOf = (namespace: string): readonly Listener[] =>
  seen().listeners.filter((listener) => listener.namespace.name === namespace);
const listenerAt = (id: string): Listener => {
  const found = seen().listeners.find((listener) => listener.id === `${id}@${here().host}`);
  if (found === undefined) throw new Error(`${id} is not listed`);
  return found;
};

/** What a row of an exposure says of the neighbour: the row of the interface it comes in by. */
const neighbourGetsIn = ({ exposure }: Published): boolean =>
  exposure.zones.some((row) => row.interface === 'rbv0' && row.reachable === 'yes');

/** Every packet that a neighbour or the host itself might send to the ports; what `earshot reach` says must be what happened. */
function compare(): readonly string[] {
  const tcp = [8080, 8081, 8082, 8090, 8091, 8092, 8099, 9000, 9001, 7070, 2375, 22];
  const knocks: { readonly from: 'neighbour' | 'host'; readonly knock: Knock; readonly src: string }[] = [];
  for (const address of ['10.77.0.1', '203.0.113.1', 'fd77::1', '127.0.0.1'])
    for (const port of [...tcp, 5353]) {
      const knock: Knock = [port === 5353 ? 'udp' : 'tcp', address, port];
      if (knock[0] === 'udp' && address.includes(':')) continue;
      knocks.push({ from: 'neighbour', knock, src: address.includes(':') ? 'fd77::2' : '203.0.113.2' });
      // docker-proxy would take this one, and wait for the container whose firewall is silent.
      const waits = address === '127.0.0.1' && port === 8092;
      if (!address.includes(':') && !waits) knocks.push({ from: 'host', knock, src: address });
    }
  const said = here().reach(
    knocks.map(({ knock: [proto, dst, dport], src, from }) => ({
      ...{ src, dst, proto, dport },
      ...(from === 'neighbour' ? { in: 'rbv0' } : {}),
    })),
  );
  const isAnswered = said.map(({ outcome }) => outcome !== 'filtered');
  const answers = new Map<unknown, Answer>();
  for (const from of ['neighbour', 'host'] as const) {
    const asked = knocks.filter((one) => one.from === from);
    const got = here().knock(
      from,
      asked.map((one) => one.knock),
      isAnswered.filter((_, i) => knocks[i]?.from === from),
    );
    for (const [i, one] of asked.entries()) answers.set(one, got[i] ?? 'silent');
  }
  const wrong: string[] = [];
  knocks.forEach((one, i) => {
    const answer = answers.get(one) ?? 'silent';
    const outcome = said[i]?.outcome ?? 'none';
    const fits = {
      hello: outcome === 'open',
      // docker-proxy takes a connection first and closes it when nobody answers behind it.
      closed: outcome === 'closed' || outcome === 'rejected' || outcome === 'open',
      silent: outcome === 'filtered' || outcome === 'open',
    }[answer];
    const tooWide = answer !== 'hello' && outcome === 'open' && !isProxied(said[i]?.listener ?? null);
    if (!fits || tooWide) wrong.push(`${one.from} ${one.src} → ${one.knock.join(' ')}: ${answer}, said ${outcome}`);
  });
  return wrong;
}

/** A socket of docker-proxy or of dockerd itself: what comes back through it is not the question of reach. */
const isProxied = (listener: string | null): boolean => listener?.endsWith(`@${here().host}`) === true;

describe('what a real dockerd publishes', () => {
  itNeeds(required, 'appears under published with its container, image and target', () => {
    for (const [name, at, port] of [
      ['web', 'tcp/0.0.0.0:8080', 80],
      ['local', 'tcp/127.0.0.1:8081', 80],
      ['both', 'tcp/0.0.0.0:8090', 80],
      ['hidden', 'tcp/0.0.0.0:8091', 80],
      ['walled', 'tcp/0.0.0.0:8092', 80],
      ['range', 'tcp/0.0.0.0:9000', 9000],
      ['range', 'tcp/0.0.0.0:9001', 9001],
      ['echo', 'udp/0.0.0.0:5353', 53],
    ] as const) {
      const one = published(at);
      expect(one.target, at).toMatchObject({ port, namespace: name });
      expect(one.target.listener, at).toMatch(new RegExp(`:${port}@${name}$`));
      expect(one.owners[0]?.container, at).toEqual({
        runtime: 'docker',
        id: ids.get(name),
        name,
        image: 'earshot-image',
      });
      expect(one.via, at).toMatchObject({ kind: 'rule', verdict: 'dnat' });
    }
    expect(published('tcp/0.0.0.0:8080').service.name).toBe('http');
  });

  itNeeds(required, 'is said to be reachable by whom it is reachable', () => {
    expect(compare()).toEqual([]);
    // Past the host's own input chain, which drops all but SSH.
    expect(neighbourGetsIn(published('tcp/0.0.0.0:8080'))).toBe(true);
    expect(neighbourGetsIn(published('udp/0.0.0.0:5353'))).toBe(true);
    // A neighbour may address 127.0.0.1: DNAT takes it before the martian check.
    expect(neighbourGetsIn(published('tcp/127.0.0.1:8081'))).toBe(true);
    // DOCKER-USER is asked, and so is the firewall inside the container.
    expect(neighbourGetsIn(published('tcp/0.0.0.0:8091'))).toBe(false);
    expect(neighbourGetsIn(published('tcp/0.0.0.0:8092'))).toBe(false);
  });

  itNeeds(required, 'names docker-proxy as a relay into the container', () => {
    const relay = listenerAt('tcp/0.0.0.0:8080');
    expect(relay.owners[0]?.exe).toBe('/usr/sbin/docker-proxy');
    expect(relay.service).toMatchObject({ name: 'http', relayTo: { port: 80, listener: 'tcp/[::]:80@web' } });
    expect(listenerAt('tcp/[fd77::1]:8082').service.relayTo?.listener).toBe('tcp/[::]:80@six');
    expect(listenerAt('udp/0.0.0.0:5353').service.relayTo).toMatchObject({ port: 53 });
  });

  itNeeds(required, 'names what listens inside by the container’s own root', () => {
    const [inside] = listenersOf('web');
    expect(inside?.owners[0]).toMatchObject({
      exe: '/bin/busybox',
      exeState: 'present',
      package: { manager: 'dpkg', name: 'busybox-static' },
      container: { runtime: 'docker', name: 'web', image: 'earshot-image' },
    });
    const onHost = listenerAt('tcp/[::]:7070');
    expect(onHost.owners[0]).toMatchObject({ exeState: 'present', container: { name: 'onhost' } });
    const resolvers = listenersOf('both').filter(({ address }) => address === '127.0.0.11');
    expect(resolvers.map(({ service }) => service.name)).toEqual(['dns', 'dns']);
    const states = seen().listeners.flatMap(({ owners }) =>
      owners.filter(({ container }) => [...ids.values()].includes(container?.id ?? '')).map((one) => one.exeState),
    );
    expect(new Set(states)).toEqual(new Set(['present']));
  });

  itNeeds(required, 'and an API without TLS is found unauthenticated, seen', () => {
    const api = listenerAt('tcp/127.0.0.1:2375');
    expect(api.service).toMatchObject({ name: 'docker', confidence: 'certain', authentication: 'none' });
    const finding = seen().findings.find(({ subject }) => subject === api.id);
    expect(finding?.ruleId).toMatch(/docker/);
    expect(finding?.title).toBe('The Docker API is open without a login');
  });

  itNeeds(required, 'is the same without its proxy, and after a restart', async () => {
    const names = CONTAINERS.map(([name]) => name);
    docker('kill', ...names);
    await stop?.();
    stop = await startDaemon('--userland-proxy=false');
    docker('start', ...names);
    await until('the services inside', () =>
      here()
        .knock('neighbour', [
          ['tcp', '203.0.113.1', 9001],
          ['udp', '203.0.113.1', 5353],
        ])
        .every((answer) => answer === 'hello'),
    );
    const again = here().audit();
    const onHost = again.listeners.filter(({ namespace }) => namespace.name === here().host);
    expect(onHost.flatMap(({ owners }) => owners.map(({ exe }) => exe))).not.toContain('/usr/sbin/docker-proxy');
    for (const at of ['tcp/0.0.0.0:8080', 'tcp/0.0.0.0:8090', 'tcp/0.0.0.0:9001', 'udp/0.0.0.0:5353']) {
      const one = published(at, again);
      expect(neighbourGetsIn(one), at).toBe(true);
      expect(names).toContain(one.owners[0]?.container?.name);
    }
    expect(compare()).toEqual([]);
  });
});
