/** How far the evaluator follows a construct. */
export type Support = 'exact' | 'approximated' | 'conditional';

/** One construct of libnftables-json(5), as an expression in a match or as a statement. */
export interface NftExample {
  readonly name: string;
  readonly support: Support;
  readonly statement: unknown;
}

const match = (left: unknown, right: unknown, op = '=='): unknown => ({ match: { op, left, right } });
const payload = (protocol: string, field: string): unknown => ({ payload: { protocol, field } });
const meta = (key: string): unknown => ({ meta: { key } });
const ct = (key: string, dir?: string): unknown => ({ ct: dir === undefined ? { key } : { key, dir } });
const fib = (result: string, ...flags: readonly string[]): unknown => ({ fib: { result, flags } });

export const EXPRESSIONS: readonly NftExample[] = [
  {
    name: 'payload ip saddr',
    support: 'exact',
    statement: match(payload('ip', 'saddr'), { prefix: { addr: '10.0.0.0', len: 8 } }),
  },
  { name: 'payload ip daddr', support: 'exact', statement: match(payload('ip', 'daddr'), '192.0.2.1') },
  { name: 'payload ip6 saddr', support: 'exact', statement: match(payload('ip6', 'saddr'), 'fe80::1') },
  {
    name: 'payload tcp dport',
    support: 'exact',
    statement: match(payload('tcp', 'dport'), { set: [22, { range: [80, 90] }] }),
  },
  { name: 'payload udp sport', support: 'exact', statement: match(payload('udp', 'sport'), 53) },
  { name: 'payload th dport', support: 'exact', statement: match(payload('th', 'dport'), 53) },
  { name: 'payload ip protocol', support: 'exact', statement: match(payload('ip', 'protocol'), 'tcp') },
  { name: 'payload ip6 nexthdr', support: 'exact', statement: match(payload('ip6', 'nexthdr'), 'tcp') },
  { name: 'payload tcp flags', support: 'exact', statement: match(payload('tcp', 'flags'), 'syn') },
  { name: 'payload icmp type', support: 'exact', statement: match(payload('icmp', 'type'), 'echo-request') },
  { name: 'payload ip ttl, ip6 hoplimit', support: 'conditional', statement: match(payload('ip', 'ttl'), 64) },
  {
    name: 'payload ip frag-off & 0x1fff',
    support: 'conditional',
    statement: match({ '&': [payload('ip', 'frag-off'), 8191] }, 0),
  },
  { name: 'payload ip dscp', support: 'conditional', statement: match(payload('ip', 'dscp'), 'cs1') },
  {
    name: 'payload ether saddr',
    support: 'conditional',
    statement: match(payload('ether', 'saddr'), '00:11:22:33:44:55'),
  },
  { name: 'payload vlan id', support: 'approximated', statement: match(payload('vlan', 'id'), 5) },
  {
    name: 'payload raw (@th,16,16)',
    support: 'exact',
    statement: match({ payload: { base: 'th', offset: 16, len: 16 } }, 22),
  },
  {
    name: 'payload raw (other offsets)',
    support: 'conditional',
    statement: match({ payload: { base: 'ih', offset: 0, len: 8 } }, 5),
  },
  { name: 'exthdr', support: 'conditional', statement: match({ exthdr: { name: 'frag' } }, true) },
  { name: 'tcp option', support: 'conditional', statement: match({ 'tcp option': { name: 'maxseg' } }, true) },
  { name: 'ip option', support: 'conditional', statement: match({ 'ip option': { name: 'lsrr' } }, true) },
  { name: 'sctp chunk', support: 'conditional', statement: match({ 'sctp chunk': { name: 'init' } }, true) },
  { name: 'meta iifname, oifname', support: 'exact', statement: match(meta('iifname'), 'eth*') },
  { name: 'meta iif, oif', support: 'exact', statement: match(meta('iif'), 'lo') },
  { name: 'meta iiftype, oiftype', support: 'approximated', statement: match(meta('iiftype'), 'ether') },
  { name: 'meta iifgroup, oifgroup', support: 'exact', statement: match(meta('iifgroup'), 'default') },
  { name: 'meta mark', support: 'exact', statement: match(meta('mark'), 1) },
  { name: 'meta l4proto', support: 'exact', statement: match(meta('l4proto'), 'tcp') },
  { name: 'meta nfproto', support: 'exact', statement: match(meta('nfproto'), 'ipv4') },
  { name: 'meta protocol', support: 'exact', statement: match(meta('protocol'), 'ip') },
  { name: 'meta pkttype', support: 'approximated', statement: match(meta('pkttype'), 'host') },
  { name: 'meta skuid, skgid, cgroup', support: 'conditional', statement: match(meta('skuid'), 0) },
  { name: 'meta length', support: 'conditional', statement: match(meta('length'), 60) },
  { name: 'meta time, hour, day', support: 'conditional', statement: match(meta('hour'), '10:00') },
  { name: 'meta cpu, random', support: 'conditional', statement: match(meta('random'), 5) },
  { name: 'meta ipsec, rtclassid, secmark', support: 'conditional', statement: match(meta('ipsec'), true) },
  { name: 'ct state', support: 'exact', statement: match(ct('state'), ['established', 'related'], 'in') },
  { name: 'ct status', support: 'exact', statement: match(ct('status'), 'dnat', 'in') },
  { name: 'ct mark', support: 'exact', statement: match(ct('mark'), 1) },
  { name: 'ct direction', support: 'exact', statement: match(ct('direction'), 'original') },
  { name: 'ct original ip saddr, daddr', support: 'exact', statement: match(ct('ip daddr', 'original'), '192.0.2.1') },
  { name: 'ct original proto-dst', support: 'exact', statement: match(ct('proto-dst', 'original'), 80) },
  { name: 'ct l3proto, protocol', support: 'exact', statement: match(ct('protocol'), 'tcp') },
  { name: 'ct zone', support: 'exact', statement: match(ct('zone'), 1) },
  { name: 'ct helper', support: 'approximated', statement: match(ct('helper'), 'ftp') },
  { name: 'ct id, expiration, bytes, packets, label', support: 'conditional', statement: match(ct('bytes'), 100, '>') },
  { name: 'fib daddr type', support: 'exact', statement: match(fib('type', 'daddr'), 'local') },
  { name: 'fib saddr . iif oif', support: 'exact', statement: match(fib('oif', 'saddr', 'iif'), false) },
  { name: 'fib oifname', support: 'exact', statement: match(fib('oifname', 'saddr'), 'eth0') },
  { name: 'rt', support: 'conditional', statement: match({ rt: { key: 'classid' } }, '1') },
  { name: 'socket', support: 'conditional', statement: match({ socket: { key: 'transparent' } }, 1) },
  { name: 'osf', support: 'conditional', statement: match({ osf: { key: 'name' } }, 'Linux') },
  { name: 'ipsec', support: 'conditional', statement: match({ ipsec: { key: 'reqid', dir: 'in', spnum: 0 } }, 1) },
  {
    name: 'numgen',
    support: 'conditional',
    statement: match({ numgen: { mode: 'random', mod: 10, offset: 0 } }, 5, '<'),
  },
  {
    name: 'jhash, symhash',
    support: 'conditional',
    statement: match({ jhash: { mod: 2, expr: payload('ip', 'saddr') } }, 0),
  },
  {
    name: 'concat',
    support: 'exact',
    statement: match(
      { concat: [payload('ip', 'saddr'), payload('tcp', 'dport')] },
      { set: [{ concat: ['10.0.0.1', 22] }] },
    ),
  },
  {
    name: 'set (anonymous, intervals, prefixes)',
    support: 'exact',
    statement: match(payload('ip', 'saddr'), { set: [{ range: ['10.0.0.1', '10.0.0.9'] }] }),
  },
  { name: 'bit operations on a field', support: 'exact', statement: match({ '&': [meta('mark'), 255] }, 1) },
  { name: '< > <= >=', support: 'exact', statement: match(payload('tcp', 'dport'), 1024, '>') },
  {
    name: 'an expression that is not known',
    support: 'conditional',
    statement: match({ 'of tomorrow': { key: 'x' } }, 1),
  },
];

