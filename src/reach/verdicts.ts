import { type Intervals, intersect, isEmpty, subtract } from '../lib/ip/intervals.js';
import { portsText } from './explain.js';
import type { Assumption, Leaf } from './flow.js';
import type { Answer } from './question.js';
import { type Piece, type Region, without } from './regions.js';

/** What becomes of all sources of a question, seen from one listener (or published port). */
export interface Verdicts {
  /** Sources that get in, by their own choices at most. */
  readonly yes: Region;
  /** Sources for which the state of this host decides. */
  readonly conditional: Region;
  readonly admitting: readonly Leaf[];
  readonly refusing: readonly Leaf[];
  /** Choices the sender has to make, in words. */
  readonly choices: readonly string[];
}

interface Box extends Piece {
  readonly ports: Intervals;
}

const boxOf = ({ flow }: Leaf): Box => ({ sources: flow.sources, members: flow.members, ports: flow.sourcePorts });
const pieceOf = ({ flow }: Leaf): Piece => ({ sources: flow.sources, members: flow.members });

function minus(boxes: readonly Box[], cut: Box): readonly Box[] {
  return boxes.flatMap((box): readonly Box[] => {
    const ports = intersect(box.ports, cut.ports);
    if (isEmpty(ports)) return [box];
    const left = without([box], [cut]).map((piece): Box => ({ ...piece, ports: box.ports }));
    const otherPorts = subtract(box.ports, ports);
    if (isEmpty(otherPorts)) return left;
    const sources = intersect(box.sources, cut.sources);
    return isEmpty(sources) ? left : [...left, { sources, members: box.members, ports: otherPorts }];
  });
}

const assumptions = (leaf: Leaf): readonly Assumption[] => {
  const all: Assumption[] = [];
  for (let one = leaf.flow.assumed; one !== null; one = one.before) all.push(one);
  return all;
};

/** True: the sender's choices on the way to one leaf rule the other out. */
function chosenApart(a: Leaf, b: Leaf): boolean {
  return assumptions(a).some(
    (one) =>
      one.by === 'sender' &&
      assumptions(b).some((other) => other.by === 'sender' && other.text === one.text && other.holds !== one.holds),
  );
}

/** A way in that takes contradictory choices (two conditions on one header field) is not one the sender surely has. */
function isChoosable(leaf: Leaf): boolean {
  const heads = assumptions(leaf)
    .filter((one) => one.by === 'sender')
    .map((one) => one.text.split(' ').slice(0, 2).join(' '));
  return new Set(heads).size === heads.length;
}

interface Side {
  readonly yes: Region;
  readonly maybe: Region;
  readonly good: readonly Leaf[];
  readonly bad: readonly Leaf[];
  readonly choices: readonly string[];
}

function judge(leaves: readonly Leaf[], reaches: (leaf: Leaf) => boolean): Side {
  const good = leaves.filter(reaches);
  const bad = leaves.filter((leaf) => !good.includes(leaf));
  const yes: Piece[] = [];
  const maybe: Piece[] = [];
  const choices = new Set<string>();
  for (const leaf of good) {
    maybe.push(pieceOf(leaf));
    if (!isChoosable(leaf)) continue;
    let sure: readonly Box[] = [boxOf(leaf)];
    for (const other of bad) {
      if (sure.length === 0) break;
      if (!chosenApart(leaf, other)) sure = minus(sure, boxOf(other));
    }
    for (const box of sure) {
      yes.push({ sources: box.sources, members: box.members });
      const ports = portsText(box.ports);
      if (ports !== null) choices.add(ports);
    }
    if (sure.length > 0)
      for (const one of assumptions(leaf))
        if (one.by === 'sender') choices.add(`${one.holds ? '' : 'not '}${one.text}`);
  }
  for (const leaf of bad) if (leaf.end.kind === 'doubtful') maybe.push(pieceOf(leaf));
  return { yes, maybe, good, bad, choices: [...choices] };
}

/** Judges an answer for one target: what certainly gets in, what may, and the leaves that say so. */
export function verdictsOf(answer: Answer, reaches: (leaf: Leaf) => boolean): Verdicts {
  const plain = judge(answer.leaves, reaches);
  const ecn = answer.ecn === null ? null : judge(answer.ecn, reaches);
  const more: Region = ecn === null ? [] : without(ecn.yes, plain.yes);
  const yes = [...plain.yes, ...more];
  const maybe = ecn === null ? plain.maybe : [...plain.maybe, ...ecn.maybe];
  const byEcn = more.length === 0 ? [] : ['a SYN that offers ECN'];
  return {
    yes,
    conditional: without(maybe, yes),
    admitting: [...plain.good, ...(more.length === 0 ? [] : (ecn?.good ?? []))],
    refusing: plain.bad,
    choices: [...plain.choices, ...(more.length === 0 ? [] : (ecn?.choices ?? [])), ...byEcn],
  };
}
