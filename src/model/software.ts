import type { Container, Inetd } from './listener.js';
import type { Package } from './package.js';

/** What the host's files and services say about the software behind sockets. Collected by collect/software and collect/probe. */
export interface Software {
  /** systemd socket units and what they start. */
  readonly socketUnits: readonly SocketUnit[];
  /** Entries of inetd.conf, inetd.d and xinetd. */
  readonly inetd: readonly InetdEntry[];
  /** Packages by executable: key is `PID` of a holder as text. */
  readonly packages: Readonly<Record<string, Package>>;
  /** Packages of the script, jar or module that a holder's interpreter runs: key is `PID` as text; absent: none found. */
  readonly scriptPackages?: Readonly<Record<string, Package>>;
  /**
   * What an executable really is, where its path does not say: the file that a package brought with the same bytes (a copy, a hard link, a
   * program loaded from memory), or the name by which a multi-call binary was started. Key is `PID` as text.
   */
  readonly disguises?: Readonly<Record<string, Disguise>>;
  /** The class that the manifest of a jar names, which a holder was told to run (`java -jar`). Key is `PID` as text. */
  readonly mainClasses?: Readonly<Record<string, string>>;
  /** Packages of programs that somebody starts for a connection (inetd, a socket unit, tcpserver): key is `PID:PATH`, the pid of who starts it. */
  readonly startedPackages?: Readonly<Record<string, Package>>;
  /** Control groups that created sockets whose holders were not seen: key is `Socket.cgroupId`. */
  readonly cgroups?: Readonly<Record<string, SocketCgroup>>;
  /** Containers by holder: key is `PID` as text. */
  readonly containers: Readonly<Record<string, Container>>;
  /** Registrations of rpcbind. */
  readonly rpc: readonly RpcRegistration[];
  /** Settings read from service configurations. */
  readonly settings: readonly ServiceSetting[];
  /** Answers of handshakes (`--probe`). */
  readonly probes: readonly ProbeAnswer[];
}

export interface Disguise {
  /**
   * `same-bytes`: the executable's bytes are those of `path`; `called-as`: `path` is a link to the executable, and its arguments begin with that
   * name; `name-only`: no package brought it, and the bytes of the executable (`path`) nowhere hold the name that it bears.
   */
  readonly kind: 'same-bytes' | 'called-as' | 'name-only';
  readonly path: string;
  /** Package of `path`, for `same-bytes`; else null. */
  readonly package: Package | null;
}

export interface SocketCgroup {
  /** Path below the hierarchy's root: `/system.slice/ssh.service`. */
  readonly path: string;
  /** systemd unit that the path names; null: none. */
  readonly unit: string | null;
  /** ExecStart of that unit, split into words, and where it stands; empty and null: not found. */
  readonly exec: readonly string[];
  readonly file: string | null;
  readonly line: number | null;
}

export interface SocketUnit {
  /** `telnet.socket`. */
  readonly name: string;
  /** File that declares it, and the line of the first Listen…= in it. */
  readonly file: string;
  readonly line: number;
  /** `ListenStream=` and its kin as `{ directive, value }`. */
  readonly listens: readonly { readonly directive: string; readonly value: string }[];
  readonly accept: boolean;
  /** Unit it starts; null: not found. */
  readonly service: string | null;
  /** ExecStart of that unit, split into words; empty: not found. */
  readonly exec: readonly string[];
  readonly bindToDevice: string | null;
  readonly bindIpv6Only: string | null;
  /** systemd says the socket is held (ActiveState); null: not asked. */
  readonly active: boolean | null;
  /** PID of the service manager that holds it: 1, or a container's init; null: host's. */
  readonly managerPid: number | null;
}

export interface InetdEntry extends Inetd {
  /** `inetd`, `openbsd-inetd`, `xinetd`. */
  readonly kind: string;
  readonly service: string;
  readonly protocol: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly user: string | null;
  readonly args: readonly string[];
  readonly disabled: boolean;
  /** Built-in service of the super server itself (echo, chargen, …). */
  readonly internal: boolean;
  readonly onlyFrom: readonly string[];
  readonly redirect: { readonly address: string; readonly port: number } | null;
  /** Process that was started with this file; null or absent: any super server of this kind on the host. */
  readonly pid?: number | null;
}

export interface RpcRegistration {
  readonly namespace: number;
  readonly program: number;
  readonly version: number;
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly name: string | null;
}

export interface ServiceSetting {
  /** PID of the holder it speaks of. */
  readonly pid: number;
  /** Service it configures (`redis`). */
  readonly service: string;
  /** Dotted name (`redis.requirepass`) and value; secrets are never values, only `set` or `unset`. */
  readonly name: string;
  readonly value: string;
  readonly file: string;
  /** 0: no line of the file says it; it is what the program does without one. */
  readonly line: number;
}

export interface ProbeAnswer {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  readonly namespace: number;
  readonly device: string | null;
  /** Name of the handshake (`ftp-banner`). */
  readonly probe: string;
  /** What was sent, in words. */
  readonly sent: string;
  /** What it is, if the answer says so. */
  readonly service: string | null;
  readonly product: string | null;
  readonly version: string | null;
  /** First bytes of the answer as text, cut at 512 characters. */
  readonly answer: string | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly durationMs: number;
}

/** Nothing was looked at. */
export const NO_SOFTWARE: Software = {
  socketUnits: [],
  inetd: [],
  packages: {},
  containers: {},
  rpc: [],
  settings: [],
  probes: [],
};
