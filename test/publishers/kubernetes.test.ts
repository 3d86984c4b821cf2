import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Published, Report } from '../../src/model/report.js';
import { itNeeds, needs } from '../needs.js';
import { Ground, type Knock, until } from './ground.js';

const required = [
  needs.linux,
  needs.root,
  ...['ip', 'nsenter', 'unshare', 'python3', 'nft', 'iptables-restore', 'busybox'].map(needs.program),
];
const able = required.every((need) => need.met());

/** Two pods behind a service: its cluster address and port, and the port on every node. Nobody is behind the second node port. */
const PODS = ['10.244.0.2', '10.244.0.3'] as const;
const CLUSTER = '10.96.0.10';
const [NODE_PORT, DEAD_PORT] = [30080, 30081];

/** Chains as kube-proxy lays them out in iptables mode: services, node ports, a random endpoint, marks for masquerading. */
const IPTABLES = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-EXT-WEB - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SEP-B - [0:0]
-A PREROUTING -m comment --comment "service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "service portals" -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-SERVICES -d ${CLUSTER}/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web" -m tcp --dport ${NODE_PORT} -j KUBE-EXT-WEB
-A KUBE-EXT-WEB -j KUBE-MARK-MASQ
-A KUBE-EXT-WEB -j KUBE-SVC-WEB
-A KUBE-SVC-WEB ! -s 10.244.0.0/16 -d ${CLUSTER}/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A
-A KUBE-SVC-WEB -j KUBE-SEP-B
-A KUBE-SEP-A -s ${PODS[0]}/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination ${PODS[0]}:8080
-A KUBE-SEP-B -s ${PODS[1]}/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination ${PODS[1]}:8080
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-FIREWALL - [0:0]
-A INPUT -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
-A INPUT -j KUBE-FIREWALL
-A FORWARD -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/dead has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport ${DEAD_PORT} -j REJECT --reject-with icmp-port-unreachable
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;

/** The same in nftables mode: verdict maps by address, protocol and port, and a random endpoint. */
const NFTABLES = `table ip kube-proxy {
  set nodeport-ips { type ipv4_addr; elements = { 10.77.0.1, 203.0.113.1 }; }
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { ${CLUSTER} . tcp . 80 : goto service-web }; }
  map service-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . ${NODE_PORT} : goto external-web }; }
  map no-endpoint-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . ${DEAD_PORT} : goto reject-chain }; }
  chain endpoint-a { ip saddr ${PODS[0]} jump mark-for-masquerade; meta l4proto tcp dnat to ${PODS[0]}:8080; }
  chain endpoint-b { ip saddr ${PODS[1]} jump mark-for-masquerade; meta l4proto tcp dnat to ${PODS[1]}:8080; }
  chain service-web {
    ip daddr ${CLUSTER} tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
    numgen random mod 2 vmap { 0 : goto endpoint-a, 1 : goto endpoint-b }
  }
  chain external-web { jump mark-for-masquerade; goto service-web; }
  chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
  chain masquerading { meta mark and 0x4000 == 0 return; meta mark set meta mark xor 0x4000; masquerade fully-random; }
  chain reject-chain { reject; }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }
  chain nodeport-endpoints-check { ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
  chain filter-input { type filter hook input priority -110; ct state new jump nodeport-endpoints-check; }
}
`;

let ground: Ground | null = null;
const servers: ChildProcess[] = [];
const here = (): Ground => {
  if (ground === null) throw new Error('no ground');
  return ground;
};
const podName = (at: number): string => `${here().host}-pod${at}`;

