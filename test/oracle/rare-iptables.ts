import { PORTS } from './lab.js';
import type { Random } from './random.js';

const port = (r: Random): number => r.pick(PORTS);

/** Matches of iptables whose answer is certain for a first packet; what a hook does not take is left out when it is loaded. */
const CERTAIN: readonly ((r: Random, v6: boolean) => string)[] = [
  (r, v6) =>
    v6
      ? '-m addrtype --src-type UNICAST'
      : `-m addrtype ${r.pick(['--src-type LOCAL', '! --src-type LOCAL', '--src-type UNICAST --dst-type LOCAL'])}`,
  (r, v6) => `-m addrtype --dst-type ${v6 ? 'LOCAL' : r.pick(['LOCAL', 'UNICAST', 'BROADCAST'])} --limit-iface-in`,
  (r) => `-m conntrack --ctproto ${r.pick(['tcp', 'udp'])}`,
  (r, v6) =>
    `-m conntrack ${r.chance(20) ? '! ' : ''}--ctorigsrc ${v6 ? '2001:db8:77::/64' : r.pick(['10.77.0.0/24', '203.0.113.5'])}`,
  (r, v6) => `-m conntrack --ctorigdst ${v6 ? '2001:db8:77::1' : r.pick(['10.77.0.1', '10.77.0.3', '10.78.0.0/24'])}`,
  (r, v6) => `-m conntrack --ctreplsrc ${v6 ? '2001:db8:78::2' : r.pick(['10.78.0.2', '10.77.0.1'])}`,
  (_r, v6) => `-m conntrack --ctrepldst ${v6 ? '2001:db8:77::2' : '10.77.0.0/24'}`,
  (r) => `-p tcp -m conntrack --ctorigdstport ${r.pick([`${port(r)}`, '1:1023'])} --ctproto tcp`,
  (r) => `-p tcp -m conntrack --ctreplsrcport ${port(r)} --ctproto tcp`,
  (r) => `-m conntrack --ctdir ${r.pick(['ORIGINAL', 'REPLY'])}`,
  (r) =>
    `-m conntrack ${r.chance(30) ? '! ' : ''}--ctstatus ${r.pick(['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'])}`,
  (r) => `-m conntrack --ctstate ${r.pick(['SNAT', 'NEW,INVALID', 'UNTRACKED'])}`,
  (r) => `-m state --state ${r.pick(['NEW', 'ESTABLISHED,RELATED', 'INVALID', 'NEW,UNTRACKED'])}`,
  (r) => `-p tcp -m multiport --ports ${r.some(PORTS, 2, 3).join(',')}`,
  (r) => `-p tcp -m multiport ! --dports ${r.some(PORTS, 2, 3).join(',')}`,
  () => '-p tcp -m multiport --sports 1024:65535',
  (r) => `-p udp -m multiport --dports ${r.some(PORTS, 2, 3).join(',')}`,
  (r, v6) =>
    v6
      ? '-m iprange --dst-range 2001:db8:77::1-2001:db8:77::9'
      : `-m iprange ${r.pick(['--dst-range 10.77.0.1-10.77.0.2', '! --src-range 10.77.0.0-10.77.0.50', '--src-range 100.64.0.0-198.51.100.7 --dst-range 10.77.0.3-10.77.0.9'])}`,
  (r) => `-m mark ${r.pick(['--mark 0x1/0x1', '! --mark 0x0/0x3', '--mark 0x3'])}`,
  (r) => `-m connmark ${r.pick(['--mark 0x0', '! --mark 0x1/0x1', '--mark 0x2/0x3'])}`,
  (r) => `-m pkttype --pkt-type ${r.pick(['unicast', 'broadcast', 'multicast'])}`,
  () => '-m comment --comment "a word"',
  (r) => `-m devgroup --src-group ${r.pick(['0', '7'])}`,
  () => '-m helper --helper ftp',
  (r) =>
    `-p tcp -m tcp --tcp-flags ${r.pick(['ALL SYN', 'SYN,ACK SYN', 'ALL NONE', 'FIN,SYN FIN,SYN', 'SYN,RST RST'])}`,
  (r) => `-p tcp -m tcp ${r.pick(['--syn', '! --syn', '--sport 1024:', '--sport :1023', '! --dport 1:1023'])}`,
  (r) => `${r.chance(30) ? '! ' : ''}-p ${r.pick(['sctp', 'udp', 'tcp', '47', 'icmp'])}`,
  (r) => `-p udp -m udp ${r.pick(['--sport 1024:', '! --dport 53', '--dport 1:500'])}`,
  (r, v6) => (v6 ? '-s 2001:db8::/ffff:ffff::' : `-s ${r.pick(['10.0.0.2/255.0.0.255', '0.0.0.5/0.0.0.255'])}`),
  (r) => `-m policy --dir in --pol ${r.pick(['none'])}`,
  () => '-m physdev --physdev-is-bridged',
  () => '-m physdev --physdev-in eth0',
  (_r, v6) => (v6 ? '-m frag --fragmore' : '-f'),
  (r) =>
    `-m set ${r.chance(20) ? '! ' : ''}--match-set ${r.pick(['s_ip src', 's_ip dst', 's_net src', 's_ipport src,dst', 's_ipportip src,dst,dst', 's_ipportnet src,dst,dst', 's_netport src,dst', 's_netiface src,src', 's_bitip src', 's_bitport dst', 's_list src'])}`,
];

