import { type Line, TextTable } from './lines.js';
import { PORT_NAMES, SERVICES } from './services-table.js';

/** Transports that a usual port can belong to. */
export type ServiceTransport = 'tcp' | 'udp' | 'sctp' | 'vsock';

/** A port, or a range of ports, where a service is found. */
export interface ServicePort {
  readonly transport: ServiceTransport;
  readonly from: number;
  readonly to: number;
  /** True: often found there, though the number alone says nothing. */
  readonly shared: boolean;
}

/** One service of the one list. */
export interface ServiceEntry {
  /** What people say: `telnet`, `vnc`. */
  readonly name: string;
  /** IANA's name (`rfb`); null: not registered, or registered to something else. */
  readonly iana: string | null;
  readonly aliases: readonly string[];
  readonly ports: readonly ServicePort[];
  /** By the protocol's nature: `cleartext`, `tls` (always encrypted); null: either. */
  readonly encryption: 'cleartext' | 'tls' | null;
}

const TRANSPORTS: Readonly<Record<string, readonly ServiceTransport[]>> = {
  t: ['tcp'],
  u: ['udp'],
  b: ['tcp', 'udp'],
  s: ['sctp'],
  v: ['vsock'],
};

/** `t6000-6063`, `~b514`: the notation of the table. */
function parsePorts(text: string): ServicePort[] {
  const ports: ServicePort[] = [];
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const shared = word.startsWith('~');
    const at = shared ? 1 : 0;
    const [from, to] = word.slice(at + 1).split('-');
    for (const transport of TRANSPORTS[word.charAt(at)] ?? [])
      ports.push({ transport, from: Number(from), to: Number(to ?? from), shared });
  }
  return ports;
}

const TABLE = new TextTable(SERVICES);
const parsed = new Map<string, ServiceEntry>();

/** The entry of a line; one line is one entry, however often it is found. */
function parseEntry(line: string): ServiceEntry {
  const there = parsed.get(line);
  if (there !== undefined) return there;
  const entry = entryOf(line);
  parsed.set(line, entry);
  return entry;
}

function entryOf(line: string): ServiceEntry {
  const [name = '', iana = '', aliases = '', ports = '', nature = ''] = line.split('|');
  return {
    name,
    iana: iana === '' ? null : iana,
    aliases: aliases === '' ? [] : aliases.split(','),
    ports: parsePorts(ports),
    encryption: nature === 'c' ? 'cleartext' : nature === 'e' ? 'tls' : null,
  };
}

/** Entries by port. */
interface Ports {
  readonly byPort: ReadonlyMap<string, readonly ServiceEntry[]>;
  readonly ranges: readonly { readonly port: ServicePort; readonly entry: ServiceEntry }[];
}

/** All of the table, made when so many look-ups were made that it pays. */
interface Index extends Ports {
  readonly entries: readonly ServiceEntry[];
  readonly byName: ReadonlyMap<string, ServiceEntry>;
}

/** A range up to this size is spelled out in the index; longer ones are looked through. */
const SPELLED_RANGE_MAX = 16;

let index: Index | null = null;

function indexed(): Index {
  if (index !== null) return index;
  const entries = TABLE.lines.map(parseEntry);
  index = { entries, byName: namesOf(entries), ...portsOf(entries) };
  return index;
}

function namesOf(entries: readonly ServiceEntry[]): ReadonlyMap<string, ServiceEntry> {
  const byName = new Map<string, ServiceEntry>();
  for (const entry of entries)
    for (const word of [entry.name, ...entry.aliases]) if (!byName.has(word)) byName.set(word, entry);
  for (const entry of entries) {
    const iana = entry.iana?.toLowerCase();
    if (iana !== undefined && !byName.has(iana)) byName.set(iana, entry);
  }
  return byName;
}

function portsOf(entries: readonly ServiceEntry[]): Ports {
  const byPort = new Map<string, ServiceEntry[]>();
  const ranges: { port: ServicePort; entry: ServiceEntry }[] = [];
  const put = (transport: ServiceTransport, number: number, entry: ServiceEntry): void => {
    const key = `${transport}/${number}`;
    const there = byPort.get(key);
    if (there === undefined) byPort.set(key, [entry]);
    else if (!there.includes(entry)) there.push(entry);
  };
  for (const shared of [false, true])
    for (const entry of entries)
      for (const port of entry.ports) {
        if (port.shared !== shared) continue;
        if (port.to - port.from >= SPELLED_RANGE_MAX) ranges.push({ port, entry });
        else for (let number = port.from; number <= port.to; number++) put(port.transport, number, entry);
      }
  return { byPort, ranges };
}

