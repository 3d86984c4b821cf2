/**
 * What the views of `earshot netstat` show of one network namespace: the rows of the kernel's own tables, in the kernel's order. Richer than a
 * snapshot (TCP states, timers, queues, reference counts), and never judged.
 */
export interface NetstatFacts {
  readonly internet: readonly InternetTable[];
  readonly sctp: SctpTables | null;
  readonly unix: readonly UnixRow[];
  /** Holder of each socket by its inode: the first process, in ascending pid. */
  readonly programs: Readonly<Record<string, Program>>;
  readonly statistics: readonly CounterGroup[];
  readonly statistics6: readonly Counter[];
  /** /proc/net/sctp/snmp; empty: the protocol is not loaded. */
  readonly sctpStatistics: readonly Counter[];
  readonly routes: readonly KernelRoute[];
  readonly routes6: readonly KernelRoute6[];
  readonly interfaces: readonly InterfaceRow[];
  readonly memberships: readonly GroupRow[];
  /** What could not be read, in words for standard error. */
  readonly complaints: readonly string[];
  /** A table that was asked for by name does not exist: the view's exit status is 1. */
  readonly missing: boolean;
}

/** A protocol with a table in /proc/net. */
export type InternetProtocol = 'tcp' | 'udp' | 'udplite' | 'raw';

/** One protocol's sockets: those of its IPv4 file, then those of its IPv6 file. */
export interface InternetTable {
  readonly protocol: InternetProtocol;
  readonly rows: readonly InternetRow[];
}

export interface InternetRow {
  readonly family: 'ipv4' | 'ipv6';
  readonly receiveQueue: number;
  readonly sendQueue: number;
  /** Numeric text as inet_ntop(3) gives it. */
  readonly local: string;
  readonly localPort: number;
  readonly foreign: string;
  readonly foreignPort: number;
  /** Both words of the foreign address are zero. */
  readonly foreignIsNull: boolean;
  /** TCP_… of include/net/tcp_states.h. */
  readonly state: number;
  /** 0 off, 1 retransmission, 2 keepalive, 3 time wait, 4 window probe (Documentation/networking/proc_net_tcp.rst). */
  readonly timer: number;
  /** Ticks (USER_HZ, 100 a second) until the timer runs out. */
  readonly timerTicks: number;
  readonly retransmits: number;
  /** Unanswered probes. */
  readonly probes: number;
  readonly uid: number;
  readonly inode: number;
}

export interface SctpTables {
  readonly endpoints: readonly SctpEndpoint[];
  readonly associations: readonly SctpAssociation[];
}

export interface SctpEndpoint {
  readonly state: number;
  readonly port: number;
  readonly uid: number;
  readonly inode: number;
  readonly addresses: readonly string[];
}

export interface SctpAssociation {
  readonly state: number;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly uid: number;
  readonly inode: number;
  readonly localPort: number;
  readonly foreignPort: number;
  readonly local: readonly string[];
  readonly foreign: readonly string[];
}

/** A row of /proc/net/unix. */
export interface UnixRow {
  readonly references: number;
  /** 0 is `unix`. */
  readonly protocol: number;
  /** __SO_ACCEPTCON (1 << 16), __SO_WAITDATA (1 << 17), __SO_NOSPACE (1 << 18), linux/net.h. */
  readonly flags: number;
  /** SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_RAW 3, SOCK_RDM 4, SOCK_SEQPACKET 5. */
  readonly type: number;
  /** SS_…, linux/net.h. */
  readonly state: number;
  readonly inode: number;
  /** The path, or `@name`; empty: none. */
  readonly path: string;
}

export interface Program {
  readonly pid: number;
  /** Basename of the first argument. */
  readonly name: string;
}

export interface Counter {
  readonly name: string;
  /** Decimal text. */
  readonly value: string;
}

/** A group of /proc/net/snmp or /proc/net/netstat. */
export interface CounterGroup {
  readonly name: string;
  readonly counters: readonly Counter[];
}

/** A row of /proc/net/route. */
export interface KernelRoute {
  readonly interface: string;
  readonly destination: string;
  readonly gateway: string;
  readonly mask: string;
  /** RTF_… bits, linux/route.h. */
  readonly flags: number;
  readonly references: number;
  readonly use: number;
  readonly metric: number;
  readonly mss: number;
  readonly window: number;
  readonly rtt: number;
}

/** A row of /proc/net/ipv6_route. */
export interface KernelRoute6 {
  readonly interface: string;
  readonly destination: string;
  readonly prefixLength: number;
  readonly nextHop: string;
  /** RTF_… bits, linux/ipv6_route.h. */
  readonly flags: number;
  readonly metric: number;
  readonly references: number;
  readonly use: number;
}

export interface InterfaceRow {
  /** Name, or the label of an alias (`eth0:1`). */
  readonly name: string;
  /** IFF_… bits, linux/if.h. */
  readonly flags: number;
  readonly mtu: number;
  /** ARPHRD_…, linux/if_arp.h. */
  readonly hardware: number;
  /** Hardware address as bytes; empty: none. */
  readonly address: readonly number[];
  /** null: not told. */
  readonly queueLength: number | null;
  /** First IPv4 address with this name as its label; null: none. */
  readonly ipv4: InterfaceIPv4 | null;
  readonly ipv6: readonly InterfaceIPv6[];
  /** /proc/net/dev; null: an alias has none. */
  readonly counters: DeviceCounters | null;
  /** Where the card's memory and interrupt are; null: not told. */
  readonly map: DeviceMap | null;
}

export interface InterfaceIPv4 {
  readonly address: string;
  readonly mask: string;
  readonly broadcast: string;
  readonly destination: string;
}

export interface InterfaceIPv6 {
  readonly address: string;
  readonly prefixLength: number;
  /** As /proc/net/if_inet6 has it: 0x00 global, 0x10 host, 0x20 link, 0x40 site, 0x80 compatible with IPv4. */
  readonly scope: number;
}

/** Columns of /proc/net/dev, decimal text. */
export interface DeviceCounters {
  readonly rxBytes: string;
  readonly rxPackets: string;
  readonly rxErrors: string;
  readonly rxDropped: string;
  readonly rxOverruns: string;
  readonly rxFrame: string;
  readonly rxCompressed: string;
  readonly txBytes: string;
  readonly txPackets: string;
  readonly txErrors: string;
  readonly txDropped: string;
  readonly txOverruns: string;
  readonly collisions: string;
  readonly txCarrier: string;
  readonly txCompressed: string;
}

/** `struct rtnl_link_ifmap`, linux/if_link.h; the 64-bit numbers as hexadecimal text. */
export interface DeviceMap {
  readonly memoryStart: string;
  readonly memoryEnd: string;
  readonly baseAddress: number;
  readonly interrupt: number;
  readonly dma: number;
  readonly port: number;
}

export interface GroupRow {
  readonly interface: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly users: number;
  readonly group: string;
}

/** Names for numbers, as this host has them. */
export interface NetstatNames {
  /** By numeric address; one that has no name is not in it. */
  readonly hosts: Readonly<Record<string, string>>;
  /** By network address, from /etc/networks. */
  readonly networks: Readonly<Record<string, string>>;
  /** By port; `raw` are the names of IP protocols. */
  readonly services: Readonly<Record<'tcp' | 'udp' | 'raw', Readonly<Record<number, string>>>>;
  readonly users: Readonly<Record<number, string>>;
}
