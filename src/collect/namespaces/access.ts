import { closeDescriptor, type Granted, inodeOf, namespaceOfSocket, openNamespace } from '../../linux/namespaces.js';
import { openVantage, type Vantage } from '../../linux/vantage.js';
import type { Entrance, FoundNamespace } from './found.js';

/** A way into a namespace that is held open. */
export interface Door {
  readonly descriptor: number;
  /** The entrance that worked. */
  readonly foundBy: string;
}

/** A descriptor of the namespace by one of its entrances, if it still is that namespace. */
function openBy(entrance: Entrance, id: number): Granted<Door> {
  let opened: Granted<number>;
  if (entrance.kind === 'path') opened = openNamespace(entrance.path);
  else {
    const found = namespaceOfSocket(entrance.held.tid, entrance.held.fd);
    opened = found.ok ? { ok: true, value: found.value.descriptor } : found;
  }
  if (!opened.ok) return opened;
  if (inodeOf(opened.value) === id) return { ok: true, value: { descriptor: opened.value, foundBy: entrance.foundBy } };
  closeDescriptor(opened.value);
  return { ok: false, why: `ESTALE: ${entrance.foundBy} is in another namespace now` };
}

/** Opens the namespace by the first entrance that is still there. `why` is what the last one said. The caller closes the descriptor. */
export function openDoor(namespace: FoundNamespace): Granted<Door> {
  // Without any it is known by its /proc/PID/net alone, and that is where others may look no further.
  let last: { readonly ok: false; readonly why: string } = {
    ok: false,
    why: 'EACCES: its ways in may not be looked at',
  };
  for (const entrance of namespace.entrances) {
    const opened = openBy(entrance, namespace.id);
    if (opened.ok) return opened;
    last = opened;
  }
  return last;
}

export function closeDoor(door: Door): void {
  closeDescriptor(door.descriptor);
}

/** Goes in, opens what the namespace is asked by, and comes back. Our own needs no entering. */
export function vantageIn(namespace: FoundNamespace, door: Door): Granted<Vantage> {
  return openVantage(namespace.own ? null : door.descriptor, namespace.procNet === null);
}
