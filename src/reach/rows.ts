import {
  countOf,
  equal,
  fromPairs,
  type Intervals,
  isEmpty,
  NOTHING,
  onePoint,
  subtract,
  union,
} from '../lib/ip/intervals.js';
import { type Because, type Exposure, RANKS, type Rank, type Reachable, type ZoneExposure } from '../model/exposure.js';
import type { Entry, EntryZone } from './entries.js';
import { becauseOfLeaves, conditionsOf, prefixesText } from './explain.js';
import type { Leaf, Member } from './flow.js';
import type { Family } from './ir.js';
import { type Piece, type Region, touches, within, without } from './regions.js';
import { allOf } from './routes.js';
import { rankOfAddress } from './scope.js';
import type { Target } from './target.js';
import type { Verdicts } from './verdicts.js';

/** One judged question of an entry: what it says of one destination address. */
export interface Judged {
  readonly entry: Entry;
  readonly target: Target;
  readonly family: Family;
  /** The destination as text. */
  readonly address: string;
  /** What a row calls it. */
  readonly texts: readonly string[];
  /** The translated port that leads there, in words; null: asked by its own port. */
  readonly through: string | null;
  readonly verdicts: Verdicts;
  /** Why outsiders cannot address it by themselves; null: they can. */
  readonly help: string | null;
}

/** Leaves a row cites at most. */
const CITED_LEAVES_MAX = 4;

type Group = 'yes' | 'conditional' | 'help' | 'no';

/** Addresses of one family with the same sources behind one answer. */
interface Part {
  readonly family: Family;
  readonly sources: Intervals;
  /** Bounds by large sets, in words. */
  readonly bounds: readonly string[];
  readonly texts: string[];
  /** The addresses that were asked for them. */
  readonly asked: Set<string>;
  readonly conditions: Set<string>;
  readonly leaves: Leaf[];
}

/** What is said of one zone at one entry. */
interface Gathering {
  readonly zone: EntryZone;
  readonly entry: Entry;
  readonly group: Group;
  readonly through: string | null;
  /** How many addresses were judged there at all, by family. */
  readonly judged: Readonly<Record<Family, ReadonlySet<string>>>;
  readonly parts: readonly Part[];
}

const touching = (leaves: readonly Leaf[], region: Region): readonly Leaf[] =>
  leaves.filter(({ flow }) => touches(region, flow)).slice(0, CITED_LEAVES_MAX);

/** Conditions of an answer that this host's state decides, in words. */
function stateConditions(leaves: readonly Leaf[]): readonly string[] {
  return leaves.flatMap(conditionsOf);
}

/** What one judged question adds to the rows of one zone. */
interface Share {
  readonly group: Group;
  readonly region: Region;
  readonly leaves: readonly Leaf[];
  readonly conditions: readonly string[];
}

function parts(judged: Judged, zone: EntryZone): readonly Share[] {
  const all = zone.sources[judged.family];
  const { yes, conditional, admitting, refusing, choices } = judged.verdicts;
  const inside = within(yes, all);
  const depends = within(conditional, all);
  const refused = within(without(without([{ sources: all, members: [] }], inside), depends), all);
  const byHelp = judged.help !== null && zone.rank === 'public';
  const help = byHelp ? [judged.help ?? ''] : [];
  const open = touching(admitting, inside);
  const maybe = touching([...admitting, ...refusing.filter((leaf) => leaf.end.kind === 'doubtful')], depends);
  return [
    { group: byHelp ? 'help' : 'yes', region: inside, leaves: open, conditions: [...choices, ...help] },
    {
      group: byHelp ? 'help' : 'conditional',
      region: depends,
      leaves: maybe,
      conditions: [...stateConditions(maybe), ...help],
    },
    { group: 'no', region: refused, leaves: touching(refusing, refused), conditions: [] },
  ];
}

/** Sources bounded by a large set are not listed one by one. */
const boundText = ({ set, inside }: Member): string =>
  `${inside ? 'only' : 'except'} those in a set of ${countOf(set)} entries`;

