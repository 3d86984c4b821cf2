import { fromPairs, type Intervals, intersect, onePoint, type Point, subtract, union } from '../lib/ip/intervals.js';
import type { Rank } from '../model/exposure.js';
import type { Interface } from '../model/network.js';
import type { ZoneSettings } from '../model/zones.js';
import type { Family } from './ir.js';
import { LINK_LOCAL_6 } from './martians.js';
import { peerOf } from './peers.js';
import { allOf, prefixSet } from './routes.js';
import type { Place, World } from './world.js';

/** A zone as one entry sees it: the sources that count as this zone when they come in there. */
export interface EntryZone {
  readonly zone: string;
  readonly rank: Rank;
  readonly sources: Readonly<Record<Family, Intervals>>;
}

/** A place where packets come in: an interface, or (input null) the place's own processes over lo. */
export interface Entry {
  readonly place: Place;
  readonly input: Interface | null;
  readonly zones: readonly EntryZone[];
}

const LINK_LOCAL_4: Intervals = [0xa9fe0000, 0xa9ff0000];

/** RFC 1918, RFC 6598 (CGNAT). */
const PRIVATE_4: Intervals = fromPairs([
  0x0a000000, 0x0b000000, 0x64400000, 0x64800000, 0xac100000, 0xac200000, 0xc0a80000, 0xc0a90000,
]);
/** RFC 4193 (ULA). */
const PRIVATE_6: Intervals = [0xfcn << 120n, 0xfen << 120n];

/** Never the source of a first packet from outside: this network, loopback, multicast, reserved. */
const NO_SOURCE_4: Intervals = fromPairs([0, 0x01000000, 0x7f000000, 0x80000000, 0xe0000000, 2 ** 32]);
const NO_SOURCE_6: Intervals = fromPairs([0n, 2n, 0xffffn << 32n, 0x10000n << 32n, 0xffn << 120n, 1n << 128n]);

const noSource = (family: Family): Intervals => (family === 'ipv4' ? NO_SOURCE_4 : NO_SOURCE_6);
const linkLocal = (family: Family): Intervals => (family === 'ipv4' ? LINK_LOCAL_4 : LINK_LOCAL_6);
const privateRanges = (family: Family): Intervals => (family === 'ipv4' ? PRIVATE_4 : PRIVATE_6);

/** Prefixes that lie on the interface's own link. */
function onLink(place: Place, link: Interface, family: Family): Intervals {
  let all: Intervals = [];
  for (const { from, family: of } of place.addresses) {
    if (of !== family || from.interface !== link.name) continue;
    const set = prefixSet(`${from.peer ?? from.address}/${from.prefixLength}`);
    if (set !== null) all = union(all, set);
  }
  return all;
}

function ownAddresses(place: Place, family: Family): Intervals {
  return fromPairs(place.addresses.filter((one) => one.family === family).flatMap((one) => [...onePoint(one.point)]));
}

/** Addresses held by the namespaces behind a container interface. */
function heldBehind(world: World, place: Place, link: Interface, family: Family): Intervals {
  const ports = link.kind === 'bridge' ? place.network.interfaces.filter((one) => one.master === link.index) : [link];
  const pairs: Point[] = [];
  for (const { place: other } of ports.flatMap((port) => peerOf(world, place, port))) {
    for (const one of other.addresses)
      if (one.family === family && one.from.interface !== 'lo') pairs.push(...onePoint(one.point));
  }
  return fromPairs(pairs);
}

type Kind = 'loopback' | 'container' | 'vm' | 'ordinary';

const isTap = (link: Interface): boolean =>
  link.kind === 'macvtap' || (link.kind === 'tun' && link.options['type'] === 'tap');

/** What an interface leads to; a bridge leads where its ports do. Empty: nothing can come in by it. */
function kindsOf(world: World, place: Place, link: Interface): ReadonlySet<Kind> {
  if (link.name === 'lo') return new Set(['loopback']);
  if (!link.flags.some((flag) => flag.toUpperCase() === 'UP') || link.kind === 'dummy' || link.kind === 'ifb')
    return new Set();
  if (link.kind === 'bridge') {
    const ports = place.network.interfaces.filter((one) => one.master === link.index);
    return new Set(ports.map((port) => kindOfPort(world, place, port)));
  }
  return new Set([kindOfPort(world, place, link)]);
}

