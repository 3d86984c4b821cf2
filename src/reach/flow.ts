import {
  boundsWithin,
  covers,
  equal,
  type Intervals,
  intersect,
  isEmpty,
  type Point,
  subtract,
  union,
} from '../lib/ip/intervals.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Interface } from '../model/network.js';
import type { BaseChain, Chain, DecidedBy, Family, Hook, Rule } from './ir.js';

/** The conntrack zone a rule chose. */
export interface Zone {
  /** null: not known. */
  readonly id: number | null;
  /** null: of both directions. */
  readonly direction: 'original' | 'reply' | null;
  /** A rule set it; else it is zone 0. */
  readonly set: boolean;
}

export const NO_ZONE: Zone = { id: 0, direction: null, set: false };

/** The zone in which packets of a direction are looked for. */
export const zoneIn = ({ id, direction }: Zone, asked: 'original' | 'reply'): number | null =>
  direction === null || direction === asked ? id : 0;

/** What a namespace did with a packet that went on to another one. */
export interface Passage {
  readonly namespace: number;
  /** Its conntrack knows the flow. */
  readonly tracked: boolean;
  /** The source as it came; null: as in `sources`. */
  readonly was: Point | null;
  /** The source that SNAT wrote; null: none. */
  readonly now: Point | null;
  /** Either address was exchanged. */
  readonly translated: boolean;
  readonly zone: Zone;
}

/** Something a walk took for granted because the ruleset alone does not decide it. */
export interface Assumption {
  readonly text: string;
  readonly holds: boolean;
  readonly by: DecidedBy;
  /** Whether it holds for packets as hosts send them; null: it may or not. */
  readonly plain: boolean | null;
  readonly before: Assumption | null;
}

/** What ended a base chain, newest first. */
export interface Cited {
  readonly kind: 'rule' | 'policy' | 'routing';
  readonly chain: Chain | null;
  readonly rule: Rule | null;
  readonly verdict: string;
  /** For routing: the reason. */
  readonly text: string;
  readonly namespace: string;
  readonly before: Cited | null;
}

/** A rule the walk passed, newest first; kept only for explaining. */
export interface Passed {
  readonly hook: Hook | 'routing';
  readonly base: BaseChain | null;
  readonly chain: Chain | null;
  readonly rule: Rule | null;
  readonly text: string;
  readonly namespace: string;
  readonly before: Passed | null;
}

/**
 * conntrack's view of a packet: not looked at yet, a new flow, told not to look; what follows a first packet is `established`; an answer
 * is part of a known flow (`reply`), or an
 * answer to a packet it was told not to look at (`invalid`).
 */
export type Tracking = 'not-yet' | 'new' | 'untracked' | 'established' | 'reply' | 'invalid';

/** Which segment of a TCP handshake a packet is: the first packet, what answers it, what the sender says to that. */
export type Segment = 'syn' | 'syn-ack' | 'reset' | 'ack';

/** Whether sources lie in a set that is too large to cut them by; the set is told by identity. */
export interface Member {
  readonly set: Intervals;
  readonly inside: boolean;
}

/**
 * All first packets of one question that went the same way so far. Protocol, destination and interfaces are concrete, sources and source
 * ports are sets.
 */
export interface Flow {
  readonly family: Family;
  /** IANA protocol number. */
  readonly l4: number;
  readonly sources: Intervals;
  /** Further bounds on the sources: inside or outside of large sets. */
  readonly members: readonly Member[];
  readonly sourcePorts: Intervals;
  /** The source as the packet carries it now, where SNAT wrote one; null: as in `sources`. */
  readonly source: Point | null;
  /** The source was rewritten to something that is not followed. */
  readonly sourceHidden: boolean;
  readonly destination: Point;
  readonly port: number;
  /** The tuple conntrack saw first in this namespace; source null: as in `sources`. */
  readonly original: { readonly source: Point | null; readonly destination: Point; readonly port: number };
  readonly mark: number | null;
  readonly ctMark: number | null;
  readonly tracking: Tracking;
  readonly zone: Zone;
  /** An answer that conntrack does not find in its zone, though the first packet was translated: it keeps the wrong source. */
  readonly estranged: boolean;
  /** Its entry is in conntrack's table: what comes back over lo has been through postrouting. */
  readonly confirmed: boolean;
  readonly dnat: boolean;
  readonly snat: boolean;
  /** The NAT core has bound this flow's destination (source): its chains are not asked again. */
  readonly destinationBound: boolean;
  readonly sourceBound: boolean;
  /** A chain of the running NAT hook has set a mapping. */
  readonly mapped: boolean;
  readonly input: Interface | null;
  /** The bridge port it came in by, where `input` is a bridge and the port is known. */
  readonly inputPort: Interface | null;
  readonly output: Interface | null;
  /** Port of the bridge a frame stays on and leaves by; null: it does not stay on a bridge. */
  readonly bridgedTo: Interface | 'unseen' | null;
  /** Socket a tproxy statement chose. */
  readonly proxy: IdentifiedListener | null;
  readonly segment: Segment;
  /** Namespaces on the way so far, for the answer that comes back through them. */
  readonly passed: readonly Passage[];
  /** The SYN carries ECN bits (CWR and ECE). */
  readonly ecn: boolean;
  readonly assumed: Assumption | null;
  readonly path: Cited | null;
  readonly trail: Passed | null;
}

