import { type BaseChain, type Chain, chainKey, type Program, type Step, type Verdict } from './ir.js';

const WAY_IN: ReadonlySet<string> = new Set(['input', 'forward']);

function verdictsOf(step: Step): readonly Verdict[] {
  if (step.kind === 'verdict') return [step.verdict];
  if (step.kind !== 'verdict-map') return [];
  const entries = step.map.kind === 'entries' ? step.map.entries : (step.map.set.entries() ?? []);
  return entries.flatMap(({ data }) => (data.kind === 'verdict' ? [data.verdict] : []));
}

/** The chains that base chains lead to by jumps and gotos, themselves among them. */
function ledTo(program: Program, bases: readonly BaseChain[]): ReadonlySet<Chain> {
  const found = new Set<Chain>();
  const waiting = bases.map(({ chain }) => chain);
  for (let chain = waiting.pop(); chain !== undefined; chain = waiting.pop()) {
    if (found.has(chain)) continue;
    found.add(chain);
    for (const verdict of chain.rules.flatMap((rule) => rule.steps.flatMap(verdictsOf))) {
      if (verdict.kind !== 'jump' && verdict.kind !== 'goto') continue;
      const next = program.chains.get(chainKey(chain.backend, chain.family, chain.table, verdict.chain));
      if (next !== undefined) waiting.push(next);
    }
  }
  return found;
}

const known = new WeakMap<Program, readonly Chain[]>();

/**
 * Chains whose rules their owner would take for rules about what comes in: those of filter tables at the input and forward hooks, and those that
 * nothing leads to; not those about what leaves, or about translations.
 */
export function chainsAboutEntering(program: Program): readonly Chain[] {
  let chains = known.get(program);
  if (chains === undefined) {
    const isWayIn = (base: BaseChain): boolean => base.type === 'filter' && WAY_IN.has(base.hook);
    const entering = ledTo(program, program.base.filter(isWayIn));
    const others = ledTo(
      program,
      program.base.filter((base) => !isWayIn(base)),
    );
    const tableOf = ({ backend, family, table }: Chain): string => `${backend} ${family} ${table}`;
    const translates = (base: BaseChain): boolean => base.type !== 'filter' || base.hook === 'prerouting';
    const elsewhere = new Set(program.base.filter(translates).map(({ chain }) => tableOf(chain)));
    const filters = new Set(program.base.filter(isWayIn).map(({ chain }) => tableOf(chain)));
    chains = [...program.chains.values()].filter((chain) => {
      if (entering.has(chain)) return true;
      const led = others.has(chain);
      return !led && (filters.has(tableOf(chain)) || !elsewhere.has(tableOf(chain)));
    });
    known.set(program, chains);
  }
  return chains;
}
