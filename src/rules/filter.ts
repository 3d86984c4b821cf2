import type { Firewall, Ruleset } from '../model/network.js';

/** What a firewall's rulesets say at the hooks of the filter path, without judging any rule. */
export interface Filter {
  readonly read: boolean;
  readonly present: boolean;
  readonly rules: number;
  readonly inputRules: number;
  readonly inputPolicy: HookPolicy;
  readonly inputPolicyIPv4: HookPolicy;
  readonly inputPolicyIPv6: HookPolicy;
  /** The chain at the input hook that lets in what no rule decides, as nft is told it: `inet filter input`; null: none of nft. */
  readonly inputChain: string | null;
  readonly forwardPolicy: HookPolicy;
  readonly outputPolicy: HookPolicy;
  readonly forwardRulesIPv4: number;
  readonly forwardRulesIPv6: number;
  readonly backends: readonly ('nft' | 'legacy')[];
  readonly unreadTables: number;
}

/** `none`: no chain stands at the hook. */
type HookPolicy = 'accept' | 'drop' | 'none';
type Hook = 'input' | 'forward' | 'output';

/** A base chain of type filter, and how many rules it has. */
interface BaseChain {
  readonly hook: Hook;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** By its policy, or by a last rule that takes all that is left. */
  readonly drops: boolean;
  readonly rules: number;
  /** As nft is told it; null: of iptables, or a name that is not to be pasted. */
  readonly name: string | null;
}

interface Reading {
  readonly chains: readonly BaseChain[];
  readonly rules: number;
}

type Json = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function hookOf(name: unknown): Hook | null {
  const lower = typeof name === 'string' ? name.toLowerCase() : '';
  return lower === 'input' || lower === 'forward' || lower === 'output' ? lower : null;
}

/** Families whose input and forward hooks packets for this host and through it meet. */
const IP_FAMILIES: ReadonlySet<string> = new Set(['ip', 'ip6', 'inet']);

const COUNTS_ONLY: ReadonlySet<string> = new Set(['counter', 'log']);

/** A rule of nft that drops or rejects whatever comes to it. */
function refusesAll(rule: Json | undefined): boolean {
  const steps: readonly unknown[] = Array.isArray(rule?.['expr']) ? rule['expr'] : [];
  const words = steps.map((step) => (isMap(step) ? (Object.keys(step)[0] ?? '') : ''));
  const verdict = words[words.length - 1];
  return (verdict === 'drop' || verdict === 'reject') && words.slice(0, -1).every((word) => COUNTS_ONLY.has(word));
}

/** `nft -j list ruleset`: objects with one of the keys table, chain, rule. */
function readNft(text: string): Reading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { chains: [], rules: 0 };
  }
  const entries: readonly unknown[] = isMap(parsed) && Array.isArray(parsed['nftables']) ? parsed['nftables'] : [];
  const dormant = new Set(
    entries.flatMap((entry): readonly string[] => {
      const table = isMap(entry) ? entry['table'] : null;
      return isMap(table) && [table['flags']].flat().includes('dormant') ? [`${table['family']} ${table['name']}`] : [];
    }),
  );
  const keyOf = (of: Json): string => `${of['family']} ${of['table']} ${of['chain'] ?? of['name']}`;
  const counts = new Map<string, number>();
  const last = new Map<string, Json>();
  let rules = 0;
  for (const entry of entries)
    if (isMap(entry) && isMap(entry['rule'])) {
      counts.set(keyOf(entry['rule']), (counts.get(keyOf(entry['rule'])) ?? 0) + 1);
      last.set(keyOf(entry['rule']), entry['rule']);
      rules++;
    }
  const chains = entries.flatMap((entry): readonly BaseChain[] => {
    const chain = isMap(entry) ? entry['chain'] : null;
    if (!isMap(chain) || chain['type'] !== 'filter') return [];
    const hook = hookOf(chain['hook']);
    if (hook === null) return [];
    const { family } = chain;
    if (!IP_FAMILIES.has(String(family)) || dormant.has(`${family} ${chain['table']}`)) return [];
    return [
      {
        hook,
        ipv4: family === 'ip' || family === 'inet',
        ipv6: family === 'ip6' || family === 'inet',
        drops: chain['policy'] === 'drop' || refusesAll(last.get(keyOf(chain))),
        rules: counts.get(keyOf(chain)) ?? 0,
        name: /^[a-z0-9]+( [\w./-]+){2}$/.test(keyOf(chain)) ? keyOf(chain) : null,
      },
    ];
  });
  return { chains, rules };
}

