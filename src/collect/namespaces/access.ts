import { errnoName } from '../../linux/errno.js';
import {
  closeDescriptor,
  type Granted,
  inodeOf,
  namespaceOfSocket,
  openNamespace,
  withNamespace,
} from '../../linux/namespaces.js';
import { NETLINK_ROUTE, NETLINK_SOCK_DIAG, NetlinkSocket } from '../../linux/netlink/socket.js';
import type { Entrance, FoundNamespace } from './namespaces.js';

/** Netlink sockets that belong to one namespace: what they answer is that namespace's. */
export interface KernelAccess {
  readonly diag: NetlinkSocket;
  readonly route: NetlinkSocket;
  /** A descriptor of the namespace itself, open until `close`. */
  readonly descriptor: number;
  /** The entrance that worked. */
  readonly foundBy: string;
  close(): void;
}

type Sockets = { readonly diag: NetlinkSocket | number; readonly route: NetlinkSocket | number };

const openBoth = (): Sockets => ({
  diag: NetlinkSocket.open(NETLINK_SOCK_DIAG),
  route: NetlinkSocket.open(NETLINK_ROUTE),
});

/** A descriptor of the namespace by one of its entrances, if it still is that namespace. */
function descriptorBy(entrance: Entrance, id: number): Granted<number> {
  let opened: Granted<number>;
  if (entrance.kind === 'path') opened = openNamespace(entrance.path);
  else {
    const found = namespaceOfSocket(entrance.held.tid, entrance.held.fd);
    opened = found.ok ? { ok: true, value: found.value.descriptor } : found;
  }
  if (!opened.ok || inodeOf(opened.value) === id) return opened;
  closeDescriptor(opened.value);
  return { ok: false, why: `ESTALE: ${entrance.foundBy} is in another namespace now` };
}

function accessOf(sockets: Sockets, descriptor: number, foundBy: string): Granted<KernelAccess> {
  const { diag, route } = sockets;
  if (typeof diag === 'number' || typeof route === 'number') {
    if (typeof diag !== 'number') diag.close();
    if (typeof route !== 'number') route.close();
    closeDescriptor(descriptor);
    const status = typeof diag === 'number' ? diag : Number(route);
    return { ok: false, why: `${errnoName(-status)}: socket(AF_NETLINK)` };
  }
  diag.prepare(false);
  route.prepare(true);
  const close = (): void => {
    diag.close();
    route.close();
    closeDescriptor(descriptor);
  };
  return { ok: true, value: { diag, route, descriptor, foundBy, close } };
}

/** Opens netlink sockets in the namespace, by the first entrance that lets us in. `why` is what the last one said. */
export function openKernelAccess(namespace: FoundNamespace): Granted<KernelAccess> {
  let last: { readonly ok: false; readonly why: string } = { ok: false, why: 'ENOENT: no way in is left' };
  for (const entrance of namespace.entrances) {
    const opened = descriptorBy(entrance, namespace.id);
    if (!opened.ok) {
      last = opened;
      continue;
    }
    if (namespace.own) return accessOf(openBoth(), opened.value, entrance.foundBy);
    const entered = withNamespace(opened.value, openBoth);
    if (entered.ok) return accessOf(entered.value, opened.value, entrance.foundBy);
    closeDescriptor(opened.value);
    last = entered;
  }
  return last;
}