/** Rows are told apart by zone, entry and answer, and by whether a translated port is meant. */
interface Heap {
  readonly zone: EntryZone;
  readonly entry: Entry;
  readonly group: Group;
  readonly through: string | null;
  readonly place: string;
  readonly parts: Part[];
}

function gather(all: readonly Judged[]): readonly Gathering[] {
  const heaps = new Map<string, Heap>();
  const judgedAt = new Map<string, Record<Family, Set<string>>>();
  for (const judged of all) {
    for (const zone of judged.entry.zones) {
      if (isEmpty(zone.sources[judged.family])) continue;
      // No router passes on what is sent to a link-local address.
      if (zone.rank === 'public' && rankOfAddress(judged.address) === 'link') continue;
      const place = `${zone.zone} ${judged.entry.place.id} ${judged.entry.input?.name ?? 'lo'} ${judged.through}`;
      let known = judgedAt.get(place);
      if (known === undefined) {
        known = { ipv4: new Set(), ipv6: new Set() };
        judgedAt.set(place, known);
      }
      known[judged.family].add(judged.address);
      for (const part of parts(judged, zone)) {
        if (part.region.length === 0) continue;
        const key = `${place} ${part.group}`;
        let heap = heaps.get(key);
        if (heap === undefined) {
          heap = { zone, entry: judged.entry, group: part.group, through: judged.through, place, parts: [] };
          heaps.set(key, heap);
        }
        for (const region of byBounds(part.region)) addTo(heap, judged, { ...part, region });
      }
    }
  }
  return [...heaps.values()].flatMap((heap) => rowsOf(heap, judgedAt.get(heap.place) ?? NONE_JUDGED));
}

const NONE_JUDGED: Gathering['judged'] = { ipv4: new Set(), ipv6: new Set() };

const boundsOf = (piece: Piece): string => [...new Set(piece.members.map(boundText))].sort().join();

/** Sources under different bounds stand in rows of their own: what is said of some does not hold for others. */
function byBounds(region: Region): readonly Region[] {
  const found = new Map<string, Piece[]>();
  for (const piece of region) {
    const alike = found.get(boundsOf(piece));
    if (alike === undefined) found.set(boundsOf(piece), [piece]);
    else alike.push(piece);
  }
  return [...found.values()];
}

/** Addresses whose sources are the same share a row: a row must hold for each of its sources at each of its addresses. */
function addTo(heap: Heap, judged: Judged, { region, leaves, conditions, group }: Share): void {
  const sources = region.reduce<Intervals>((known, piece) => union(known, piece.sources), NOTHING);
  const bounds = [...new Set(region.flatMap((piece) => piece.members.map(boundText)))].sort();
  const chosen = group === 'yes' ? conditions : [];
  let part = heap.parts.find(
    (one) =>
      one.family === judged.family &&
      equal(one.sources, sources) &&
      one.bounds.join() === bounds.join() &&
      (group !== 'yes' || [...one.conditions].join() === chosen.join()),
  );
  if (part === undefined) {
    part = { family: judged.family, sources, bounds, texts: [], asked: new Set(), conditions: new Set(), leaves: [] };
    heap.parts.push(part);
  }
  part.asked.add(judged.address);
  for (const text of judged.texts) if (!part.texts.includes(text)) part.texts.push(text);
  for (const condition of conditions) part.conditions.add(condition);
  if (part.leaves.length < CITED_LEAVES_MAX)
    part.leaves.push(...leaves.slice(0, CITED_LEAVES_MAX - part.leaves.length));
}

/** The rows of a heap: one, where all addresses of a family have the same sources. The families stand side by side in it. */
function rowsOf(heap: Heap, judged: Gathering['judged']): readonly Gathering[] {
  const ipv4 = heap.parts.filter((part) => part.family === 'ipv4');
  const ipv6 = heap.parts.filter((part) => part.family === 'ipv6');
  return Array.from({ length: Math.max(ipv4.length, ipv6.length) }, (_, i): Gathering => {
    const both = [ipv4[i], ipv6[i]].filter((part) => part !== undefined);
    return { zone: heap.zone, entry: heap.entry, group: heap.group, through: heap.through, judged, parts: both };
  });
}

