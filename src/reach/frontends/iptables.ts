import { type BaseChain, type Chain, chainKey, type Hook, type Rule, type Step } from '../ir.js';
import { matchSteps, type SetLookup, topStep } from './iptables-matches.js';
import type { Option } from './iptables-options.js';
import { targetSteps } from './iptables-targets.js';

/** What the text of iptables-save (or ip6tables-save) gives. */
export interface IptablesRuleset {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly base: readonly BaseChain[];
  readonly problems: readonly string[];
}

/** Hooks of iptables' built-in chains. */
const HOOKS: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

/** enum nf_ip_hook_priorities, by table and hook. */
function priorityOf(table: string, hook: Hook): number {
  switch (table) {
    case 'raw':
      return -300;
    case 'mangle':
      return -150;
    case 'nat':
      return hook === 'prerouting' || hook === 'output' ? -100 : 100;
    case 'security':
      return 50;
    default:
      return 0;
  }
}

/** One word of a line; quoted words are never options. */
interface Word {
  readonly text: string;
  readonly quoted: boolean;
  /** A quote was opened and not closed. */
  readonly cut?: boolean;
}

/** Splits a line as iptables-save writes it: double quotes, with backslash before quote and backslash. */
export function wordsOf(line: string): readonly Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (line[at] === ' ' || line[at] === '\t') {
      at++;
      continue;
    }
    if (line[at] === '"') {
      let text = '';
      at++;
      while (at < line.length && line[at] !== '"') {
        if (line[at] === '\\' && at + 1 < line.length) at++;
        text += line[at];
        at++;
      }
      words.push(at < line.length ? { text, quoted: true } : { text, quoted: true, cut: true });
      at++;
      continue;
    }
    let end = at;
    while (end < line.length && line[end] !== ' ' && line[end] !== '\t') end++;
    words.push({ text: line.slice(at, end), quoted: false });
    at = end;
  }
  return words;
}

interface TableState {
  readonly table: string;
  readonly policies: Map<string, string>;
  readonly rules: Map<string, Rule[]>;
}

/** Parses `iptables-save` text of one family; `backend` is the kernel side that holds the rules. */
export function parseIptables(
  text: string,
  origin: string,
  family: 'ip' | 'ip6',
  backend: 'nft' | 'legacy',
  sets: SetLookup,
): IptablesRuleset {
  const chains = new Map<string, Chain>();
  const base: BaseChain[] = [];
  const problems: string[] = [];
  let current: TableState | null = null;
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    const place = `${origin}:${index + 1}`;
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('*')) {
      if (current !== null) problems.push(`${place}: table ${current.table} has no COMMIT`);
      current = { table: line.slice(1), policies: new Map(), rules: new Map() };
    } else if (current === null) {
      problems.push(`${place}: expected *TABLE, found ${line.slice(0, 60)}`);
    } else if (line === 'COMMIT') {
      finish(current, family, backend, chains, base);
      current = null;
    } else takeLine(line, place, current, family, sets, problems);
  }
  if (current !== null) {
    problems.push(`${origin}: table ${current.table} is cut off: no COMMIT`);
    finish(current, family, backend, chains, base);
  }
  return { chains, base, problems };
}

function takeLine(
  line: string,
  place: string,
  table: TableState,
  family: 'ip' | 'ip6',
  sets: SetLookup,
  problems: string[],
): void {
  if (line.startsWith(':')) {
    const [name = '', policy = '-'] = line.slice(1).split(/\s+/);
    table.policies.set(name, policy);
    if (!table.rules.has(name)) table.rules.set(name, []);
    return;
  }
  const body = line.replace(/^\[\d+:\d+\]\s*/, '');
  const words = wordsOf(body);
  if (words.some((word) => word.cut === true)) problems.push(`${place}: a quote is not closed`);
  const name = words[1]?.text;
  const command = words[0]?.text;
  if ((command !== '-A' && command !== '--append') || name === undefined) {
    problems.push(`${place}: expected :CHAIN, -A CHAIN or COMMIT, found ${body.slice(0, 60)}`);
    return;
  }
  let rules = table.rules.get(name);
  if (rules === undefined) {
    problems.push(`${place}: chain ${name} is not declared in table ${table.table}`);
    rules = [];
    table.rules.set(name, rules);
  }
  const steps = ruleSteps(words.slice(2), family, table, sets);
  rules.push({ steps, handle: null, number: rules.length + 1, text: () => body });
}

