import { formatIPv4, formatIPv6 } from '../lib/ip/address.js';
import { contains, onePoint, type Point } from '../lib/ip/intervals.js';
import { portStarts } from './classes.js';
import type { Spot } from './fields.js';
import { assume, type Flow } from './flow.js';
import { PORT_PROTOCOLS } from './frontends/facts.js';
import type { Family, Step } from './ir.js';
import { prefixSet } from './routes.js';
import { lookupSocket } from './sockets.js';
import { evaluate, type Result } from './values.js';
import { type PlaceAddress, pointOfText, route } from './world.js';

/** What a translating statement does to a flow. */
export interface Translated {
  /** Mapped: the chain ends here. */
  readonly mapped: readonly Flow[];
  /** The statement does not apply: the next rule. */
  readonly unchanged: readonly Flow[];
  readonly dropped: readonly Flow[];
  /** Parts whose new address is not known. */
  readonly doubtful: readonly { readonly flow: Flow; readonly text: string }[];
}

/** Candidates of a range that are followed one by one. */
const CANDIDATES_MAX = 16;

export const pointText = (point: Point, family: Family): string =>
  family === 'ipv4' ? formatIPv4(Number(point)) : formatIPv6(BigInt(point));

type Chosen = readonly { readonly flow: Flow; readonly value: Point }[] | { readonly doubt: string };

/** The values a result may come to: one, or the candidates of a short range, each with its assumption. */
function candidates(result: Result, flow: Flow, what: (value: Point) => string): Chosen {
  if (result.kind === 'point') return [{ flow, value: result.value }];
  if (result.kind !== 'range')
    return { doubt: result.kind === 'unknown' ? result.text : 'a translation that is not followed' };
  const count = BigInt(result.high) - BigInt(result.low) + 1n;
  if (count > BigInt(CANDIDATES_MAX))
    return { doubt: `the kernel picks from ${what(result.low)} to ${what(result.high)}` };
  const all: { flow: Flow; value: Point }[] = [];
  for (let i = 0n; i < count; i++) {
    const value: Point = typeof result.low === 'bigint' ? result.low + i : Number(result.low) + Number(i);
    all.push({ flow: count === 1n ? flow : assume(flow, `the kernel picks ${what(value)}`, true, 'state'), value });
  }
  return all;
}

/** Address of REDIRECT: loopback on output, else the head of the interface's list (nf_nat_redirect.c). */
function redirectAddress(flow: Flow, spot: Spot): Point | null {
  if (spot.hook === 'output') return flow.family === 'ipv4' ? 0x7f000001 : 1n;
  const own = spot.place.addresses.filter(
    (one) =>
      one.family === flow.family && one.from.interface === flow.input?.name && !one.from.flags.includes('tentative'),
  );
  if (flow.family === 'ipv4') return own[0]?.point ?? null;
  const scope = scopeOf(flow.destination);
  return own.find((one) => scopeOf(one.point) === scope)?.point ?? null;
}

/** Scope of a unicast IPv6 address: interface, link, site or global (ipv6_addr_scope). */
function scopeOf(address: Point): string {
  const value = BigInt(address);
  if (value === 1n) return 'interface';
  if (value >> 118n === 0xfe80n >> 6n) return 'link';
  return value >> 118n === 0xfec0n >> 6n ? 'site' : 'global';
}

function netmapped(flow: Flow, range: Result): Result {
  if (range.kind !== 'range') return range;
  const size = BigInt(range.high) - BigInt(range.low) + 1n;
  const value = BigInt(range.low) | (BigInt(flow.destination) & (size - 1n));
  return { kind: 'point', value: typeof range.low === 'bigint' ? value : Number(value) };
}

interface Target {
  readonly flow: Flow;
  readonly address: Result | null;
  readonly port: Result | null;
}

