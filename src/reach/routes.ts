import { parsePrefix } from '../lib/ip/address.js';
import {
  ALL_IPV4,
  ALL_IPV6,
  equal,
  type Intervals,
  intersect,
  isEmpty,
  NOTHING,
  subtract,
} from '../lib/ip/intervals.js';
import type { InterfaceAddress, Network, PolicyRule, Route } from '../model/network.js';
import type { Family } from './ir.js';
import { asOneTable, closerInMain, doubted } from './shared-table.js';

/** What is looked up: sets on both sides, everything else concrete. */
export interface Lookup {
  readonly destinations: Intervals;
  readonly sources: Intervals;
  /** Name of the interface where the packet came in; `lo` for the host's own. */
  readonly input: string | null;
  readonly output: string | null;
  /** null: not known. */
  readonly mark: number | null;
  readonly l4: number;
  /** Destination and source ports; null: looked up without ports, which no rule on ports fits. */
  readonly ports: Intervals | null;
  readonly sourcePorts: Intervals | null;
  /** Routes by this interface only (IPv6 link-local destinations). */
  readonly strict: string | null;
  /** Table of the VRF the input (output) belongs to; null: none. */
  readonly vrfTable: number | null;
}

/** Part of a lookup with one answer. `route` null: a policy rule or nothing answered. */
export interface Routed {
  readonly destinations: Intervals;
  readonly sources: Intervals;
  /** RTN_* name; `none`: no route. */
  readonly type: string;
  readonly route: Route | null;
  /** Something of the lookup that is not known; null: certain. */
  readonly doubt: string | null;
}

interface TableRoute {
  readonly destinations: Intervals;
  readonly sources: Intervals | null;
  readonly length: number;
  readonly route: Route;
}

/** The routing of one family in one namespace. */
export interface Fib {
  readonly lookup: (question: Lookup) => readonly Routed[];
  /** inet_addr_type(): the local table alone, by interface where one is named. */
  readonly typesOf: (addresses: Intervals, device: string | null) => readonly Routed[];
  readonly customRules: boolean;
  readonly customLocalRoutes: boolean;
}

const LOCAL_TABLE = 255;
const MAIN_TABLE = 254;

/** A prefix as an interval. */
export function prefixSet(text: string): Intervals | null {
  const prefix = parsePrefix(text);
  if (prefix === null) return null;
  if (prefix.family === 'ipv6') return [prefix.value, prefix.value + (1n << BigInt(128 - prefix.length))];
  const low = Number(prefix.value);
  return [low, low + 2 ** (32 - prefix.length)];
}

export const allOf = (family: Family): Intervals => (family === 'ipv4' ? ALL_IPV4 : ALL_IPV6);

function compileTable(routes: readonly Route[], family: Family): readonly TableRoute[] {
  const all: TableRoute[] = [];
  for (const route of routes) {
    if (route.flags.includes('dead')) continue;
    const text = route.destination === 'default' ? (family === 'ipv4' ? '0.0.0.0/0' : '::/0') : route.destination;
    const destinations = prefixSet(text);
    if (destinations === null) continue;
    const slash = text.indexOf('/');
    const length = slash < 0 ? (family === 'ipv4' ? 32 : 128) : Number(text.slice(slash + 1));
    const sources = route.source === null ? null : prefixSet(route.source);
    all.push({ destinations, sources, length, route });
  }
  const sourceLength = (one: TableRoute): number => Number(one.route.source?.split('/')[1] ?? 0);
  return all.sort(
    (a, b) => b.length - a.length || sourceLength(b) - sourceLength(a) || a.route.metric - b.route.metric,
  );
}

