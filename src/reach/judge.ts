import { ALL_PORTS, contains, type Intervals, NOTHING, type Point, union } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import type { ZoneSettings } from '../model/zones.js';
import { classOf, type PortClasses, portClasses } from './classes.js';
import { delivered } from './delivery.js';
import { type Entry, entriesOf } from './entries.js';
import type { Leaf } from './flow.js';
import type { Family } from './ir.js';
import { LINK_LOCAL_6 } from './martians.js';
import { pointText } from './nat.js';
import { type Answer, ask } from './question.js';
import type { Judged } from './rows.js';
import { rankOfAddress } from './scope.js';
import type { Target } from './target.js';
import { verdictsOf } from './verdicts.js';
import type { Place, World } from './world.js';

/** Asks a world, and remembers what it answered: questions that no rule tells apart share one walk. */
export interface Judge {
  readonly world: World;
  readonly settings: ZoneSettings;
  readonly entries: (place: Place) => readonly Entry[];
  /** Equal for ports that no rule of any place tells apart. */
  readonly portClass: (port: number, family: Family) => number;
  readonly answer: (entry: Entry, target: Target) => Answer;
  /** Judges every way into the target's place for whoever `reaches` means. */
  readonly judged: (target: Target, entries: readonly Entry[], reaches: (leaf: Leaf) => boolean) => readonly Judged[];
}

const judges = new WeakMap<World, Map<ZoneSettings, Judge>>();

/** The judge of a world under the user's zones, made once. */
export function judgeOf(world: World, settings: ZoneSettings): Judge {
  let known = judges.get(world);
  if (known === undefined) {
    known = new Map();
    judges.set(world, known);
  }
  let judge = known.get(settings);
  if (judge === undefined) {
    judge = makeJudge(world, settings);
    known.set(settings, judge);
  }
  return judge;
}

function makeJudge(world: World, settings: ZoneSettings): Judge {
  const entries = new Map<number, readonly Entry[]>();
  const entriesAt = (place: Place): readonly Entry[] => {
    let known = entries.get(place.id);
    if (known === undefined) {
      known = entriesOf(world, place, settings);
      entries.set(place.id, known);
    }
    return known;
  };
  const classesOf = (family: Family): readonly PortClasses[] =>
    [...world.places.values()].map((place) => portClasses(place.program(), family));
  const numbering = { ipv4: numbered(classesOf('ipv4')), ipv6: numbered(classesOf('ipv6')) };
  const portClass = (port: number, family: Family): number => numbering[family](port);
  const answers = new Map<string, { readonly port: number; readonly answer: Answer }>();
  const answer = (entry: Entry, target: Target): Answer => {
    const key = `${entry.place.id} ${entry.input?.index ?? 0} ${target.family} ${target.address} ${target.l4} ${target.untranslated === true} ${portClass(target.port, target.family)}`;
    let known = answers.get(key);
    if (known === undefined) {
      known = { port: target.port, answer: askEntry(world, entry, target) };
      answers.set(key, known);
    }
    return known.port === target.port ? known.answer : atPort(world, known.answer, known.port, target.port);
  };
  return {
    world,
    settings,
    entries: entriesAt,
    portClass,
    answer,
    judged: (target, ways, reaches) =>
      ways
        .filter((entry) => applies(entry, target))
        .map(
          (entry): Judged => ({
            entry,
            target,
            family: target.family,
            address: pointText(target.address, target.family),
            texts: target.texts ?? [pointText(target.address, target.family)],
            through: target.through ?? null,
            verdicts: verdictsOf(answer(entry, target), reaches),
            help: helpFor(world, entry, target, settings),
          }),
        ),
  };
}

/** Numbers for ports by their classes in all places. */
function numbered(classes: readonly PortClasses[]): (port: number) => number {
  const known = new Map<number, number>();
  const groups = new Map<string, number>();
  return (port) => {
    const there = known.get(port);
    if (there !== undefined) return there;
    const group = classes.map((one) => classOf(one, port)).join('.');
    const number = groups.get(group) ?? groups.size;
    groups.set(group, number);
    known.set(port, number);
    return number;
  };
}

const sourcesOfEntries = new WeakMap<Entry, Map<Family, Intervals>>();

