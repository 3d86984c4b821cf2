/** Transport or family of a socket, in the words of ss(8). MPTCP is `tcp` with `mptcp: true`. */
export type Protocol = 'tcp' | 'udp' | 'udplite' | 'sctp' | 'dccp' | 'unix' | 'vsock' | 'raw' | 'packet';

/** What the socket does: `listen` accepts connections, `bound` takes datagrams from anybody, `connected` hears one peer only. */
export type SocketState = 'listen' | 'bound' | 'connected';

/** A peer or local end of a connection. */
export interface Endpoint {
  /** RFC 5952 or dotted quad without brackets or scope; a host name only where a capture has names. */
  readonly address: string;
  readonly port: number | null;
}

/** Where the facts of a socket come from. */
export type SocketSource = 'netlink' | 'proc' | 'capture';

/** One kernel socket (or one row of a capture). */
export interface Socket {
  readonly protocol: Protocol;
  /** Address family of the socket itself; null for unix, vsock and packet. */
  readonly family: 'ipv4' | 'ipv6' | null;
  readonly state: SocketState;
  /** Inode of the network namespace (nsfs), as `ls -i /proc/PID/ns/net` shows it; 0 in a capture. */
  readonly namespace: number;
  /**
   * Local address. IP: RFC 5952 text without brackets and scope, a v4-mapped bind as its IPv4 address (with `mapped`). unix: the path
   * or `@name`. vsock: the CID or `any`. packet: null. null also where a capture did not show it.
   */
  readonly address: string | null;
  /** Further local addresses of an SCTP endpoint. */
  readonly addresses?: readonly string[];
  /** Local port, host byte order; null where the protocol has none or it is not known. */
  readonly port: number | null;
  /** Other ports that the shown service name stands for, where a capture had a name instead of a number. */
  readonly portCandidates?: readonly number[];
  /** The shown service name itself, where it stands for no single port. */
  readonly portName?: string;
  /** What a capture cut off or left uncertain; such a value is never treated as whole. */
  readonly cut?: 'address' | 'port';
  /** Peer, where connected. */
  readonly peer: Endpoint | null;
  /** Name of the interface it is bound to (SO_BINDTODEVICE, or the scope of a link-local bind); null: none. */
  readonly device: string | null;
  /** Interface index behind `device`, where known. */
  readonly deviceIndex?: number;
  /** True: `::ffff:a.b.c.d` was bound by an IPv6 socket; `address` is the IPv4 address. */
  readonly mapped?: boolean;
  /** IPV6_V6ONLY. null: not an IPv6 socket, or it could not be seen. */
  readonly v6only: boolean | null;
  /** IP_TRANSPARENT; null: not seen. */
  readonly transparent?: boolean | null;
  /** Inode of the socket (sockfs); null where not shown. */
  readonly inode: number | null;
  /** Socket cookie (64 bits, decimal); null where not shown. */
  readonly cookie: string | null;
  /** User id of the socket's creator; null where not shown. */
  readonly uid: number | null;
  /** SO_MARK; null where not shown. */
  readonly mark: number | null;
  /** cgroup v2 id (64 bits, decimal) of the creator; null where not shown. */
  readonly cgroupId: string | null;
  /** For a listener: connections waiting in the accept queue, and its maximum (backlog). null where not shown. */
  readonly queue: { readonly used: number; readonly max: number | null } | null;
  /** Bytes in the receive and send queue, as netstat's Recv-Q and Send-Q. null where not shown. */
  readonly queues?: { readonly receive: number; readonly send: number } | null;
  readonly mptcp?: boolean;
  /** raw: IANA protocol keyword or number, as text. */
  readonly ipProtocol?: string;
  /** packet: `all`, or the EtherType in hex (`0x0806`). */
  readonly etherType?: string;
  /** packet: SOCK_RAW or SOCK_DGRAM; unix: stream, seqpacket or dgram. */
  readonly type?: 'stream' | 'dgram' | 'seqpacket' | 'raw';
  /** unix with a path: the file as seen through the holder's root. null: it could not be looked at. */
  readonly file?: SocketFile | null;
  /** Established connections of a TCP listener; null: not counted, or connectionless. */
  readonly clients: Clients | null;
  /** Process ids (of the initial pid namespace where visible, as in this /proc) that hold the socket, ascending. */
  readonly holders: readonly number[];
  /** False: a process that was not searched could hold it too. */
  readonly holdersComplete: boolean;
  /** Positive evidence that the kernel itself owns it: the module or thread (`nfsd`, `vxlan`, `wireguard`). */
  readonly kernel?: { readonly name: string; readonly evidence: string } | null;
  /** Names that a capture shows in place of, or beside, a process: `{ pid, name, user }` of each row. */
  readonly shown?: readonly ShownOwner[];
  readonly source: SocketSource;
}

/** An owner as a capture shows it. */
export interface ShownOwner {
  readonly pid: number | null;
  readonly name: string | null;
  readonly user: string | null;
  readonly exe?: string | null;
  readonly unit?: string | null;
}

/** The file of a unix socket. */
export interface SocketFile {
  /** Permission bits, e.g. 0o666. connect(2) needs write permission. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user: string | null;
  readonly group: string | null;
  /** False: a folder on the way cannot be searched by everybody, so the file's own mode is not the whole answer. */
  readonly pathOpen: boolean;
  /** False: another file stands at the path now, or none; the other fields then say nothing. */
  readonly present: boolean;
  /** Names of those who may connect by an access control list (acl(5)); absent: the file has none. */
  readonly accessList?: { readonly users: readonly string[]; readonly groups: readonly string[] };
}

/** Who is connected to a listener right now. */
export interface Clients {
  readonly count: number;
  /** Distinct peers, at most 50; host names where a capture has names. */
  readonly addresses: readonly string[];
  readonly truncated: boolean;
}
