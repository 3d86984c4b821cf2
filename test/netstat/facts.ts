import type { InternetRow, NetstatFacts, UnixRow } from '../../src/model/netstat.js';
import type { NetstatFlags } from '../../src/netstat/flags.js';
import { type ViewFacts, view } from '../../src/netstat/netstat.js';

/** Small values for tests of single views. */
export const facts = (over: Partial<NetstatFacts> = {}): NetstatFacts => ({
  internet: [],
  sctp: null,
  unix: [],
  programs: {},
  statistics: [],
  statistics6: [],
  sctpStatistics: [],
  routes: [],
  routes6: [],
  interfaces: [],
  memberships: [],
  complaints: [],
  missing: false,
  ...over,
});

export const flags = (over: Partial<NetstatFlags> = {}): NetstatFlags => ({
  view: 'sockets',
  all: false,
  listening: false,
  extend: 0,
  programs: false,
  timers: false,
  wide: false,
  verbose: false,
  numericHosts: true,
  numericPorts: true,
  numericUsers: true,
  symbolic: false,
  families: [],
  tcp: false,
  udp: false,
  udplite: false,
  raw: false,
  sctp: false,
  groups: false,
  cache: false,
  fib: false,
  ...over,
});

export const LISTEN = 10;

export const row = (over: Partial<InternetRow> = {}): InternetRow => ({
  family: 'ipv4',
  receiveQueue: 0,
  sendQueue: 0,
  local: '0.0.0.0',
  localPort: 22,
  foreign: '0.0.0.0',
  foreignPort: 0,
  foreignIsNull: true,
  state: LISTEN,
  timer: 0,
  timerTicks: 0,
  retransmits: 0,
  probes: 0,
  uid: 0,
  inode: 1,
  ...over,
});

export const unixRow = (over: Partial<UnixRow> = {}): UnixRow => ({
  references: 2,
  protocol: 0,
  flags: 1 << 16,
  type: 1,
  state: 1,
  inode: 9,
  path: '/run/x',
  ...over,
});

export const viewFacts = (over: Partial<NetstatFacts>, more: Partial<ViewFacts> = {}): ViewFacts => ({
  facts: facts(over),
  names: { hosts: {}, networks: {}, services: { tcp: {}, udp: {}, raw: {} }, users: {} },
  masqueraded: [],
  network: null,
  again: false,
  ...more,
});

/** Lines of a view. */
export const shown = (
  over: Partial<NetstatFacts>,
  asked: Partial<NetstatFlags>,
  more: Partial<ViewFacts> = {},
): readonly string[] => view(viewFacts(over, more), flags(asked)).split('\n').slice(0, -1);