/** A bridge with two pods on it, each a namespace in which somebody says hello on 8080. */
function startPods(): void {
  const { host, folder } = here();
  const ip = (...words: readonly string[]): unknown => execFileSync('ip', words, { stdio: 'ignore' });
  const www = join(folder, 'www');
  mkdirSync(www);
  writeFileSync(join(www, 'index.html'), 'hello\n');
  ip('-n', host, 'link', 'add', 'cni0', 'type', 'bridge');
  ip('-n', host, 'addr', 'add', '10.244.0.1/24', 'dev', 'cni0');
  ip('-n', host, 'link', 'set', 'cni0', 'up');
  execFileSync('nsenter', [`--net=/run/netns/${host}`, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  for (const [at, address] of PODS.entries()) {
    const pod = podName(at);
    ip('netns', 'add', pod);
    ip('-n', pod, 'link', 'set', 'lo', 'up');
    ip('link', 'add', `pod${at}`, 'netns', host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pod);
    ip('-n', host, 'link', 'set', `pod${at}`, 'master', 'cni0', 'up');
    ip('-n', pod, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', pod, 'link', 'set', 'eth0', 'up');
    ip('-n', pod, 'route', 'add', 'default', 'via', '10.244.0.1');
    const words = [`--net=/run/netns/${pod}`, 'busybox', 'httpd', '-f', '-h', www, '-p', '8080'];
    servers.push(spawn('nsenter', words, { stdio: 'ignore' }));
  }
}

beforeAll(async () => {
  if (!able) return;
  ground = new Ground('rbk');
  await ground.ready();
  startPods();
  await until('the pods', () =>
    here()
      .knock(
        'host',
        PODS.map((address): Knock => ['tcp', address, 8080]),
      )
      .every((answer) => answer === 'hello'),
  );
});

afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL');
  if (ground !== null)
    for (const at of PODS.keys()) spawnSync('ip', ['netns', 'del', podName(at)], { stdio: 'ignore' });
  await ground?.close();
});

const publishedAt = (report: Report, start: string): readonly Published[] =>
  report.published.filter(
    ({ id, namespace }) => namespace.name === here().host && id.startsWith(`published/tcp/${start}`),
  );

/** The node port and the cluster address lead to both pods, and what is said of each packet is what happens. */
function judge(): void {
  const report = here().audit();
  const pods = PODS.map((address, at) => ({
    address,
    port: 8080,
    namespace: podName(at),
    listener: `tcp/[::]:8080@${podName(at)}`,
  }));
  const nodePort = report.published.filter(
    ({ namespace, port }) => namespace.name === here().host && port === NODE_PORT,
  );
  for (const pod of pods) {
    const [one] = nodePort.filter(({ target }) => target.address === pod.address);
    expect(one?.target).toMatchObject(pod);
    expect(one?.service.name).toBe('http');
    const outside = one?.exposure.zones.filter((row) => row.interface === 'rbv0' && row.zone === 'container');
    // Which of the two gets a packet is chance: of the one alone nothing else can be said.
    expect(outside?.map(({ reachable }) => reachable)).toContain('conditional');
    expect(outside?.flatMap(({ conditions }) => conditions).join(' ')).toMatch(/random/);
  }
  const cluster = publishedAt(report, `${CLUSTER}:80@`);
  expect(cluster.map(({ target }) => target.address).toSorted()).toEqual([...PODS]);

  const knocks: readonly Knock[] = [
    ['tcp', '203.0.113.1', NODE_PORT],
    ['tcp', '10.77.0.1', NODE_PORT],
    ['tcp', '203.0.113.1', DEAD_PORT],
    ['tcp', '203.0.113.1', 80],
    ['tcp', CLUSTER, 80],
  ];
  const answers = here().knock(
    'neighbour',
    knocks,
    knocks.map(() => true),
  );
  expect(answers).toEqual(['hello', 'hello', 'closed', 'closed', 'hello']);
  const said = here().reach(
    knocks.map(([proto, dst, dport]) => ({ src: '203.0.113.2', dst, proto, dport, in: 'rbv0' })),
  );
  expect(said.map(({ outcome }) => outcome)).toEqual(['open', 'open', 'rejected', 'closed', 'open']);
}

describe('what kube-proxy publishes', () => {
  itNeeds(required, 'is seen in its iptables rules', () => {
    here().run(['iptables-restore'], IPTABLES);
    judge();
    here().run(['nft', 'flush', 'ruleset']);
  });

  itNeeds(required, 'is seen in its nftables', () => {
    here().run(['nft', '-f', '-'], NFTABLES);
    judge();
    here().run(['nft', 'flush', 'ruleset']);
  });
});
