import { PORTS } from './lab.js';
import type { Random } from './random.js';

/**
 * What firewalls seldom say: each may stand in any rule. A line that nft or iptables does not take (two protocols in one rule, a hook that does
 * not know an expression) is left out when the ruleset is loaded.
 */

const port = (r: Random): number => r.pick(PORTS);

/** Matches of nft whose answer is certain for a first packet. */
const CERTAIN: readonly ((r: Random) => string)[] = [
  (r) => `meta l4proto tcp @th,16,16 ${port(r)}`,
  (r) => `@th,16,16 ${port(r)}`,
  (r) => `@th,16,16 { ${port(r)}, 3001-4000 }`,
  (r) => `meta l4proto udp @th,16,16 & 0xfff0 == ${port(r) & 0xfff0}`,
  () => 'ip6 nexthdr tcp',
  () => 'ip protocol != udp',
  (r) => `icmp type ${r.pick(['echo-request', '!= echo-request'])}`,
  () => 'icmpv6 type echo-request',
  (r) => `sctp dport ${port(r)}`,
  (r) => `dccp dport ${port(r)}`,
  (r) => `udplite dport ${port(r)}`,
  (r) => `udp sport ${r.pick(['1024-65535', '< 1024', '!= 53'])}`,
  (r) => `th sport ${r.pick(['1024-65535', '< 1024'])}`,
  (r) => `meta l4proto . th dport { tcp . ${port(r)}, udp . ${port(r)} }`,
  (r) =>
    `ip saddr . ip daddr . tcp dport { 10.77.0.0/24 . 10.77.0.1-10.77.0.3 . 1-1000, 203.0.113.5 . 10.77.0.3 . ${port(r)} }`,
  (r) => `iifname . meta l4proto . th dport { "eth0" . tcp . ${port(r)}, "lo" . udp . 53, "eth1" . tcp . 1-65535 }`,
  (r) => `ip daddr . meta mark { 10.77.0.1 . 0, 10.77.0.3 . ${r.pick([1, 2])} }`,
  (r) =>
    `ip6 saddr . ip6 daddr . tcp dport { 2001:db8:77::/64 . 2001:db8:77::1 . ${port(r)}, fd00::5 . 2001:db8:77::1 . 1-9000 }`,
  (r) => `ct l3proto ${r.pick(['ipv4', 'ipv6'])}`,
  (r) => `ct protocol ${r.pick(['tcp', 'udp'])}`,
  (r) => `ct original protocol ${r.pick([6, 17])}`,
  (r) => `ct original ip saddr ${r.pick(['10.77.0.2', '203.0.113.0/24', '!= 10.77.0.0/24'])}`,
  (r) => `ct original ip6 saddr ${r.pick(['2001:db8:77::/64', '!= fd00::5'])}`,
  (r) => `ct reply ip saddr ${r.pick(['10.77.0.1', '10.78.0.2', '!= 10.78.0.0/24'])}`,
  (r) => `ct reply ip daddr ${r.pick(['10.77.0.2', '203.0.113.0/24'])}`,
  (r) => `meta l4proto tcp ct reply proto-src ${port(r)}`,
  (r) => `meta l4proto udp ct original proto-dst ${port(r)}`,
  () => 'meta l4proto tcp ct original proto-src 1024-65535',
  (r) => `ct status ${r.pick(['snat', 'snat,dnat', 'expected', '! dnat', 'confirmed', 'assured', 'seen-reply'])}`,
  (r) => `ct direction ${r.pick(['original', 'reply', '!= reply'])}`,
  (r) => `ct mark ${r.pick(['& 1 == 1', '& 0x3 != 0', '{ 0, 2 }', '0-1'])}`,
  () => 'ct helper "ftp"',
  (r) => `ct zone ${r.pick([0, 5, '!= 5', '!= 0'])}`,
  (r) => `ct state ${r.pick(['new,untracked', 'invalid,untracked', '!= untracked', '& (new|invalid) != 0'])}`,
  (r) => `meta mark ${r.pick(['& 1 != 1', '0-1', '!= { 1, 2 }', '& 0xf0 == 0'])}`,
  (r) => `meta protocol ${r.pick(['ip', 'ip6', '!= ip', '{ ip, arp }'])}`,
  (r) => `iifgroup ${r.pick(['default', '!= default', '7'])}`,
  (r) => `iifkind ${r.pick(['"veth"', '!= "veth"', '"bridge"'])}`,
  (r) => `oifkind ${r.pick(['"veth"', '!= "veth"'])}`,
  (r) => `iiftype ${r.pick(['ether', 'loopback', '!= ether'])}`,
  (r) => `oifgroup ${r.pick(['default', '!= default'])}`,
  (r) => `meta pkttype ${r.pick(['host', 'broadcast', '!= host', '{ multicast, broadcast }'])}`,
  (r) => `fib saddr type ${r.pick(['local', '!= local', 'unicast', '{ broadcast, multicast }'])}`,
  (r) => `fib daddr . iif type ${r.pick(['local', '!= local'])}`,
  (r) => `fib daddr . oif type ${r.pick(['local', 'unicast'])}`,
  (r) => `fib daddr . mark type ${r.pick(['local', '!= local'])}`,
  (r) => `fib saddr oif ${r.pick(['eth0', '!= eth0', 'eth1'])}`,
  (r) => `fib saddr oifname ${r.pick(['"eth0"', '!= "eth0"', '"eth1"'])}`,
  (r) => `fib saddr . iif oifname ${r.pick(['"eth0"', '!= "eth0"'])}`,
  (r) => `fib daddr oif ${r.pick(['eth1', 'lo', 'exists', 'missing'])}`,
  (r) => `fib saddr . mark oif ${r.pick(['exists', 'missing'])}`,
  (r) => `fib saddr . mark . iif oif ${r.pick(['exists', 'missing'])}`,
  (r) =>
    `tcp flags ${r.pick(['syn / fin,syn', '!= syn / syn,ack', 'fin,rst', '& (fin|syn|rst|psh|ack|urg) == syn', '{ syn, ack }', '!= { syn, syn|ack }'])}`,
  (r) => `tcp dport & 0xff00 == ${r.pick([0, 0x1f00, 0x2300])}`,
  (r) => `tcp dport ${r.pick(['22-443', '!= 22-443', '>= 1024', '<= 443', '!= { 22, 80 }'])}`,
  (r) =>
    `ip saddr ${r.pick(['>= 198.51.0.0', '< 100.64.1.1', '!= 10.77.0.0-10.77.0.50', '& 0.0.0.255 == 0.0.0.5', '& 255.0.0.255 == 10.0.0.2'])}`,
  (r) =>
    `ip6 saddr ${r.pick(['& ffff:ffff:ffff:: == 2001:db8:77::', '2001:db8:77::2-2001:db8:77::70', '!= { fd00::5, 2001:db8:ff::/48 }', '>= 2001:db8:100::'])}`,
  (r) => `ip saddr @big${r.chance(30) ? ' tcp dport @ports' : ''}`,
  (r) => `ip saddr . tcp dport ${r.pick(['', '!= '])}@pairs`,
  () => 'ip saddr . ip daddr . th dport @triples',
  () => 'meta l4proto . th dport @services',
  () => 'iifname @links',
  () => 'meta mark @marks',
  () => 'ip6 saddr @six',
  (r) => `numgen inc mod ${r.pick(['3 != 3', '2 { 0, 1 }', '4 5'])}`,
];