export const STATEMENTS: readonly NftExample[] = [
  { name: 'accept, drop, continue, return', support: 'exact', statement: { drop: null } },
  { name: 'jump, goto', support: 'exact', statement: { jump: { target: 'c' } } },
  {
    name: 'vmap',
    support: 'exact',
    statement: { vmap: { key: payload('tcp', 'dport'), data: { set: [[22, { accept: null }]] } } },
  },
  { name: 'reject', support: 'exact', statement: { reject: { type: 'tcp reset' } } },
  { name: 'counter', support: 'exact', statement: { counter: { packets: 0, bytes: 0 } } },
  { name: 'log', support: 'exact', statement: { log: { prefix: 'x' } } },
  { name: 'mangle meta mark', support: 'exact', statement: { mangle: { key: meta('mark'), value: 1 } } },
  { name: 'mangle ct zone', support: 'exact', statement: { mangle: { key: ct('zone'), value: 5 } } },
  { name: 'mangle ct mark', support: 'exact', statement: { mangle: { key: ct('mark'), value: meta('mark') } } },
  {
    name: 'mangle payload addresses and ports',
    support: 'conditional',
    statement: { mangle: { key: payload('ip', 'daddr'), value: '192.0.2.1' } },
  },
  { name: 'mangle other keys', support: 'exact', statement: { mangle: { key: meta('priority'), value: 1 } } },
  { name: 'dnat', support: 'exact', statement: { dnat: { family: 'ip', addr: '192.0.2.1', port: 80 } } },
  { name: 'redirect', support: 'exact', statement: { redirect: { port: 8080 } } },
  { name: 'snat', support: 'exact', statement: { snat: { addr: '192.0.2.1' } } },
  { name: 'masquerade', support: 'approximated', statement: { masquerade: null } },
  { name: 'notrack', support: 'exact', statement: { notrack: null } },
  { name: 'tproxy', support: 'exact', statement: { tproxy: { addr: '127.0.0.1', port: 3128 } } },
  { name: 'limit', support: 'conditional', statement: { limit: { rate: 10, burst: 5, per: 'second' } } },
  { name: 'quota', support: 'conditional', statement: { quota: { val: 10, val_unit: 'mbytes' } } },
  { name: 'ct count', support: 'conditional', statement: { 'ct count': { val: 5 } } },
  {
    name: 'set (add, update without a limit)',
    support: 'exact',
    statement: { set: { op: 'add', elem: payload('ip', 'saddr'), set: '@s' } },
  },
  {
    name: 'set, meter with a limit',
    support: 'conditional',
    statement: {
      set: {
        op: 'update',
        elem: payload('ip', 'saddr'),
        set: '@s',
        stmt: [{ limit: { rate: 3, burst: 5, per: 'minute' } }],
      },
    },
  },
  { name: 'queue', support: 'conditional', statement: { queue: { num: 1 } } },
  { name: 'fwd', support: 'conditional', statement: { fwd: { dev: 'eth1' } } },
  { name: 'dup', support: 'exact', statement: { dup: { addr: '192.0.2.1' } } },
  { name: 'flow add', support: 'approximated', statement: { flow: { op: 'add', flowtable: '@f' } } },
  { name: 'ct helper, ct timeout, ct expectation', support: 'exact', statement: { 'ct helper': 'h' } },
  { name: 'synproxy', support: 'conditional', statement: { synproxy: { mss: 1460, wscale: 7 } } },
  {
    name: 'xt (without iptables-nft-save)',
    support: 'conditional',
    statement: { xt: { type: 'target', name: 'DNAT' } },
  },
  { name: 'a statement that is not known', support: 'conditional', statement: { 'of tomorrow': null } },
];

