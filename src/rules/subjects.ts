import { unreachable } from '../lib/unreachable.js';
import type { Interface, InterfaceAddress, Network } from '../model/network.js';
import type { Socket } from '../model/socket.js';
import { listenerRecords, publishedRecords } from './exposed.js';
import type { Subject } from './fields.js';
import { filterOf, masqueradesBy } from './filter.js';
import type { RecordData } from './language/values.js';
import { common, type Facts, type SubjectRecord } from './record.js';

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

/** Counters of a namespace by group (`Tcp`, `TcpExt`) and name, as decimal text. */
type Counters = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How often TCP answers with a reset (nobody listens, or the peer is unknown), and how often connections end by one. */
function resetsOf(counters: Counters): RecordData | null {
  const { OutRsts: sent, EstabResets: received, InSegs: segments } = counters['Tcp'] ?? {};
  if (sent === undefined || received === undefined) return null;
  return { sent: Number(sent), received: Number(received), sentPerMillion: perMillion(sent, segments ?? '0') };
}

function hostRecord(facts: Facts): SubjectRecord {
  const { snapshot, listeners } = facts;
  const [first] = snapshot.namespaces;
  const network = snapshot.networks.find((each) => each.namespace === first?.id);
  const statistics = snapshot.statistics?.namespaces.find((each) => each.namespace === first?.id);
  const counters = statistics?.counters ?? {};
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
