import type { Because, Exposure, Rank, ZoneExposure } from '../model/exposure.js';
import type { Listener, Owner } from '../model/listener.js';
import type { Published } from '../model/report.js';
import type { Service } from '../model/service.js';
import type { Clients } from '../model/socket.js';

/*
 * Sentences that every format for people shares. They return plain text: what a process, file or ruleset contributed is as
 * hostile as it was, and each format escapes the whole for its medium.
 */

/** `1 gap`, `3 gaps`; 10,000 and above with commas. */
export const count = (n: number, one: string, many = `${one}s`): string => `${thousands(n)} ${n === 1 ? one : many}`;

/** 1234567 as `1,234,567`. */
export const thousands = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1);
  if (last === undefined) return '';
  return words.length === 1 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

export const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** A text of several lines, as rules are written, on one. */
export const prose = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ');

/** `2026-11-25 01:20 UTC` of RFC 3339 text; other text as it is. */
export const minuteOf = (time: string): string =>
  time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?Z$/, '$1 $2 UTC');

/** Address and port as one types them: `0.0.0.0:23`, `[::]:22`, `[fe80::1%eth0]:80`, `0.0.0.0:80%eth0`. */
function endpoint(address: string | null, port: string, device: string | null): string {
  const shown = address ?? '?';
  if (!shown.includes(':')) return `${shown}:${port}${device === null ? '' : `%${device}`}`;
  return shown.startsWith('fe80') && device !== null
    ? `[${shown}%${device}]:${port}`
    : `[${shown}]:${port}${device === null ? '' : `%${device}`}`;
}

/** Where a listener is bound, without its protocol and namespace. */
export function boundTo(listener: Listener): string {
  switch (listener.protocol) {
    case 'unix':
      return listener.address ?? '(no name)';
    case 'raw':
      return `${listener.address ?? '?'}, protocol ${listener.ipProtocol ?? '?'}`;
    case 'packet':
      return `${listener.device ?? 'every interface'}, ${listener.etherType === 'all' ? 'all packets' : `EtherType ${listener.etherType ?? '?'}`}`;
    default: {
      const port =
        listener.port ?? (listener.portCandidates === undefined ? null : listener.portCandidates.join(' or '));
      return endpoint(listener.address, port === null ? '?' : String(port), listener.device);
    }
  }
}

/** Where a published port takes packets: `0.0.0.0:8080`, or a range. */
export function publishedAt(published: Published): string {
  const port =
    published.port === null
      ? 'every port'
      : `${published.port}${published.portEnd === null || published.portEnd === published.port ? '' : `-${published.portEnd}`}`;
  return endpoint(published.address, port, null);
}

/** Where a published port leads: `172.17.0.2:80`. */
export function leadsTo(published: Published): string {
  const { address, port, portEnd, namespace } = published.target;
  const at = endpoint(
    address,
    port === null ? 'same port' : `${port}${portEnd === null || portEnd === port ? '' : `-${portEnd}`}`,
    null,
  );
  return namespace === null || namespace === published.namespace.name ? at : `${at} in ${namespace}`;
}

/** What answers: `telnet`, `http (nginx 1.22.1)`, `redis, by its port only`, `unknown service`. */
export function serviceWords(service: Service): string {
  if (service.name === null) return service.product ?? 'unknown service';
  const product = [service.product, service.version].filter((part) => part !== null).join(' ');
  const name = product === '' || product === service.name ? service.name : `${service.name} (${product})`;
  switch (service.confidence) {
    case 'likely':
      return `${name}, likely`;
    case 'port-only':
      return `${name}, by its port only`;
    default:
      return name;
  }
}

/** The same in a narrow column: `telnet`, `telnet?`, `unknown`. */
export const serviceShort = (service: Service): string =>
  service.name === null ? 'unknown' : service.confidence === 'port-only' ? `${service.name}?` : service.name;

const SOURCES: Readonly<Record<Rank, string>> = {
  none: 'nobody',
  local: 'processes of this host',
  loopback: 'this host only',
  container: 'containers of this host',
  vm: 'virtual machines of this host',
  link: 'neighbours on the same link',
  private: 'private networks',
  public: 'anyone',
};