export interface IptablesExample {
  readonly name: string;
  readonly support: Support;
  /** What stands behind `-A INPUT`. */
  readonly rule: string;
}

export const MATCHES: readonly IptablesExample[] = [
  { name: '-s, -d', support: 'exact', rule: '-s 10.0.0.0/8 -j ACCEPT' },
  { name: '-i, -o', support: 'exact', rule: '-i eth+ -j ACCEPT' },
  { name: '-p', support: 'exact', rule: '-p tcp -j ACCEPT' },
  { name: '-f', support: 'approximated', rule: '-f -j ACCEPT' },
  { name: 'tcp', support: 'exact', rule: '-p tcp -m tcp --dport 22 --tcp-flags SYN,ACK SYN -j ACCEPT' },
  { name: 'udp, sctp, dccp, udplite', support: 'exact', rule: '-p udp -m udp --dport 53 -j ACCEPT' },
  { name: 'multiport', support: 'exact', rule: '-p tcp -m multiport --dports 22,80:90 -j ACCEPT' },
  { name: 'conntrack', support: 'exact', rule: '-m conntrack --ctstate NEW,DNAT -j ACCEPT' },
  { name: 'state', support: 'exact', rule: '-m state --state NEW -j ACCEPT' },
  { name: 'addrtype', support: 'exact', rule: '-m addrtype --dst-type LOCAL -j ACCEPT' },
  { name: 'mark', support: 'exact', rule: '-m mark --mark 0x1/0xff -j ACCEPT' },
  { name: 'connmark', support: 'exact', rule: '-m connmark --mark 0x1 -j ACCEPT' },
  { name: 'iprange', support: 'exact', rule: '-m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT' },
  { name: 'set', support: 'exact', rule: '-m set --match-set known src -j ACCEPT' },
  { name: 'pkttype', support: 'approximated', rule: '-m pkttype --pkt-type unicast -j ACCEPT' },
  { name: 'devgroup', support: 'exact', rule: '-m devgroup --src-group 1 -j ACCEPT' },
  { name: 'rpfilter', support: 'approximated', rule: '-m rpfilter --invert -j ACCEPT' },
  { name: 'comment, nfacct', support: 'exact', rule: '-m comment --comment "a -j DROP" -j ACCEPT' },
  { name: 'icmp, icmp6', support: 'exact', rule: '-p icmp -m icmp --icmp-type 8 -j ACCEPT' },
  { name: 'frag, rt, hbh, dst, ah, esp, mh', support: 'approximated', rule: '-m ah --ahspi 5 -j ACCEPT' },
  { name: 'recent --set', support: 'exact', rule: '-m recent --set --name x -j ACCEPT' },
  {
    name: 'recent --update, --rcheck',
    support: 'conditional',
    rule: '-m recent --update --seconds 30 --hitcount 6 --name x -j ACCEPT',
  },
  { name: 'limit, hashlimit', support: 'conditional', rule: '-m limit --limit 3/min -j ACCEPT' },
  { name: 'connlimit, connbytes, quota', support: 'conditional', rule: '-m connlimit --connlimit-above 5 -j ACCEPT' },
  { name: 'statistic', support: 'conditional', rule: '-m statistic --mode random --probability 0.5 -j ACCEPT' },
  { name: 'time', support: 'conditional', rule: '-m time --timestart 10:00 -j ACCEPT' },
  { name: 'owner, cgroup', support: 'conditional', rule: '-m owner --uid-owner 0 -j ACCEPT' },
  { name: 'mac', support: 'conditional', rule: '-m mac --mac-source 00:11:22:33:44:55 -j ACCEPT' },
  { name: 'length, ttl, hl, dscp, tos, ecn, tcpmss', support: 'conditional', rule: '-m ttl --ttl-eq 64 -j ACCEPT' },
  { name: 'string, u32, bpf', support: 'conditional', rule: '-m u32 --u32 "0>>22" -j ACCEPT' },
  { name: 'physdev', support: 'exact', rule: '-m physdev --physdev-in eth0 -j ACCEPT' },
  { name: 'policy (IPsec)', support: 'conditional', rule: '-m policy --dir in --pol ipsec -j ACCEPT' },
  { name: 'socket, osf, cluster, realm, cpu', support: 'conditional', rule: '-m socket --transparent -j ACCEPT' },
  { name: 'a match that is not known', support: 'conditional', rule: '-m tomorrow --day 5 -j ACCEPT' },
];

