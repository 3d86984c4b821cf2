/** What netstat -s, -g and -M show, per namespace. */
export interface Statistics {
  readonly namespaces: readonly NamespaceStatistics[];
}

export interface NamespaceStatistics {
  readonly namespace: number;
  /** Counters by group (`Ip`, `Tcp`, `TcpExt`, `Ip6`, `Udp6`, …) and name, decimal text, in the kernel's order. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly memberships: readonly Membership[];
  readonly masqueraded: readonly MasqueradedConnection[];
  /** False: connection tracking was not asked for, or could not be seen, so that `masqueraded` says nothing. Absent: not told. */
  readonly connectionsRead?: boolean;
}

export interface Membership {
  readonly interface: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly group: string;
  readonly users: number;
}

export interface MasqueradedConnection {
  readonly protocol: string;
  readonly source: string;
  readonly sourcePort: number | null;
  readonly destination: string;
  readonly destinationPort: number | null;
  /** Address and port it appears as. */
  readonly translated: string;
  readonly translatedPort: number | null;
  readonly state: string | null;
  readonly expiresSeconds: number | null;
}