/** The options of a rule, grouped by the module that reads them. */
function ruleSteps(words: readonly Word[], family: 'ip' | 'ip6', table: TableState, sets: SetLookup): readonly Step[] {
  const steps: Step[] = [];
  const isChain = (name: string): boolean => table.policies.has(name);
  let module: string | null = null;
  let options: Option[] = [];
  const context = { family, sets, l4: protocolOf(words) };
  const flush = (): void => {
    if (module !== null) steps.push(...matchSteps(module, options, context));
    module = null;
    options = [];
  };
  for (let at = 0; at < words.length; ) {
    const { option, after } = optionAt(words, at);
    at = after;
    if (option.name === '-m' || option.name === '--match') {
      flush();
      module = option.values[0] ?? '';
    } else if (option.name === '-j' || option.name === '--jump' || option.name === '-g' || option.name === '--goto') {
      flush();
      const rest: Option[] = [];
      while (at < words.length) {
        const more = optionAt(words, at);
        rest.push(more.option);
        at = more.after;
      }
      const goto = option.name === '-g' || option.name === '--goto';
      steps.push(...targetSteps(option.values[0] ?? '', rest, goto, isChain, family));
    } else {
      const top = topStep(option, family);
      if (top !== null) {
        flush();
        steps.push(top);
      } else options.push(option);
      if (top === null && module === null) module = '';
    }
  }
  flush();
  return steps;
}

/** Name of the protocol that `-p` asks for; null: none, or all but one. */
function protocolOf(words: readonly Word[]): string | null {
  const at = words.findIndex((word) => word.text === '-p' && !word.quoted);
  return at < 0 || words[at - 1]?.text === '!' ? null : (words[at + 1]?.text ?? null);
}

function optionAt(words: readonly Word[], start: number): { readonly option: Option; readonly after: number } {
  let at = start;
  const isMark = (word: Word | undefined): boolean => word !== undefined && !word.quoted && word.text === '!';
  const isOption = (word: Word | undefined): boolean =>
    word !== undefined && !word.quoted && /^-{1,2}[a-zA-Z0-9]/.test(word.text) && !/^-\d+$/.test(word.text);
  let negated = false;
  if (isMark(words[at])) {
    negated = true;
    at++;
  }
  const name = words[at]?.text ?? '';
  at++;
  const values: string[] = [];
  while (at < words.length && !isOption(words[at]) && !isMark(words[at])) {
    values.push(words[at]?.text ?? '');
    at++;
  }
  return { option: { name, negated, values }, after: at };
}

function finish(
  table: TableState,
  family: 'ip' | 'ip6',
  backend: 'nft' | 'legacy',
  chains: Map<string, Chain>,
  base: BaseChain[],
): void {
  for (const [name, rules] of table.rules) {
    const chain: Chain = { backend, family, table: table.table, name, rules };
    chains.set(chainKey(backend, family, table.table, name), chain);
    const policy = table.policies.get(name) ?? '-';
    const hook = HOOKS[name];
    if (policy === '-' || hook === undefined) continue;
    base.push({
      chain,
      hook,
      type: table.table === 'nat' ? 'nat' : 'filter',
      priority: priorityOf(table.table, hook),
      policy: policy === 'DROP' ? 'drop' : 'accept',
      devices: [],
      doubt: null,
    });
  }
}
