import { TextTable } from '../lib/lines.js';
import { type ServiceEntry, serviceNamed } from '../lib/services.js';
import { agree } from './agree.js';
import type { Group } from './group.js';
import { PROGRAMS } from './programs-table.js';

/** What a program answers with. */
export interface Program {
  /** Name it was found by in the table. */
  readonly name: string;
  readonly product: string;
  /** Services of the one list, the first where the port chooses none; empty: it serves nothing itself. */
  readonly services: readonly string[];
  /** True: it holds sockets that other programs answer at. */
  readonly holdsForOthers: boolean;
  /** True: it is, or may be, a script, or runs in a virtual machine. */
  readonly interpreted: boolean;
}

/** Adds the programs of a line; the first line that names one counts. */
function addLine(line: string, to: Map<string, Program>): void {
  const [names = '', services = '', product = '', kind = ''] = line.split('|');
  const answers = /^[-=]$/.test(services) ? [] : services.split(' ');
  for (const name of names.split(' '))
    if (!to.has(name))
      to.set(name, {
        name,
        product: product === '' ? name : product,
        services: answers,
        holdsForOthers: services === '=',
        interpreted: kind === 'i',
      });
}

const TABLE = new TextTable(PROGRAMS);
let table: Map<string, Program> | null = null;
const found = new Map<string, Program | null>();

/** Different names that are searched for in the table's text; a host with more of them has the whole table made. */
const SEARCHES_MAX = 200;

function programCalled(name: string): Program | null {
  if (table !== null) return table.get(name) ?? null;
  const there = found.get(name);
  if (there !== undefined) return there;
  const lines = found.size < SEARCHES_MAX ? TABLE.linesWith(name).map(({ text }) => text) : TABLE.lines;
  const made = new Map<string, Program>();
  for (const line of lines) addLine(line, made);
  if (found.size >= SEARCHES_MAX) table = made;
  const program = made.get(name) ?? null;
  found.set(name, program);
  return program;
}

/** Names that mean one program: as it is, without case, without `.bin` and its like, without a version. */
function* spellings(name: string): Iterable<string> {
  yield name;
  const lower = name.toLowerCase();
  yield lower;
  const bare = lower.replace(/(?:\.(?:exe|bin|real|orig|static|distrib|dpkg-new)|-(?:bin|real|static))$/, '');
  yield bare;
  yield bare.replace(/[-_.]?v?\d[\d.]*$/, '');
}

/** How every exporter of metrics is called: `redis_exporter`, `prometheus-blackbox-exporter`. */
const EXPORTER = /[a-z0-9][-_]exporter$/;

/** The program of that base name; null where the table has none. */
export function programNamed(name: string): Program | null {
  if (name === '' || name.length > 100) return null;
  for (const spelling of spellings(name)) {
    const program = programCalled(spelling);
    if (program !== null) return program;
  }
  return EXPORTER.test(name)
    ? { name, product: name, services: ['metrics'], holdsForOthers: false, interpreted: true }
    : null;
}

const holdsPort = (entry: ServiceEntry, transport: string, port: number): boolean =>
  entry.ports.some((use) => use.transport === transport && use.from <= port && port <= use.to);

/** What a program answers at one listener. */
export interface Choice {
  readonly service: string;
  /** True: no other of its services can be meant, or they differ in TLS only. */
  readonly only: boolean;
}

/** Services that need to hear packets below the ports: a raw or packet socket of their programs is theirs. */
const WITHOUT_PORTS: ReadonlySet<string> = new Set(['dhcp-client', 'dhcpv6-client', 'dhcp-server', 'vrrp']);

/** First port that the kernel deals out by itself, Documentation/networking/ip-sysctl.rst. */
export const DEALT_FROM = 32_768;

/** The service of several that a listener's transport and port mean (for a unix socket: which its path names); null where the program serves nothing. */
export function serviceAt(services: readonly string[], group: Group): Choice | null {
  const transport = group.protocol === 'udplite' ? 'udp' : group.protocol;
  const entries = services.map((name) => serviceNamed(name)).filter((entry) => entry !== null);
  const byPort = group.port !== null || transport === 'tcp' || transport === 'udp';
  const candidates = byPort
    ? entries.filter((entry) => entry.ports.length === 0 || entry.ports.some((use) => use.transport === transport))
    : entries;
  const first = candidates[0];
  if (first === undefined) return null;
  const { port } = group;
  if (transport === 'unix' && services.length > 1) {
    const path = group.address?.toLowerCase() ?? '';
    const named = candidates.find((entry) => [entry.name, ...entry.aliases].some((word) => path.includes(word)));
    return named === undefined ? null : { service: named.name, only: true };
  }
  if (transport === 'raw' || transport === 'packet') {
    const heard = candidates.find((entry) => WITHOUT_PORTS.has(entry.name));
    return heard === undefined ? null : { service: heard.name, only: true };
  }
  const atPort = port === null ? undefined : candidates.find((entry) => holdsPort(entry, transport, port));
  // A second service of a program at a port that the kernel deals out: more often the program asks questions of its own there.
  if (transport === 'udp' && port !== null && port >= DEALT_FROM && atPort === undefined && first !== entries[0])
    return null;
  return {
    service: (atPort ?? first).name,
    only: atPort !== undefined || candidates.every((entry) => agree(entry.name, first.name)),
  };
}