/** True: the widest zone is one only under a condition. */
export function onlyPerhaps(exposure: Exposure): boolean {
  const rows = exposure.zones.filter((row) => row.rank === exposure.widest);
  return rows.length > 0 && rows.every((row) => row.reachable !== 'yes');
}

/** Who can reach it, in a word or two: `anyone`, `perhaps anyone`, `this host only`. */
export function heardBy(exposure: Exposure | null): string {
  if (exposure === null) return 'hears only';
  if (exposure.widest === 'local') return exposure.access ?? SOURCES.local;
  return onlyPerhaps(exposure) ? `perhaps ${SOURCES[exposure.widest]}` : SOURCES[exposure.widest];
}

/** The same as the end of a sentence: `heard by anyone`, `perhaps heard by anyone`, `nobody connects to it`. */
export function heardSentence(exposure: Exposure | null): string {
  if (exposure === null) return 'nobody connects to it, it hears what passes';
  if (exposure.widest === 'local') return `open to ${exposure.access ?? SOURCES.local}`;
  return `${onlyPerhaps(exposure) ? 'perhaps ' : ''}heard by ${SOURCES[exposure.widest]}`;
}

/** The number of clients; in words where there is none to give. */
export function clientsShort(listener: Listener): string {
  if (listener.clients !== null) return thousands(listener.clients.count);
  return listener.protocol === 'tcp' || listener.protocol === 'sctp' || listener.protocol === 'dccp'
    ? 'not counted'
    : '-';
}

/** A rule, policy or routing decision in one line. */
export function becauseWords(because: Because): string {
  if (because.kind === 'routing') return `routing: ${because.rule || because.verdict}`;
  const chain = [because.table, because.chain].filter((part) => part !== null).join(' ');
  const tool =
    because.backend === 'legacy'
      ? because.family === 'ipv6' || because.family === 'ip6'
        ? 'ip6tables'
        : 'iptables'
      : 'nft';
  const family = because.backend === 'legacy' || because.family === null ? '' : `${because.family} `;
  if (because.kind === 'policy') return `policy ${because.verdict} of ${tool} ${family}${chain}`;
  const place =
    because.number !== null ? ` rule ${because.number}` : because.handle !== null ? ` handle ${because.handle}` : '';
  return `${tool} ${family}${chain}${place}: ${because.rule || because.verdict}`;
}

/** Sources, addresses or conditions of one row that are shown; JSON holds them all. */
const SHOWN_MAX = 4;

/** `a and b`; of many the first: `a, b, c, d and 31 more`. */
function listedShort(all: readonly string[], separator = ', '): string {
  if (all.length <= SHOWN_MAX) return separator === ', ' ? listed(all) : all.join(separator);
  return `${all.slice(0, SHOWN_MAX).join(separator)}${separator === ', ' ? '' : ';'} and ${thousands(all.length - SHOWN_MAX)} more`;
}

const isEverything = (prefix: string): boolean => prefix === '0.0.0.0/0' || prefix === '::/0';

/** Whose packets a row speaks of: `any address`, `10.0.0.0/8 and 2 more`. */
function sourceWords(row: ZoneExposure): string {
  if (row.sources.length === 0) return row.rank === 'loopback' ? 'only this host' : SOURCES[row.rank];
  if (row.sources.every(isEverything)) return 'any address';
  return listedShort(row.sources);
}

/** Rows that differ in their interface alone, as one whose interface names them all. */
export function byInterfaces(rows: readonly ZoneExposure[]): readonly ZoneExposure[] {
  const alike = new Map<string, ZoneExposure[]>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row, interface: row.interface === null });
    const known = alike.get(key);
    if (known === undefined) alike.set(key, [row]);
    else known.push(row);
  }
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const names = same.flatMap((row) => row.interface ?? []);
    return [names.length < 2 ? first : { ...first, interface: listedShort(names) }];
  });
}

/** One row of an exposure in a sentence without its zone's name: who, where they come in, whether they can, under which condition. */
export function zoneWords(row: ZoneExposure): string {
  const from = row.interface === null ? '' : ` through ${row.interface}`;
  const to = row.addresses === null ? '' : ` to ${listedShort(row.addresses)}`;
  const verb =
    row.reachable === 'yes' ? 'can reach it' : row.reachable === 'no' ? 'cannot reach it' : 'can perhaps reach it';
  const conditions = row.conditions.length === 0 ? '' : `: ${listedShort(row.conditions, '; ')}`;
  return `${sourceWords(row)}${from} ${verb}${to}${conditions}`;
}

