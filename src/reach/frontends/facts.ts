/** Numbers behind the names that rulesets use. Sources: linux/in.h, linux/netfilter/nf_conntrack_common.h, linux/rtnetlink.h, if_packet.h. */

export const L4_PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipencap: 4,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  'ipv6-route': 43,
  'ipv6-frag': 44,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  icmpv6: 58,
  icmp6: 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  ospf: 89,
  pim: 103,
  comp: 108,
  vrrp: 112,
  sctp: 132,
  mh: 135,
  udplite: 136,
};

/** Protocols with ports. */
export const PORT_PROTOCOLS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** nft's bits of `ct state`. */
export const CT_STATES: Readonly<Record<string, number>> = {
  invalid: 1,
  established: 2,
  related: 4,
  new: 8,
  untracked: 64,
};

/** xt_conntrack's further states, as bits of our own above nft's. */
export const CT_STATE_SNAT = 256;
export const CT_STATE_DNAT = 512;

/** `enum ip_conntrack_status`. */
export const CT_STATUS: Readonly<Record<string, number>> = {
  expected: 1,
  'seen-reply': 2,
  seen_reply: 2,
  assured: 4,
  confirmed: 8,
  snat: 16,
  dnat: 32,
  dying: 512,
};

export const TCP_FLAGS: Readonly<Record<string, number>> = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ecn: 64,
  ece: 64,
  cwr: 128,
};

/** RTN_* */
export const ROUTE_TYPES: Readonly<Record<string, number>> = {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
};

export const PACKET_TYPES: Readonly<Record<string, number>> = {
  host: 0,
  unicast: 0,
  broadcast: 1,
  multicast: 2,
  other: 3,
};

export const NF_PROTOCOLS: Readonly<Record<string, number>> = { ipv4: 2, ip: 2, ipv6: 10, ip6: 10 };

export const ETHERTYPES: Readonly<Record<string, number>> = {
  ip: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  '8021q': 0x8100,
  '8021ad': 0x88a8,
  ip6: 0x86dd,
};

/** ARPHRD_* as nft names them. */
export const INTERFACE_TYPES: Readonly<Record<string, number>> = {
  ether: 1,
  ppp: 512,
  ipip: 768,
  ipip6: 769,
  loopback: 772,
  sit: 776,
  ipgre: 778,
  none: 0xfffe,
};

/** Priorities of the kernel's own hooks (enum nf_ip_hook_priorities). */
export const PRIORITY_CONNTRACK = -200;
export const PRIORITY_NAT_DESTINATION = -100;
export const PRIORITY_NAT_SOURCE = 100;