export const TARGETS: readonly IptablesExample[] = [
  { name: 'ACCEPT, DROP, RETURN', support: 'exact', rule: '-j DROP' },
  { name: 'a chain (-j, -g)', support: 'exact', rule: '-g USER' },
  { name: 'REJECT', support: 'exact', rule: '-j REJECT --reject-with icmp-host-prohibited' },
  { name: 'LOG, NFLOG, AUDIT, TRACE', support: 'exact', rule: '-j LOG' },
  { name: 'MARK', support: 'exact', rule: '-j MARK --set-xmark 0x1/0xff' },
  { name: 'CONNMARK', support: 'exact', rule: '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff' },
  { name: 'DNAT', support: 'exact', rule: '-j DNAT --to-destination 10.0.0.1:80' },
  { name: 'REDIRECT', support: 'exact', rule: '-p tcp -j REDIRECT --to-ports 8080' },
  { name: 'NETMAP', support: 'exact', rule: '-j NETMAP --to 10.0.0.0/24' },
  { name: 'SNAT', support: 'exact', rule: '-j SNAT --to-source 10.0.0.1' },
  { name: 'MASQUERADE', support: 'approximated', rule: '-j MASQUERADE' },
  { name: 'TPROXY', support: 'exact', rule: '-p tcp -j TPROXY --on-port 3128 --on-ip 127.0.0.1 --tproxy-mark 0x1/0x1' },
  { name: 'NOTRACK, CT --notrack, CT --zone', support: 'exact', rule: '-j CT --zone 5' },
  { name: 'TCPMSS, TOS, DSCP, TTL, HL, CLASSIFY, CHECKSUM', support: 'exact', rule: '-j CLASSIFY --set-class 1:2' },
  { name: 'SET', support: 'exact', rule: '-j SET --add-set known src' },
  { name: 'NFQUEUE, QUEUE', support: 'conditional', rule: '-j NFQUEUE --queue-num 1' },
  { name: 'SYNPROXY, TARPIT', support: 'conditional', rule: '-j SYNPROXY --mss 1460' },
  { name: 'a target that is not known', support: 'conditional', rule: '-j TOMORROW' },
];