const UNCERTAIN: readonly ((r: Random, v6: boolean) => string)[] = [
  () => '-m u32 --u32 "0>>22&0x3C@0>>16&0xFFFF=0x16"',
  () => '-m string --algo bm --string "x"',
  (r) => `-m statistic --mode ${r.pick(['nth --every 2 --packet 0', 'random --probability 0.5'])}`,
  () => '-m hashlimit --hashlimit-above 1000000/sec --hashlimit-name h1 --hashlimit-mode srcip',
  () => '-m hashlimit --hashlimit-upto 1/day --hashlimit-burst 3 --hashlimit-name h2 --hashlimit-mode srcip',
  () => '-m recent --name r1 --set',
  () => '-m recent --name r1 --rcheck --seconds 60',
  () => '-p tcp -m connlimit --connlimit-above 100',
  () => '-p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1:500',
  () => '-m length --length 0:100',
  (_r, v6) => (v6 ? '-m hl --hl-gt 1' : '-m ttl --ttl-gt 1'),
  () => '-m dscp --dscp 0',
  () => '-m mac --mac-source 00:00:00:00:00:01',
  () => '-m limit --limit 1/hour',
  () => '-m time --timestart 00:00 --timestop 23:59',
  () => '-m cpu --cpu 0',
  () => '-m quota --quota 1000000000',
  () => '-m connbytes --connbytes 5: --connbytes-dir both --connbytes-mode packets',
  () => '-m bpf --bytecode "1,6 0 0 1"',
  () => '-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1',
  () => '-p tcp -m ecn --ecn-tcp-cwr',
];

/** Matches of PREROUTING alone. */
const EARLY = [
  '-m rpfilter',
  '-m rpfilter --invert',
  '-m rpfilter --loose',
  '-m rpfilter --validmark',
  '-m rpfilter --loose --invert',
  '-m socket --transparent',
  '-m socket',
] as const;

export function rareXtMatch(r: Random, v6: boolean, hook: string): string {
  if (hook === 'PREROUTING' && r.chance(15)) return r.pick(EARLY);
  return r.pick(r.chance(6) ? UNCERTAIN : CERTAIN)(r, v6);
}

/** Targets that go on to the next rule. */
export const rareXtTarget = (r: Random, table: string): string =>
  r.pick([
    '-j LOG --log-prefix "x "',
    '-j NFLOG --nflog-group 1',
    '-j AUDIT --type accept',
    '-j SET --add-set s_log src',
    '-j IDLETIMER --timeout 100 --label x',
    ...(table === 'mangle'
      ? [
          '-j MARK --set-mark 0x3',
          '-j MARK --or-mark 0x2',
          '-j MARK --and-mark 0x1',
          '-j MARK --xor-mark 0x3',
          '-j CONNMARK --set-mark 0x1',
          '-j CONNMARK --save-mark',
          '-j CONNMARK --restore-mark',
          '-j CONNMARK --save-mark --nfmask 0x3 --ctmask 0x3',
          '-j CONNMARK --restore-mark --nfmask 0x1 --ctmask 0x3',
          '-j CONNMARK --or-mark 0x2',
          '-j CLASSIFY --set-class 1:1',
          '-j TOS --set-tos 0x10',
          '-j DSCP --set-dscp 8',
          '-p tcp --syn -j TCPMSS --set-mss 1000',
          '-p tcp -j TCPOPTSTRIP --strip-options timestamp',
          '-j TEE --gateway 10.78.0.2',
          '-j HMARK --hmark-tuple src --hmark-mod 2 --hmark-rnd 1',
        ]
      : []),
  ]);

