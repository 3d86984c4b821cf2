import type { InternetProtocol, InternetRow, NetstatFacts, SctpAssociation, SctpEndpoint } from '../model/netstat.js';
import type { NetstatFlags, SocketPlan } from './flags.js';
import { hostText, isShown, type Naming, numberText, portText } from './names.js';
import { cutBytes, left, right } from './text.js';

/** TCP_…, include/net/tcp_states.h, as net-tools names them. */
export const TCP_STATES: readonly string[] = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
];
const ESTABLISHED = 1;
const CLOSE = 7;
const TICKS_PER_SECOND = 100;
/** Where no -W is given an address and its port share so many characters, the port at most four fewer. */
const SHORT = 22;
const PORT_SHORT = 18;
const ADDRESS_COLUMNS = 23;
const PROGRAM_COLUMNS = 20;
const PROGRAM_BYTES = 19;

/** What the heading says of which sockets are shown. */
export const audience = (flags: NetstatFlags): string =>
  flags.all ? '(servers and established)' : flags.listening ? '(only servers)' : '(w/o servers)';

function endpointText(
  address: string,
  port: number,
  protocol: 'tcp' | 'udp' | 'raw',
  wide: boolean,
  naming: Naming,
): string {
  const host = hostText(address, naming);
  const service = portText(port, protocol, naming);
  if (wide || host.length + service.length <= SHORT) return `${host}:${service}`;
  const portLength = Math.min(service.length, PORT_SHORT);
  return `${host.slice(0, SHORT - portLength)}:${service.slice(0, portLength)}`;
}

/** TCP and the others name their timers differently. */
function timerText(protocol: InternetProtocol, row: InternetRow): string {
  const retransmits = protocol === 'tcp' ? row.retransmits : 0;
  const tail = `${retransmits}/${row.probes})`;
  if (row.timer === 0) return `off (0.00/${tail}`;
  const named =
    protocol === 'tcp'
      ? ['', 'on', 'keepalive', 'timewait', 'probe'][row.timer]
      : row.timer <= 2
        ? `on${row.timer}`
        : undefined;
  return `${named ?? `unkn-${row.timer}`} (${(row.timerTicks / TICKS_PER_SECOND).toFixed(2)}/${tail}`;
}

function stateText(protocol: InternetProtocol, state: number): string {
  if (protocol === 'tcp') return TCP_STATES[state] ?? String(state);
  if (protocol === 'raw') return String(state);
  return state === ESTABLISHED ? 'ESTABLISHED' : state === CLOSE ? '' : 'UNKNOWN';
}

/** The program's column, which net-tools cuts to 19 bytes. */
export function programColumn(inode: number, facts: NetstatFacts): string {
  const program = facts.programs[inode];
  const text = program === undefined ? '-' : cutBytes(`${program.pid}/${program.name}`, PROGRAM_BYTES);
  return ` ${left(text, PROGRAM_COLUMNS)}`;
}

/** User, inode, program and timer, as far as asked for. */
function tailText(
  row: { readonly uid: number; readonly inode: number },
  timers: string,
  facts: NetstatFacts,
  flags: NetstatFlags,
  naming: Naming,
): string {
  const user = naming.users?.[row.uid] ?? String(row.uid);
  const extended = flags.extend > 0 ? ` ${left(user, 10)} ${left(row.inode, 10)}` : '';
  const program = flags.programs ? programColumn(row.inode, facts) : '';
  return `${extended}${program}${flags.timers ? ` ${timers}` : ''}`;
}

function rowText(
  protocol: InternetProtocol,
  row: InternetRow,
  facts: NetstatFacts,
  flags: NetstatFlags,
  naming: Naming,
): string {
  const named = protocol === 'udplite' ? 'udp' : protocol;
  const shown = `${protocol === 'udplite' ? 'udpl' : protocol}${row.family === 'ipv6' ? '6' : ''}`;
  const title = protocol === 'udp' || protocol === 'udplite' ? left(shown, 5) : `${left(shown, 4)} `;
  const local = endpointText(row.local, row.localPort, named, flags.wide, naming);
  const foreign = endpointText(row.foreign, row.foreignPort, named, flags.wide, naming);
  const queues = `${right(row.receiveQueue, 6)} ${right(row.sendQueue, 6)}`;
  const state = left(stateText(protocol, row.state), 11);
  const ends = `${left(local, ADDRESS_COLUMNS)} ${left(foreign, ADDRESS_COLUMNS)}`;
  const timers = flags.timers ? timerText(protocol, row) : '';
  return `${title} ${queues} ${ends} ${state}${tailText(row, timers, facts, flags, naming)}`;
}

