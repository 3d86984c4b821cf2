import { parseIPv4 } from '../lib/ip/address.js';
import type { KernelRoute, KernelRoute6, NetstatFacts } from '../model/netstat.js';
import type { NetstatFlags } from './flags.js';
import { hostText, type Naming } from './names.js';
import { left, right } from './text.js';

type Letter = readonly [bit: number, letter: string];

const UP = 0x1;
const GATEWAY = 0x2;
const HOST = 0x4;
const REJECT = 0x200;
const CACHE = 0x01000000;

/** RTF_…, linux/route.h, linux/in_route.h; the letters of net-tools, in its order. */
const LETTERS: readonly Letter[] = [
  [HOST, 'H'],
  [0x8, 'R'],
  [0x10, 'D'],
  [0x20, 'M'],
  [0x00010000, 'd'],
  [0x00020000, 'a'],
  [0x00040000, 'c'],
  [0x00200000, 'o'],
  [0x00400000, 'e'],
  [CACHE, 'c'],
  [0x02000000, 'f'],
  [0x04000000, 'p'],
  [0x80000000, 'l'],
  [0x40, 'u'],
  [0x80, 'w'],
  [0x100, 'i'],
  [0x400, 'n'],
];
/** RTF_…, linux/ipv6_route.h. */
const LETTERS_6: readonly Letter[] = [
  [UP, 'U'],
  [REJECT, '!'],
  [GATEWAY, 'G'],
  [HOST, 'H'],
  [0x00010000, 'D'],
  [0x00040000, 'A'],
  [CACHE, 'C'],
  [0x00020000, 'a'],
  [0x00400000, 'e'],
  [0x20, 'm'],
  [0x00200000, 'n'],
  [0x02000000, 'f'],
];

const lettersOf = (flags: number, letters: readonly Letter[]): string =>
  letters.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : '')).join('');

/** A route that rejects has `!` in the place of `U` and `G`. */
const flagsText = ({ flags }: KernelRoute): string =>
  `${(flags & REJECT) !== 0 ? '!' : `U${(flags & GATEWAY) !== 0 ? 'G' : ''}`}${lettersOf(flags, LETTERS)}`;

const NAME_MAX = 15;

/** 0/0 is `default`; with host bits, or for one host, a host's name; else a network's. */
function destinationText(route: KernelRoute, naming: Naming): string {
  const { destination, mask } = route;
  if (naming.hosts === null) return destination;
  if (destination === '0.0.0.0') return mask === '0.0.0.0' ? 'default' : destination;
  const hostBits = Number(parseIPv4(destination) ?? 0n) & ~Number(parseIPv4(mask) ?? 0n);
  const isHost = hostBits !== 0 || (route.flags & HOST) !== 0;
  return isHost ? hostText(destination, naming) : (naming.networks[destination] ?? destination);
}

/** Layouts by what `-e` makes of them (net-tools turns it around): 2 plain, 1 with metric, 3 all. */
export const layoutOf = (extend: number): number => (extend === 0 ? 2 : extend === 1 ? 1 : (extend + 1) & 3);

const HEADINGS: Readonly<Record<number, string>> = {
  1: 'Flags Metric Ref    Use Iface',
  2: 'Flags   MSS Window  irtt Iface',
  3: 'Flags Metric Ref    Use Iface    MSS   Window irtt',
};

function rowText(route: KernelRoute, layout: number, naming: Naming): string {
  const rejects = (route.flags & REJECT) !== 0;
  const destination = left(destinationText(route, naming).slice(0, NAME_MAX), NAME_MAX);
  const gateway = left((rejects ? '-' : hostText(route.gateway, naming)).slice(0, NAME_MAX), NAME_MAX);
  const { metric, references, use, mss, window, rtt } = route;
  const head = `${destination} ${gateway} ${left(route.mask, NAME_MAX)} ${left(flagsText(route), 5)}`;
  if (layout === 2)
    return rejects
      ? `${head}     - -          - -`
      : `${head} ${right(mss, 5)} ${left(window, 5)} ${right(rtt, 6)} ${route.interface}`;
  if (rejects) return `${head} ${left(metric, 6)} -  ${right(use, 7)} -${layout === 1 ? '' : '        -     -      -'}`;
  if (layout === 1) return `${head} ${left(metric, 6)} ${left(references, 2)} ${right(use, 7)} ${route.interface}`;
  const device = left(route.interface.slice(0, 6), 6);
  return `${head} ${left(metric, 6)} ${left(references, 3)} ${right(use, 6)} ${device}   ${left(mss, 5)} ${left(window, 6)} ${rtt}`;
}

/** `netstat -r` of IPv4. */
export function routeLines(facts: NetstatFacts, flags: NetstatFlags, naming: Naming): readonly string[] {
  const layout = layoutOf(flags.extend);
  const heading = HEADINGS[layout];
  const lines = ['Kernel IP routing table'];
  if (heading === undefined) return lines;
  lines.push(`Destination     Gateway         Genmask         ${heading}`);
  for (const route of facts.routes) if ((route.flags & UP) !== 0) lines.push(rowText(route, layout, naming));
  return lines;
}

/** `netstat -rC`: the kernel keeps no cache of IPv4 routes since Linux 3.6, so there are headings only. */
export function cacheLines(flags: NetstatFlags): readonly string[] {
  const layout = layoutOf(flags.extend);
  const heading = layout === 3 ? `${HEADINGS[3]}  TOS HHRef HHUptod     SpecDst` : HEADINGS[layout];
  return [
    'Kernel IP routing cache',
    ...(heading === undefined ? [] : [`Source          Destination     Gateway         ${heading}`]),
  ];
}

function row6Text(route: KernelRoute6, naming: Naming): string {
  const destination = `${hostText(route.destination, naming)}/${route.prefixLength}`;
  const nextHop = hostText(route.nextHop, naming);
  const flags = lettersOf(route.flags, LETTERS_6);
  const numbers = `${left(flags, 4)} ${left(route.metric, 3)} ${route.references} ${right(route.use, 6)}`;
  return `${left(destination, 30)} ${left(nextHop, 26)} ${numbers} ${route.interface}`;
}

/** `netstat -r -6`; `cached`: the cloned routes of the cache instead of the table. */
export function route6Lines(facts: NetstatFacts, cached: boolean, naming: Naming): readonly string[] {
  return [
    `Kernel IPv6 routing ${cached ? 'cache' : 'table'}`,
    'Destination                    Next Hop                   Flag Met Ref  Use If',
    ...facts.routes6
      .filter((route) => ((route.flags & CACHE) !== 0) === cached)
      .map((route) => row6Text(route, naming)),
  ];
}
