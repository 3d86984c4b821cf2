import { ALL_PORTS, type Intervals, NOTHING, union } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import type { ZoneSettings } from '../model/zones.js';
import { classOf, type PortClasses, portClasses } from './classes.js';
import { delivered } from './delivery.js';
import { type Entry, entriesOf } from './entries.js';
import type { Leaf } from './flow.js';
import type { Family } from './ir.js';
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
  readonly portClass: (port: number) => string;
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
  const classes = [...world.places.values()].map((place): PortClasses => portClasses(place.program()));
  const groups = new Map<number, string>();
  const portClass = (port: number): string => {
    const group = groups.get(port) ?? classes.map((one) => classOf(one, port)).join('.');
    groups.set(port, group);
    return group;
  };
  const answers = new Map<string, { readonly port: number; readonly answer: Answer }>();
  const answer = (entry: Entry, target: Target): Answer => {
    const key = `${entry.place.id} ${entry.input?.index ?? 0} ${target.family} ${target.address} ${target.l4} ${target.untranslated === true} ${portClass(target.port)}`;
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

const isLinkLocal = (target: Target): boolean =>
  target.family === 'ipv6' && rankOfAddress(pointText(target.address, 'ipv6')) === 'link';

/** A link-local address is asked for on its own link alone. */
export function applies(entry: Entry, target: Target): boolean {
  if (!isLinkLocal(target) || entry.input === null) return true;
  const { name } = entry.input;
  return entry.place.addresses.some((one) => one.point === target.address && one.from.interface === name);
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