/** Different words and ports that are searched for in the table's text; a host that asks for more has its index made. */
const SEARCHES_MAX = 100;

const foundNames = new Map<string, ServiceEntry | null>();
const foundPorts = new Map<number, Ports>();
let withRanges: readonly Line[] | null = null;

function searchName(word: string): ServiceEntry | null {
  const there = foundNames.get(word);
  if (there !== undefined) return there;
  const lines = TABLE.linesWithAnyCase(word);
  const found = namesOf(lines.map(({ text }) => parseEntry(text))).get(word) ?? null;
  foundNames.set(word, found);
  return found;
}

/** Entries that may hold a port: those whose line has its number, and those with ranges. */
function searchPort(port: number): Ports {
  const there = foundPorts.get(port);
  if (there !== undefined) return there;
  withRanges ??= [...'0123456789'].flatMap((digit) => TABLE.linesWith(`-${digit}`));
  const lines = [...withRanges, ...TABLE.linesWith(String(port))].sort((a, b) => a.place - b.place);
  const found = portsOf([...new Set(lines.map(({ text }) => parseEntry(text)))]);
  foundPorts.set(port, found);
  return found;
}

/** Every service, in the order of the list. */
export const allServices = (): readonly ServiceEntry[] => indexed().entries;

/** The service of that name, alias or IANA name, case ignored; null where the list has none. */
export function serviceNamed(word: string): ServiceEntry | null {
  const lower = word.toLowerCase();
  return index === null && foundNames.size < SEARCHES_MAX ? searchName(lower) : (indexed().byName.get(lower) ?? null);
}

const transportOf = (protocol: string): string => (protocol === 'udplite' ? 'udp' : protocol);

/**
 * Services found at a port, the one that the number stands for first; `sure` leaves out those which merely are often found there. Empty: the
 * port says nothing. `protocol` is a socket's; one without ports gives nothing.
 */
export function servicesAt(protocol: string, port: number, sure = false): readonly ServiceEntry[] {
  const { byPort, ranges } = index === null && foundPorts.size < SEARCHES_MAX ? searchPort(port) : indexed();
  const transport = transportOf(protocol);
  const found = [...(byPort.get(`${transport}/${port}`) ?? [])];
  for (const range of ranges)
    if (range.port.transport === transport && range.port.from <= port && port <= range.port.to) found.push(range.entry);
  return sure ? found.filter((entry) => standsFor(entry, transport, port)) : found;
}

function standsFor(entry: ServiceEntry, transport: string, port: number): boolean {
  return entry.ports.some((use) => !use.shared && use.transport === transport && use.from <= port && port <= use.to);
}

let portNames: Map<string, ServicePort[]> | null = null;

/** Names of services files, with every port that a line of either table gives them. */
function namesOfPorts(): ReadonlyMap<string, readonly ServicePort[]> {
  if (portNames !== null) return portNames;
  const names = new Map<string, ServicePort[]>();
  const add = (name: string, ports: readonly ServicePort[]): void => {
    const key = name.toLowerCase();
    const there = names.get(key);
    if (there === undefined) names.set(key, [...ports]);
    else there.push(...ports);
  };
  for (const line of PORT_NAMES.trim().split('\n')) {
    const space = line.indexOf(' ');
    add(line.slice(0, space), parsePorts(line.slice(space + 1)));
  }
  for (const entry of indexed().entries) {
    const own = entry.ports.filter((port) => !port.shared);
    const words = new Set([entry.name, ...entry.aliases, ...(entry.iana === null ? [] : [entry.iana])]);
    for (const word of words) add(word, own);
  }
  portNames = names;
  return names;
}

/** Ports that one name of a services file may stand for, at most. */
const PORTS_OF_NAME_MAX = 64;

/**
 * Ports that a capture's service name stands for, ascending: a name can stand for several (`http-alt` is 591, 8008 and 8080), and for none.
 * `protocol` null: of any transport.
 */
export function portsNamed(name: string, protocol: string | null): readonly number[] {
  const transport = protocol === null ? null : transportOf(protocol);
  const ports = new Set<number>();
  for (const use of namesOfPorts().get(name.toLowerCase()) ?? []) {
    if (transport !== null && use.transport !== transport) continue;
    for (let port = use.from; port <= use.to && ports.size < PORTS_OF_NAME_MAX; port++) ports.add(port);
  }
  return [...ports].sort((a, b) => a - b);
}
