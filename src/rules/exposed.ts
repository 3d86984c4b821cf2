import { servicesAt } from '../lib/services.js';
import { type Exposure, RANKS, type Rank } from '../model/exposure.js';
import type { Location } from '../model/finding.js';
import type { Listener, Owner } from '../model/listener.js';
import type { Snapshot, SnapshotSource } from '../model/snapshot.js';
import type { RecordData } from './language/values.js';
import { common, type Facts, type SubjectRecord } from './record.js';

const WILDCARDS = ['0.0.0.0', '::', 'any'];

const isIPv6 = (prefix: string): boolean => prefix.includes(':');

/** Widest rank whose answer is not `no`, over sources of one family. */
function widestOf(exposure: Exposure, ipv6: boolean): number {
  let widest = 0;
  for (const zone of exposure.zones)
    if (zone.reachable !== 'no' && zone.sources.some((source) => isIPv6(source) === ipv6))
      widest = Math.max(widest, RANKS.indexOf(zone.rank));
  return widest;
}

/** Listeners share exposures, and so what rules see of them. */
const seenAs = new WeakMap<Exposure, { readonly dual: boolean; readonly fields: RecordData }>();

function exposureFields(exposure: Exposure | null, dual: boolean): RecordData | null {
  if (exposure === null) return null;
  const there = seenAs.get(exposure);
  if (there !== undefined && there.dual === dual) return there.fields;
  const fields = fieldsOf(exposure, dual);
  seenAs.set(exposure, { dual, fields });
  return fields;
}

function fieldsOf(exposure: Exposure, dual: boolean): RecordData {
  return {
    ...exposure,
    ipv6Wider: dual && widestOf(exposure, true) > widestOf(exposure, false),
    reachableFrom: exposure.zones.filter((zone) => zone.reachable === 'yes').map((zone) => zone.zone),
  };
}

/** The file that makes it listen: an inetd entry, else a socket unit. */
function locationsOf(owners: readonly Owner[], snapshot: Snapshot): readonly Location[] {
  const locations: Location[] = [];
  for (const { inetd, unit } of owners) {
    if (inetd !== null)
      locations.push({ file: inetd.file, repoPath: null, line: inetd.line, what: `the entry of ${inetd.program}` });
    const socketUnit = snapshot.software.socketUnits.find((each) => each.name === unit);
    if (socketUnit !== undefined)
      locations.push({
        file: socketUnit.file,
        repoPath: null,
        line: socketUnit.line,
        what: `the socket unit ${socketUnit.name}`,
      });
  }
  const seen = new Set<string>();
  return locations.filter(({ file, line }) => {
    const key = `${file}:${line}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}

/** A port that is drawn at each start cannot name a finding: the service does. */
function portOrService(port: number | null, service: string | null, drawn: boolean): string | number | null {
  return drawn ? (service ?? 'unknown') : port;
}

/**
 * A server of ONC RPC takes any free port at each start and registers it (mountd, statd), unless it was given its usual one. Its port then
 * says nothing.
 */
function rpcPorts(snapshot: Snapshot): (listener: Listener) => boolean {
  const registered = new Set(
    snapshot.software.rpc.map(({ namespace, protocol, port }) => `${namespace} ${protocol.replace(/6$/, '')} ${port}`),
  );
  if (registered.size === 0) return () => false;
  return ({ namespace, protocol, port, service }) =>
    port !== null &&
    registered.has(`${namespace.id} ${protocol} ${port}`) &&
    !servicesAt(protocol, port).some(({ name }) => name === service.name);
}

const isWildcardAddress = (address: string | null): boolean => address !== null && WILDCARDS.includes(address);

function queueData(queue: Listener['queue']): RecordData | null {
  return queue === null ? null : { ...queue, full: queue.max !== null && queue.used > queue.max };
}

/** A listener as rules see it. There are thousands, and few that a rule looks at: what costs is made when it is asked for. */
class ListenerRecord implements SubjectRecord {
  readonly listener: Listener;
  readonly #facts: Facts;
  readonly #shared: RecordData;
  readonly #drawnByRpc: (listener: Listener) => boolean;
  #data: RecordData | null = null;

  constructor(listener: Listener, facts: Facts, shared: RecordData, drawnByRpc: (listener: Listener) => boolean) {
    this.listener = listener;
    this.#facts = facts;
    this.#shared = shared;
    this.#drawnByRpc = drawnByRpc;
  }

  get id(): string {
    return this.listener.id;
  }

  get data(): RecordData {
    if (this.#data !== null) return this.#data;
    const { listener } = this;
    // The listener first: V8 copies a whole object at once only into an empty one.
    this.#data = {
      ...listener,
      ...this.#shared,
      wildcard: this.wildcard,
      queue: queueData(listener.queue),
      exposure: exposureFields(listener.exposure, listener.family === 'dual'),
    };
    return this.#data;
  }

  get own(): RecordData {
    const { port, queue } = this.listener;
    return { port, queue: queueData(queue) };
  }

  get wildcard(): boolean {
    return isWildcardAddress(this.listener.address);
  }

  get rank(): Rank | null {
    return this.listener.exposure?.widest ?? null;
  }

  get key(): SubjectRecord['key'] {
    const { protocol, address, device, port, service, listening, namespace, ipProtocol, etherType } = this.listener;
    const drawn = listening === 'possible' || this.#drawnByRpc(this.listener);
    return [
      protocol,
      address,
      device,
      portOrService(port, service.name, drawn),
      namespace.name,
      ...(ipProtocol === undefined ? [] : [ipProtocol]),
      ...(etherType === undefined ? [] : [etherType]),
    ];
  }

  get source(): SnapshotSource {
    return this.#facts.snapshot.collection.source;
  }

  get owners(): readonly Owner[] {
    return this.listener.owners;
  }

  get locations(): readonly Location[] {
    return locationsOf(this.listener.owners, this.#facts.snapshot);
  }
}

/** The listeners as rules see them. */
export function* listenerRecords(facts: Facts): Generator<ListenerRecord> {
  const shared = common(facts);
  const drawnByRpc = rpcPorts(facts.snapshot);
  for (const listener of facts.listeners) yield new ListenerRecord(listener, facts, shared, drawnByRpc);
}

/** The published ports as rules see them. */
export function* publishedRecords(facts: Facts): Generator<SubjectRecord> {
  const shared = common(facts);
  for (const published of facts.published)
    yield {
      id: published.id,
      data: {
        ...shared,
        ...published,
        wildcard: isWildcardAddress(published.address),
        exposure: exposureFields(published.exposure, false),
      },
      rank: published.exposure.widest,
      key: [
        'published',
        published.protocol,
        published.address,
        published.port,
        published.portEnd,
        published.namespace.name,
      ],
      source: facts.snapshot.collection.source,
      owners: published.owners,
      locations: locationsOf(published.owners, facts.snapshot),
    };
}
