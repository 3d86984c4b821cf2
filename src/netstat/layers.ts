import type { IdentifiedListener } from '../model/listener.js';
import type { Interface, Network } from '../model/network.js';
import type { Layer } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import type { NamespaceStatistics } from '../model/statistics.js';

type Fact = Layer['shows'][number];
type Counters = NamespaceStatistics['counters'];

/** What of a snapshot the layers show: one namespace. */
interface Scene {
  readonly network: Network | null;
  readonly counters: Counters;
  readonly memberships: NamespaceStatistics['memberships'];
  readonly listeners: readonly IdentifiedListener[];
}

function sceneOf(snapshot: Snapshot, listeners: readonly IdentifiedListener[], namespace: number | null): Scene {
  const host = snapshot.namespaces.find(({ name }) => name === 'host') ?? snapshot.namespaces[0];
  const id = namespace ?? host?.id ?? 0;
  const statistics = snapshot.statistics?.namespaces.find((each) => each.namespace === id);
  return {
    network: snapshot.networks.find((network) => network.namespace === id) ?? snapshot.networks[0] ?? null,
    counters: statistics?.counters ?? {},
    memberships: statistics?.memberships ?? [],
    listeners: listeners.filter((listener) => listener.namespace.id === id),
  };
}

/** Most things of one kind that are named; the rest are counted. */
const NAMED_MAX = 12;

function listed(words: readonly string[]): string {
  const rest = words.length - NAMED_MAX;
  return rest > 0 ? `${words.slice(0, NAMED_MAX).join(', ')} and ${rest} more` : words.join(', ');
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];

/** 1234567 as 1,234,567. */
const grouped = (text: string): string => text.replace(/\B(?=(\d{3})+$)/g, ',');

const counted = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

const fact = (what: string, value: string): readonly Fact[] => (value === '' ? [] : [{ what, value }]);

const isNetworked = (listener: IdentifiedListener): boolean =>
  ['tcp', 'udp', 'udplite', 'sctp', 'dccp'].includes(listener.protocol);

const portOf = (listener: IdentifiedListener): string =>
  listener.port === null ? listener.protocol : `${listener.port}/${listener.protocol}`;

/** The service, or where nobody knows it, its port. */
const nameOf = (listener: IdentifiedListener): string => listener.service.name ?? portOf(listener);

/** Names with their ports: `ssh 22/tcp`. */
function servicesHeard(listeners: readonly IdentifiedListener[]): string {
  const ports = new Map<string, Set<string>>();
  for (const listener of listeners) {
    const name = listener.service.name ?? 'unknown';
    const known = ports.get(name) ?? new Set<string>();
    ports.set(name, known.add(portOf(listener)));
  }
  return listed([...ports].map(([name, where]) => `${name} ${[...where].join(' ')}`));
}

function applicationFacts({ listeners }: Scene): readonly Fact[] {
  const networked = listeners.filter(isNetworked);
  const unix = listeners.filter((listener) => listener.protocol === 'unix').length;
  return [
    ...fact('services', networked.length === 0 ? 'none listens' : servicesHeard(networked)),
    ...fact('only inside', unix === 0 ? '' : counted(unix, 'unix socket')),
  ];
}

function presentationFacts({ listeners }: Scene): readonly Fact[] {
  const networked = listeners.filter(isNetworked);
  const by = (encryption: 'tls' | 'cleartext' | null): string =>
    listed(unique(networked.filter((each) => each.service.encryption === encryption).map(nameOf)));
  return [...fact('encrypted', by('tls')), ...fact('clear text', by('cleartext')), ...fact('not known', by(null))];
}

function sessionFacts({ listeners }: Scene): readonly Fact[] {
  if (listeners.every((listener) => listener.clients === null)) return [];
  const connected = listeners.filter((listener) => (listener.clients?.count ?? 0) > 0);
  const sessions = connected.map((listener) => {
    const { count = 0, addresses = [] } = listener.clients ?? {};
    return `${nameOf(listener)}: ${count} from ${listed(addresses)}`;
  });
  return fact('sessions', sessions.length === 0 ? 'no client is connected' : sessions.join('; '));
}

const at = (counters: Counters, group: string, name: string): string => counters[group]?.[name] ?? '0';

