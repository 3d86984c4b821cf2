import { servicesAt } from '../lib/services.js';
import { unreachable } from '../lib/unreachable.js';
import { type Exposure, RANKS, type Rank } from '../model/exposure.js';
import type { Location } from '../model/finding.js';
import type { Listener, Owner } from '../model/listener.js';
import type { Interface, InterfaceAddress, Network } from '../model/network.js';
import type { Published } from '../model/report.js';
import type { Snapshot, SnapshotSource } from '../model/snapshot.js';
import type { Socket } from '../model/socket.js';
import type { Subject } from './fields.js';
import { filterOf, masqueradesBy } from './filter.js';
import type { RecordData } from './language/values.js';

/** A subject as a rule sees it, and what a finding of it needs. */
export interface SubjectRecord {
  readonly id: string;
  readonly data: RecordData;
  /** Of many listeners: `port` and `queue` as in `data`, which need not be made for them. Absent: look there. */
  readonly own?: RecordData;
  /** Widest zone that reaches it; null: it is nothing one connects to. */
  readonly rank: Rank | null;
  /** What makes its findings the same in the next run (DESIGN: fingerprint), the rule id not counted. */
  readonly key: readonly (string | number | null)[];
  readonly source: SnapshotSource;
  readonly owners: readonly Owner[];
  readonly locations: readonly Location[];
}

/** What records are built from. */
export interface Facts {
  readonly snapshot: Snapshot;
  readonly listeners: readonly Listener[];
  readonly published: readonly Published[];
}

const WILDCARDS = ['0.0.0.0', '::', 'any'];

/** Fields that every record has. */
function common(facts: Facts): RecordData {
  const { host, collection } = facts.snapshot;
  return { source: collection.source, host };
}

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