/** Matches whose answer the sender or the state decides. */
const UNCERTAIN: readonly ((r: Random) => string)[] = [
  (r) => `ip ttl ${r.pick(['> 1', '< 5', '64'])}`,
  () => 'ip hdrlength 5',
  () => 'ip version 4',
  () => 'ip frag-off & 0x1fff != 0',
  (r) => `exthdr ${r.pick(['frag', 'hbh', 'rt'])} exists`,
  () => 'frag more-fragments 1',
  (r) => `tcp option ${r.pick(['maxseg exists', 'sack-perm missing', 'maxseg size 1460', 'timestamp exists'])}`,
  () => 'meta length < 100',
  (r) => `@nh,96,32 ${r.pick(['0x0a4d0002', '0xcb007105'])}`,
  (r) => `numgen ${r.pick(['inc', 'random'])} mod 2 0`,
  () => 'jhash ip saddr mod 2 seed 0x1 0',
  () => 'symhash mod 2 0',
  (r) => `socket ${r.pick(['transparent 1', 'wildcard 0', 'mark 1'])}`,
  () => 'rt classid 1',
  () => 'osf name "Linux"',
  () => 'meta ipsec exists',
  () => 'meta hour "00:00"-"23:59"',
  () => 'meta day "Monday"',
  () => 'meta cpu 0',
  () => 'meta priority 0',
  () => 'ct packets > 5',
  () => 'ct bytes > 5',
  () => 'ct label 1',
  () => 'ct count over 100',
  () => 'limit rate 1/day',
  () => 'limit rate over 1000000/second',
  () => 'quota over 1 gbytes',
  () => 'add @seen { ip saddr }',
  () => 'update @seen { ip saddr timeout 1m }',
  () => 'ip saddr @seen',
  () => 'meta skuid 0',
  () => 'ether saddr 00:00:00:00:00:01',
  () => 'ip dscp cs0',
  () => 'tcp window > 0',
  () => 'tcp ackseq 0',
];