/** `name NUMBER` of those counters that the kernel gave; zeros are left out where `zeros` is false. */
function figures(
  counters: Counters,
  group: string,
  names: readonly (readonly [counter: string, words: string])[],
  zeros: boolean,
): string {
  return names
    .map(([counter, words]) => [counters[group]?.[counter], words] as const)
    .filter(([value]) => value !== undefined && (zeros || value !== '0'))
    .map(([value, words]) => `${grouped(value ?? '')} ${words}`)
    .join(', ');
}

function retransmittedText(counters: Counters): string {
  const sent = Number(at(counters, 'Tcp', 'OutSegs'));
  const again = Number(at(counters, 'Tcp', 'RetransSegs'));
  return sent === 0 ? '' : `${((again * 100) / sent).toFixed(2)} % of segments sent again`;
}

function transportFacts({ counters, listeners }: Scene): readonly Fact[] {
  const listening = (protocol: string): number => listeners.filter((each) => each.protocol === protocol).length;
  const tcp = figures(
    counters,
    'Tcp',
    [
      ['CurrEstab', 'connections established'],
      ['ActiveOpens', 'opened from here'],
      ['PassiveOpens', 'from outside'],
      ['AttemptFails', 'failed'],
    ],
    true,
  );
  const trouble = [
    retransmittedText(counters),
    figures(
      counters,
      'Tcp',
      [
        ['InErrs', 'bad segments'],
        ['EstabResets', 'resets received'],
        ['OutRsts', 'resets sent'],
      ],
      false,
    ),
    figures(
      counters,
      'TcpExt',
      [
        ['ListenOverflows', 'listen queue overflows'],
        ['SyncookiesSent', 'SYN cookies sent'],
      ],
      false,
    ),
  ].filter((part) => part !== '');
  const udp = figures(
    counters,
    'Udp',
    [
      ['InDatagrams', 'datagrams received'],
      ['OutDatagrams', 'sent'],
      ['NoPorts', 'to a closed port'],
      ['InErrors', 'errors'],
    ],
    true,
  );
  const others = ['sctp', 'dccp', 'udplite', 'raw'].filter((protocol) => listening(protocol) > 0);
  return [
    ...fact(
      'listening',
      [`tcp ${listening('tcp')}`, `udp ${listening('udp')}`, ...others.map((p) => `${p} ${listening(p)}`)].join(', '),
    ),
    ...fact('TCP', tcp),
    ...fact('TCP trouble', trouble.join(', ')),
    ...fact('UDP', udp),
  ];
}

const ROUTED_TABLES = [253, 254];

function routesText(network: Network): string {
  const shown = network.routes.filter((route) => ROUTED_TABLES.includes(route.table) && route.type === 'unicast');
  const defaults = shown
    .filter((route) => route.destination.endsWith('/0'))
    .map((route) => `default by ${route.gateway ?? 'link'} on ${route.interface ?? '?'}`);
  const others = shown.filter((route) => !route.destination.endsWith('/0')).map((route) => route.destination);
  return listed(unique([...defaults, ...others]));
}

const isOn = (value: string | undefined): boolean => value !== undefined && value.trim() !== '0';

/** Empty: not seen. */
function forwardingText({ sysctls }: Network): string {
  const ipv4 = sysctls['net.ipv4.ip_forward'];
  const ipv6 = sysctls['net.ipv6.conf.all.forwarding'];
  if (ipv4 === undefined && ipv6 === undefined) return '';
  const on = [...(isOn(ipv4) ? ['IPv4'] : []), ...(isOn(ipv6) ? ['IPv6'] : [])];
  return on.length === 0 ? 'off' : `on for ${on.join(' and ')}`;
}