function* publishedRecords(facts: Facts): Generator<SubjectRecord> {
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

/** A record of something that nobody connects to. */
function plain(facts: Facts, id: string, data: RecordData, key: SubjectRecord['key']): SubjectRecord {
  return {
    id,
    data: { ...common(facts), id, ...data },
    rank: null,
    key,
    source: facts.snapshot.collection.source,
    owners: [],
    locations: [],
  };
}

const namespaceName = (facts: Facts, id: number): string =>
  facts.snapshot.namespaces.find((namespace) => namespace.id === id)?.name ?? (id === 0 ? 'host' : String(id));

const endpoint = (address: string | null, port: number | null): string =>
  `${address === null ? 'any' : address.includes(':') ? `[${address}]` : address}${port === null ? '' : `:${port}`}`;

function socketRecord(facts: Facts, socket: Socket): SubjectRecord {
  const namespace = { id: socket.namespace, name: namespaceName(facts, socket.namespace) };
  const holders = facts.snapshot.processes.filter((process) => socket.holders.includes(process.pid));
  const local = endpoint(socket.address, socket.port);
  const peer = socket.peer === null ? '' : `-${endpoint(socket.peer.address, socket.peer.port)}`;
  const data = {
    ...socket,
    namespace,
    owners: holders.map(({ name, exe, user, unit }) => ({ name, exe, user, unit })),
  };
  return plain(facts, `socket/${socket.protocol}/${local}${peer}@${namespace.name}`, data, [
    'socket',
    socket.protocol,
    socket.address,
    socket.device,
    socket.port,
    socket.peer?.address ?? null,
    socket.peer?.port ?? null,
    namespace.name,
  ]);
}

const perMillion = (part: string, whole: string): number =>
  Number(whole) > 0 ? Math.round((Number(part) * 1_000_000) / Number(whole)) : 0;

function interfaceData(link: Interface, addresses: readonly InterfaceAddress[], all: readonly Interface[]): RecordData {
  const { counters, ...rest } = link;
  const master = all.find((each) => each.index === link.master);
  return {
    ...rest,
    up: link.flags.some((flag) => flag.toLowerCase() === 'up'),
    master: master?.name ?? null,
    bridgePort: master?.kind === 'bridge',
    addresses: addresses.filter((each) => each.index === link.index).map((each) => each.address),
    ...(counters === null
      ? {}
      : {
          packets: { received: Number(counters.rxPackets), sent: Number(counters.txPackets) },
          errors: {
            received: Number(counters.rxErrors),
            sent: Number(counters.txErrors),
            receivedPerMillion: perMillion(counters.rxErrors, counters.rxPackets),
            sentPerMillion: perMillion(counters.txErrors, counters.txPackets),
          },
          drops: {
            received: Number(counters.rxDropped),
            sent: Number(counters.txDropped),
            receivedPerMillion: perMillion(counters.rxDropped, counters.rxPackets),
          },
        }),
  };
}

function* networkRecords(subject: NetworkSubject, facts: Facts, network: Network): Generator<SubjectRecord> {
  const namespace = { id: network.namespace, name: namespaceName(facts, network.namespace) };
  const { name } = namespace;
  switch (subject) {
    case 'interface':
      for (const link of network.interfaces)
        yield plain(
          facts,
          `interface/${link.name}@${name}`,
          { ...interfaceData(link, network.addresses, network.interfaces), namespace },
          ['interface', link.name, name],
        );
      return;
    case 'route':
      for (const route of network.routes) {
        const way = route.gateway ?? route.interface ?? route.type;
        const isDefault = route.destination.endsWith('/0');
        yield plain(facts, `route/${route.destination}-${way}@${name}`, { ...route, default: isDefault, namespace }, [
          'route',
          route.destination,
          route.table,
          way,
          name,
        ]);
      }
      return;
    case 'forwarding':
      yield plain(facts, `forwarding@${name}`, { ...forwardingData(network), namespace }, ['forwarding', name]);
      return;
    case 'firewall': {
      const { forwardRulesIPv4: _four, forwardRulesIPv6: _six, ...filter } = filterOf(network.firewall);
      yield plain(facts, `firewall@${name}`, { ...filter, namespace }, ['firewall', name]);
      return;
    }
    default:
      unreachable(subject);
  }
}

type NetworkSubject = 'interface' | 'route' | 'forwarding' | 'firewall';

const isOn = (value: string | undefined): boolean => value !== undefined && value.trim() !== '0';

const isLive = (link: Interface): boolean =>
  link.kind !== 'loopback' && link.name !== 'lo' && link.flags.some((flag) => flag.toLowerCase() === 'up');

function forwardingData(network: Network): RecordData {
  const { sysctls } = network;
  const filter = filterOf(network.firewall);
  const filteredIPv4 = filter.read ? filter.forwardPolicy === 'drop' || filter.forwardRulesIPv4 > 0 : null;
  const filteredIPv6 = filter.read ? filter.forwardPolicy === 'drop' || filter.forwardRulesIPv6 > 0 : null;
  const ipv4 = isOn(sysctls['net.ipv4.ip_forward']) || isOn(sysctls['net.ipv4.conf.all.forwarding']);
  const ipv6 = isOn(sysctls['net.ipv6.conf.all.forwarding']);
  return {
    ipv4,
    ipv6,
    filteredIPv4,
    filteredIPv6,
    filtered:
      filteredIPv4 === null || filteredIPv6 === null ? null : (!ipv4 || filteredIPv4) && (!ipv6 || filteredIPv6),
    masquerades: masqueradesBy(network.firewall),
    interfaces: network.interfaces.filter(isLive).length,
  };
}

function* membershipRecords(facts: Facts): Generator<SubjectRecord> {
  for (const statistics of facts.snapshot.statistics?.namespaces ?? []) {
    const namespace = { id: statistics.namespace, name: namespaceName(facts, statistics.namespace) };
    for (const membership of statistics.memberships)
      yield plain(
        facts,
        `membership/${membership.group}%${membership.interface}@${namespace.name}`,
        { ...membership, namespace },
        ['membership', membership.group, membership.interface, namespace.name],
      );
  }
}

/** How often TCP answers with a reset (nobody listens, or the peer is unknown), and how often connections end by one. */
function resetsOf(counters: Readonly<Record<string, number>>): RecordData | null {
  const sent = counters['Tcp.OutRsts'];
  const received = counters['Tcp.EstabResets'];
  if (sent === undefined || received === undefined) return null;
  return {
    sent,
    received,
    sentPerMillion: perMillion(String(sent), String(counters['Tcp.InSegs'] ?? 0)),
  };
}

function hostRecord(facts: Facts): SubjectRecord {
  const { snapshot, listeners } = facts;
  const [first] = snapshot.namespaces;
  const network = snapshot.networks.find((each) => each.namespace === first?.id);
  const statistics = snapshot.statistics?.namespaces.find((each) => each.namespace === first?.id);
  const counters: Record<string, number> = {};
  for (const [group, values] of Object.entries(statistics?.counters ?? {}))
    for (const [name, value] of Object.entries(values)) counters[`${group}.${name}`] = Number(value);
  const { uid } = snapshot.collection;
  return plain(
    facts,
    'host',
    {
      listeners: listeners.length,
      publicListeners: listeners.filter((listener) => listener.exposure?.widest === 'public').length,
      namespaces: snapshot.namespaces.length,
      interfaces: network?.interfaces.filter(isLive).length ?? 0,
      collectedAsRoot: uid === null ? null : uid === 0,
      sysctls: network?.sysctls ?? {},
      counters,
      resets: resetsOf(counters),
    },
    ['host'],
  );
}

/** The records of a subject. */
export function* recordsOf(subject: Subject, facts: Facts): Generator<SubjectRecord> {
  switch (subject) {
    case 'listener':
      yield* listenerRecords(facts);
      return;
    case 'published':
      yield* publishedRecords(facts);
      return;
    case 'socket':
      for (const socket of facts.snapshot.sockets) yield socketRecord(facts, socket);
      return;
    case 'interface':
    case 'route':
    case 'forwarding':
    case 'firewall':
      for (const network of facts.snapshot.networks) yield* networkRecords(subject, facts, network);
      return;
    case 'membership':
      yield* membershipRecords(facts);
      return;
    case 'host':
      yield hostRecord(facts);
      return;
    default:
      unreachable(subject);
  }
}