function targetsOf(step: Step & { readonly kind: 'dnat' }, flow: Flow, spot: Spot): readonly Target[] {
  const addresses = step.address === null ? [{ flow, result: null }] : evaluate(step.address, flow, spot);
  return addresses.flatMap(({ flow: part, result }): readonly Target[] => {
    if (result?.kind === 'tuple')
      return [{ flow: part, address: result.parts[0] ?? null, port: result.parts[1] ?? null }];
    const address = step.netmap && result !== null ? netmapped(part, result) : result;
    if (step.port === null) return [{ flow: part, address, port: null }];
    return evaluate(step.port, part, spot).map((one) => ({ flow: one.flow, address, port: one.result }));
  });
}

/** DNAT and REDIRECT. */
export function translateDestination(step: Step & { readonly kind: 'dnat' }, flow: Flow, spot: Spot): Translated {
  const mapped: Flow[] = [];
  const unchanged: Flow[] = [];
  const dropped: Flow[] = [];
  const doubtful: { flow: Flow; text: string }[] = [];
  if (step.family !== null && step.family !== flow.family) return { mapped, unchanged: [flow], dropped, doubtful };
  for (const target of targetsOf(step, flow, spot)) {
    if (target.address?.kind === 'missing' || target.port?.kind === 'missing') {
      unchanged.push(target.flow);
      continue;
    }
    const redirected = step.redirect ? redirectAddress(target.flow, spot) : null;
    if (step.redirect && redirected === null) {
      dropped.push(target.flow);
      continue;
    }
    const plain: Point = redirected ?? target.flow.destination;
    const addresses = candidates(target.address ?? { kind: 'point', value: plain }, target.flow, (value) =>
      pointText(value, flow.family),
    );
    if ('doubt' in addresses) {
      doubtful.push({ flow: target.flow, text: addresses.doubt });
      continue;
    }
    for (const one of addresses) {
      const ports = portsOf(target.port, one.flow, step, spot);
      if ('doubt' in ports) doubtful.push({ flow: one.flow, text: ports.doubt });
      else for (const port of ports) mapped.push(translated(port.flow, one.value, Number(port.value)));
    }
  }
  return { mapped, unchanged, dropped, doubtful };
}

function portsOf(port: Result | null, flow: Flow, step: Step & { readonly kind: 'dnat' }, spot: Spot): Chosen {
  if (port === null || !PORT_PROTOCOLS.has(flow.l4)) return [{ flow, value: flow.port }];
  if (port.kind !== 'range') return candidates(port, flow, (value) => `port ${value}`);
  const [low, high] = [Number(port.low), Number(port.high)];
  if (step.random) return portsOfRange(flow, low, high, spot);
  // A port that is already in the range is kept (nf_nat_core.c, get_unique_tuple).
  if (flow.port >= low && flow.port <= high) return [{ flow, value: flow.port }];
  if (step.portBase === null) return portsOfRange(flow, low, high, spot);
  const size = high - low + 1;
  return [{ flow, value: low + ((((flow.port - step.portBase) % size) + size) % size) }];
}

/** One port of each part of a range that neither rules nor listeners tell apart, each with its assumption. */
function portsOfRange(flow: Flow, low: number, high: number, { world }: Spot): Chosen {
  const starts = portStarts(world, low, high);
  if (starts === null) return { doubt: `the kernel picks from port ${low} to port ${high}` };
  return starts.map((value, i) => {
    const end = (starts[i + 1] ?? high + 1) - 1;
    const text = `the kernel picks port ${value === end ? value : `${value}-${end}`}`;
    return { flow: starts.length === 1 ? flow : assume(flow, text, true, 'state'), value };
  });
}

function translated(flow: Flow, destination: Point, port: number): Flow {
  const changed = destination !== flow.destination || port !== flow.port;
  return { ...flow, destination, port, dnat: flow.dnat || changed, mapped: true };
}

