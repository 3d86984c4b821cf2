import { covers, onePoint } from '../../src/lib/ip/intervals.js';
import type { Because, Exposure, ZoneExposure } from '../../src/model/exposure.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { PacketOutcome } from '../../src/model/packet.js';
import type { Published } from '../../src/model/report.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { NO_ZONE_SETTINGS } from '../../src/model/zones.js';
import { exposures, publishedPorts, type Reach } from '../../src/reach/reach.js';
import { prefixSet } from '../../src/reach/routes.js';
import { rankOfAddress } from '../../src/reach/scope.js';
import { pointOfText } from '../../src/reach/world.js';
import { OWN4, OWN6, SOURCES_A4, SOURCES_A6, SOURCES_B4, SOURCES_B6 } from './lab.js';

/** A question that a row of an exposure answers, and what the row says. */
export interface Asked {
  readonly subject: string;
  readonly row: ZoneExposure;
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly input: string;
  readonly answer: PacketOutcome;
}

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  eth0: [...SOURCES_A4, ...SOURCES_A6, '198.18.3.4', '10.9.9.9', 'fd00::77', '2001:db8:1::1', 'fe80::5'],
  eth1: [...SOURCES_B4, ...SOURCES_B6],
  lo: [...OWN4, ...OWN6],
};
const OWN = [...OWN4, ...OWN6];
const NEAR: Readonly<Record<string, readonly string[]>> = { eth0: ['10.77.0.0/24', '2001:db8:77::/64'] };

const isIn = (prefixes: readonly string[], address: string): boolean => {
  const at = pointOfText(address);
  return prefixes.some((text) => {
    const set = prefixSet(text);
    return set !== null && at !== null && typeof set[0] === typeof at.point && covers(set, onePoint(at.point));
  });
};

/** The zone of a source as DESIGN defines it, told without the code under test. */
function zoneOf(input: string, source: string): string {
  if (input === 'lo') return 'loopback';
  if (input === 'eth1') return 'container';
  const rank = rankOfAddress(source);
  return rank === 'public' && isIn(NEAR[input] ?? [], source) ? 'private' : rank;
}

/** An address of an interface is named by itself where a row does not mean all of the bind. */
const speaksOf = (row: ZoneExposure, address: string): boolean =>
  row.addresses === null || row.addresses.includes(address);

/** The rows that hold for a source at an address; rows of translated ports are another port's. */
function rowsFor(exposure: Exposure, input: string, source: string, destination: string): readonly ZoneExposure[] {
  return exposure.zones.filter(
    (row) =>
      row.interface === input &&
      row.zone === zoneOf(input, source) &&
      isIn(row.sources, source) &&
      speaksOf(row, destination) &&
      !row.conditions.some((condition) => condition.includes('which is translated')),
  );
}

const isHelp = (row: ZoneExposure): boolean =>
  row.conditions.some((condition) => condition.startsWith('no router') || condition.includes("somebody else's NAT"));

/** What only tells apart how a packet is refused, where nothing else is conditional. */
const isChoice = (condition: string): boolean =>
  condition.startsWith('source port') || condition.startsWith('if: the kernel picks 10.78.0.');

const isEcn = (condition: string): boolean => condition.startsWith('a SYN that offers ECN');

const sameFamily = (a: string, b: string): boolean => a.includes(':') === b.includes(':');

/** What is wrong with a row, given what `reach` says of the same packet; null: they agree. */
function judge(rows: readonly ZoneExposure[], opens: boolean, mayOpen: boolean, answer: PacketOutcome): string | null {
  const [row] = rows;
  if (rows.length > 1) return `${rows.length} rows: ${rows.map((one) => one.reachable).join(', ')}`;
  if (row === undefined) return opens ? 'no row' : null;
  // Sets of sources are not cut by masks with holes; one source is.
  if (isHelp(row) || row.conditions.some((one) => one.includes('bits of the source'))) return null;
  switch (row.reachable) {
    case 'yes':
      // What some choice of the sender lets in is open to him (a source port, the bits of ECN).
      if (opens || (answer.outcome === 'conditional' && row.conditions.length > 0)) return null;
      return row.conditions.some(isEcn) && answer.conditions.some(isEcn) ? null : 'yes';
    case 'no':
      return opens || (mayOpen && !answer.conditions.every(isChoice)) ? 'no' : null;
    case 'conditional':
      // That somebody takes the packet may be certain where it is not who: chains of one priority, of which each translates.
      return answer.outcome === 'conditional' || answer.conditions.length > 0 ? null : 'conditional';
  }
}

/** Whether a bind means an address at all. */
function means(listener: IdentifiedListener, address: string): boolean {
  if (listener.address === '0.0.0.0') return !address.includes(':');
  if (listener.address === '::') return address.includes(':') || listener.family !== 'ipv6';
  return listener.address === address;
}

const isLoopback = (address: string): boolean => rankOfAddress(address) === 'loopback';