/** A match seldom seen, one in eight of them uncertain. */
export const rareMatch = (r: Random): string => r.pick(r.chance(6) ? UNCERTAIN : CERTAIN)(r);

/** Statements before the verdict that change what later rules see, or nothing at all. */
const STATEMENTS: readonly ((r: Random) => string)[] = [
  () => 'log prefix "x "',
  () => 'counter name "hits"',
  () => 'meta priority set 1:1',
  () => 'ct mark set ct mark | 0x1',
  () => 'ct mark set meta mark & 0x3',
  () => 'meta mark set ct mark',
  () => 'meta mark set meta mark ^ 0x3',
  () => 'meta mark set meta mark & 0xfffffffe',
  (r) => `meta mark set tcp dport map { ${port(r)} : 1, 3001-4000 : 2 }`,
  () => 'meta mark set ip saddr map { 10.77.0.0/24 : 1, 203.0.113.5 : 2 }',
  () => 'meta mark set iifname map { "eth0" : 1, "eth1" : 2 }',
  () => 'ct mark set ip saddr map @tomark',
  () => 'ip dscp set cs1',
  () => 'tcp option maxseg size set 1000',
  () => 'ct label set 1',
  () => 'ct event set new',
  () => 'ct helper set "ftpd"',
  () => 'ct timeout set "slow"',
  () => 'add @logged { ip daddr }',
  () => 'last',
];

export const rareStatement = (r: Random): string => r.pick(STATEMENTS)(r);

/** Verdict maps by seldom keys. */
export const rareVerdictMap = (r: Random, jump: string): string =>
  r.pick([
    'tcp dport vmap @verdicts',
    'ip saddr . tcp dport vmap @pairverdicts',
    `iifname vmap { "eth0" : ${jump}, "eth1" : accept }`,
    `iifname . meta l4proto vmap { "eth0" . tcp : ${jump}, "eth0" . udp : drop }`,
    'meta mark vmap { 0 : continue, 1 : drop, 2 : accept }',
    `ct state vmap { new : ${jump}, untracked : drop }`,
    `ct mark vmap { 1 : drop, 2-3 : ${jump} }`,
    'fib daddr type vmap { local : continue, unicast : accept, broadcast : drop }',
    `meta nfproto vmap { ipv4 : ${jump}, ipv6 : drop }`,
    `numgen inc mod 2 vmap { 0 : accept, 1 : accept }`,
    `ip6 saddr vmap { 2001:db8:77::/64 : ${jump}, fd00::/8 : drop }`,
    `tcp flags vmap { syn : ${jump}, fin : drop }`,
    'ct direction vmap { original : continue, reply : drop }',
    `meta l4proto . th dport vmap { tcp . ${port(r)} : drop, udp . ${port(r)} : accept }`,
  ]);