/** Sources as the fewest prefixes that hold them and nothing else a row could mean. */
function sourcesText(gathering: Gathering): { readonly texts: readonly string[]; readonly complete: boolean } {
  const texts: string[] = [];
  let complete = true;
  for (const { family, sources: region } of gathering.parts) {
    if (isEmpty(region)) continue;
    const { prefixes, complete: whole } = regionText(gathering, family, region);
    texts.push(...prefixes);
    complete &&= whole;
  }
  return { texts, complete };
}

type Prefixes = ReturnType<typeof prefixesText>;

const textsOfZones = new WeakMap<EntryZone, Map<string, Prefixes>>();

/** The same sources stand in the rows of thousands of listeners. */
function regionText({ zone: entryZone, entry }: Gathering, family: Family, region: Intervals): Prefixes {
  const known = textsOfZones.get(entryZone) ?? new Map<string, Prefixes>();
  textsOfZones.set(entryZone, known);
  const key = `${family} ${region.join()}`;
  const there = known.get(key);
  if (there !== undefined) return there;
  const zone = entryZone.sources[family];
  // Addresses outside the zone of `public` are another row's; in narrow zones only the host's own addresses may be covered too.
  const avoided =
    entryZone.rank === 'public'
      ? subtract(zone, region)
      : subtract(subtract(allOf(family), region), ownOf(entry, family));
  const text = prefixesText(region, avoided, family);
  known.set(key, text);
  return text;
}

function ownOf(entry: Entry, family: Family): Intervals {
  if (entry.input === null) return NOTHING;
  return fromPairs(entry.place.addresses.flatMap((one) => (one.family === family ? [...onePoint(one.point)] : [])));
}

const reachableOf = (group: Group): Reachable => (group === 'help' ? 'conditional' : group);

/** The addresses a row speaks of; null: all that were judged. */
function addressesOf({ parts, judged }: Gathering): readonly string[] | null {
  const shown = parts.flatMap((part) => part.texts);
  const asked = judged.ipv4.size + judged.ipv6.size;
  return parts.reduce((count, part) => count + part.asked.size, 0) === asked ? null : shown;
}

function rowOf(gathering: Gathering): ZoneExposure {
  const { texts, complete } = sourcesText(gathering);
  const { parts, through } = gathering;
  const conditions = new Set(parts.flatMap((part) => [...part.bounds, ...part.conditions]));
  if (through !== null) conditions.add(through);
  if (!complete) conditions.add(`more sources than are listed: the first ${texts.length} prefixes are shown`);
  const because: readonly Because[] = becauseOfLeaves(parts.flatMap((part) => part.leaves).slice(0, CITED_LEAVES_MAX));
  return {
    zone: gathering.zone.zone,
    rank: gathering.zone.rank,
    interface: gathering.entry.input?.name ?? 'lo',
    addresses: addressesOf(gathering),
    reachable: reachableOf(gathering.group),
    sources: texts,
    conditions: [...conditions],
    because,
  };
}

const GROUPS: readonly Group[] = ['yes', 'conditional', 'help', 'no'];

/** The exposure that judged questions make together. `quiet`: entries of other namespaces, whose refusals say nothing. */
export function exposureOf(all: readonly Judged[], home: number): Exposure {
  const shown = gather(all)
    .filter((one) => one.group !== 'no' || one.entry.place.id === home)
    .toSorted(
      (a, b) =>
        RANKS.indexOf(b.zone.rank) - RANKS.indexOf(a.zone.rank) ||
        (a.entry.input?.index ?? 0) - (b.entry.input?.index ?? 0) ||
        GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group),
    );
  let widest: Rank = 'none';
  for (const { group, zone } of shown) {
    const counts = group === 'yes' || group === 'conditional';
    if (counts && RANKS.indexOf(zone.rank) > RANKS.indexOf(widest)) widest = zone.rank;
  }
  return { widest, zones: shown.map(rowOf) };
}