/** Routes of table local that the kernel makes of addresses, for listings that do not hold the table. */
function localRoutesOf(addresses: readonly InterfaceAddress[], family: Family): readonly Route[] {
  const bits = family === 'ipv4' ? 32 : 128;
  const route = (type: string, destination: string, address: InterfaceAddress): Route => ({
    family,
    table: LOCAL_TABLE,
    type,
    destination,
    source: null,
    gateway: null,
    interface: address.interface,
    index: address.index,
    preferredSource: null,
    metric: 0,
    protocol: 'kernel',
    scope: 'host',
    flags: [],
    tos: 0,
    nextHops: [],
  });
  return addresses
    .filter((address) => address.family === family)
    .flatMap((address) => {
      const own = [route('local', `${address.address}/${bits}`, address)];
      if (address.interface === 'lo' && family === 'ipv4' && address.prefixLength < 32) {
        own.push(route('local', `${address.address}/${address.prefixLength}`, address));
      }
      if (address.broadcast !== null) own.push(route('broadcast', `${address.broadcast}/32`, address));
      return own;
    });
}

const DEFAULT_RULE = (family: Family, priority: number, table: number): PolicyRule => ({
  family,
  priority,
  action: 'to_tbl',
  table,
  source: null,
  destination: null,
  inputInterface: null,
  outputInterface: null,
  mark: null,
  markMask: null,
  invert: false,
  goto: null,
  ipProtocol: null,
  sourcePorts: null,
  destinationPorts: null,
  tos: 0,
  uidRange: null,
  l3mdev: false,
  suppressPrefixLength: null,
});

const usesDevice = (route: Route, device: string): boolean =>
  route.interface === device || route.nextHops.some((hop) => hop.interface === device);

export const routeUsesDevice = usesDevice;

/** The routes and rules of one family, ready to be asked. */
export function compileFib(
  family: Family,
  routes: readonly Route[],
  rules: readonly PolicyRule[],
  addresses: readonly InterfaceAddress[],
  localTable: Network['localTable'],
): Fib {
  const own = routes.filter((route) => route.family === family);
  const hasLocal = own.some((route) => route.table === LOCAL_TABLE);
  const tables = new Map<number, readonly TableRoute[]>();
  const byTable = new Map<number, Route[]>();
  for (const route of hasLocal ? own : [...localRoutesOf(addresses, family), ...own]) {
    const known = byTable.get(route.table);
    if (known === undefined) byTable.set(route.table, [route]);
    else known.push(route);
  }
  for (const [table, list] of byTable) tables.set(table, compileTable(list, family));
  const listed = rules.filter((rule) => rule.family === family);
  const policy = (
    listed.length > 0
      ? listed
      : [
          DEFAULT_RULE(family, 0, LOCAL_TABLE),
          DEFAULT_RULE(family, 32766, MAIN_TABLE),
          DEFAULT_RULE(family, 32767, 253),
        ]
  ).toSorted((a, b) => a.priority - b.priority);
  const customRules = policy.some((rule) => ![0, 32766, 32767].includes(rule.priority));
  const [local, main] = [tables.get(LOCAL_TABLE) ?? [], tables.get(MAIN_TABLE) ?? []];
  const closer = family === 'ipv4' && !customRules && localTable !== 'own' ? closerInMain(local, main) : NOTHING;
  if (!isEmpty(closer) && localTable === 'shared') {
    tables.set(LOCAL_TABLE, asOneTable(local, main));
    tables.delete(MAIN_TABLE);
  }
  const unsure = localTable === undefined ? closer : NOTHING;
  const bits = family === 'ipv4' ? 32 : 128;
  const ownAddresses = new Set(addresses.map((address) => `${address.address}/${bits}`));
  return {
    lookup: (question) => doubted(lookup(question, policy, tables), unsure),
    typesOf: (set, device) => doubted(typesOf(set, device, family, tables.get(LOCAL_TABLE) ?? []), unsure),
    customRules,
    customLocalRoutes: (byTable.get(LOCAL_TABLE) ?? []).some(
      (route) => route.type === 'local' && route.protocol !== 'kernel' && !ownAddresses.has(route.destination),
    ),
  };
}

