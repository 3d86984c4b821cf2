import { type Escaped, joined } from '../lib/escape/escaped.js';
import { escapeTerminal, terminal } from '../lib/escape/terminal.js';
import { unreachable } from '../lib/unreachable.js';
import type { NetstatFacts, NetstatNames } from '../model/netstat.js';
import type { Network } from '../model/network.js';
import type { MasqueradedConnection } from '../model/statistics.js';
import { countedBy, type NetstatFlags, planOf } from './flags.js';
import { groupLines } from './groups.js';
import { interfaceLines } from './interfaces.js';
import { internetLines } from './internet.js';
import { masqueradedLines } from './masqueraded.js';
import { type Naming, namingOf } from './names.js';
import { policyLines } from './policy.js';
import { cacheLines, route6Lines, routeLines } from './routes.js';
import { statistics6Lines, statisticsLines } from './statistics.js';
import { unixLines } from './unix.js';

/** What a view is made of. */
export interface ViewFacts {
  readonly facts: NetstatFacts;
  readonly names: NetstatNames;
  /** Connections behind another address, for -M. */
  readonly masqueraded: readonly MasqueradedConnection[];
  /** Every table and policy rule, where --all-tables asks for them; else null. */
  readonly network: Network | null;
  /** A further round of -c. */
  readonly again: boolean;
}

function socketLines({ facts }: ViewFacts, flags: NetstatFlags, naming: Naming): readonly string[] {
  const plan = planOf(flags);
  return [
    ...internetLines(facts, plan, flags, naming),
    ...(plan.groups ? groupLines(facts, naming) : []),
    ...(plan.unix ? unixLines(facts, flags) : []),
  ];
}

function tableLines({ facts, network }: ViewFacts, flags: NetstatFlags, naming: Naming): readonly string[] {
  const families = flags.families.length === 0 ? (['inet'] as const) : flags.families;
  if (network !== null)
    return families.flatMap((family, index) => [
      ...(index === 0 ? [] : ['']),
      ...policyLines(network, family === 'inet6' ? 'ipv6' : 'ipv4'),
    ]);
  // In routing tables net-tools takes -N for a wish for numbers.
  const own = flags.symbolic ? { ...naming, hosts: null } : naming;
  const table = flags.fib || !flags.cache;
  return families.flatMap((family) =>
    family === 'inet6'
      ? [...(table ? route6Lines(facts, false, own) : []), ...(flags.cache ? route6Lines(facts, true, own) : [])]
      : [...(table ? routeLines(facts, flags, own) : []), ...(flags.cache ? cacheLines(flags) : [])],
  );
}

function linesOf(view: ViewFacts, flags: NetstatFlags): readonly string[] {
  const naming = namingOf(flags, view.names);
  switch (flags.view) {
    case 'sockets':
      return socketLines(view, flags, naming);
    case 'routes':
      return tableLines(view, flags, naming);
    case 'interfaces':
      return interfaceLines(view.facts, flags, view.again);
    case 'statistics':
      return flags.families.at(-1) === 'inet6'
        ? statistics6Lines(view.facts, countedBy(flags))
        : statisticsLines(view.facts, countedBy(flags));
    case 'masqueraded':
      return masqueradedLines(view.masqueraded, flags, naming);
    default:
      return unreachable(flags.view);
  }
}

/**
 * A view as net-tools' netstat 2.10 prints it, line for line. Control characters in names of processes, paths and interfaces, which net-tools
 * prints as they are, are escaped.
 */
export function view(facts: ViewFacts, flags: NetstatFlags): Escaped<'terminal'> {
  const lines = linesOf(facts, flags).map((line) => terminal`${escapeTerminal(line)}\n`);
  return joined(lines, terminal``);
}