function networkFacts({ network, counters, memberships }: Scene): readonly Fact[] {
  const ip = figures(
    counters,
    'Ip',
    [
      ['InReceives', 'packets received'],
      ['InDelivers', 'delivered'],
      ['OutRequests', 'sent'],
      ['ForwDatagrams', 'forwarded'],
      ['InDiscards', 'discarded'],
    ],
    true,
  );
  const icmp = figures(
    counters,
    'Icmp',
    [
      ['InMsgs', 'messages received'],
      ['OutMsgs', 'sent'],
      ['InEchos', 'echo requests'],
    ],
    true,
  );
  const groups = unique(memberships.map((each) => each.group));
  return [
    ...(network === null
      ? []
      : [
          ...fact(
            'addresses',
            listed(network.addresses.map((each) => `${each.address}/${each.prefixLength} ${each.interface}`)),
          ),
          ...fact('routes', routesText(network)),
          ...fact('forwarding', forwardingText(network)),
        ]),
    ...fact('IP', ip),
    ...fact('ICMP', icmp),
    ...fact('multicast', listed(groups)),
  ];
}

const isUp = (link: Interface): boolean => link.flags.some((flag) => flag.toLowerCase() === 'up');

function linkText(link: Interface): string {
  const { counters } = link;
  const words = [
    link.kind ?? 'hardware',
    ...(link.mac === null || link.kind === 'loopback' ? [] : [link.mac]),
    `MTU ${link.mtu}`,
    ...(link.promiscuity > 0 ? ['promiscuous'] : []),
    ...(counters === null
      ? []
      : [
          `received ${grouped(counters.rxPackets)} packets (${counters.rxErrors} errors, ${counters.rxDropped} dropped)`,
          `sent ${grouped(counters.txPackets)} (${counters.txErrors} errors, ${counters.txDropped} dropped)`,
        ]),
  ];
  return words.join(', ');
}

/** Interfaces that are up, hardware first. */
function linksOf({ network }: Scene): readonly Interface[] {
  const up = (network?.interfaces ?? []).filter(isUp);
  return [...up.filter((link) => link.kind === null), ...up.filter((link) => link.kind !== null)];
}

function linkFacts(scene: Scene): readonly Fact[] {
  const links = linksOf(scene);
  const down = (scene.network?.interfaces.length ?? 0) - links.length;
  return [
    ...links.slice(0, NAMED_MAX).flatMap((link) => fact(link.name, linkText(link))),
    ...fact('further', links.length > NAMED_MAX ? counted(links.length - NAMED_MAX, 'interface') : ''),
    ...fact('down', down === 0 ? '' : counted(down, 'interface')),
  ];
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function sizeText(bytes: string): string {
  let size = Number(bytes);
  let unit = 0;
  for (; size >= 1024 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

function signalText(link: Interface): string {
  const signal = link.flags.some((flag) => /^(?:LOWER_UP|RUNNING)$/i.test(flag)) ? 'signal' : 'no signal';
  const { counters } = link;
  if (counters === null) return signal;
  return `${signal}, ${sizeText(counters.rxBytes)} in, ${sizeText(counters.txBytes)} out, ${counters.txCarrier} carrier errors, ${counters.collisions} collisions`;
}

const physicalFacts = (scene: Scene): readonly Fact[] =>
  linksOf(scene)
    .filter((link) => link.kind !== 'loopback')
    .slice(0, NAMED_MAX)
    .flatMap((link) => fact(link.name, signalText(link)));

/**
 * The OSI model beside the TCP/IP stack, from the top, and what netstat shows of each layer with this host's values. `namespace` null: the
 * host's own.
 */
export function layersOf(
  snapshot: Snapshot,
  listeners: readonly IdentifiedListener[],
  namespace: number | null = null,
): readonly Layer[] {
  const scene = sceneOf(snapshot, listeners, namespace);
  const layer = (number: string, osi: string, tcpip: string, by: string, facts: readonly Fact[]): Layer => ({
    number,
    osi,
    tcpip,
    shows: [...facts, ...fact('shown by', by)],
  });
  return [
    layer('7', 'Application', 'Application', 'netstat -l', applicationFacts(scene)),
    layer('6', 'Presentation', 'Application', '', presentationFacts(scene)),
    layer('5', 'Session', 'Application', 'netstat -t, -x', sessionFacts(scene)),
    layer('4', 'Transport', 'Transport', 'netstat -tu, -st, -su', transportFacts(scene)),
    layer('3', 'Network', 'Internet', 'netstat -r, -g, -sw', networkFacts(scene)),
    layer('2', 'Data link', 'Network access', 'netstat -i', linkFacts(scene)),
    layer('1', 'Physical', 'Network access', 'netstat -ie', physicalFacts(scene)),
  ];
}