/** The text of iptables-save: tables, `:CHAIN POLICY`, `-A CHAIN …`. */
function readSave(text: string, ipv6: boolean): Reading {
  const chains: BaseChain[] = [];
  const counts = new Map<string, number>();
  const policies = new Map<string, string>();
  const last = new Map<string, string>();
  let table = '';
  let rules = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const [word = '', policy = ''] = line.split(' ');
    if (table === 'filter' && word.startsWith(':') && policy !== '-') policies.set(word.slice(1), policy);
    if (word !== '-A') continue;
    rules++;
    if (table !== 'filter') continue;
    counts.set(policy, (counts.get(policy) ?? 0) + 1);
    last.set(policy, line.slice(`-A ${policy} `.length));
  }
  for (const [name, policy] of policies) {
    const hook = hookOf(name);
    if (hook === null) continue;
    const drops = policy === 'DROP' || /^-j (?:DROP|REJECT)(?: --reject-with \S+)?$/.test(last.get(name) ?? '');
    chains.push({ hook, ipv4: !ipv6, ipv6, drops, rules: counts.get(name) ?? 0, name: null });
  }
  return { chains, rules };
}

function read(ruleset: Ruleset): Reading {
  switch (ruleset.format) {
    case 'nft-json':
      return readNft(ruleset.text);
    case 'iptables-nft-save':
    case 'iptables-legacy-save':
      return readSave(ruleset.text, false);
    case 'ip6tables-nft-save':
    case 'ip6tables-legacy-save':
      return readSave(ruleset.text, true);
    default:
      return { chains: [], rules: 0 };
  }
}

function policyAt(chains: readonly BaseChain[], hook: Hook, fits: (chain: BaseChain) => boolean): HookPolicy {
  const own = chains.filter((chain) => chain.hook === hook && fits(chain));
  if (own.length === 0) return 'none';
  return own.some((chain) => chain.drops) ? 'drop' : 'accept';
}

/** What is there at the filter hooks. An iptables ruleset without a rule and without a drop policy is not there. */
export function filterOf(firewall: Firewall): Filter {
  const readings = firewall.rulesets.map(read);
  const rules = readings.reduce((sum, reading) => sum + reading.rules, 0);
  const all = readings.flatMap((reading) => reading.chains);
  const chains = all.some((chain) => chain.drops || chain.rules > 0) ? all : [];
  const count = (hook: Hook, fits: (chain: BaseChain) => boolean): number =>
    chains.filter((chain) => chain.hook === hook && fits(chain)).reduce((sum, chain) => sum + chain.rules, 0);
  const backends = new Set(
    firewall.rulesets.map(({ format }) => (format.includes('legacy') ? ('legacy' as const) : ('nft' as const))),
  );
  const any = (): boolean => true;
  return {
    // What stands in a table that was not read may filter: nothing is said to be absent then.
    read: firewall.read && firewall.unreadTables.length === 0,
    present: chains.length > 0,
    rules,
    inputRules: count('input', any),
    inputPolicy: policyAt(chains, 'input', any),
    inputPolicyIPv4: policyAt(chains, 'input', (chain) => chain.ipv4),
    inputPolicyIPv6: policyAt(chains, 'input', (chain) => chain.ipv6),
    inputChain: chains.find(({ hook, drops, name }) => hook === 'input' && !drops && name !== null)?.name ?? null,
    forwardPolicy: policyAt(chains, 'forward', any),
    outputPolicy: policyAt(chains, 'output', any),
    forwardRulesIPv4: count('forward', (chain) => chain.ipv4),
    forwardRulesIPv6: count('forward', (chain) => chain.ipv6),
    backends: [...backends].sort(),
    unreadTables: firewall.unreadTables.length,
  };
}

/** Statements of nft that give others' connections this host's address. */
const MASKING = ['masquerade', 'snat'];

function masksInNft(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    const entries: readonly unknown[] = isMap(parsed) && Array.isArray(parsed['nftables']) ? parsed['nftables'] : [];
    return entries.some((entry) => {
      const rule = isMap(entry) ? entry['rule'] : null;
      const statements: readonly unknown[] = isMap(rule) && Array.isArray(rule['expr']) ? rule['expr'] : [];
      return statements.some((statement) => isMap(statement) && MASKING.some((word) => word in statement));
    });
  } catch {
    return false;
  }
}

/** Whether a rule of this firewall gives connections another source address; null: it was not read. */
export function masqueradesBy(firewall: Firewall): boolean | null {
  if (!firewall.read) return null;
  return firewall.rulesets.some(({ format, text }) =>
    format === 'nft-json' ? masksInNft(text) : /^-A .*-j (?:MASQUERADE|SNAT)(?: |$)/m.test(text),
  );
}
