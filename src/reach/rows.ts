import { countOf, type Intervals, isEmpty, NOTHING, subtract, union } from '../lib/ip/intervals.js';
import { type Because, type Exposure, RANKS, type Rank, type Reachable, type ZoneExposure } from '../model/exposure.js';
import type { Entry, EntryZone } from './entries.js';
import { becauseOfLeaves, conditionsOf, prefixesText } from './explain.js';
import type { Leaf, Member } from './flow.js';
import type { Family } from './ir.js';
import { type Region, touches, within, without } from './regions.js';
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
  readonly verdicts: Verdicts;
  /** Why outsiders cannot address it by themselves; null: they can. */
  readonly help: string | null;
}

/** Leaves a row cites at most. */
const CITED_LEAVES_MAX = 4;

type Group = 'yes' | 'conditional' | 'help' | 'no';

interface Gathering {
  readonly zone: EntryZone;
  readonly entry: Entry;
  readonly group: Group;
  readonly sources: Record<Family, Intervals>;
  readonly addresses: Set<string>;
  readonly conditions: Set<string>;
  readonly leaves: Leaf[];
}

const touching = (leaves: readonly Leaf[], region: Region): readonly Leaf[] =>
  leaves.filter(({ flow }) => touches(region, flow)).slice(0, CITED_LEAVES_MAX);

/** Conditions of an answer that this host's state decides, in words. */
function stateConditions(leaves: readonly Leaf[]): readonly string[] {
  return leaves.flatMap(conditionsOf);
}

/** What one judged question adds to the rows of one zone. */
function parts(
  judged: Judged,
  zone: EntryZone,
): readonly {
  readonly group: Group;
  readonly region: Region;
  readonly leaves: readonly Leaf[];
  readonly conditions: readonly string[];
}[] {
  const all = zone.sources[judged.family];
  const { yes, conditional, admitting, refusing, choices } = judged.verdicts;
  const inside = within(yes, all);
  const depends = within(conditional, all);
  const refused = without(without([{ sources: all, members: [] }], inside), depends);
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

function gather(all: readonly Judged[]): {
  readonly gatherings: readonly Gathering[];
  readonly applicable: ReadonlyMap<string, ReadonlySet<string>>;
} {
  const gatherings = new Map<string, Gathering>();
  const applicable = new Map<string, Set<string>>();
  for (const judged of all) {
    for (const zone of judged.entry.zones) {
      if (isEmpty(zone.sources[judged.family])) continue;
      // No router passes on what is sent to a link-local address.
      if (zone.rank === 'public' && rankOfAddress(judged.address) === 'link') continue;
      const place = `${zone.zone} ${judged.entry.place.id} ${judged.entry.input?.name ?? 'lo'}`;
      const addresses = applicable.get(place) ?? new Set();
      addresses.add(judged.address);
      applicable.set(place, addresses);
      for (const { group, region, leaves, conditions } of parts(judged, zone)) {
        if (region.length === 0) continue;
        const key = `${place} ${group}`;
        let known = gatherings.get(key);
        if (known === undefined) {
          known = {
            zone,
            entry: judged.entry,
            group,
            sources: { ipv4: NOTHING, ipv6: NOTHING },
            addresses: new Set(),
            conditions: new Set(),
            leaves: [],
          };
          gatherings.set(key, known);
        }
        for (const piece of region) {
          known.sources[judged.family] = union(known.sources[judged.family], piece.sources);
          for (const bound of piece.members) known.conditions.add(boundText(bound));
        }
        known.addresses.add(judged.address);
        for (const condition of conditions) known.conditions.add(condition);
        if (known.leaves.length < CITED_LEAVES_MAX)
          known.leaves.push(...leaves.slice(0, CITED_LEAVES_MAX - known.leaves.length));
      }
    }
  }
  return { gatherings: [...gatherings.values()], applicable };
}

/** Sources as the fewest prefixes that hold them and nothing else a row could mean. */
function sourcesText(gathering: Gathering): { readonly texts: readonly string[]; readonly complete: boolean } {
  const texts: string[] = [];
  let complete = true;
  for (const family of ['ipv4', 'ipv6'] as const) {
    const region = gathering.sources[family];
    if (isEmpty(region)) continue;
    const zone = gathering.zone.sources[family];
    // Addresses outside the zone of `public` are another row's; in narrow zones only the host's own addresses may be covered too.
    const avoided =
      gathering.zone.rank === 'public'
        ? subtract(zone, region)
        : subtract(subtract(allOf(family), region), ownOf(gathering.entry, family));
    const { prefixes, complete: whole } = prefixesText(region, avoided, family);
    texts.push(...prefixes);
    complete &&= whole;
  }
  return { texts, complete };
}

function ownOf(entry: Entry, family: Family): Intervals {
  let own: Intervals = NOTHING;
  if (entry.input === null) return own;
  for (const one of entry.place.addresses)
    if (one.family === family)
      own = union(own, typeof one.point === 'bigint' ? [one.point, one.point + 1n] : [one.point, one.point + 1]);
  return own;
}

const reachableOf = (group: Group): Reachable => (group === 'help' ? 'conditional' : group);

function rowOf(gathering: Gathering, applicable: ReadonlySet<string>): ZoneExposure {
  const { texts, complete } = sourcesText(gathering);
  const conditions = [...gathering.conditions];
  if (!complete) conditions.push(`more sources than are listed: the first ${texts.length} prefixes are shown`);
  const because: readonly Because[] = becauseOfLeaves(gathering.leaves);
  return {
    zone: gathering.zone.zone,
    rank: gathering.zone.rank,
    interface: gathering.entry.input?.name ?? 'lo',
    addresses: gathering.addresses.size === applicable.size ? null : [...gathering.addresses],
    reachable: reachableOf(gathering.group),
    sources: texts,
    conditions,
    because,
  };
}

const GROUPS: readonly Group[] = ['yes', 'conditional', 'help', 'no'];

/** The exposure that judged questions make together. `quiet`: entries of other namespaces, whose refusals say nothing. */
export function exposureOf(all: readonly Judged[], home: number): Exposure {
  const { gatherings, applicable } = gather(all);
  const shown = gatherings
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
  const zones = shown.map((one) =>
    rowOf(one, applicable.get(`${one.zone.zone} ${one.entry.place.id} ${one.entry.input?.name ?? 'lo'}`) ?? new Set()),
  );
  return { widest, zones };
}
