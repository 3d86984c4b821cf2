import { closeSync, constants, openSync } from 'node:fs';
import { errnoName } from './errno.js';
import { type Granted, withNamespace } from './namespaces.js';
import { NETLINK_GENERIC, NETLINK_ROUTE, NETLINK_SOCK_DIAG, NetlinkSocket } from './netlink/socket.js';

/** Folders below /proc/sys/net that belong to a namespace. */
const SYSCTL_FOLDERS = ['ipv4', 'ipv6', 'netfilter', 'bridge'] as const;
export type SysctlFolder = (typeof SYSCTL_FOLDERS)[number];

/** Files of /proc/net that tell what netlink does not. */
const NET_FILES: readonly string[] = ['protocols', 'sockstat', 'sockstat6', 'raw', 'raw6', 'fib_trie'];

/**
 * What one namespace is asked by: netlink sockets and open folders of /proc/sys/net belong to the namespace in which they were opened, so
 * they are used from outside.
 */
export interface Vantage {
  readonly diag: NetlinkSocket;
  readonly route: NetlinkSocket;
  /** null: refused; what it would have told is not asked. */
  readonly generic: NetlinkSocket | null;
  /** Path of a folder of sysctls as seen from there; null: there is none. */
  sysctl(folder: SysctlFolder): string | null;
  /** Path of a file of its /proc/net; null: not opened. Opened only where no process lives in the namespace. */
  netFile(file: string): string | null;
  close(): void;
}

interface Opened {
  readonly diag: NetlinkSocket | number;
  readonly route: NetlinkSocket | number;
  readonly generic: NetlinkSocket | number;
  readonly folders: readonly (number | null)[];
  readonly netFiles: readonly (number | null)[];
}

function openPath(path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch {
    // Not there, or not mounted: its values are then not in the snapshot.
    return null;
  }
}

/** Opens and nothing else: no read, no wait, so that this thread is back at home before anything can run in between. */
function openAll(withNetFiles: boolean): Opened {
  return {
    diag: NetlinkSocket.open(NETLINK_SOCK_DIAG),
    route: NetlinkSocket.open(NETLINK_ROUTE),
    generic: NetlinkSocket.open(NETLINK_GENERIC),
    folders: SYSCTL_FOLDERS.map((folder) =>
      openPath(`/proc/sys/net/${folder}`, constants.O_RDONLY | constants.O_DIRECTORY),
    ),
    netFiles: withNetFiles
      ? NET_FILES.map((file) => openPath(`/proc/thread-self/net/${file}`, constants.O_RDONLY))
      : [],
  };
}

function closeAll(opened: Opened): void {
  if (typeof opened.diag !== 'number') opened.diag.close();
  if (typeof opened.route !== 'number') opened.route.close();
  if (typeof opened.generic !== 'number') opened.generic.close();
  for (const fd of [...opened.folders, ...opened.netFiles]) if (fd !== null) closeSync(fd);
}

const pathOf = (fd: number | null | undefined): string | null =>
  fd === null || fd === undefined ? null : `/proc/self/fd/${fd}`;

/** Opens a vantage in the namespace of a descriptor; null: in our own. */
export function openVantage(descriptor: number | null, withNetFiles: boolean): Granted<Vantage> {
  const entered: Granted<Opened> =
    descriptor === null
      ? { ok: true, value: openAll(withNetFiles) }
      : withNamespace(descriptor, () => openAll(withNetFiles));
  if (!entered.ok) return entered;
  const opened = entered.value;
  const { diag, route } = opened;
  if (typeof diag === 'number' || typeof route === 'number') {
    closeAll(opened);
    return { ok: false, why: `${errnoName(-Math.min(Number(diag), Number(route)))}: socket(AF_NETLINK)` };
  }
  diag.prepare(false);
  route.prepare(true);
  return {
    ok: true,
    value: {
      diag,
      route,
      generic: typeof opened.generic === 'number' ? null : opened.generic,
      sysctl: (folder) => pathOf(opened.folders[SYSCTL_FOLDERS.indexOf(folder)]),
      netFile: (file) => pathOf(opened.netFiles[NET_FILES.indexOf(file)]),
      close: () => closeAll(opened),
    },
  };
}
