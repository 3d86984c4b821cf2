import { servicesAt } from '../lib/services.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Service } from '../model/service.js';
import type { Snapshot } from '../model/snapshot.js';
import { agree } from './agree.js';

/** A relay may lead to a relay; more hops than this are a circle. */
const HOPS_MAX = 8;

type Target = NonNullable<Service['relayTo']>;

const isLoopback = (address: string): boolean =>
  address.startsWith('127.') || address === '::1' || address === 'localhost';

/** Whether a packet for the address, sent in the listener's own namespace, arrives at it. */
function takes(listener: IdentifiedListener, address: string): boolean {
  if (listener.address === address) return true;
  if (address === 'localhost')
    return listener.address === '127.0.0.1' || listener.address === '::1' || isWildcard(listener);
  return isWildcard(listener) && (isLoopback(address) || listener.means.includes(address));
}

const isWildcard = (listener: IdentifiedListener): boolean =>
  listener.address === '0.0.0.0' || listener.address === '::';

/** The listener that answers at a relay's target: in its own namespace, else where that address is one of a namespace's own. */
function targetOf(
  relay: IdentifiedListener,
  target: Target,
  listeners: readonly IdentifiedListener[],
  snapshot: Snapshot,
): IdentifiedListener | null {
  if (target.address.startsWith('/') || target.address.startsWith('@'))
    return listeners.find((listener) => listener.protocol === 'unix' && listener.address === target.address) ?? null;
  const fits = (listener: IdentifiedListener): boolean =>
    listener.protocol === relay.protocol && listener.port === target.port && listener !== relay;
  const here = listeners.find(
    (listener) => fits(listener) && listener.namespace.id === relay.namespace.id && takes(listener, target.address),
  );
  if (here !== undefined || isLoopback(target.address)) return here ?? null;
  const homes = homesOf(target.address, relay.namespace.id, snapshot);
  return (
    listeners.find(
      (listener) => fits(listener) && homes.has(listener.namespace.id) && takes(listener, target.address),
    ) ?? null
  );
}

/**
 * Namespaces that hold an address. Two container engines deal out the same ones: those joined with the relay's namespace by the interface that
 * holds it come first; where none is and several hold it, nobody knows which is meant.
 */
function homesOf(address: string, from: number, snapshot: Snapshot): ReadonlySet<number> {
  const holding = snapshot.networks.filter(({ addresses }) => addresses.some((own) => own.address === address));
  const joined = holding.filter(({ addresses, interfaces }) =>
    interfaces.some(
      (link) =>
        link.linkNamespace === from && addresses.some((own) => own.address === address && own.index === link.index),
    ),
  );
  const homes = joined.length > 0 ? joined : holding.length === 1 ? holding : [];
  return new Set(homes.map(({ namespace }) => namespace));
}

/** A relay's service is its target's, where that was seen; what the relay itself says stays as evidence. */
function passedOn(relay: IdentifiedListener, target: IdentifiedListener, to: Target): Service {
  const own = relay.service;
  const there = target.service;
  const evidence = [...own.evidence, ...there.evidence.map((sentence) => `at ${target.id}: ${sentence}`)];
  if (there.name === null) return { ...own, evidence, relayTo: { ...to, listener: target.id } };
  const usual = relay.port === null ? [] : servicesAt(relay.protocol, relay.port, true);
  const isOther = usual.length > 0 && !usual.some((entry) => agree(entry.name, there.name ?? ''));
  const disagreement = isOther ? `port says ${usual[0]?.name}, relay leads to ${there.name}` : null;
  const encryption = own.encryption ?? there.encryption;
  return { ...there, evidence, disagreement, encryption, relayTo: { ...to, listener: target.id } };
}

/** Every relay with the listener it leads to, and that one's service. */
export function followRelays(
  listeners: readonly IdentifiedListener[],
  snapshot: Snapshot,
): readonly IdentifiedListener[] {
  if (!listeners.some((listener) => listener.service.relayTo !== null)) return listeners;
  const followed = new Map<string, IdentifiedListener>();
  const follow = (listener: IdentifiedListener, hops: number): IdentifiedListener => {
    const done = followed.get(listener.id);
    if (done !== undefined) return done;
    const to = listener.service.relayTo;
    if (to === null || hops >= HOPS_MAX) return listener;
    const target = targetOf(listener, to, listeners, snapshot);
    if (target === null) return listener;
    const end = follow(target, hops + 1);
    const result = { ...listener, service: passedOn(listener, end, to) };
    const linked = { ...result, service: { ...result.service, relayTo: { ...to, listener: target.id } } };
    followed.set(listener.id, linked);
    return linked;
  };
  return listeners.map((listener) => follow(listener, 0));
}
