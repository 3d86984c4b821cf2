import type { Gap } from './gap.js';
import type { Network, NetworkNamespace } from './network.js';
import type { Process } from './process.js';
import type { Socket } from './socket.js';
import type { Software } from './software.js';
import type { Statistics } from './statistics.js';

export interface Tool {
  readonly name: 'earshot';
  readonly version: string;
}

export interface Host {
  readonly hostname: string;
  /** PRETTY_NAME of os-release, or what a capture shows; `unknown` where nothing does. */
  readonly os: string;
  /** uname -r; `unknown` where not shown. */
  readonly kernel: string;
  /** ID and ID_LIKE of os-release, for choosing remediation: `debian`, `rhel`, …; empty: not known. */
  readonly platforms: readonly string[];
}

/** `live`: read from this kernel; `capture`: from the text of netstat and its kin; `exec`: under `earshot exec`. */
export type SnapshotSource = 'live' | 'capture' | 'exec';

/** Everything that was read of one host, and nothing judged. Plain JSON; `earshot schema snapshot` prints its schema. */
export interface Snapshot {
  readonly schema: 'earshot.snapshot/1';
  readonly tool: Tool;
  readonly host: Host;
  readonly collection: {
    readonly source: SnapshotSource;
    /** RFC 3339, UTC. Ages and expiry are judged at this time. */
    readonly startedAt: string;
    readonly durationMs: number;
    /** Name of the dialect where the source is a capture; else null. */
    readonly dialect: string | null;
    /** Effective user id of the collector; null in a capture. */
    readonly uid: number | null;
    readonly gaps: readonly Gap[];
  };
  /** The namespace called `host` first. */
  readonly namespaces: readonly NetworkNamespace[];
  readonly sockets: readonly Socket[];
  readonly processes: readonly Process[];
  readonly networks: readonly Network[];
  readonly software: Software;
  /** Protocol statistics, memberships and masqueraded connections; null: not asked for. */
  readonly statistics: Statistics | null;
}
