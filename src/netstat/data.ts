import { toJson } from '../lib/escape/json.js';
import { unreachable } from '../lib/unreachable.js';
import type { InternetProtocol, InternetRow, NetstatFacts, Program } from '../model/netstat.js';
import { type NetstatFlags, planOf } from './flags.js';
import { shownInterfaces } from './interfaces.js';
import { TCP_STATES } from './internet.js';
import { isShown, type Naming, namingOf } from './names.js';
import type { ViewFacts } from './netstat.js';
import { isUnixShown } from './unix.js';

/** Timers of TCP as -o names them. */
const TIMERS = ['off', 'on', 'keepalive', 'timewait', 'probe'];

interface End {
  readonly address: string;
  readonly port: number;
  /** Name of the address; null: none, or not asked for. */
  readonly host: string | null;
  readonly service: string | null;
}

function endOf(address: string, port: number, protocol: InternetProtocol, naming: Naming): End {
  const service = naming.services?.[protocol === 'udplite' ? 'udp' : protocol][port] ?? null;
  return { address, port, host: naming.hosts?.[address] ?? null, service };
}

function stateOf(protocol: InternetProtocol, state: number): string | null {
  if (protocol === 'tcp') return TCP_STATES[state] ?? String(state);
  return state === 1 ? 'ESTABLISHED' : null;
}

function socketData(protocol: InternetProtocol, row: InternetRow, facts: NetstatFacts, naming: Naming) {
  return {
    protocol,
    family: row.family,
    receiveQueue: row.receiveQueue,
    sendQueue: row.sendQueue,
    local: endOf(row.local, row.localPort, protocol, naming),
    foreign: endOf(row.foreign, row.foreignPort, protocol, naming),
    state: stateOf(protocol, row.state),
    timer: {
      kind: TIMERS[row.timer] ?? String(row.timer),
      seconds: row.timerTicks / 100,
      retransmits: row.retransmits,
      probes: row.probes,
    },
    uid: row.uid,
    user: naming.users?.[row.uid] ?? null,
    inode: row.inode,
    program: programOf(row.inode, facts),
  };
}

const programOf = (inode: number, facts: NetstatFacts): Program | null => facts.programs[inode] ?? null;

function socketsData({ facts }: ViewFacts, flags: NetstatFlags, naming: Naming) {
  const plan = planOf(flags);
  return {
    ...(plan.internet
      ? {
          sockets: facts.internet.flatMap(({ protocol, rows }) =>
            rows.filter((row) => isShown(row, flags, protocol)).map((row) => socketData(protocol, row, facts, naming)),
          ),
          sctp: facts.sctp,
        }
      : {}),
    ...(plan.groups ? { memberships: facts.memberships } : {}),
    ...(plan.unix
      ? {
          unix: facts.unix
            .filter((row) => isUnixShown(row, flags))
            .map((row) => ({ ...row, program: programOf(row.inode, facts) })),
        }
      : {}),
  };
}

function statisticsData({ facts }: ViewFacts): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const pairs = (counters: readonly { name: string; value: string }[]) =>
    Object.fromEntries(counters.map(({ name, value }) => [name, value]));
  return {
    ...Object.fromEntries(facts.statistics.map(({ name, counters }) => [name, pairs(counters)])),
    ...(facts.statistics6.length > 0 ? { snmp6: pairs(facts.statistics6) } : {}),
    ...(facts.sctpStatistics.length > 0 ? { Sctp: pairs(facts.sctpStatistics) } : {}),
  };
}

function dataOf(view: ViewFacts, flags: NetstatFlags): Readonly<Record<string, unknown>> {
  const { facts, network } = view;
  switch (flags.view) {
    case 'sockets':
      return socketsData(view, flags, namingOf(flags, view.names));
    case 'routes':
      return network === null
        ? { routes: facts.routes, routes6: facts.routes6 }
        : { routes: network.routes, policyRules: network.policyRules };
    case 'interfaces':
      return { interfaces: shownInterfaces(facts, flags) };
    case 'statistics':
      return { statistics: statisticsData(view) };
    case 'masqueraded':
      return { masqueraded: view.masqueraded };
    default:
      return unreachable(flags.view);
  }
}

/** A view as data (`--json`): the same rows, with what the text cuts off. One document; `indent` 0: on one line. */
export function viewJson(view: ViewFacts, flags: NetstatFlags, indent: number): string {
  return `${toJson({ schema: 'earshot.netstat/1', view: flags.view, ...dataOf(view, flags) }, indent)}\n`;
}
