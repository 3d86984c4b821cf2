import type { Command } from 'commander';
import { type Host, liveHost } from '../collect/host.js';
import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { NetstatNames } from '../model/netstat.js';
import type { Family, NetstatFlags } from '../netstat/flags.js';
import type { ViewFacts } from '../netstat/netstat.js';
import type { Io } from './io.js';
import { ciOf, forLog } from './log.js';

/** Flags as commander hands them over; what is counted or ordered is gathered beside them. */
interface Given {
  readonly route?: boolean;
  readonly interfaces?: boolean;
  readonly groups?: boolean;
  readonly statistics?: boolean;
  readonly masquerade?: boolean;
  readonly all?: boolean;
  readonly listening?: boolean;
  readonly programs?: boolean;
  readonly timers?: boolean;
  readonly wide?: boolean;
  readonly verbose?: boolean;
  readonly numeric?: boolean;
  readonly numericHosts?: boolean;
  readonly numericPorts?: boolean;
  readonly numericUsers?: boolean;
  readonly symbolic?: boolean;
  readonly tcp?: boolean;
  readonly udp?: boolean;
  readonly udplite?: boolean;
  readonly raw?: boolean;
  readonly sctp?: boolean;
  readonly cache?: boolean;
  readonly fib?: boolean;
  readonly continuous?: boolean;
  readonly allTables?: boolean;
  readonly layers?: boolean;
  readonly json?: boolean;
  readonly color?: string;
}

/** Names of address families, and what they mean here. */
const FAMILIES: Readonly<Record<string, Family>> = {
  inet: 'inet',
  ip: 'inet',
  tcpip: 'inet',
  inet6: 'inet6',
  ip6: 'inet6',
  unix: 'unix',
};
const PAUSE_MS = 1000;
/** net-tools' status for a family that has no routes. */
const NO_ROUTES = 3;

function familyOf(name: string): Family {
  const family = FAMILIES[name];
  if (family !== undefined) return family;
  const known = Object.keys(FAMILIES);
  throw new UsageError(`address family "${name}" is not shown here`, didYouMean(name, known) ?? known.join(', '));
}

function viewOf(given: Given): NetstatFlags['view'] {
  const views: readonly (readonly [boolean | undefined, string, NetstatFlags['view']])[] = [
    [given.interfaces, '-i', 'interfaces'],
    [given.route, '-r', 'routes'],
    [given.masquerade, '-M', 'masqueraded'],
    [given.statistics, '-s', 'statistics'],
  ];
  const asked = views.filter(([flag]) => flag === true);
  if (asked.length > 1)
    throw new UsageError(`${asked.map(([, flag]) => flag).join(' and ')} are different views`, 'ask for one at a time');
  return asked[0]?.[2] ?? 'sockets';
}

function flagsOf(given: Given, extend: number, families: readonly Family[]): NetstatFlags {
  const on = (flag: boolean | undefined): boolean => flag === true;
  return {
    view: viewOf(given),
    all: on(given.all),
    listening: on(given.listening),
    extend,
    programs: on(given.programs),
    timers: on(given.timers),
    wide: on(given.wide),
    verbose: on(given.verbose),
    numericHosts: on(given.numeric) || on(given.numericHosts),
    numericPorts: on(given.numeric) || on(given.numericPorts),
    numericUsers: on(given.numeric) || on(given.numericUsers),
    symbolic: on(given.symbolic),
    families,
    tcp: on(given.tcp),
    udp: on(given.udp),
    udplite: on(given.udplite),
    raw: on(given.raw),
    sctp: on(given.sctp),
    groups: on(given.groups),
    cache: on(given.cache),
    fib: on(given.fib),
  };
}

/** What the flags make no sense of, in net-tools' words; null: they do. */
function refusal(flags: NetstatFlags): { readonly out: string; readonly err: string; readonly code: number } | null {
  const unix = flags.families.includes('unix');
  if (flags.view === 'routes' && unix)
    return { out: '', err: "No routing for address family `unix'.\n", code: NO_ROUTES };
  const family = flags.families.join(',');
  if (flags.view === 'statistics' && (unix || family.includes(',')))
    return { out: `netstat: No statistics support for specified address family: ${family}\n`, err: '', code: 1 };
  return null;
}

const NO_NAMES: NetstatNames = { hosts: {}, networks: {}, services: { tcp: {}, udp: {}, raw: {} }, users: {} };

async function namesFor(host: Host, view: ViewFacts, flags: NetstatFlags, io: Io): Promise<NetstatNames> {
  if (flags.numericHosts && flags.numericPorts && flags.numericUsers) return NO_NAMES;
  if (flags.view === 'statistics' || flags.view === 'interfaces') return NO_NAMES;
  const { hostsToName, usersToName } = await import('../netstat/names.js');
  const { readNames } = await import('../collect/views/names.js');
  const names = await readNames(host, usersToName(view.facts, flags));
  const wanted = new Set(hostsToName(view.facts, flags));
  if (!flags.numericHosts)
    for (const { source, destination, translated } of view.masqueraded)
      for (const address of [source, destination, translated]) wanted.add(address);
  if (wanted.size === 0) return { ...names, hosts: {} };
  const { resolveHosts } = await import('../collect/views/resolver.js');
  const { hosts, late } = await resolveHosts(wanted);
  if (late > 0) await io.err(`earshot: ${late} addresses stay numbers: the resolver is slow; -n does not ask it\n`);
  return { ...names, hosts };
}

interface Round {
  readonly view: ViewFacts;
  readonly code: number;
}

