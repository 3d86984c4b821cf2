import type { Point } from '../lib/ip/intervals.js';
import type { Exposure } from '../model/exposure.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Published } from '../model/report.js';
import { UNKNOWN_SERVICE } from '../model/service.js';
import type { Protocol } from '../model/socket.js';
import type { ZoneSettings } from '../model/zones.js';
import { destinationsOf, isMartianAt } from './destinations.js';
import { becauseOf } from './explain.js';
import type { PublishedTarget } from './exposures.js';
import { type Cited, inOrder, type Leaf } from './flow.js';
import type { Family, Field, MapOf, Program, Rule, Step, Values } from './ir.js';
import { applies, type Judge, judgeOf } from './judge.js';
import { pointText } from './nat.js';
import { peerOf, portsOf } from './peers.js';
import { publishedByIpvs } from './published-ipvs.js';
import { remarksOnPublished } from './remarks.js';
import { exposureOf, type Judged } from './rows.js';
import { rankOfAddress } from './scope.js';
import { L4_OF, lookupSocket } from './sockets.js';
import type { Target } from './target.js';
import { isLocal, type Place, type World } from './world.js';

/** Ports and addresses that translating rules speak of. */
interface Named {
  /** Ranges of ports, `low-high` by protocol number (0: any). */
  readonly ports: Map<string, { readonly l4: number; readonly low: number; readonly high: number }>;
  readonly addresses: Map<string, { readonly family: Family; readonly point: Point }>;
  /** A rule translates without naming a port. */
  everyPort: boolean;
  /** Whose packets the translating tables see. */
  readonly families: ReadonlySet<Family>;
}

/** Ranges longer than this are shown as one entry. */
const EXPANDED_MAX = 16;
const PORTS_MAX = 4096;
const ADDRESSES_MAX = 512;

const translates = (step: Step): boolean => step.kind === 'dnat' || step.kind === 'tproxy';

function takePorts(values: Values, l4: number, named: Named): void {
  const set = values.kind === 'named' ? values.set.elements() : values;
  if (set?.kind === 'several') for (const one of set.of) takePorts(one, l4, named);
  if (set?.kind !== 'intervals') return;
  for (let i = 0; i < set.set.length && named.ports.size < PORTS_MAX; i += 2) {
    const [low, end] = [Number(set.set[i]), Math.min(Number(set.set[i + 1]), 65_536)];
    if (end - low <= EXPANDED_MAX) {
      for (let port = low; port < end; port++) named.ports.set(`${l4} ${port}`, { l4, low: port, high: port });
    } else named.ports.set(`${l4} ${low}-${end}`, { l4, low, high: end - 1 });
  }
}

function takeAddresses(values: Values, family: Family, named: Named): void {
  const set = values.kind === 'named' ? values.set.elements() : values;
  if (set?.kind !== 'intervals') return;
  for (let i = 0; i < set.set.length && named.addresses.size < ADDRESSES_MAX; i += 2) {
    const [low, end] = [set.set[i] ?? 0, set.set[i + 1] ?? 0];
    if (BigInt(end) - BigInt(low) === 1n) named.addresses.set(`${low}`, { family, point: low });
  }
}

function takeField(field: Field, values: Values, named: Named): boolean {
  if (field.kind === 'concat') {
    const tuples = values.kind === 'tuples' ? values.tuples : [];
    return field.parts.some((part, i) =>
      tuples.map((tuple) => takeField(part, tuple[i] ?? { kind: 'everything' }, named)).includes(true),
    );
  }
  if (field.kind === 'address' && field.side === 'destination') takeAddresses(values, field.family, named);
  if (field.kind !== 'port' || field.side !== 'destination') return false;
  takePorts(
    values,
    field.l4 === null ? 0 : ((L4_OF as Readonly<Record<string, number | undefined>>)[field.l4] ?? 0),
    named,
  );
  return true;
}

function takeMap(key: Field, map: MapOf, named: Named): boolean {
  const entries = map.kind === 'entries' ? map.entries : (map.set.entries() ?? []);
  return entries.map((entry) => takeField(key, entry.key, named)).includes(true);
}