/** Column of sctp's addresses where there is one, and where there are two. */
const ENDPOINT_COLUMNS = 47;
const SCTP_INDENT = ' '.repeat(20);

function sctpHost(address: string, naming: Naming): string {
  return naming.numericAtAll ? numberText(address) : hostText(address, naming);
}

function endpointLines(
  endpoint: SctpEndpoint,
  facts: NetstatFacts,
  flags: NetstatFlags,
  naming: Naming,
): readonly string[] {
  const port = portText(endpoint.port, 'sctp', naming);
  const state = TCP_STATES[endpoint.state] ?? `UNKNOWN(${endpoint.state})`;
  const lines = endpoint.addresses.map((address, index) => {
    const head = index === 0 ? left('sctp', SCTP_INDENT.length) : SCTP_INDENT;
    return `${head}${left(`${sctpHost(address, naming)}:${port}`, ENDPOINT_COLUMNS)} ${left(index === 0 ? state : '', 11)}`;
  });
  return withTail(lines, tailText(endpoint, '', facts, flags, naming));
}

/** The last line of a socket with several carries what comes after the state. */
const withTail = (lines: readonly string[], tail: string): readonly string[] => [
  ...lines.slice(0, -1),
  `${lines.at(-1) ?? ''}${tail}`,
];

function associationLines(
  association: SctpAssociation,
  facts: NetstatFacts,
  flags: NetstatFlags,
  naming: Naming,
): readonly string[] {
  const { local, foreign, localPort, foreignPort } = association;
  const ports = [portText(localPort, 'sctp', naming), portText(foreignPort, 'sctp', naming)];
  const state = TCP_STATES[association.state] ?? `UNKNOWN(${association.state})`;
  const queues = `sctp  ${right(association.receiveQueue, 6)} ${right(association.sendQueue, 6)} `;
  const end = (address: string | undefined, port: string | undefined, first: boolean): string =>
    address === undefined ? '' : `${sctpHost(address, naming)}${first ? `:${port}` : ''}`;
  const lines = Array.from({ length: Math.max(local.length, foreign.length) }, (_, index) => {
    const first = index === 0;
    const ends = `${left(end(local[index], ports[0], first), ADDRESS_COLUMNS)} ${left(end(foreign[index], ports[1], first), ADDRESS_COLUMNS)}`;
    return `${first ? queues : SCTP_INDENT}${ends} ${left(first ? state : '', 11)}`;
  });
  return withTail(lines, tailText(association, '', facts, flags, naming));
}

function sctpLines(facts: NetstatFacts, flags: NetstatFlags, naming: Naming): readonly string[] {
  if (facts.sctp === null) return [];
  const endpoints = flags.all || flags.listening ? facts.sctp.endpoints : [];
  const associations = flags.all || !flags.listening ? facts.sctp.associations : [];
  return [
    ...endpoints.flatMap((endpoint) => endpointLines(endpoint, facts, flags, naming)),
    ...associations.flatMap((association) => associationLines(association, facts, flags, naming)),
  ];
}

/** The Internet sockets: heading, tcp, sctp, udp, udplite, raw. */
export function internetLines(
  facts: NetstatFacts,
  plan: SocketPlan,
  flags: NetstatFlags,
  naming: Naming,
): readonly string[] {
  if (!plan.internet) return [];
  const columns = [
    'Proto Recv-Q Send-Q Local Address           Foreign Address         State      ',
    flags.extend > 0 ? ' User       Inode     ' : '',
    flags.programs ? ` ${left('PID/Program name', PROGRAM_COLUMNS)}` : '',
    flags.timers ? ' Timer' : '',
  ].join('');
  const lines = [`Active Internet connections ${audience(flags)}`, columns];
  const add = (protocol: InternetProtocol): void => {
    for (const table of facts.internet)
      if (table.protocol === protocol)
        for (const row of table.rows)
          if (isShown(row, flags, protocol)) lines.push(rowText(protocol, row, facts, flags, naming));
  };
  add('tcp');
  lines.push(...sctpLines(facts, flags, naming));
  for (const protocol of ['udp', 'udplite', 'raw'] as const) add(protocol);
  return lines;
}