/** One owner: `in.telnetd (412)`, `kernel (nfsd)`. */
function holder(owner: Owner): string {
  if (owner.kind === 'kernel') return owner.name === null ? 'the kernel' : `the kernel (${owner.name})`;
  const name = owner.name ?? owner.exe ?? 'a process';
  return owner.pid === null ? name : `${name} (${owner.pid})`;
}

const OWNERS_SHOWN_MAX = 3;

/** Who holds it, short: the processes as which user, then unit and container where all share them. */
export function ownersShort(owners: readonly Owner[], complete: boolean): string {
  const first = owners[0];
  if (first === undefined) return complete ? 'no process' : 'not seen';
  const names = owners.slice(0, OWNERS_SHOWN_MAX).map(holder);
  const more = owners.length - names.length;
  if (more > 0) names.push(`${more} more`);
  const shared = <K extends 'user' | 'unit'>(key: K): string | null =>
    owners.every((o) => o[key] === first[key]) ? first[key] : null;
  const container =
    first.container === null
      ? null
      : `${first.container.runtime} ${first.container.name ?? first.container.id.slice(0, 12)}`;
  const user = shared('user');
  const processes = `${names.join(', ')}${user === null || user === '' ? '' : ` as ${user}`}`;
  const parts = [processes, shared('unit'), container];
  return parts.filter((part) => part !== null && part !== '').join(', ') + (complete ? '' : ', perhaps others');
}

/** The same after a comma: `held by sshd (571) as root`. */
export function heldBy(owners: readonly Owner[], complete: boolean): string {
  if (owners.length > 0) return `held by ${ownersShort(owners, complete)}`;
  return complete ? 'no process holds it' : 'who holds it was not seen';
}

/** One owner in full, as facts: executable, what it runs, package, unit, container, who started it. */
export function ownerFacts(owner: Owner): readonly { readonly what: string; readonly value: string }[] {
  const facts: { what: string; value: string }[] = [];
  const add = (what: string, value: string | null): void => {
    if (value !== null && value !== '') facts.push({ what, value });
  };
  add('process', holder(owner));
  add('user', owner.user);
  const state = owner.exeState === null || owner.exeState === 'present' ? '' : ` (${EXE_STATES[owner.exeState]})`;
  add('executable', owner.exe === null ? state.trim() || null : `${owner.exe}${state}`);
  add('script', owner.script);
  add('command line', owner.args.join(' ') || null);
  add(
    'package',
    owner.package === null ? null : [owner.package.name, owner.package.version].filter((p) => p !== null).join(' '),
  );
  add('unit', owner.unit);
  add(
    'started by',
    owner.inetd === null ? null : `${owner.inetd.program}, ${owner.inetd.file} line ${owner.inetd.line}`,
  );
  add('container', owner.container === null ? null : containerWords(owner.container));
  add('parents', owner.parents.join(' < ') || null);
  return facts;
}

const EXE_STATES = {
  replaced: 'replaced by an upgrade since it started',
  deleted: 'deleted since it started',
  memfd: 'runs from memory, no file',
  unreadable: 'could not be read',
} as const;

function containerWords(container: NonNullable<Owner['container']>): string {
  const name = container.name ?? container.id.slice(0, 12);
  const image = container.image === null ? '' : `, image ${container.image}`;
  return `${container.runtime} ${name}${image}${container.pod ? `, pod ${container.pod}` : ''}`;
}

const CLIENTS_SHOWN_MAX = 3;

/** Who is connected now: `2 from 192.168.2.10`, `none`, or null where that was not counted. */
export function clientsWords(clients: Clients | null): string | null {
  if (clients === null) return null;
  if (clients.count === 0) return 'nobody';
  const shown = clients.addresses.slice(0, CLIENTS_SHOWN_MAX);
  const more = clients.addresses.length - shown.length;
  const rest = clients.truncated ? ' and many more' : more > 0 ? ` and ${more} more` : '';
  const from = shown.length === 0 ? '' : ` from ${shown.join(', ')}${rest}`;
  return `${count(clients.count, 'connection')}${from}`;
}