/** What a rule of a table with translations names; rules that jump to the translating one count as well. */
function takeRule(rule: Rule, named: Named): void {
  let hasPort = false;
  for (const step of rule.steps) {
    if (step.kind === 'compare' && !step.negated) hasPort = takeField(step.field, step.values, named) || hasPort;
    if (step.kind === 'verdict-map') hasPort = takeMap(step.key, step.map, named) || hasPort;
    if (step.kind !== 'dnat') continue;
    for (const expression of [step.address, step.port]) {
      if (expression?.kind === 'map') hasPort = takeMap(expression.key, expression.map, named) || hasPort;
    }
  }
  if (!hasPort && rule.steps.some(translates)) named.everyPort = true;
}

function namedBy(program: Program): Named | null {
  const tables = new Set<string>();
  const families = new Set<Family>();
  const keyOf = (chain: { readonly backend: string; readonly family: string; readonly table: string }): string =>
    `${chain.backend} ${chain.family} ${chain.table}`;
  for (const chain of program.chains.values()) {
    if (!chain.rules.some((rule) => rule.steps.some(translates))) continue;
    tables.add(keyOf(chain));
    if (chain.family !== 'ip6') families.add('ipv4');
    if (chain.family !== 'ip') families.add('ipv6');
  }
  if (tables.size === 0) return null;
  const named: Named = { ports: new Map(), addresses: new Map(), everyPort: false, families };
  for (const chain of program.chains.values()) {
    if (tables.has(keyOf(chain))) for (const rule of chain.rules) takeRule(rule, named);
  }
  return named;
}

/** A translation seen to take packets: by which rule, from where to where. */
interface Found {
  readonly via: Cited;
  readonly l4: number;
  readonly family: Family;
  readonly low: number;
  readonly high: number;
  readonly to: { readonly address: Point; readonly port: number; readonly namespace: number };
  readonly listener: IdentifiedListener | null;
  readonly addresses: Map<Point, Target>;
}

const TRANSLATIONS: ReadonlySet<string> = new Set(['dnat', 'redirect', 'tproxy']);

/** The translation on the way to a leaf: the first that the place itself made. */
export function translationOf(leaf: Leaf, place: Place): Cited | null {
  return (
    inOrder(leaf.flow.path).find((cited) => TRANSLATIONS.has(cited.verdict) && cited.namespace === place.name) ?? null
  );
}

/** A packet leaves this host for a machine that was not seen; not: for a wire whose other ends were all seen, and hold the address nowhere. */
function leadsOut(world: World, { end, namespace }: Leaf): boolean {
  if (end.kind !== 'forwarded') return false;
  const place = world.places.get(namespace);
  const link = place?.interfaces.get(end.interface);
  if (place === undefined || link === undefined || link.kind === 'dummy') return false;
  const ends = link.kind === 'bridge' ? portsOf(place, link) : [link];
  return ends.some((one) => peerOf(world, place, one).length === 0);
}

interface Candidate {
  readonly l4: number;
  readonly low: number;
  readonly high: number;
}

function candidatesOf(world: World, place: Place, named: Named): readonly Candidate[] {
  const all = new Map<string, Candidate>();
  const add = (l4: number, low: number, high: number): void => {
    all.set(`${l4} ${low} ${high}`, { l4, low, high });
  };
  for (const { l4, low, high } of named.ports.values()) {
    for (const protocol of l4 === 0 ? [6, 17] : [l4]) add(protocol, low, high);
  }
  if (named.everyPort) {
    for (const other of world.places.values()) {
      if (other.id === place.id) continue;
      for (const listener of other.listeners) {
        const l4 = L4_OF[listener.protocol];
        if (l4 !== undefined && listener.port !== null) add(l4, listener.port, listener.port);
      }
    }
  }
  return [...all.values()].slice(0, PORTS_MAX);
}

