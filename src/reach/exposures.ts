import type { Exposure } from '../model/exposure.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Interface } from '../model/network.js';
import type { ZoneSettings } from '../model/zones.js';
import { Alike } from './alike.js';
import { callsIpHooks } from './br-netfilter.js';
import { hasBridgeChains } from './bridges.js';
import { boundTo, isMartianAt } from './destinations.js';
import type { Entry } from './entries.js';
import type { Leaf } from './flow.js';
import type { Family } from './ir.js';
import { type Judge, judgeOf } from './judge.js';
import { pointText } from './nat.js';
import { peerOf } from './peers.js';
import { remarksOnListener } from './remarks.js';
import { exposureOf, type Judged } from './rows.js';
import { exposureOfBind, exposureWithoutRoutes, rankOfAddress } from './scope.js';
import { L4_OF } from './sockets.js';
import type { Target } from './target.js';
import type { Place, World } from './world.js';

/** A place whose bridges or veths lead to another one, and the interfaces that do. */
interface Outer {
  readonly outer: Place;
  readonly by: Set<string>;
}

const outersOf = new WeakMap<World, ReadonlyMap<number, readonly Outer[]>>();

/** Who leads to whom, looked up once for all places of a world. */
function allOuters(world: World): ReadonlyMap<number, readonly Outer[]> {
  const known = outersOf.get(world);
  if (known !== undefined) return known;
  const all = new Map<number, Outer[]>();
  for (const outer of world.places.values())
    for (const link of outer.network.interfaces)
      for (const peer of peerOf(world, outer, link)) {
        if (peer.place.id === outer.id) continue;
        const outers = all.get(peer.place.id) ?? [];
        all.set(peer.place.id, outers);
        let found = outers.find((one) => one.outer.id === outer.id);
        if (found === undefined) {
          found = { outer, by: new Set() };
          outers.push(found);
        }
        const master = link.master === null ? undefined : outer.byIndex.get(link.master);
        found.by.add(master?.name ?? link.name);
      }
  outersOf.set(world, all);
  return all;
}

/** Places whose bridges or veths lead to this one: packets may be forwarded through them. */
const outerPlaces = (world: World, place: Place): readonly Outer[] => allOuters(world).get(place.id) ?? [];

/** Ways in through other namespaces of this host, by the place's own addresses. */
function throughOthers(
  judge: Judge,
  place: Place,
  target: Target,
  reaches: (leaf: Leaf) => boolean,
): readonly Judged[] {
  const text = pointText(target.address, target.family);
  const rank = rankOfAddress(text);
  if (rank === 'loopback' || rank === 'link') return [];
  return outerPlaces(judge.world, place).flatMap(({ outer, by }) => {
    const entries = judge.entries(outer).filter((entry) => entry.input !== null && !by.has(entry.input.name));
    return judge.judged(target, entries, reaches);
  });
}

/** A published port, as far as listeners need it: where it is asked for. */
export interface PublishedTarget extends Target {
  readonly listener: string | null;
  /** Part of an entry for every address of the host. */
  readonly wide: boolean;
}

function judgeListener(
  judge: Judge,
  alike: Alike,
  listener: IdentifiedListener,
  own: readonly PublishedTarget[],
): Exposure | null {
  const other = exposureWithoutRoutes(listener);
  if (other !== undefined) return other;
  const place = judge.world.places.get(listener.namespace.id);
  const l4 = L4_OF[listener.protocol];
  if (place === undefined || listener.port === null || l4 === undefined) return exposureOfBind(listener);
  if (!place.network.firewall.read) return exposureOfBind(listener);
  const make = (): Exposure => exposureByRoutes(judge, place, listener, listener.port ?? 0, l4, own);
  const exposure = own.length === 0 ? alike.exposure(place, listener, make) : make();
  const remarks = remarksOnListener(place, listener, exposure);
  return remarks.length === 0 ? exposure : { ...exposure, remarks };
}

/** The exposure that packets to the listener's addresses, and to the ports published for it, give. */
function exposureByRoutes(
  judge: Judge,
  place: Place,
  listener: IdentifiedListener,
  port: number,
  l4: number,
  published: readonly PublishedTarget[],
): Exposure {
  const reaches = (leaf: Leaf): boolean => leaf.listener?.id === listener.id;
  const wildcard = listener.address === '0.0.0.0' || listener.address === '::';
  const entries = judge
    .entries(place)
    .filter(
      (entry) =>
        listener.device === null ||
        entry.input === null ||
        entry.input.name === listener.device ||
        isPortOf(place, entry, listener.device),
    );
  const all: Judged[] = [];
  for (const { family, point, texts } of boundTo(judge.world, place, listener)) {
    const target: Target = { place, family, address: point, l4, port, texts };
    for (const entry of entries) {
      // A wildcard means 127.0.0.1 too, but only route_localnet lets neighbours ask for it.
      if (wildcard && isMartianAt(place, entry.input, target)) continue;
      const bridged = bridgedBy(judge.world, entry, family);
      // With br_netfilter the bridge's own namespace has its say about what passes between ports.
      if (bridged === null) all.push(...judge.judged(target, [entry], reaches));
      else
        all.push(
          ...judge.judged(
            target,
            judge.entries(bridged.place).filter((one) => one.input === bridged.link),
            reaches,
          ),
        );
    }
    all.push(...throughOthers(judge, place, target, reaches));
  }
  for (const target of published) {
    const ways = judge
      .entries(target.place)
      .filter((entry) => !(target.wide && isMartianAt(target.place, entry.input, target)));
    all.push(...admittingOnly(judge.judged(target, ways, reaches)));
  }
  return exposureOf(all, place.id);
}

/** The bridge of another namespace that an entry's veth hangs on, where bridged packets meet rules of that namespace. */
function bridgedBy(
  world: World,
  entry: Entry,
  family: Family,
): { readonly place: Place; readonly link: Interface } | null {
  if (entry.input === null) return null;
  for (const { place, link } of peerOf(world, entry.place, entry.input)) {
    const bridge = link.master === null ? undefined : place.byIndex.get(link.master);
    if (bridge?.kind !== 'bridge') continue;
    if (callsIpHooks(place, bridge, family) || hasBridgeChains(place)) return { place, link: bridge };
  }
  return null;
}

/** Ways in through a published port count where they lead in; that others are refused there is the published port's to say. */
const admittingOnly = (judged: readonly Judged[]): readonly Judged[] =>
  judged.filter((one) => one.verdicts.yes.length + one.verdicts.conditional.length > 0);

const isPortOf = (place: Place, entry: Entry, device: string): boolean => {
  const link = place.interfaces.get(device);
  return link?.master !== null && link?.master !== undefined && link.master === entry.input?.index;
};

/** Exposure of every listener, in order. */
export function judgeExposures(
  world: World,
  listeners: readonly IdentifiedListener[],
  settings: ZoneSettings,
  published: readonly PublishedTarget[],
): readonly (Exposure | null)[] {
  const judge = judgeOf(world, settings);
  const alike = new Alike(judge);
  const leading = new Map<string | null, PublishedTarget[]>();
  for (const target of published) {
    const there = leading.get(target.listener);
    if (there === undefined) leading.set(target.listener, [target]);
    else there.push(target);
  }
  return listeners.map((listener) => judgeListener(judge, alike, listener, leading.get(listener.id) ?? []));
}