/** How a walk ended. */
export type End =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'filtered' | 'rejected' }
  | { readonly kind: 'forwarded'; readonly interface: string; readonly to: Point }
  | {
      readonly kind: 'doubtful';
      readonly text: string;
      /** The socket it is delivered to is what is not certain: another port of the same class has another one. */
      readonly ofSocket?: true;
    };

export interface Leaf {
  readonly flow: Flow;
  readonly end: End;
  /** Namespace where it ended. */
  readonly namespace: number;
  /** For `delivered`: who takes it; null: nobody listens. */
  readonly listener: IdentifiedListener | null;
}

/** The flows for which something holds, and those for which it does not. A flow in both is one that nothing decides. */
export interface Split {
  readonly yes: readonly Flow[];
  readonly no: readonly Flow[];
}

/** It answers a first packet. */
export const isAnswer = ({ segment }: Flow): boolean => segment === 'syn-ack' || segment === 'reset';

/** conntrack has an entry for it. */
export const isTracked = ({ tracking }: Flow): boolean =>
  tracking === 'new' || tracking === 'established' || tracking === 'reply';

export const withSources = (flow: Flow, sources: Intervals): Flow =>
  sources === flow.sources ? flow : { ...flow, sources };

export const assume = (
  flow: Flow,
  text: string,
  holds: boolean,
  by: DecidedBy,
  plain: boolean | null = null,
): Flow => ({ ...flow, assumed: { text, holds, by, plain, before: flow.assumed } });

/**
 * Nothing says whether it holds: both, each with its assumption. One already made on this path is kept. `plain`: whether it holds for packets
 * as hosts send them; null: it may or not.
 */
export function either(flow: Flow, text: string, by: DecidedBy, plain: boolean | null = null): Split {
  for (let one = flow.assumed; one !== null; one = one.before) {
    if (one.text === text && one.by === by && by === 'sender')
      return one.holds ? { yes: [flow], no: [] } : { yes: [], no: [flow] };
  }
  return { yes: [assume(flow, text, true, by, plain)], no: [assume(flow, text, false, by, plain)] };
}

/** A set with more bounds than this is not cut into flows: they note on which side of it they are. */
export const CUT_BOUNDS_MAX = 4096;

const withMember = (flow: Flow, set: Intervals, inside: boolean): Flow => ({
  ...flow,
  members: [...flow.members, { set, inside }],
});

/** True: no source is left, as far as each large set by itself tells. */
export function isVoid(sources: Intervals, members: readonly Member[]): boolean {
  if (isEmpty(sources)) return true;
  return members.some(({ set, inside }) => (inside ? boundsWithin(set, sources) === 0 : covers(set, sources)));
}

export function splitBySources(flow: Flow, set: Intervals): Split {
  if (set.length > CUT_BOUNDS_MAX && boundsWithin(set, flow.sources) > CUT_BOUNDS_MAX) {
    const known = flow.members.find((member) => member.set === set);
    if (known !== undefined) return known.inside ? { yes: [flow], no: [] } : { yes: [], no: [flow] };
    const outside = withMember(flow, set, false);
    return { yes: [withMember(flow, set, true)], no: isVoid(flow.sources, outside.members) ? [] : [outside] };
  }
  const inside = intersect(flow.sources, set);
  const outside = subtract(flow.sources, set);
  return {
    yes: isVoid(inside, flow.members) ? [] : [withSources(flow, inside)],
    no: isVoid(outside, flow.members) ? [] : [withSources(flow, outside)],
  };
}

export function splitByPorts(flow: Flow, set: Intervals): Split {
  const inside = intersect(flow.sourcePorts, set);
  const outside = subtract(flow.sourcePorts, set);
  return {
    yes: isEmpty(inside) ? [] : [{ ...flow, sourcePorts: inside }],
    no: isEmpty(outside) ? [] : [{ ...flow, sourcePorts: outside }],
  };
}

