/** A network namespace of this host. */
export interface NetworkNamespace {
  /** nsfs inode. */
  readonly id: number;
  /** `host`, or the `ip netns` name, container, unit, or first process's name (`#2` where two would be equal). */
  readonly name: string;
  /** How it was found: `self`, `process 123`, `thread 124`, `mount /run/netns/x`, `fd 3 of 123`, `socket 5 of 123`. */
  readonly foundBy: string;
  /** True: sockets, addresses and firewall were read inside it. */
  readonly entered: boolean;
}

/** What rtnetlink, /proc/sys and the firewall's own tools say of one namespace. */
export interface Network {
  readonly namespace: number;
  readonly interfaces: readonly Interface[];
  /** Addresses in the kernel's order per interface (the head of the list answers REDIRECT). */
  readonly addresses: readonly InterfaceAddress[];
  readonly routes: readonly Route[];
  readonly policyRules: readonly PolicyRule[];
  /**
   * IPv4: until a routing rule is added for the first time, tables local and main are one, and the longest prefix of both decides
   * (fib_frontend.c). Read only where table local holds more than single addresses; absent: not read.
   */
  readonly localTable?: 'shared' | 'own';
  /** `net.ipv4.…`, `net.ipv6.…`, `net.bridge.…`, `net.netfilter.…` values that decide reachability, by dotted name, text as read. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly firewall: Firewall;
}

export interface Interface {
  readonly index: number;
  readonly name: string;
  /** IFLA_INFO_KIND: `veth`, `bridge`, `macvlan`, `tun`, …; `loopback` for lo; null: plain hardware. */
  readonly kind: string | null;
  readonly flags: readonly string[];
  readonly mtu: number;
  /** MAC, lower case with colons; null: none. */
  readonly mac: string | null;
  /** IFLA_LINK: index of the lower or peer interface; null: none. */
  readonly link: number | null;
  /** Namespace (nsfs inode) of `link` where it is another one (IFLA_LINK_NETNSID resolved); null: this one, or not found. */
  readonly linkNamespace: number | null;
  /** True: the peer stands in another namespace that was not found on this host. */
  readonly linkUnseen: boolean;
  /** IFLA_MASTER: index of the bridge, bond or VRF it belongs to. */
  readonly master: number | null;
  readonly group: number;
  /** RTM_GETLINK counters; null: not asked. */
  readonly counters: InterfaceCounters | null;
  /** Promiscuity count (IFLA_PROMISCUITY): above 0 when somebody listens to all traffic. */
  readonly promiscuity: number;
  /** An XDP program is attached. */
  readonly xdp: boolean;
  /** Filters of tc at the gates of the device, by way and kind: `ingress u32`, `egress bpf`; empty: none seen. */
  readonly tc: readonly string[];
  /** Options of the kind that matter (macvlan mode, bridge nf_call_iptables, vxlan port, …), text as read. */
  readonly options: Readonly<Record<string, string>>;
}

/** rtnl_link_stats64, decimal text. */
export interface InterfaceCounters {
  readonly rxPackets: string;
  readonly txPackets: string;
  readonly rxBytes: string;
  readonly txBytes: string;
  readonly rxErrors: string;
  readonly txErrors: string;
  readonly rxDropped: string;
  readonly txDropped: string;
  readonly rxOverruns: string;
  readonly txOverruns: string;
  readonly rxFrame: string;
  readonly txCarrier: string;
  readonly multicast: string;
  readonly collisions: string;
}

export interface InterfaceAddress {
  readonly interface: string;
  readonly index: number;
  readonly family: 'ipv4' | 'ipv6';
  /** Local address (IFA_LOCAL, else IFA_ADDRESS). */
  readonly address: string;
  readonly prefixLength: number;
  /** IFA_ADDRESS of a point-to-point link; null: none. */
  readonly peer: string | null;
  readonly broadcast: string | null;
  /** rt_scope name: `global`, `link`, `host`, `site`. */
  readonly scope: string;
  readonly flags: readonly string[];
}

export interface Route {
  readonly family: 'ipv4' | 'ipv6';
  /** Table number: 254 main, 255 local. */
  readonly table: number;
  /** RTN_* name: unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, throw, nat. */
  readonly type: string;
  /** Prefix with length (`0.0.0.0/0`). */
  readonly destination: string;
  /** Source prefix (IPv6 subtrees); null: none. */
  readonly source: string | null;
  readonly gateway: string | null;
  readonly interface: string | null;
  readonly index: number | null;
  readonly preferredSource: string | null;
  readonly metric: number;
  readonly protocol: string;
  readonly scope: string;
  readonly flags: readonly string[];
  /** TOS/DSCP selector; 0: none. */
  readonly tos: number;
  /** Multipath next hops; empty: single. */
  readonly nextHops: readonly {
    readonly gateway: string | null;
    readonly interface: string | null;
    readonly weight: number;
  }[];
  /** RTAX metrics that views print (mtu, window, irtt), by name. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface PolicyRule {
  readonly family: 'ipv4' | 'ipv6';
  readonly priority: number;
  /** FR_ACT_* name: `to_tbl`, `goto`, `nop`, `blackhole`, `unreachable`, `prohibit`. */
  readonly action: string;
  readonly table: number | null;
  readonly source: string | null;
  readonly destination: string | null;
  readonly inputInterface: string | null;
  readonly outputInterface: string | null;
  readonly mark: number | null;
  readonly markMask: number | null;
  readonly invert: boolean;
  readonly goto: number | null;
  readonly ipProtocol: number | null;
  readonly sourcePorts: readonly [number, number] | null;
  readonly destinationPorts: readonly [number, number] | null;
  readonly tos: number;
  readonly uidRange: readonly [number, number] | null;
  readonly l3mdev: boolean;
  readonly suppressPrefixLength: number | null;
}

/** The firewall as it was read; reach gives it meaning. */
export interface Firewall {
  /** False: it was not read at all (no privilege, no tool, a capture); the gap says why. True with no rulesets: there is none. */
  readonly read: boolean;
  readonly rulesets: readonly Ruleset[];
  /** Tables that exist though their rules could not be read, e.g. `nft ip filter`, `iptables-legacy nat`. */
  readonly unreadTables: readonly string[];
  /** BPF programs of type sk_lookup, which choose the socket before the kernel looks for one, in their order; absent: none, or not asked. */
  readonly socketLookups?: readonly { readonly id: number; readonly name: string }[];
  /** The text of /proc/net/ip_vs where the kernel has IPVS and services stand in it; absent: none. */
  readonly ipvs?: string;
}

/** One ruleset, as its tool printed it. */
export interface Ruleset {
  /** `nft-json`: `nft -j list ruleset`; the others: the text of iptables-save and its kin. */
  readonly format:
    | 'nft-json'
    | 'iptables-nft-save'
    | 'ip6tables-nft-save'
    | 'iptables-legacy-save'
    | 'ip6tables-legacy-save'
    | 'ipset-save'
    | 'nft-hooks';
  readonly text: string;
  /** Where it comes from: the command, or the file's name. */
  readonly origin: string;
}