/** Rules of nat PREROUTING. */
export const rareXtNat = (r: Random, v6: boolean): readonly string[] => {
  const to = v6 ? '[2001:db8:78::2]' : '10.78.0.2';
  return [
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j DNAT --to-destination ${to}:8080-8081`,
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j DNAT --to-destination ${to}:80 --random`,
    `-A PREROUTING -p tcp -m tcp --dport 1:1023 -j DNAT --to-destination ${to}:8000-9022/1 `,
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j REDIRECT`,
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j REDIRECT --to-ports 80-81`,
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j REDIRECT --to-ports 443 --random`,
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j MARK --set-mark 1`,
    `-A PREROUTING -p tcp -m multiport --dports ${r.some(PORTS, 2, 3).join(',')} -j DNAT --to-destination ${to}`,
    `-A PREROUTING -m conntrack --ctstate NEW -p tcp --dport ${port(r)} -j DNAT --to-destination ${to}:80`,
    ...(v6
      ? []
      : [
          '-A PREROUTING -d 10.77.0.3/32 -j NETMAP --to 10.78.0.2/32',
          '-A PREROUTING -d 10.77.0.0/24 -p tcp --dport 1234 -j NETMAP --to 10.78.0.0/24',
          `-A PREROUTING -p tcp --dport ${port(r)} -j DNAT --to-destination 10.78.0.2-10.78.0.3`,
          '-A PREROUTING -p udp --dport 161 -j DNAT --to-destination 10.77.0.1:53',
          `-A INPUT -p tcp --dport ${port(r)} -j SNAT --to-source 10.77.0.3`,
          '-A POSTROUTING -o eth1 -j MASQUERADE',
        ]),
  ];
};

/** Tables raw and security. */
export const rareXtTables = (r: Random): readonly string[] => [
  '*raw',
  ':PREROUTING ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  r.pick([
    `-A PREROUTING -i eth0 -p tcp --dport ${port(r)} -j CT --notrack`,
    `-A PREROUTING -p udp --dport ${port(r)} -j NOTRACK`,
    `-A PREROUTING -p tcp --dport ${port(r)} -j CT --zone 5`,
    `-A PREROUTING -i eth0 -p tcp --dport ${port(r)} -j DROP`,
    '-A PREROUTING -m rpfilter --invert -j DROP',
    `-A PREROUTING -p tcp --dport ${port(r)} -j CT --ctevents new`,
  ]),
  'COMMIT',
  '*security',
  ':INPUT ACCEPT [0:0]',
  ':FORWARD ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  `-A ${r.pick(['INPUT', 'FORWARD'])} -p tcp --dport ${port(r)} -j ${r.pick(['DROP', 'ACCEPT'])}`,
  'COMMIT',
];

/** Sets of every type, for IPv4. */
export const RARE_IPSETS = `create s_ip hash:ip family inet
add s_ip 10.77.0.2
add s_ip 203.0.113.5
add s_ip 10.77.0.3
create s_net hash:net family inet timeout 3600
add s_net 10.77.0.0/24
add s_net 10.77.0.77 nomatch
add s_net 198.51.100.0/24 timeout 100
create s_ipport hash:ip,port family inet
add s_ipport 10.77.0.2,tcp:80
add s_ipport 203.0.113.5,tcp:22
add s_ipport 10.77.0.77,udp:53
create s_ipportip hash:ip,port,ip family inet
add s_ipportip 10.77.0.2,tcp:80,10.77.0.1
create s_ipportnet hash:ip,port,net family inet
add s_ipportnet 10.77.0.2,tcp:22,10.77.0.0/24
add s_ipportnet 203.0.113.5,tcp:443,10.77.0.0/30
create s_netport hash:net,port family inet
add s_netport 203.0.113.0/24,tcp:1-443
add s_netport 10.77.0.0/24,udp:53
create s_netiface hash:net,iface family inet
add s_netiface 10.77.0.0/24,eth0
add s_netiface 10.78.0.0/24,eth0
create s_bitip bitmap:ip range 10.77.0.0/24
add s_bitip 10.77.0.2
create s_bitport bitmap:port range 0-10000
add s_bitport 22
add s_bitport 3000-8080
create s_list list:set
add s_list s_ip
add s_list s_net
create s_log hash:ip family inet
`;