const sameMembers = (a: readonly Member[], b: readonly Member[]): boolean =>
  a === b || (a.length === b.length && a.every((one, i) => one.set === b[i]?.set && one.inside === b[i]?.inside));

/** True: the two differ in sources and assumptions at most, so rules cannot tell them apart. */
function alike(a: Flow, b: Flow): boolean {
  return (
    a.destination === b.destination &&
    a.port === b.port &&
    a.source === b.source &&
    a.mark === b.mark &&
    a.ctMark === b.ctMark &&
    a.tracking === b.tracking &&
    a.dnat === b.dnat &&
    a.snat === b.snat &&
    a.mapped === b.mapped &&
    a.proxy === b.proxy &&
    a.path === b.path &&
    a.sourceHidden === b.sourceHidden &&
    sameMembers(a.members, b.members) &&
    a.output === b.output &&
    equal(a.sourcePorts, b.sourcePorts)
  );
}

/**
 * Flows that came out of one flow and go on alike become one again: where both sides of an assumption go on, nothing was assumed; where
 * several assumptions lead to the same place, one stands for them (the branch that left the path is a leaf of its own).
 */
export function rejoined(from: Flow, flows: readonly Flow[]): readonly Flow[] {
  if (flows.length < 2) return flows;
  const out: Flow[] = [];
  for (const flow of bothSides(flows, from)) join(out, flow, from);
  return out;
}

/** Where the flows on both sides of a large set go on alike, it did not matter. */
function bothSides(flows: readonly Flow[], from: Flow): readonly Flow[] {
  const split = flows.filter(
    (flow) => flow.members.length === from.members.length + 1 && flow.sources === from.sources,
  );
  const [one, other] = split;
  if (one === undefined || other === undefined || split.length !== 2) return flows;
  const back = { ...one, members: from.members };
  const isPair = one.members[from.members.length]?.set === other.members[from.members.length]?.set;
  if (!isPair || one.assumed !== other.assumed || !alike(back, { ...other, members: from.members })) return flows;
  return flows.flatMap((flow) => (flow === one ? [back] : flow === other ? [] : [flow]));
}

function join(out: Flow[], flow: Flow, from: Flow): void {
  let rest = flow.sources;
  for (let i = out.length - 1; i >= 0 && !isEmpty(rest); i--) {
    const other = out[i];
    if (other === undefined || !alike(other, flow)) continue;
    if (other.assumed === flow.assumed) {
      out[i] = withSources(other, union(other.sources, rest));
      return;
    }
    const both = intersect(other.sources, rest);
    if (isEmpty(both)) continue;
    const alone = subtract(other.sources, both);
    const merged: Flow = { ...withSources(other, both), assumed: weaker(other, flow, from) };
    rest = subtract(rest, both);
    if (isEmpty(alone)) out[i] = merged;
    else {
      out[i] = withSources(other, alone);
      out.push(merged);
    }
  }
  if (isEmpty(rest)) return;
  const same = out.findIndex((one) => one.assumed === flow.assumed && alike(one, flow));
  const known = same < 0 ? undefined : out[same];
  if (known === undefined) out.push(withSources(flow, rest));
  else out[same] = withSources(known, union(known.sources, rest));
}

/** What still has to be assumed where either of two assumptions will do. */
function weaker(a: Flow, b: Flow, from: Flow): Assumption | null {
  const [one, other] = [a.assumed, b.assumed];
  if (one === from.assumed || other === from.assumed) return from.assumed;
  const opposite =
    one !== null &&
    other !== null &&
    one.before === other.before &&
    one.text === other.text &&
    one.holds !== other.holds;
  if (opposite) return one.before;
  return isUnusual(one) && !isUnusual(other) ? other : one;
}

/** True: no packet as hosts send it is like this. */
export const isOdd = ({ plain, holds }: Assumption): boolean => plain !== null && plain !== holds;

/** True: no packet as hosts send it is like all of these. */
export function isUnusual(assumed: Assumption | null): boolean {
  for (let one = assumed; one !== null; one = one.before) if (isOdd(one)) return true;
  return false;
}

export const cite = (flow: Flow, cited: Omit<Cited, 'before'>): Flow => ({
  ...flow,
  path: { ...cited, before: flow.path },
});

export const pass = (flow: Flow, passed: Omit<Passed, 'before'>): Flow => ({
  ...flow,
  trail: { ...passed, before: flow.trail },
});

/** A linked list as an array, oldest first. */
export function inOrder<T extends { readonly before: T | null }>(newest: T | null): readonly T[] {
  const all: T[] = [];
  for (let one = newest; one !== null; one = one.before) all.push(one);
  return all.reverse();
}