/** Everybody who may send a packet in by an entry. */
function sourcesOf(entry: Entry, family: Family): Intervals {
  const known = sourcesOfEntries.get(entry) ?? new Map<Family, Intervals>();
  sourcesOfEntries.set(entry, known);
  let sources = known.get(family);
  if (sources === undefined) {
    sources = entry.zones.reduce((all, zone) => union(all, zone.sources[family]), NOTHING);
    known.set(family, sources);
  }
  return sources;
}

function askEntry(world: World, entry: Entry, target: Target): Answer {
  const sources = sourcesOf(entry, target.family);
  if (sources.length === 0) return { leaves: [], ecn: null };
  return ask(world, {
    place: entry.place,
    family: target.family,
    l4: target.l4,
    sources,
    sourcePorts: ALL_PORTS,
    destination: target.address,
    port: target.port,
    input: entry.input,
    untranslated: target.untranslated === true,
  });
}

/** The answer of a port of the same class: only the socket at the end is another one, and what is to be said of that socket. */
function atPort(world: World, answer: Answer, asked: number, port: number): Answer {
  const moved = (leaf: Leaf): readonly Leaf[] => {
    if (leaf.end.kind === 'doubtful' && leaf.end.ofSocket === true) return [];
    if (leaf.end.kind !== 'delivered' || leaf.flow.port !== asked || leaf.flow.proxy !== null) return [leaf];
    const place = world.places.get(leaf.namespace);
    return place === undefined ? [leaf] : delivered(place, { ...leaf.flow, port });
  };
  return { leaves: answer.leaves.flatMap(moved), ecn: answer.ecn?.flatMap(moved) ?? null };
}

const isLinkLocal = ({ address }: Target): boolean => typeof address === 'bigint' && contains(LINK_LOCAL_6, address);

/** A link-local address is asked for on its own link alone. */
export function applies(entry: Entry, target: Target): boolean {
  if (!isLinkLocal(target) || entry.input === null) return true;
  return linksOf(entry.place).get(target.address)?.has(entry.input.name) ?? false;
}

const linksOfPlaces = new WeakMap<Place, ReadonlyMap<Point, ReadonlySet<string>>>();

/** Names of the interfaces that hold each address. */
function linksOf(place: Place): ReadonlyMap<Point, ReadonlySet<string>> {
  const known = linksOfPlaces.get(place);
  if (known !== undefined) return known;
  const links = new Map<Point, Set<string>>();
  for (const { point, from } of place.addresses) {
    const names = links.get(point) ?? new Set();
    links.set(point, names.add(from.interface));
  }
  linksOfPlaces.set(place, links);
  return links;
}

const hasDefaultRoute = (place: Place, link: Interface, family: Family): boolean =>
  place.network.routes.some(
    (route) =>
      route.family === family &&
      route.type === 'unicast' &&
      (route.destination === 'default' || route.destination.endsWith('/0')) &&
      (route.interface === link.name || route.nextHops.some((hop) => hop.interface === link.name)),
  );

/** Why somebody on the internet cannot address the target at this entry without another's help; null: he can (DESIGN, Zones). */
function helpFor(world: World, entry: Entry, target: Target, settings: ZoneSettings): string | null {
  if (entry.input === null) return null;
  const text = pointText(target.address, target.family);
  const rank = rankOfAddress(text);
  if (rank === 'loopback') return `no router sends packets for ${text} here`;
  const { name } = entry.input;
  const holders = entry.place.addresses.filter((one) => one.family === target.family && one.point === target.address);
  const here = holders.some((one) => one.from.interface === name);
  if (rank !== 'public') {
    if (settings.oneToOneNat && here) return null;
    if (here) return `${text} is a private address: the internet reaches it only through somebody else's NAT`;
    return `no router of the internet sends packets for ${text} here`;
  }
  if (here || hasDefaultRoute(entry.place, entry.input, target.family)) return null;
  const elsewhere = holders[0]?.from.interface;
  const known = elsewhere === undefined || world.places.size === 0 ? '' : ` (it is ${elsewhere}'s address)`;
  return `no router sends packets of the internet for ${text} in by ${name}${known}`;
}
