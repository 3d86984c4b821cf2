import type { Exposure } from '../model/exposure.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Family } from './ir.js';
import type { Judge } from './judge.js';
import { L4_OF, socketDoubt } from './sockets.js';
import type { Place, World } from './world.js';

const shapeOf = (listener: IdentifiedListener): string =>
  [
    listener.namespace.id,
    listener.protocol,
    listener.family,
    listener.address,
    listener.addresses?.join(' ') ?? '',
    listener.device ?? '',
    socketDoubt(listener, 'ipv4') ?? '',
  ].join('|');

/** Families of the packets a listener may hear. */
function familiesOf({ family, address }: IdentifiedListener): readonly Family[] {
  if (family === 'ipv4' && address?.includes(':') !== true) return ['ipv4'];
  return family === 'ipv6' && address?.includes(':') !== false ? ['ipv6'] : ['ipv4', 'ipv6'];
}

/** Shapes of everybody who listens at a port anywhere, by protocol and port: who else is there decides what one of them hears. */
function shapesByPort(world: World): ReadonlyMap<string, readonly string[]> {
  const shapes = new Map<string, string[]>();
  for (const place of world.places.values())
    for (const listener of place.listeners) {
      const key = `${L4_OF[listener.protocol]} ${listener.port}`;
      const there = shapes.get(key);
      if (there === undefined) shapes.set(key, [shapeOf(listener)]);
      else there.push(shapeOf(listener));
    }
  return shapes;
}

/**
 * Exposures that listeners share: two with one bind on different ports are heard by the same where no rule tells the ports apart and the
 * same others listen beside them. Thousands of ports of one server are so judged once.
 */
export class Alike {
  readonly #judge: Judge;
  readonly #shapes: ReadonlyMap<string, readonly string[]>;
  readonly #known = new Map<string, Exposure>();

  constructor(judge: Judge) {
    this.#judge = judge;
    this.#shapes = shapesByPort(judge.world);
  }

  /** The exposure of a listener that is asked by its own addresses alone. */
  exposure(place: Place, listener: IdentifiedListener, make: () => Exposure): Exposure {
    if (listener.port === null) return make();
    const beside = this.#shapes.get(`${L4_OF[listener.protocol]} ${listener.port}`) ?? [];
    const { port } = listener;
    const classes = familiesOf(listener).map((family) => this.#judge.portClass(port, family));
    const key = [place.id, shapeOf(listener), classes.join(' '), ...beside].join('\n');
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }
}
