import type { Gap } from '../model/gap.js';
import type { InterfaceCounters, Route } from '../model/network.js';
import type { Endpoint, Protocol, ShownOwner, Socket, SocketState } from '../model/socket.js';
import type { ProbeAnswer } from '../model/software.js';
import type { Membership } from '../model/statistics.js';

/** Local end of a socket as a capture shows it. */
export interface LocalEnd {
  /** RFC 5952 text, a name, a path; wildcards are `0.0.0.0` and `::`. null: not shown. */
  readonly address: string | null;
  /** null: none, or only a name that stands for no single port. */
  readonly port: number | null;
  /** What a name in place of a number may stand for, where that is not exactly one port. */
  readonly portCandidates?: readonly number[];
  /** The name itself, where a capture has one. */
  readonly portName?: string;
  readonly device: string | null;
  readonly mapped: boolean;
  readonly cut?: 'address' | 'port';
}

/** One socket of a capture, before the whole capture has told what its spelling means. */
export interface CapturedSocket {
  readonly protocol: Protocol;
  readonly family: Socket['family'];
  readonly state: SocketState;
  /** True: an established TCP connection, which makes its peer a client of the listener. */
  readonly established: boolean;
  readonly local: LocalEnd;
  readonly peer: Endpoint | null;
  readonly v6only: boolean | null;
  readonly owners: readonly ShownOwner[];
  /** What the owner column says: `shown`, `hidden` (a dash: not privileged, a kernel socket or another pid namespace), `absent` (not asked for). */
  readonly ownerColumn: 'shown' | 'hidden' | 'absent';
  /** Facts that some dialects show beside. */
  readonly facts?: Partial<
    Pick<
      Socket,
      | 'inode'
      | 'uid'
      | 'cookie'
      | 'mark'
      | 'queue'
      | 'queues'
      | 'ipProtocol'
      | 'etherType'
      | 'type'
      | 'mptcp'
      | 'deviceIndex'
    >
  >;
  /** What is decided only when the whole capture was read (`Reader.settle`), in the dialect's own words. */
  readonly open?: string;
}

/** An interface as far as a capture shows it. */
export interface CapturedInterface {
  readonly name: string;
  readonly index?: number;
  readonly mtu?: number;
  readonly mac?: string;
  readonly flags?: readonly string[];
  readonly counters?: Partial<InterfaceCounters>;
}

/** An address of an interface. */
export interface CapturedAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefixLength: number | null;
  readonly broadcast?: string;
  readonly peer?: string;
}

/** A route: what no capture shows has its usual value. */
export type CapturedRoute = Pick<Route, 'family' | 'destination' | 'gateway' | 'interface'> &
  Partial<Pick<Route, 'type' | 'metric' | 'flags' | 'scope' | 'metrics' | 'preferredSource'>>;

/** What one line says. `unread`: it makes no sense in this dialect; it becomes a gap unless another dialect knows it. */
export type Row =
  | { readonly kind: 'unread' }
  | { readonly kind: 'skip' }
  | { readonly kind: 'socket'; readonly socket: CapturedSocket }
  | { readonly kind: 'owner'; readonly owner: Partial<ShownOwner> }
  | { readonly kind: 'interface'; readonly interface: CapturedInterface }
  | { readonly kind: 'address'; readonly address: CapturedAddress }
  | { readonly kind: 'route'; readonly route: CapturedRoute }
  | { readonly kind: 'counter'; readonly group: string; readonly name: string; readonly value: string }
  | { readonly kind: 'membership'; readonly membership: Membership }
  | { readonly kind: 'probe'; readonly probe: ProbeAnswer }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'host'; readonly host: CapturedHost }
  | { readonly kind: 'many'; readonly rows: readonly Row[] };

/** Which host the following rows speak of, where one capture holds several. */
export interface CapturedHost {
  /** What tells hosts apart: an address or a name. */
  readonly key: string;
  readonly hostname: string;
  readonly os?: string;
}

export const UNREAD: Row = { kind: 'unread' };
export const SKIP: Row = { kind: 'skip' };

/** Reads the lines of one capture, in order. */
export interface Reader {
  /** Name as it turned out while reading: `Linux net-tools`, `FreeBSD netstat`. */
  name(): string;
  /** Operating system, where the reading tells it better than the dialect does. */
  os?(): string | null;
  row(line: string): Row;
  /** Number of the table the last row was of, where a program prints the same table again and again (`netstat -c`). */
  table?(): number;
  /** After the last line: what only the whole capture tells (what `*` means, whether columns cut addresses). */
  settle?(socket: CapturedSocket): CapturedSocket;
  /** Whether connections are among what was asked for; null: not told. Where none is shown and nobody knows, clients are not counted. */
  connections?(): boolean | null;
  /** What this capture cannot show beside what no capture shows. */
  gaps?(): readonly Gap[];
  /** Rows that were held back until the end. */
  end?(): readonly Row[];
}

/** How sure one line is of its dialect: `heading` only it prints, `row` has its shape, `no`. */
export type Recognition = 'heading' | 'row' | 'no';

/** A dialect: how its first line is known, and how its lines are read. */
export interface Dialect {
  /** For the list of what can be read. */
  readonly name: string;
  /** Operating system it tells of: `Linux`, `Windows`; null: not told. */
  readonly os: string | null;
  /** True: a line may be longer than a row of a table, since it holds a whole document or scan. */
  readonly longLines?: boolean;
  recognise(line: string): Recognition;
  /** `command`: the command line pasted before the capture, where there is one, else empty. */
  open(command: string): Reader;
}
