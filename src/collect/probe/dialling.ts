import { Socket } from 'node:net';
import { bindToDevice, closeSocket, connectTo, localEnd, openSocket, sendFrom } from '../../linux/dial.js';
import type { Granted } from '../../linux/namespaces.js';
import { isAnsweredHere } from '../../linux/netlink/inet-peer.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import type { Place } from './places.js';

/** A namespace that listeners are spoken to in. */
export interface Room {
  /** Its descriptor; null: our own. */
  readonly descriptor: number | null;
  /** sock_diag of that namespace, which tells whether a connection is answered there. */
  readonly diag: NetlinkSocket;
}

const LOOK_MS = 5;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A socket of the room, tied to the place's device. */
export function socketIn(room: Room, place: Place, protocol: 'tcp' | 'udp'): Granted<number> {
  const opened = openSocket(room.descriptor, place.address.family, protocol);
  if (!opened.ok) return opened;
  const fd = opened.value;
  const tied = place.device === null ? null : bindToDevice(fd, place.device);
  const bound = place.source === null ? null : sendFrom(fd, place.source);
  for (const status of [tied, bound]) {
    if (status === null || status.ok) continue;
    closeSocket(fd);
    return status;
  }
  return opened;
}

async function connected(fd: number, place: Place, waitMs: number, signal: AbortSignal): Promise<Granted<null>> {
  for (const until = Date.now() + waitMs; ; ) {
    const state = connectTo(fd, place);
    if (!state.ok) return state;
    if (state.value === 'connected') return { ok: true, value: null };
    if (Date.now() >= until || signal.aborted) return { ok: false, why: 'ETIMEDOUT: connect' };
    await pause(LOOK_MS);
  }
}

/**
 * Connects to a place from its own namespace. A connection that a translation has led out of it is ended before a byte is sent: what
 * answers there is not what listens here.
 */
export async function dial(room: Room, place: Place, waitMs: number, signal: AbortSignal): Promise<Granted<Socket>> {
  if (signal.aborted) return { ok: false, why: 'the time was over before it could be connected to' };
  const opened = socketIn(room, place, 'tcp');
  if (!opened.ok) return opened;
  const fd = opened.value;
  const state = await connected(fd, place, waitMs, signal);
  const local = state.ok ? localEnd(fd) : null;
  const here = local !== null && isAnsweredHere(room.diag, place, local);
  if (state.ok && here) return { ok: true, value: new Socket({ fd, readable: true, writable: true }) };
  closeSocket(fd);
  return state.ok ? { ok: false, why: 'the connection is led elsewhere: no socket of this namespace took it' } : state;
}