/** Named objects that rare matches and statements ask for. */
export const rareSets = (r: Random, family: string): readonly string[] => [
  ...(family === 'ip6'
    ? []
    : [
        ' set big { type ipv4_addr; flags interval; auto-merge; elements = { 10.77.0.0/25, 203.0.113.0/24, 198.51.100.7, 100.64.0.0/10 }; }',
        ` set pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.77.0.0/24 . 1-1023, 203.0.113.5 . ${port(r)}, 198.51.100.0-198.51.100.9 . 5000-9000 }; }`,
        ` set triples { typeof ip saddr . ip daddr . th dport; flags interval; elements = { 10.77.0.0/24 . 10.77.0.1 . ${port(r)}, 0.0.0.0/0 . 10.77.0.3 . 1-100 }; }`,
        ' set seen { type ipv4_addr; flags dynamic,timeout; timeout 1m; elements = { 10.77.0.77 }; }',
        ' set logged { type ipv4_addr; flags dynamic; size 100; }',
        ' map tomark { type ipv4_addr : mark; flags interval; elements = { 10.77.0.0/24 : 1, 203.0.113.5 : 2, 198.51.100.0/24 : 0 }; }',
        ` map pairverdicts { type ipv4_addr . inet_service : verdict; flags interval; elements = { 10.77.0.0/24 . 1-100 : accept, 203.0.113.0/24 . ${port(r)} : drop }; }`,
      ]),
  ' set six { type ipv6_addr; flags interval,timeout; elements = { 2001:db8:77::/64 timeout 1h, fd00::/8 }; }',
  ` set ports { type inet_service; flags interval; elements = { ${port(r)}, 3001-4000 }; }`,
  ` set services { type inet_proto . inet_service; elements = { tcp . ${port(r)}, udp . 53, tcp . ${port(r)} }; }`,
  ' set links { type ifname; elements = { "eth0", "lo" }; }',
  ' set marks { type mark; elements = { 1, 3 }; }',
  ` map verdicts { type inet_service : verdict; flags interval; elements = { ${port(r)} : accept, 3001-4000 : drop, 6000-6500 : return }; }`,
  ' counter hits { }',
  ' ct helper ftpd { type "ftp" protocol tcp; }',
  ' ct timeout slow { protocol tcp; policy = { established : 100 }; }',
];

/** Rules of a NAT chain on prerouting. */
export const rareNat = (r: Random, v4: boolean, inet: boolean): readonly string[] => {
  const to = v4 ? '10.78.0.2' : '[2001:db8:78::2]';
  const bare = v4 ? '10.78.0.2' : '2001:db8:78::2';
  const family = inet ? (v4 ? ' ip' : ' ip6') : '';
  return [
    `tcp dport ${port(r)} dnat${family} to ${to}:8080-8081`,
    `tcp dport ${port(r)} dnat${family} to ${to}:80 random`,
    `tcp dport ${port(r)} dnat${family} to ${bare} persistent`,
    `tcp dport ${port(r)} redirect`,
    `udp dport ${port(r)} redirect to :53-54`,
    `tcp dport ${port(r)} redirect to :80 random`,
    'redirect to tcp dport map { 1234 : 22, 514 : 80 }',
    `meta mark 1 tcp dport ${port(r)} redirect to :443`,
    `iifname "eth0" fib daddr type local tcp dport { ${port(r)}, 3001-4000 } dnat${family} to ${to}:80`,
    `ct state new tcp dport ${port(r)} dnat${family} to ${to}:8080`,
    `tcp dport ${port(r)} return`,
    `tcp dport ${port(r)} drop`,
    ...(v4
      ? [
          `dnat${family} to ip saddr map { 10.77.0.0/24 : 10.78.0.2, 203.0.113.5 : 10.77.0.3 }`,
          `dnat ip addr . port to tcp dport map { 1234 : 10.78.0.2 . 8080, ${port(r) === 1234 ? 514 : 8443} : 10.77.0.1 . 22 }`,
          `dnat ip addr . port to ip daddr . tcp dport map { 10.77.0.1 . 1234 : 10.78.0.2 . 80 }`,
          `tcp dport ${port(r)} dnat${family} to 10.78.0.2-10.78.0.3`,
          `ip daddr 10.77.0.0/24 tcp dport ${port(r)} dnat ip prefix to ip daddr map { 10.77.0.0/24 : 10.78.0.0/24 }`,
          `tcp dport ${port(r)} dnat${family} to 10.77.0.3:22`,
          `ip daddr 10.77.0.3 dnat${family} to 10.77.0.1`,
        ]
      : []),
  ];
};