/** Every translation of a place that a packet of some candidate port meets. */
function findAt(judge: Judge, place: Place, named: Named): readonly Found[] {
  const found = new Map<string, Found>();
  const addresses = new Map<
    string,
    { readonly family: Family; readonly point: Point; readonly texts?: readonly string[] }
  >();
  for (const family of named.families)
    for (const one of destinationsOf(judge.world, place, family)) addresses.set(`${one.point}`, one);
  for (const [key, value] of named.addresses)
    if (!addresses.has(key) && named.families.has(value.family)) addresses.set(key, value);
  for (const { l4, low, high } of candidatesOf(judge.world, place, named)) {
    for (const { family, point, texts } of addresses.values()) {
      const target: Target = {
        place,
        family,
        address: point,
        l4,
        port: low,
        ...(texts === undefined ? {} : { texts }),
      };
      for (const entry of judge.entries(place)) {
        if (!applies(entry, target)) continue;
        for (const leaf of judge.answer(entry, target).leaves) note(found, leaf, place, target, high);
      }
    }
  }
  return [...found.values()].map((one) => (one.listener === null ? behind(judge.world, place, one) : one));
}

/** What answers where a translation leads, though rules on the way or behind it let nobody there; the same where that is not seen. */
function behind(world: World, place: Place, found: Found): Found {
  const { address, port } = found.to;
  const joined = place.network.interfaces.flatMap((link) => peerOf(world, place, link).map((peer) => peer.place));
  const there = joined.find((other) => other.addresses.some((one) => one.point === address)) ?? null;
  if (there === null) return found;
  const listener = lookupSocket(there, { l4: found.l4, family: found.family, address, port, device: null });
  return { ...found, to: { ...found.to, namespace: there.id }, listener };
}

const ruleIds = new WeakMap<Rule, number>();
let rulesSeen = 0;

/** A number for a rule, for keys within one run. */
function ruleId(rule: Rule): number {
  let id = ruleIds.get(rule);
  if (id === undefined) {
    id = rulesSeen++;
    ruleIds.set(rule, id);
  }
  return id;
}

/** Some senders' packets end in the place itself, this one in the namespace that the translation leads to. */
const isFarther = (known: Found, leaf: Leaf, place: Place): boolean =>
  known.to.namespace === place.id && leaf.namespace !== place.id;

function note(found: Map<string, Found>, leaf: Leaf, place: Place, target: Target, high: number): void {
  const via = translationOf(leaf, place);
  if (via?.rule === null || via === null) return;
  const { flow } = leaf;
  const to = { address: flow.destination, port: flow.port, namespace: leaf.namespace };
  const key = `${ruleId(via.rule)} ${target.l4} ${target.family} ${target.port} ${to.address} ${to.port}`;
  let known = found.get(key);
  if (known === undefined) {
    known = {
      via,
      l4: target.l4,
      family: target.family,
      low: target.port,
      high,
      to,
      listener: leaf.listener,
      addresses: new Map(),
    };
    found.set(key, known);
  } else if (known.listener === null && (leaf.listener !== null || isFarther(known, leaf, place))) {
    known = { ...known, to, listener: leaf.listener };
    found.set(key, known);
  }
  known.addresses.set(target.address, target);
}

/** Addresses that stand for `all of this host`: those another host could ask for. */
function hostAddresses(place: Place, family: Family): readonly Point[] {
  return place.addresses
    .filter((one) => one.family === family && !['loopback', 'link'].includes(rankOfAddress(one.from.address)))
    .map((one) => one.point);
}

interface Entrance {
  readonly found: Found;
  readonly address: string;
  readonly targets: readonly Target[];
}

/** One entry for `all of this host`, or one for each address. */
function entrancesOf(place: Place, found: Found): readonly Entrance[] {
  const all = hostAddresses(place, found.family);
  const asked = [...found.addresses.keys()];
  if (all.length > 0 && all.every((address) => found.addresses.has(address))) {
    const targets = [...found.addresses.values()].filter(
      (target) => all.includes(target.address) || isOwn(place, target),
    );
    const others = asked.filter((address) => !targets.some((target) => target.address === address));
    const wide: Entrance = { found, address: found.family === 'ipv4' ? '0.0.0.0' : '::', targets };
    return [wide, ...others.map((address) => single(found, address))];
  }
  return asked.map((address) => single(found, address));
}

const isOwn = (place: Place, target: Target): boolean => isLocal(place, target.family, target.address);