function typesOf(
  addresses: Intervals,
  device: string | null,
  family: Family,
  table: readonly TableRoute[],
): readonly Routed[] {
  const parts: Routed[] = [];
  let rest = addresses;
  const sources = allOf(family);
  const take = (set: Intervals, type: string, route: Route | null): void => {
    const inside = intersect(rest, set);
    if (isEmpty(inside)) return;
    rest = subtract(rest, inside);
    parts.push({ destinations: inside, sources, type, route, doubt: null });
  };
  if (family === 'ipv4') {
    take([0, 1], 'broadcast', null);
    take([2 ** 32 - 1, 2 ** 32], 'broadcast', null);
    take([0xe0000000, 0xf0000000], 'multicast', null);
  } else take([0xffn << 120n, 1n << 128n], 'multicast', null);
  for (const one of table) {
    if (isEmpty(rest)) break;
    // The longest match decides, and only then is the device compared (fib_frontend.c, __inet_dev_addr_type).
    const fits = device === null || usesDevice(one.route, device);
    take(one.destinations, fits ? one.route.type : 'unicast', one.route);
  }
  take(rest, 'unicast', null);
  return parts;
}

interface Open {
  readonly destinations: Intervals;
  readonly sources: Intervals;
}

/** Walks policy rules in order; what a rule's table does not answer goes on to the next rule. */
function lookup(
  question: Lookup,
  policy: readonly PolicyRule[],
  tables: ReadonlyMap<number, readonly TableRoute[]>,
): readonly Routed[] {
  const done: Routed[] = [];
  let work: { readonly open: Open; readonly from: number; readonly doubt: string | null }[] = [
    { open: question, from: Number.NEGATIVE_INFINITY, doubt: null },
  ];
  for (const rule of policy) {
    const later: typeof work = [];
    for (const item of work) {
      if (item.from > rule.priority) {
        later.push(item);
        continue;
      }
      const answer = asks(rule, question);
      if (answer === 'no') {
        later.push(item);
        continue;
      }
      const { inside, outside } = partOf(rule, item.open);
      for (const open of outside) later.push({ ...item, open });
      if (inside === null) continue;
      const doubt =
        answer === 'unknown' ? `a mark, a port or a user decides about routing rule ${rule.priority}` : item.doubt;
      if (answer === 'unknown') later.push({ ...item, open: inside, doubt });
      if (rule.action === 'goto') {
        later.push({ open: inside, from: rule.goto ?? 0, doubt });
        continue;
      }
      const left = answerOf(rule, inside, question, tables, doubt, done);
      for (const open of left) later.push({ open, from: item.from, doubt });
    }
    work = later;
    if (work.length === 0) break;
  }
  for (const { open, doubt } of work) done.push({ ...open, type: 'none', route: null, doubt });
  return done;
}

/** Whether the concrete parts of a rule fit the question. */
function asks(rule: PolicyRule, question: Lookup): 'yes' | 'no' | 'unknown' {
  if (rule.inputInterface !== null && rule.inputInterface !== question.input) return rule.invert ? 'yes' : 'no';
  if (rule.outputInterface !== null && rule.outputInterface !== question.output) return rule.invert ? 'yes' : 'no';
  if (rule.ipProtocol !== null && rule.ipProtocol !== 0 && rule.ipProtocol !== question.l4)
    return rule.invert ? 'yes' : 'no';
  if (rule.l3mdev && question.vrfTable === null) return 'no';
  if (rule.tos !== 0) return rule.invert ? 'yes' : 'no';
  const ports = [portsFit(rule.destinationPorts, question.ports), portsFit(rule.sourcePorts, question.sourcePorts)];
  if (ports.includes('no')) return rule.invert ? 'yes' : 'no';
  if (ports.includes('unknown') || rule.uidRange !== null) return 'unknown';
  if (rule.mark !== null || rule.markMask !== null) {
    if (question.mark === null) return 'unknown';
    const mask = rule.markMask ?? 0xffffffff;
    const equalMarks = (question.mark & mask) >>> 0 === ((rule.mark ?? 0) & mask) >>> 0;
    if (!equalMarks) return rule.invert ? 'yes' : 'no';
  }
  return 'yes';
}