/** Reads what one showing of the view needs. */
async function readRound(host: Host, flags: NetstatFlags, allTables: boolean, again: boolean, io: Io): Promise<Round> {
  const { planOf } = await import('../netstat/flags.js');
  const { readViews } = await import('../collect/views/views.js');
  const plan = planOf(flags);
  const sockets = flags.view === 'sockets';
  const facts = await readViews(host, {
    internet: sockets ? plan.protocols : [],
    sctp: sockets && plan.sctp,
    families: plan.families,
    strictness: plan.strictness,
    tellOthers: sockets && plan.tellOthers,
    unix: sockets && plan.unix,
    programs: sockets && flags.programs,
    statistics: flags.view === 'statistics',
    routes: flags.view === 'routes',
    interfaces: flags.view === 'interfaces',
    groups: sockets && plan.groups,
    uid: io.uid,
  });
  const complaints = [...facts.complaints];
  let code = facts.missing ? 1 : 0;
  let masqueraded: ViewFacts['masqueraded'] = [];
  if (flags.view === 'masqueraded') {
    const { readMasqueraded } = await import('../collect/views/masqueraded.js');
    const read = await readMasqueraded(host);
    if (typeof read === 'string') {
      complaints.push(`earshot: ${read}`);
      code = 1;
    } else masqueraded = read;
  }
  let network: ViewFacts['network'] = null;
  if (flags.view === 'routes' && allTables) {
    const { ownNetwork } = await import('../collect/views/own.js');
    const read = ownNetwork();
    if (typeof read === 'string') {
      complaints.push(`earshot: routes cannot be read: ${read}`);
      code = 1;
    } else network = read;
  }
  if (complaints.length > 0) await io.err(`${forLog(complaints.join('\n'), io)}\n`);
  const view = { facts, names: NO_NAMES, masqueraded, network, again };
  return { view: { ...view, names: await namesFor(host, view, flags, io) }, code };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

async function show(given: Given, flags: NetstatFlags, io: Io): Promise<number> {
  const refused = refusal(flags);
  if (refused !== null) {
    await io.out(refused.out);
    await io.err(refused.err);
    return refused.code;
  }
  const { guardLog } = await import('../lib/escape/terminal.js');
  const { view } = await import('../netstat/netstat.js');
  const host = liveHost();
  const forever = given.continuous === true && flags.view !== 'statistics';
  for (let again = false; ; again = true) {
    const round = await readRound(host, flags, given.allTables === true, again, io);
    if (given.json === true) {
      const { viewJson } = await import('../netstat/data.js');
      await io.out(viewJson(round.view, flags, forever ? 0 : 2));
    } else await io.out(guardLog(view(round.view, flags), ciOf(io.env)));
    if (!forever || round.code !== 0 || io.outGone?.() === true) return round.code;
    await pause();
  }
}

function addFlags(command: Command): Command {
  return command
    .option('-r, --route', 'routing table')
    .option('-i, --interfaces', 'interface table')
    .option('-g, --groups', 'multicast group memberships')
    .option('-s, --statistics', 'protocol statistics')
    .option('-M, --masquerade', 'masqueraded connections')
    .option('-a, --all', 'all sockets (default: those with a peer); with -i, interfaces that are down too')
    .option('-l, --listening', 'listening sockets only')
    .option('-n, --numeric', 'numbers instead of names: no look-up at all')
    .option('--numeric-hosts', 'addresses as numbers')
    .option('--numeric-ports', 'ports as numbers')
    .option('--numeric-users', 'users as numbers')
    .option('-N, --symbolic', 'names of hardware')
    .option('-t, --tcp', 'TCP')
    .option('-u, --udp', 'UDP')
    .option('-U, --udplite', 'UDP-Lite')
    .option('-S, --sctp', 'SCTP')
    .option('-w, --raw', 'raw sockets')
    .option('-x, --unix', 'unix sockets')
    .option('-4, --inet', 'IPv4')
    .option('-6, --inet6', 'IPv6')
    .option('-A, --protocol <families>', 'address families: inet, inet6, unix, with commas between them')
    .option('-p, --programs', 'process id and program of each socket')
    .option('-e, --extend', 'more columns; -ee still more')
    .option('-o, --timers', 'timers')
    .option('-W, --wide', 'nothing cut off')
    .option('-c, --continuous', 'again every second')
    .option('-v, --verbose', 'say which protocols this kernel lacks')
    .option('-C, --cache', 'with -r: the routing cache')
    .option('-F, --fib', 'with -r: the routing table (default)')
    .option('--all-tables', 'with -r: every table, and the policy rules that choose one')
    .option('--layers', 'what netstat shows of each OSI layer, with the values of this host')
    .option('--json', 'the view as data')
    .option('--color <when>', 'auto, always or never');
}

/** `earshot netstat`: net-tools' own views from our own reads. Flags mean what they mean there, and may stand together (`-tulpn`). */
export function configure(command: Command, io: Io, done: (code: number) => void): void {
  let extend = 0;
  const families: Family[] = [];
  addFlags(command)
    .on('option:extend', () => {
      extend += 1;
    })
    .on('option:inet', () => families.push('inet'))
    .on('option:inet6', () => families.push('inet6'))
    .on('option:unix', () => families.push('unix'))
    .on('option:protocol', (value: string) => {
      for (const name of value.split(',')) families.push(familyOf(name));
    })
    .allowExcessArguments(true)
    .action(async (given: Given) => {
      if (io.platform !== 'linux')
        throw new UsageError(
          `the views are of the Linux kernel, and this is ${io.platform}`,
          'audit a capture instead: `netstat -an | earshot audit --from -`',
        );
      if (command.args.length > 0)
        await io.err(`earshot: netstat takes no arguments, as net-tools' does not: ${command.args.join(' ')}\n`);
      if (given.layers === true) {
        const { layers } = await import('./layers.js');
        done(await layers(given, io));
      } else done(await show(given, flagsOf(given, extend, families), io));
    });
}
