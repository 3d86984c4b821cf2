import type { Exposure } from '../model/exposure.js';
import type { Gap } from '../model/gap.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Packet, PacketOutcome, Unanswerable } from '../model/packet.js';
import type { Published } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ZoneSettings } from '../model/zones.js';
import { exposureOfBind } from './scope.js';
import { openWorld, type World } from './world.js';

const hasRulesets = (snapshot: Snapshot): boolean =>
  snapshot.networks.some((network) => network.firewall.rulesets.length > 0);

/** Something takes packets for a port elsewhere. */
const hasTranslations = (snapshot: Snapshot): boolean =>
  hasRulesets(snapshot) || snapshot.networks.some((network) => network.firewall.ipvs !== undefined);

const worlds = new WeakMap<Snapshot, Map<readonly IdentifiedListener[], Promise<World>>>();

/** One world for a snapshot and its listeners, however often it is asked. */
function worldOf(snapshot: Snapshot, listeners: readonly IdentifiedListener[]): Promise<World> {
  let known = worlds.get(snapshot);
  if (known === undefined) {
    known = new Map();
    worlds.set(snapshot, known);
  }
  let world = known.get(listeners);
  if (world === undefined) {
    world = openWorld(snapshot, listeners);
    known.set(listeners, world);
  }
  return world;
}

/** Who can reach each listener, in the listeners' order; null for what only hears (raw, packet). */
export async function exposures(
  snapshot: Snapshot,
  listeners: readonly IdentifiedListener[],
  zones: ZoneSettings,
): Promise<readonly (Exposure | null)[]> {
  const world = await worldOf(snapshot, listeners);
  if (!world.judged) return listeners.map(exposureOfBind);
  const { judgeExposures } = await import('./exposures.js');
  if (!hasRulesets(snapshot)) return judgeExposures(world, listeners, zones, []);
  const { publishedTargets } = await import('./published.js');
  return judgeExposures(world, listeners, zones, publishedTargets(world, zones));
}

/** Entries of NAT, TPROXY and IPVS that take packets for a port elsewhere, with what that port's exposure really is. */
export async function publishedPorts(
  snapshot: Snapshot,
  listeners: readonly IdentifiedListener[],
  _exposures: readonly (Exposure | null)[],
  zones: ZoneSettings,
): Promise<readonly Published[]> {
  const world = await worldOf(snapshot, listeners);
  if (!world.judged || !hasTranslations(snapshot)) return [];
  const { judgePublished } = await import('./published.js');
  return judgePublished(world, zones);
}

/** What of the rulesets in the snapshot could not be understood as a whole: a listing cut off, a table that was not read. */
export async function reachGaps(snapshot: Snapshot): Promise<readonly Gap[]> {
  const lookups = lookupGaps(snapshot);
  if (!hasRulesets(snapshot)) return lookups;
  const world = await worldOf(snapshot, []);
  return [
    ...lookups,
    ...[...world.places.values()].flatMap((place) =>
      place.program().problems.map(
        (why): Gap => ({
          kind: 'firewall',
          what: `part of the ruleset of namespace ${place.name}`,
          why,
          hides: 'what these rules let in or keep out: answers that meet them are conditional',
          fix: 'read the ruleset again while nobody changes it',
          hidesListeners: false,
          namespace: place.id,
        }),
      ),
    ),
  ];
}

/** A BPF program that chooses sockets says nowhere which ports it serves. */
function lookupGaps(snapshot: Snapshot): readonly Gap[] {
  return snapshot.networks.flatMap(({ namespace, firewall }) =>
    (firewall.socketLookups ?? []).map(({ id, name }): Gap => {
      const where = snapshot.namespaces.find((one) => one.id === namespace)?.name ?? String(namespace);
      return {
        kind: 'firewall',
        what: `ports that the BPF program ${name === '' ? id : name} (sk_lookup) serves in namespace ${where}`,
        why: 'the program chooses the socket of each packet by itself',
        hides: 'ports that are open though no socket shows them; what is said of any port there is conditional',
        fix: `look into the program: bpftool prog dump xlated id ${id}`,
        hidesListeners: true,
        namespace,
      };
    }),
  );
}

/** Packets asked of one namespace. */
export interface Reach {
  readonly outcome: (packet: Packet) => PacketOutcome | Unanswerable;
  /** The way of a packet hook by hook, for a person; foreign text in it is not escaped yet. */
  readonly story: (packet: Packet) => string;
}

/** What becomes of packets that come to a namespace (nsfs inode). */
export async function openReach(
  snapshot: Snapshot,
  listeners: readonly IdentifiedListener[],
  namespace: number,
): Promise<Reach | Unanswerable> {
  const world = await worldOf(snapshot, listeners);
  const place = world.places.get(namespace);
  if (place === undefined) return { error: 'interfaces, routes and rules of this namespace were not read' };
  const { outcome } = await import('./outcome.js');
  const { story } = await import('./story.js');
  return {
    outcome: (packet) => outcome(world, place, packet),
    story: (packet) => story(world, place, packet),
  };
}
