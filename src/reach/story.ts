import type { Packet } from '../model/packet.js';
import { becauseOf, conditionsOf, portsText } from './explain.js';
import { inOrder, type Leaf, type Passed } from './flow.js';
import { pointText } from './nat.js';
import { kindOf, outcome, questionOf, usual } from './outcome.js';
import { ask } from './question.js';
import type { Place, World } from './world.js';

/** Ways that are told in full; more are counted. */
const WAYS_MAX = 6;

/** What each outcome means, as a person would say it. */
function sentence(leaf: Leaf): string {
  const { flow, end } = leaf;
  const at = `${pointText(flow.destination, flow.family)} port ${flow.port}`;
  switch (end.kind) {
    case 'delivered':
      if (leaf.listener === null)
        return `closed: delivered to ${at}, where nobody listens; the sender gets a refusal from the host itself`;
      return `open: delivered to ${leaf.listener.id}${leaf.listener.owners[0]?.name ? ` (${leaf.listener.owners[0].name})` : ''}`;
    case 'filtered':
      return 'filtered: dropped without an answer; the sender waits until it gives up';
    case 'rejected':
      return `rejected: refused by ${lastRule(leaf)}; the sender is told at once`;
    case 'forwarded':
      return `forwarded: leaves this host by ${end.interface} to ${pointText(end.to, flow.family)}`;
    case 'doubtful':
      return `conditional: ${end.text}`;
  }
}

function lastRule(leaf: Leaf): string {
  const path = inOrder(leaf.flow.path);
  const last = path[path.length - 1];
  if (last === undefined) return 'a rule';
  const because = becauseOf(last);
  return because.kind === 'routing' ? because.rule : `${because.table} ${because.chain}`;
}

function ruleName(passed: Passed): string {
  const { chain, rule } = passed;
  if (chain === null) return '';
  const side = chain.backend === 'legacy' ? 'iptables-legacy' : 'nft';
  const number =
    rule?.handle !== null && rule?.handle !== undefined
      ? ` handle ${rule.handle}`
      : rule?.number === null || rule === null
        ? ''
        : ` rule ${rule.number}`;
  return `${side} ${chain.family} ${chain.table} ${chain.name}${number}`;
}

/** The rules passed on one way, grouped by hook and base chain. */
function steps(leaf: Leaf): readonly string[] {
  const lines: string[] = [];
  let heading = '';
  for (const passed of inOrder(leaf.flow.trail)) {
    if (passed.hook === 'routing') {
      heading = '';
      lines.push(`  routing (${passed.namespace}): ${passed.text}`);
      continue;
    }
    const base = passed.base;
    const next = `${passed.namespace} ${passed.hook} ${base?.chain.table} ${base?.chain.name}`;
    if (next !== heading) {
      heading = next;
      const where =
        base === null
          ? ''
          : `, ${base.chain.backend === 'legacy' ? 'iptables-legacy' : 'nft'} ${base.chain.family} ${base.chain.table} ${base.chain.name}, priority ${base.priority}`;
      lines.push(`  ${passed.hook} (${passed.namespace})${where}:`);
    }
    lines.push(
      `    ${passed.text.padEnd(24)} ${passed.rule === null ? '' : `${ruleName(passed)}: ${passed.rule.text()}`}`.trimEnd(),
    );
  }
  return lines;
}

function way(leaf: Leaf): readonly string[] {
  const conditions = conditionsOf(leaf);
  const ports = portsText(leaf.flow.sourcePorts);
  const when = [...(ports === null ? [] : [ports]), ...conditions];
  return [...(when.length === 0 ? [] : [`  when ${when.join('; ')}`]), ...steps(leaf), `  → ${sentence(leaf)}`];
}

/** A translation on the way: filters behind it see another address and port than the sender wrote. */
function translation(leaf: Leaf, packet: Packet): readonly string[] {
  const { flow } = leaf;
  const now = pointText(flow.destination, flow.family);
  if (now === packet.destination && flow.port === packet.port) return [];
  const seen = `  Rules of forward and input see the packet as going to ${now} port ${flow.port}`;
  const [is, was, original] =
    flow.port === packet.port
      ? [now, packet.destination, 'daddr']
      : [`port ${flow.port}`, `${packet.port}`, 'proto-dst'];
  return [`${seen}: a rule there must name ${is}, not ${was} (or ct original ${original} ${was}).`];
}

/** The whole way of a packet, hook by hook, for a person. Foreign text in it is not escaped yet. */
export function story(world: World, place: Place, packet: Packet): string {
  const question = questionOf(place, packet);
  if ('error' in question) return `${question.error}\n`;
  const leaves = usual(ask(world, question, true).leaves);
  const by = question.input === null ? 'a process of this host, over lo' : `coming in by ${question.input.name}`;
  const head = `${packet.source} → ${packet.destination} ${packet.protocol}/${packet.port}, ${by} (namespace ${place.name})`;
  const told = leaves.slice(0, WAYS_MAX);
  const kinds = new Set(leaves.map(kindOf));
  const lines = [head];
  for (const leaf of told) lines.push(...way(leaf), ...translation(leaf, packet));
  if (leaves.length > told.length) lines.push(`  and ${leaves.length - told.length} more ways`);
  if (kinds.size > 1) lines.push('So the answer is conditional.');
  // What is no condition of a way: answers that do not get back, a SYN that offers ECN.
  const answer = outcome(world, place, packet);
  const known = new Set(leaves.flatMap((leaf) => [...conditionsOf(leaf), portsText(leaf.flow.sourcePorts)]));
  for (const text of 'error' in answer ? [] : answer.conditions) if (!known.has(text)) lines.push(`  But: ${text}.`);
  return `${lines.join('\n')}\n`;
}