function portsFit(wanted: readonly [number, number] | null, ports: Intervals | null): 'yes' | 'no' | 'unknown' {
  if (wanted === null) return 'yes';
  const inside = ports === null ? [] : intersect(ports, [wanted[0], wanted[1] + 1]);
  return isEmpty(inside) ? 'no' : equal(inside, ports ?? []) ? 'yes' : 'unknown';
}

/** The part of the sets that the rule's prefixes hold, and what is left of them. */
function partOf(rule: PolicyRule, open: Open): { readonly inside: Open | null; readonly outside: readonly Open[] } {
  const from = rule.source === null ? null : prefixSet(rule.source);
  const to = rule.destination === null ? null : prefixSet(rule.destination);
  if (from === null && to === null) return { inside: rule.invert ? null : open, outside: rule.invert ? [open] : [] };
  const sources = from === null ? open.sources : intersect(open.sources, from);
  const destinations = to === null ? open.destinations : intersect(open.destinations, to);
  const outside: Open[] = [];
  const otherSources = subtract(open.sources, sources);
  const otherDestinations = subtract(open.destinations, destinations);
  if (!isEmpty(otherSources)) outside.push({ destinations: open.destinations, sources: otherSources });
  if (!isEmpty(otherDestinations) && !isEmpty(sources)) outside.push({ destinations: otherDestinations, sources });
  const inside = isEmpty(sources) || isEmpty(destinations) ? null : { destinations, sources };
  if (!rule.invert) return { inside, outside };
  // An inverted rule with one prefix: the outside is what it holds.
  const [only] = outside;
  return { inside: only ?? null, outside: inside === null ? [] : [inside] };
}

function answerOf(
  rule: PolicyRule,
  inside: Open,
  question: Lookup,
  tables: ReadonlyMap<number, readonly TableRoute[]>,
  doubt: string | null,
  done: Routed[],
): readonly Open[] {
  switch (rule.action) {
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
      done.push({ ...inside, type: rule.action, route: null, doubt });
      return [];
    case 'nop':
      return [inside];
    default: {
      const number = rule.l3mdev ? question.vrfTable : rule.table;
      const table = number === null ? undefined : tables.get(number);
      return table === undefined ? [inside] : inTable(table, inside, question, rule.suppressPrefixLength, doubt, done);
    }
  }
}

/** Longest prefix first; `throw` and suppressed routes send the part on to the next rule. */
function inTable(
  table: readonly TableRoute[],
  open: Open,
  question: Lookup,
  suppress: number | null,
  doubt: string | null,
  done: Routed[],
): readonly Open[] {
  const left: Open[] = [];
  let rest: readonly Open[] = [open];
  for (const one of table) {
    if (question.strict !== null && !usesDevice(one.route, question.strict)) continue;
    if (question.output !== null && one.route.type === 'unicast' && !usesDevice(one.route, question.output)) continue;
    const after: Open[] = [];
    for (const part of rest) {
      const destinations = intersect(part.destinations, one.destinations);
      const sources = one.sources === null ? part.sources : intersect(part.sources, one.sources);
      if (isEmpty(destinations) || isEmpty(sources)) {
        after.push(part);
        continue;
      }
      const others = subtract(part.destinations, destinations);
      if (!isEmpty(others)) after.push({ destinations: others, sources: part.sources });
      const strangers = subtract(part.sources, sources);
      if (!isEmpty(strangers)) after.push({ destinations, sources: strangers });
      const unanswered = one.route.type === 'throw' || (suppress !== null && one.length <= suppress);
      if (unanswered) left.push({ destinations, sources });
      else done.push({ destinations, sources, type: one.route.type, route: one.route, doubt });
    }
    rest = after;
    if (rest.length === 0) break;
  }
  return [...left, ...rest];
}
