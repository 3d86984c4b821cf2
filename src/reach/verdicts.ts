import { type Intervals, intersect, isEmpty, NOTHING, subtract, union } from '../lib/ip/intervals.js';
import { portsText } from './explain.js';
import type { Assumption, Leaf } from './flow.js';
import type { Answer } from './question.js';

/** What becomes of all sources of a question, seen from one listener (or published port). */
export interface Verdicts {
  /** Sources that get in, by their own choices at most. */
  readonly yes: Intervals;
  /** Sources for which the state of this host decides. */
  readonly conditional: Intervals;
  readonly admitting: readonly Leaf[];
  readonly refusing: readonly Leaf[];
  /** Choices the sender has to make, in words. */
  readonly choices: readonly string[];
}

interface Box {
  readonly sources: Intervals;
  readonly ports: Intervals;
}

const boxOf = (leaf: Leaf): Box => ({ sources: leaf.flow.sources, ports: leaf.flow.sourcePorts });

function minus(boxes: readonly Box[], cut: Box): readonly Box[] {
  return boxes.flatMap((box): readonly Box[] => {
    const sources = intersect(box.sources, cut.sources);
    const ports = intersect(box.ports, cut.ports);
    if (isEmpty(sources) || isEmpty(ports)) return [box];
    const rest: Box[] = [];
    const other = subtract(box.sources, sources);
    if (!isEmpty(other)) rest.push({ sources: other, ports: box.ports });
    const otherPorts = subtract(box.ports, ports);
    if (!isEmpty(otherPorts)) rest.push({ sources, ports: otherPorts });
    return rest;
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
  readonly yes: Intervals;
  readonly maybe: Intervals;
  readonly good: readonly Leaf[];
  readonly bad: readonly Leaf[];
  readonly choices: readonly string[];
}

function judge(leaves: readonly Leaf[], reaches: (leaf: Leaf) => boolean): Side {
  const good = leaves.filter((leaf) => leaf.end.kind === 'delivered' && reaches(leaf));
  const bad = leaves.filter((leaf) => !good.includes(leaf));
  let yes: Intervals = NOTHING;
  let maybe: Intervals = NOTHING;
  const choices = new Set<string>();
  for (const leaf of good) {
    maybe = union(maybe, leaf.flow.sources);
    if (!isChoosable(leaf)) continue;
    let sure: readonly Box[] = [boxOf(leaf)];
    for (const other of bad) {
      if (sure.length === 0) break;
      if (!chosenApart(leaf, other)) sure = minus(sure, boxOf(other));
    }
    for (const box of sure) {
      yes = union(yes, box.sources);
      const ports = portsText(box.ports);
      if (ports !== null) choices.add(ports);
    }
    if (sure.length > 0)
      for (const one of assumptions(leaf))
        if (one.by === 'sender') choices.add(`${one.holds ? '' : 'not '}${one.text}`);
  }
  for (const leaf of bad) if (leaf.end.kind === 'doubtful') maybe = union(maybe, leaf.flow.sources);
  return { yes, maybe, good, bad, choices: [...choices] };
}

/** Judges an answer for one target: what certainly gets in, what may, and the leaves that say so. */
export function verdictsOf(answer: Answer, reaches: (leaf: Leaf) => boolean): Verdicts {
  const plain = judge(answer.leaves, reaches);
  const ecn = answer.ecn === null ? null : judge(answer.ecn, reaches);
  const more = ecn === null ? NOTHING : subtract(ecn.yes, plain.yes);
  const yes = union(plain.yes, more);
  const maybe = ecn === null ? plain.maybe : union(plain.maybe, ecn.maybe);
  const byEcn = isEmpty(more) ? [] : ['a SYN that offers ECN'];
  return {
    yes,
    conditional: subtract(maybe, yes),
    admitting: [...plain.good, ...(isEmpty(more) ? [] : (ecn?.good ?? []))],
    refusing: plain.bad,
    choices: [...plain.choices, ...(isEmpty(more) ? [] : (ecn?.choices ?? [])), ...byEcn],
  };
}