/** SNAT and MASQUERADE. */
export function translateSource(step: Step & { readonly kind: 'snat' }, flow: Flow, spot: Spot): readonly Flow[] {
  const done: Flow = { ...flow, snat: true, mapped: true };
  if (step.masquerade) {
    const address = masqueradeAddress(flow, spot);
    return [address === null ? { ...done, sourceHidden: true } : { ...done, source: address, sourceHidden: false }];
  }
  if (step.address === null) return [done];
  return evaluate(step.address, flow, spot).map(({ flow: part, result }): Flow => {
    const whole: Flow = { ...part, snat: true, mapped: true };
    if (result.kind === 'point') return { ...whole, source: result.value, sourceHidden: false };
    return result.kind === 'missing' ? { ...part, mapped: false } : { ...whole, sourceHidden: true };
  });
}

/** Scopes that inet_select_addr() takes for a wanted scope of `universe`. */
const isSelectable = (one: PlaceAddress): boolean =>
  one.from.scope === 'global' && !one.from.flags.includes('secondary');

/**
 * The address that MASQUERADE writes (inet_select_addr): of the interface it leaves by the one on the next hop's prefix, else its first;
 * where it has none, as lo, the first of any interface. IPv6 chooses by RFC 6724, which is followed only where there is no choice.
 */
function masqueradeAddress(flow: Flow, spot: Spot): Point | null {
  const all = spot.place.addresses.filter((one) => one.family === flow.family && isSelectable(one));
  const own = all.filter((one) => one.from.interface === flow.output?.name);
  if (flow.family === 'ipv6') return own.length === 1 ? (own[0]?.point ?? null) : null;
  const [part] = route(spot.place, 'ipv4', {
    destinations: onePoint(flow.destination),
    sources: onePoint(flow.destination),
    mark: flow.mark,
  });
  const hop =
    part?.route?.gateway === null || part?.route === null
      ? flow.destination
      : (pointOfText(part?.route.gateway ?? '')?.point ?? flow.destination);
  const near = own.find((one) => contains(prefixSet(`${one.from.address}/${one.from.prefixLength}`) ?? [], hop));
  return (near ?? own[0] ?? all.toSorted((a, b) => a.from.index - b.from.index)[0])?.point ?? null;
}

/** TPROXY: the socket it hands the packet to, if one is there and transparent. */
export function assignProxy(step: Step & { readonly kind: 'tproxy' }, flow: Flow, spot: Spot): Translated {
  const none: Translated = { mapped: [], unchanged: [], dropped: [], doubtful: [] };
  if (step.family !== null && step.family !== flow.family) return { ...none, unchanged: [flow] };
  const address = step.address === null ? null : evaluate(step.address, flow, spot)[0]?.result;
  const port = step.port === null ? null : evaluate(step.port, flow, spot)[0]?.result;
  if ((address !== null && address?.kind !== 'point') || (port !== null && port?.kind !== 'point')) {
    return { ...none, doubtful: [{ flow, text: 'the socket of a tproxy statement' }] };
  }
  const at = address?.value ?? proxyAddress(flow, spot);
  const listener = lookupSocket(spot.place, {
    l4: flow.l4,
    family: flow.family,
    address: at,
    port: Number(port?.value ?? flow.port),
    device: flow.input?.name ?? null,
  });
  const transparent = listener === null ? false : spot.place.isTransparent(listener);
  if (transparent === null)
    return { ...none, doubtful: [{ flow, text: 'whether the proxy socket is transparent was not seen' }] };
  if (!transparent) return step.otherwise === 'drop' ? { ...none, dropped: [flow] } : { ...none, unchanged: [flow] };
  const mark =
    step.mark === null
      ? flow.mark
      : flow.mark === null
        ? null
        : ((flow.mark & ~step.mark.mask) ^ step.mark.value) >>> 0;
  return { ...none, mapped: [{ ...flow, proxy: listener, mark }] };
}

/** nf_tproxy_laddr4: the interface's first address, else the destination. */
function proxyAddress(flow: Flow, spot: Spot): Point {
  const own = spot.place.addresses.find((one) => one.family === flow.family && one.from.interface === flow.input?.name);
  return own?.point ?? flow.destination;
}