function single(found: Found, address: Point): Entrance {
  const target = found.addresses.get(address);
  return { found, address: pointText(address, found.family), targets: target === undefined ? [] : [target] };
}

const protocolOf = (l4: number): Protocol => {
  for (const [name, number] of Object.entries(L4_OF)) if (number === l4) return name as Protocol;
  return 'tcp';
};

function publishedOf(judge: Judge, place: Place, entrance: Entrance): Published {
  const { found, address, targets } = entrance;
  const { via, listener } = found;
  const reaches = (leaf: Leaf): boolean =>
    (leaf.listener !== null || leadsOut(judge.world, leaf)) && translationOf(leaf, place)?.rule === via.rule;
  const wide = address === '0.0.0.0' || address === '::';
  const judged = targets.flatMap((target) => {
    const entries = judge.entries(place).filter((entry) => !(wide && isMartianAt(place, entry.input, target)));
    return judge.judged(target, entries, reaches);
  });
  const protocol = protocolOf(found.l4);
  const host = address.includes(':') ? `[${address}]` : address;
  const ports = found.high > found.low ? `${found.low}-${found.high}` : `${found.low}`;
  const target = judge.world.places.get(found.to.namespace);
  return {
    id: `published/${protocol}/${host}:${ports}@${place.name}`,
    via: becauseOf(via),
    target: {
      address: pointText(found.to.address, found.family),
      port: found.to.port,
      portEnd: found.high > found.low && found.to.port === found.low ? found.high : null,
      namespace: target === undefined || target.id === place.id ? null : target.name,
      listener: listener?.id ?? null,
    },
    protocol,
    family: found.family,
    address,
    port: found.low,
    portEnd: found.high > found.low ? found.high : null,
    namespace: { id: place.id, name: place.name },
    service: listener?.service ?? UNKNOWN_SERVICE,
    exposure: withRemarks(judge, place, entrance, judged),
    owners: listener?.owners ?? [],
  };
}

function withRemarks(judge: Judge, place: Place, entrance: Entrance, judged: readonly Judged[]): Exposure {
  const exposure = exposureOf(judged, place.id);
  const remarks = remarksOnPublished(judge, place, entrance.found, judged, exposure);
  return remarks.length === 0 ? exposure : { ...exposure, remarks };
}

const entrances = new WeakMap<Judge, readonly { readonly place: Place; readonly entrance: Entrance }[]>();

function allEntrances(judge: Judge): readonly { readonly place: Place; readonly entrance: Entrance }[] {
  let known = entrances.get(judge);
  if (known === undefined) {
    known = [...judge.world.places.values()].flatMap((place) => {
      const named = namedBy(place.program());
      if (named === null) return [];
      return findAt(judge, place, named).flatMap((found) =>
        entrancesOf(place, found).map((entrance) => ({ place, entrance })),
      );
    });
    entrances.set(judge, known);
  }
  return known;
}

/** A published port as a condition of reaching the listener behind it. */
function throughText(place: Place, { found }: Entrance): string {
  const ports = found.high > found.low ? `${found.low}-${found.high}` : `${found.low}`;
  return `by port ${ports} of ${place.name}, which is translated`;
}

/** Where published ports are asked for, with the listener each leads to. */
export function publishedTargets(world: World, settings: ZoneSettings): readonly PublishedTarget[] {
  return allEntrances(judgeOf(world, settings)).flatMap(({ place, entrance }) =>
    entrance.targets.map(
      (target): PublishedTarget => ({
        ...target,
        through: throughText(place, entrance),
        listener: entrance.found.listener?.id ?? null,
        wide: entrance.address === '0.0.0.0' || entrance.address === '::',
      }),
    ),
  );
}

/** Published ports of all places. */
export function judgePublished(world: World, settings: ZoneSettings): readonly Published[] {
  const judge = judgeOf(world, settings);
  const seen = new Map<string, number>();
  const byRules = allEntrances(judge).map(({ place, entrance }) => publishedOf(judge, place, entrance));
  return [...byRules, ...publishedByIpvs(judge)].map((published) => {
    const count = (seen.get(published.id) ?? 0) + 1;
    seen.set(published.id, count);
    return count === 1 ? published : { ...published, id: `${published.id}#${count}` };
  });
}