/** Behind eth1 everything was seen: what is forwarded there and not delivered is for nobody. */
const leadsOut = (answer: PacketOutcome): boolean =>
  answer.outcome === 'forwarded' && answer.forward?.interface !== 'eth1';

/** The best that a conditional answer may come to. */
const endOf = ({ listener, forward }: PacketOutcome): PacketOutcome['outcome'] =>
  listener !== null ? 'open' : forward !== null ? 'forwarded' : 'filtered';

/** Whether an interface takes packets for a loopback address at all. */
function takesLoopback(snapshot: Snapshot, namespace: number, input: string, destination: string): boolean {
  const sysctls = snapshot.networks.find((one) => one.namespace === namespace)?.sysctls ?? {};
  const on = (place: string): boolean => sysctls[`net.ipv4.conf.${place}.route_localnet`] === '1';
  return input === 'lo' || (!destination.includes(':') && (on('all') || on(input)));
}

export interface Audited {
  readonly contradictions: readonly string[];
  /** Questions with an answer of yes or no, to be sent as packets. */
  readonly asked: readonly Asked[];
  readonly count: number;
}

const same = (a: Because, b: Because): boolean =>
  a.table === b.table && a.chain === b.chain && a.handle === b.handle && a.number === b.number && a.rule === b.rule;

/** Holds every row of the exposures of a namespace against `reach`, for sources in the row and for others of its zone. */
export async function audited(
  snapshot: Snapshot,
  listeners: readonly IdentifiedListener[],
  reach: Reach,
  namespace: number,
): Promise<Audited> {
  const contradictions: string[] = [];
  const asked: Asked[] = [];
  let count = 0;
  const all = await exposures(snapshot, listeners, NO_ZONE_SETTINGS);
  const hold = (
    subject: string,
    exposure: Exposure,
    one: Omit<Asked, 'row' | 'subject' | 'answer'>,
    opens: (answer: PacketOutcome) => boolean | null,
  ): void => {
    const { source, destination, protocol, port, input } = one;
    const answer = reach.outcome({ source, destination, protocol, port, sourcePort: null, input });
    if ('error' in answer) return;
    count++;
    const rows = rowsFor(exposure, input, source, destination);
    // No wire carries packets for 127.0.0.1 (route_localnet aside): `all of the bind` does not mean it there.
    if (
      rows[0]?.addresses === null &&
      isLoopback(destination) &&
      !takesLoopback(snapshot, namespace, input, destination)
    )
      return;
    const opened = opens(answer);
    if (opened === null) return;
    const mayOpen = answer.outcome === 'conditional' && opens({ ...answer, outcome: endOf(answer) }) === true;
    const wrong = judge(rows, opened, mayOpen, answer);
    if (wrong !== null)
      contradictions.push(
        `${subject} from ${source} by ${input} to ${destination} ${protocol}/${port}: the row says ${wrong}, reach ${answer.outcome} (${answer.listener}) ${answer.conditions.join('; ')}; row ${JSON.stringify(rows[0]?.addresses ?? null)} ${rows[0]?.conditions.join('; ')}`,
      );
    const [row] = rows;
    if (row !== undefined && row.reachable !== 'conditional' && row.conditions.length === 0)
      asked.push({ subject, row, answer, ...one });
  };
  const everywhere = (found: (input: string, source: string, destination: string) => void): void => {
    for (const [input, sources] of Object.entries(SOURCES))
      for (const source of sources)
        for (const destination of OWN)
          if (sameFamily(source, destination) && (input !== 'lo' || source === destination))
            found(input, source, destination);
  };
  for (const [i, listener] of listeners.entries()) {
    const exposure = all[i] ?? null;
    const { protocol, port } = listener;
    if (exposure === null || listener.namespace.id !== namespace || port === null) continue;
    if (protocol !== 'tcp' && protocol !== 'udp') continue;
    everywhere((input, source, destination) => {
      if (!means(listener, destination)) return;
      hold(listener.id, exposure, { source, destination, protocol, port, input }, (answer) => {
        // Translated, it is the translated port's matter, not the listener's own.
        const translated = answer.because.some((one) => ['dnat', 'redirect', 'tproxy'].includes(one.verdict));
        if (translated && isLoopback(destination)) return null;
        return answer.outcome === 'open' && answer.listener === listener.id;
      });
    });
  }
  for (const one of await publishedPorts(snapshot, listeners, all, NO_ZONE_SETTINGS))
    if (one.namespace.id === namespace && one.port !== null) published(one, one.port);
  function published(one: Published, port: number): void {
    const { protocol } = one;
    if (protocol !== 'tcp' && protocol !== 'udp') return;
    everywhere((input, source, destination) => {
      const wide = one.address === '0.0.0.0' || one.address === '::';
      if (wide ? isLoopback(destination) || !sameFamily(one.address ?? '', destination) : one.address !== destination)
        return;
      hold(
        one.id,
        one.exposure,
        { source, destination, protocol, port, input },
        (answer) =>
          (answer.outcome === 'open' || leadsOut(answer)) && answer.because.some((because) => same(because, one.via)),
      );
    });
  }
  return { contradictions, asked, count };
}
