import type { Intervals, Point } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import { type Flow, type Leaf, NO_ZONE } from './flow.js';
import type { Family } from './ir.js';
import type { Journey } from './journey.js';
import { arrive, originate } from './path.js';
import type { Place, World } from './world.js';

/** One question: everything concrete but the source, and where asked so its port. */
export interface Question {
  readonly place: Place;
  readonly family: Family;
  /** IANA protocol number. */
  readonly l4: number;
  readonly sources: Intervals;
  readonly sourcePorts: Intervals;
  readonly destination: Point;
  readonly port: number;
  /** Where the packet comes in; null: a process of the place itself sends it. */
  readonly input: Interface | null;
  /** Leave destination NAT out: what the rules behind it would do with the packet as it was sent. */
  readonly untranslated?: boolean;
}

/** The ends of all ways a first packet may go; `ecn` holds the ends for a SYN with ECN bits, where a rule reads TCP flags. */
export interface Answer {
  readonly leaves: readonly Leaf[];
  readonly ecn: readonly Leaf[] | null;
}

function startOf(question: Question, ecn: boolean): Flow {
  return {
    family: question.family,
    l4: question.l4,
    sources: question.sources,
    members: [],
    sourcePorts: question.sourcePorts,
    source: null,
    sourceHidden: false,
    destination: question.destination,
    port: question.port,
    original: { source: null, destination: question.destination, port: question.port },
    mark: 0,
    ctMark: 0,
    tracking: 'not-yet',
    zone: NO_ZONE,
    estranged: false,
    confirmed: false,
    dnat: false,
    snat: false,
    destinationBound: question.untranslated === true,
    sourceBound: false,
    mapped: false,
    input: null,
    inputPort: null,
    bridgedTo: null,
    output: null,
    proxy: null,
    segment: 'syn',
    passed: [],
    ecn,
    assumed: null,
    path: null,
    trail: null,
  };
}

function walk(
  world: World,
  question: Question,
  explain: boolean,
  ecn: boolean,
): { readonly leaves: readonly Leaf[]; readonly sawFlags: boolean } {
  let sawFlags = false;
  const leaves: Leaf[] = [];
  const journey: Journey = {
    world,
    leaves,
    explain,
    hops: 0,
    sawTcpFlags: () => {
      sawFlags = true;
    },
  };
  const flow = startOf(question, ecn);
  if (question.input === null) originate(journey, question.place, flow);
  else arrive(journey, question.place, question.input, flow);
  return { leaves, sawFlags };
}

/** What becomes of the sender's second packet, once the first was delivered to `leaf` and its answer came back. */
export function askFollowing(world: World, question: Question, leaf: Leaf): readonly Leaf[] {
  const ctMark = leaf.namespace === question.place.id ? leaf.flow.ctMark : 0;
  const leaves: Leaf[] = [];
  const journey: Journey = { world, leaves, explain: false, hops: 0, sawTcpFlags: () => {} };
  const flow: Flow = { ...startOf(question, false), segment: 'ack', ctMark };
  if (question.input === null) originate(journey, question.place, flow);
  else arrive(journey, question.place, question.input, flow);
  return leaves;
}

/** Walks a question through the world; twice, where the sender's choice of ECN bits could matter. */
export function ask(world: World, question: Question, explain = false): Answer {
  const { leaves, sawFlags } = walk(world, question, explain, false);
  return { leaves, ecn: sawFlags ? walk(world, question, explain, true).leaves : null };
}
