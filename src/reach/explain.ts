import { formatIPv4, formatIPv6 } from '../lib/ip/address.js';
import { ALL_PORTS, coverWithPrefixes, equal, type Intervals } from '../lib/ip/intervals.js';
import { unreachable } from '../lib/unreachable.js';
import type { Because } from '../model/exposure.js';
import { type Assumption, type Cited, inOrder, isOdd, type Leaf } from './flow.js';
import type { Family } from './ir.js';

/** A citation as the report holds it. */
export function becauseOf(cited: Cited): Because {
  const { chain, rule } = cited;
  const place = {
    backend: chain?.backend ?? null,
    family: chain?.family ?? null,
    table: chain?.table ?? null,
    chain: chain?.name ?? null,
    verdict: cited.verdict,
  };
  switch (cited.kind) {
    case 'rule':
      return {
        kind: 'rule',
        ...place,
        handle: rule?.handle ?? null,
        number: rule?.number ?? null,
        rule: rule?.text() ?? '',
      };
    case 'policy':
    case 'routing':
      return { kind: cited.kind, ...place, handle: null, number: null, rule: cited.text };
    default:
      return unreachable(cited.kind);
  }
}

const key = (because: Because): string =>
  `${because.kind} ${because.backend} ${because.family} ${because.table} ${because.chain} ${because.handle} ${because.number} ${because.rule}`;

/** The citations of several leaves that ended alike: the first's path, and what the others add. */
export function becauseOfLeaves(leaves: readonly Leaf[]): readonly Because[] {
  const all: Because[] = [];
  const seen = new Set<string>();
  for (const { flow } of leaves) {
    for (const cited of inOrder(flow.path)) {
      const because = becauseOf(cited);
      const name = key(because);
      if (seen.has(name)) continue;
      seen.add(name);
      all.push(because);
    }
  }
  return all;
}

const conditionOf = (assumption: Assumption): string =>
  assumption.holds ? `if: ${assumption.text}` : `unless: ${assumption.text}`;

/** What has to be taken for granted on the way to a leaf, in words. */
export function conditionsOf(leaf: Leaf): readonly string[] {
  const conditions = inOrder(leaf.flow.assumed)
    .filter((one) => one.plain === null || isOdd(one))
    .map(conditionOf);
  if (leaf.end.kind === 'doubtful') conditions.push(leaf.end.text);
  return conditions;
}

/** A set of source ports in words; null: every port. */
export function portsText(ports: Intervals): string | null {
  if (equal(ports, ALL_PORTS)) return null;
  const parts: string[] = [];
  for (let i = 0; i < ports.length && parts.length < 8; i += 2) {
    const [low, high] = [Number(ports[i]), Number(ports[i + 1]) - 1];
    parts.push(low === high ? `${low}` : `${low}-${high}`);
  }
  return `source port ${parts.join(', ')}${ports.length > 16 ? ', …' : ''}`;
}

/** Prefixes that a row lists at most. */
const PREFIXES_MAX = 256;

/** Sources as prefixes: the fewest that hold them and nothing of `avoided`. */
export function prefixesText(
  sources: Intervals,
  avoided: Intervals,
  family: Family,
): { readonly prefixes: readonly string[]; readonly complete: boolean } {
  const bits = family === 'ipv4' ? 32 : 128;
  const { prefixes, complete } = coverWithPrefixes(sources, avoided, bits, PREFIXES_MAX);
  const text = (value: number | bigint): string =>
    family === 'ipv4' ? formatIPv4(Number(value)) : formatIPv6(BigInt(value));
  return { prefixes: prefixes.map(({ value, length }) => `${text(value)}/${length}`), complete };
}
