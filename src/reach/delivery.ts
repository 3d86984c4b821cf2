import { onePoint } from '../lib/ip/intervals.js';
import type { Flow, Leaf } from './flow.js';
import { takenByIpvs } from './ipvs.js';
import { finish, type Journey } from './journey.js';
import { lookupSocket, socketDoubt } from './sockets.js';
import type { Place } from './world.js';

/** The ends of a packet that input let through: the socket that takes it, and what of that socket is not certain. */
export function delivered(place: Place, flow: Flow): readonly Leaf[] {
  const wanted = { l4: flow.l4, family: flow.family, address: flow.destination, port: flow.port };
  const listener = flow.proxy ?? lookupSocket(place, { ...wanted, device: deviceOf(place, flow) });
  const texts = flow.proxy === null ? [socketDoubt(listener, flow.family), takenByIpvs(place, flow)] : [];
  const doubts = texts.flatMap((text): readonly Leaf[] =>
    text === null
      ? []
      : [{ flow, end: { kind: 'doubtful', text, ofSocket: true }, namespace: place.id, listener: null }],
  );
  return [...doubts, { flow, end: { kind: 'delivered' }, namespace: place.id, listener }];
}

/** BPF sk_lookup programs come before the kernel's own lookup, for TCP and UDP that no proxy has taken. */
export function doubtLookups(journey: Journey, place: Place, flow: Flow): void {
  if (flow.proxy !== null || (flow.l4 !== 6 && flow.l4 !== 17)) return;
  for (const { id, name } of place.network.firewall.socketLookups ?? [])
    finish(journey, place, flow, {
      kind: 'doubtful',
      text: `the BPF program ${name === '' ? id : name} (sk_lookup) chooses the socket`,
    });
}

/** Over lo a packet counts as coming in by the interface that holds the address (inet_iif(): FIB_RES_OIF; IP6CB(skb)->iif). */
function deviceOf(place: Place, flow: Flow): string | null {
  if (flow.input?.name !== 'lo') return flow.input?.name ?? null;
  return place.fib(flow.family).typesOf(onePoint(flow.destination), null)[0]?.route?.interface ?? 'lo';
}
