import type { Exposure } from './exposure.js';
import type { Package } from './package.js';
import type { ExeState } from './process.js';
import type { Service } from './service.js';
import type { Clients, Protocol } from './socket.js';

/** `tcp/0.0.0.0:23@host`: unique in its report, holds no pid and no inode. */
export type ListenerId = string;

export interface Inetd {
  readonly program: string;
  readonly file: string;
  readonly line: number;
}

export interface Container {
  readonly runtime: string;
  readonly id: string;
  readonly name: string | null;
  readonly image: string | null;
  readonly pod?: string | null;
}

/** Who holds a listener. */
export interface Owner {
  readonly kind: 'process' | 'kernel';
  /** null for kind kernel, and where a capture names no pid. */
  readonly pid: number | null;
  /** comm; for kind kernel the module or thread. */
  readonly name: string | null;
  readonly exe: string | null;
  readonly exeState: ExeState | null;
  /** What an interpreter was told to run, as in its arguments. */
  readonly script: string | null;
  readonly args: readonly string[];
  readonly user: string | null;
  readonly uid: number | null;
  readonly unit: string | null;
  readonly inetd: Inetd | null;
  readonly container: Container | null;
  readonly package: Package | null;
  /** Parents that started it, nearest first, as `name (pid)`-free names. */
  readonly parents: readonly string[];
  /** True: anybody may write the executable or replace it; null: not looked at. */
  readonly exeWritable: boolean | null;
  /** True: a kernel thread's name worn by a process that has an executable. */
  readonly posesAsKernel: boolean;
  /** setuid or setgid bit of the executable; null: not looked at. */
  readonly setuid: boolean | null;
  /** Effective capabilities by name, all of them as `["all"]`; null: not seen. */
  readonly capabilities: readonly string[] | null;
  /** What confines it: seccomp, no-new-privileges, user-namespace, pid-namespace, mount-namespace, chroot. */
  readonly sandbox: readonly string[];
}

/** What one can connect or send to: sockets with the same namespace, protocol, address, port and device, taken together. */
export interface Listener {
  readonly id: ListenerId;
  readonly protocol: Protocol;
  readonly family: 'ipv4' | 'ipv6' | 'dual' | 'unknown' | null;
  readonly address: string | null;
  readonly addresses?: readonly string[];
  /** Addresses a wildcard bind means, as this host's interfaces have them now; empty: not a wildcard, or not known. */
  readonly means: readonly string[];
  readonly port: number | null;
  readonly portCandidates?: readonly number[];
  readonly cut?: 'address' | 'port';
  readonly device: string | null;
  readonly listening: 'certain' | 'possible';
  readonly mptcp?: boolean;
  readonly ipProtocol?: string;
  readonly etherType?: string;
  readonly namespace: { readonly id: number; readonly name: string };
  readonly owners: readonly Owner[];
  readonly ownersComplete: boolean;
  readonly clients: Clients | null;
  /** Accept queue in use and its maximum, summed over the group; null: not shown. */
  readonly queue: { readonly used: number; readonly max: number | null } | null;
  /** Number of sockets in the group. */
  readonly sockets: number;
  /**
   * unix: permission bits in octal, owner and group of the file. `pathOpen` false: not everybody may search the folders on the way to it.
   * `present` false: it is gone from there, or another file has taken its place. `accessList`: who else may connect by it (acl(5)).
   */
  readonly file: {
    readonly mode: string;
    readonly user: string | null;
    readonly group: string | null;
    readonly pathOpen?: false;
    readonly present?: false;
    readonly accessList?: { readonly users: readonly string[]; readonly groups: readonly string[] };
  } | null;
  readonly service: Service;
  /** null for raw and packet: they hear, nobody connects to them. */
  readonly exposure: Exposure | null;
}

/** A listener before reach has judged it. */
export type IdentifiedListener = Omit<Listener, 'exposure'>;