function kindOfPort(world: World, place: Place, link: Interface): Kind {
  const peers = peerOf(world, place, link);
  if (peers.some((peer) => peer.place.id !== place.id)) return 'container';
  return isTap(link) ? 'vm' : 'ordinary';
}

const both = (of: (family: Family) => Intervals): Readonly<Record<Family, Intervals>> => ({
  ipv4: of('ipv4'),
  ipv6: of('ipv6'),
});

function ordinaryZones(place: Place, link: Interface): readonly EntryZone[] {
  const valid = (family: Family): Intervals =>
    subtract(subtract(allOf(family), noSource(family)), ownAddresses(place, family));
  const near = (family: Family): Intervals =>
    subtract(union(privateRanges(family), onLink(place, link, family)), linkLocal(family));
  return [
    { zone: 'link', rank: 'link', sources: both((family) => intersect(valid(family), linkLocal(family))) },
    { zone: 'private', rank: 'private', sources: both((family) => intersect(valid(family), near(family))) },
    {
      zone: 'public',
      rank: 'public',
      sources: both((family) => subtract(subtract(valid(family), near(family)), linkLocal(family))),
    },
  ];
}

function zonesOf(world: World, place: Place, link: Interface, kinds: ReadonlySet<Kind>): readonly EntryZone[] {
  const zones: EntryZone[] = [];
  for (const kind of ['container', 'vm'] as const) {
    if (!kinds.has(kind)) continue;
    const sources = both((family) => {
      const near = union(onLink(place, link, family), heldBehind(world, place, link, family));
      return subtract(subtract(near, noSource(family)), ownAddresses(place, family));
    });
    zones.push({ zone: kind, rank: kind, sources });
  }
  return kinds.has('ordinary') ? [...zones, ...ordinaryZones(place, link)] : zones;
}

/** The user's own zones take their sources first; a built-in zone given an interface takes all that comes in there. */
function settled(
  zones: readonly EntryZone[],
  place: Place,
  link: Interface | null,
  settings: ZoneSettings,
): readonly EntryZone[] {
  const name = link?.name ?? 'lo';
  const override = settings.overrides.find((one) => one.interface === name);
  const valid = both((family) => subtract(subtract(allOf(family), noSource(family)), ownAddresses(place, family)));
  let rest = override === undefined ? zones : [{ zone: override.zone, rank: override.zone, sources: valid }];
  const own: EntryZone[] = [];
  for (const zone of settings.zones) {
    if (link === null || (zone.interface !== null && zone.interface !== name)) continue;
    const sources = both((family) => {
      if (zone.from.length === 0) return valid[family];
      const pairs = zone.from.flatMap((text) => {
        const set = prefixSet(text);
        return set === null || (typeof set[0] === 'bigint') !== (family === 'ipv6') ? [] : [...set];
      });
      return intersect(valid[family], fromPairs(pairs));
    });
    own.push({ zone: zone.name, rank: zone.rank, sources });
    rest = rest.map((one) => ({ ...one, sources: both((family) => subtract(one.sources[family], sources[family])) }));
  }
  return [...own, ...rest].filter((one) => one.sources.ipv4.length + one.sources.ipv6.length > 0);
}

/** Every way into a place: its interfaces that are not ports of another one, and its own processes. */
export function entriesOf(world: World, place: Place, settings: ZoneSettings): readonly Entry[] {
  const own: Entry = {
    place,
    input: null,
    zones: [{ zone: 'loopback', rank: 'loopback', sources: both((family) => ownAddresses(place, family)) }],
  };
  const entries: Entry[] = [own];
  for (const link of place.network.interfaces) {
    const master = link.master === null ? undefined : place.byIndex.get(link.master);
    if (master !== undefined && master.kind !== 'vrf') continue;
    const kinds = kindsOf(world, place, link);
    if (kinds.size === 0 || kinds.has('loopback')) continue;
    const zones = settled(zonesOf(world, place, link, kinds), place, link, settings);
    if (zones.length > 0) entries.push({ place, input: link, zones });
  }
  return entries;
}