/** Chains that change sources, mark packets in raw, give zones, or look at what leaves by a device. */
export function rareTable(r: Random): string {
  return r.pick([
    () =>
      `table inet rare {\n chain raw {\n  type filter hook prerouting priority -300; policy accept;\n  iifname "eth0" tcp dport ${port(r)} ct zone set 5\n  udp dport ${port(r)} ct zone set 7\n }\n chain in {\n  type filter hook input priority 20; policy accept;\n  ct zone ${r.pick([5, 7, '!= 5'])} ct state new tcp dport ${port(r)} drop\n }\n}\n`,
    () =>
      `table ip rare {\n chain post {\n  type nat hook postrouting priority 100; policy accept;\n  oifname "eth1" ${r.pick(['masquerade', 'snat to 10.78.0.1', 'masquerade random'])}\n }\n chain in {\n  type nat hook input priority 100; policy accept;\n  tcp dport ${port(r)} snat to 10.77.0.3\n }\n}\n`,
    () =>
      `table netdev rare {\n chain out {\n  type filter hook egress device "${r.pick(['eth0', 'eth1'])}" priority 0; policy accept;\n  ${r.pick([`ip protocol tcp tcp sport ${port(r)} drop`, 'ip daddr 203.0.113.5 drop', `udp dport ${port(r)} drop`, 'meta mark 1 drop'])}\n }\n}\n`,
    () =>
      `table netdev rare {\n set bad { type ipv4_addr; flags interval; elements = { 203.0.113.0/24, 198.51.100.7 }; }\n chain in {\n  type filter hook ingress device "eth0" priority ${r.pick([-10, 10])}; policy accept;\n  ${r.pick(['ip saddr @bad drop', `ip saddr vmap { 203.0.113.5 : drop, 10.77.0.2 : accept }`, `tcp dport { ${port(r)}, 3001-4000 } counter drop`, 'ip6 saddr fd00::/8 drop', 'dup to "eth1"', `ip daddr 10.77.0.3 tcp dport ${port(r)} fwd to "lo"`, 'meta protocol ip6 meta mark set 3', `tcp dport ${port(r)} reject`, `iifname "eth0" udp dport ${port(r)} drop`])}\n }\n}\n`,
    () =>
      `table ip rare {\n chain raw {\n  type filter hook prerouting priority -160; policy accept;\n  tcp dport ${port(r)} ${r.pick(['ip ttl set 3', 'dup to 10.78.0.2 device "eth1"', `tcp dport set ${port(r)}`, 'ip daddr set 10.77.0.3', 'notrack'])}\n }\n}\n`,
    () =>
      `table inet rare {\n synproxy sp {\n  mss 1460\n  wscale 7\n }\n chain pre {\n  type filter hook prerouting priority -300; policy accept;\n  tcp dport ${port(r)} tcp flags syn notrack\n }\n chain in {\n  type filter hook input priority 30; policy accept;\n  tcp dport ${port(r)} ct state invalid,untracked synproxy name "sp"\n }\n}\n`,
    () =>
      `table ip rare {\n chain out {\n  type route hook output priority -150; policy accept;\n  tcp dport ${port(r)} meta mark set ${r.pick([1, 2])}\n }\n chain post {\n  type filter hook postrouting priority 150; policy accept;\n  oifname "eth1" tcp dport ${port(r)} drop\n }\n}\n`,
    () =>
      `table inet rare {\n ct expectation ex {\n  protocol tcp\n  dport 5432\n  timeout 1m\n  size 10\n  l3proto ip\n }\n chain in {\n  type filter hook input priority 40; policy accept;\n  tcp dport ${port(r)} ct expectation set "ex"\n  ct status expected drop\n }\n}\n`,
  ])();
}
