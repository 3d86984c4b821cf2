import type { Firewall, Ruleset } from '../../model/network.js';
import type { BaseChain, Chain, Family, Program, Rule, Unread } from '../ir.js';
import { parseIpsets } from './ipset.js';
import { type IptablesRuleset, parseIptables } from './iptables.js';
import type { SetLookup } from './iptables-matches.js';
import { type NftRuleset, parseNft } from './nft.js';

/** The one program that all rulesets of a namespace make together. */
export function loadFirewall(firewall: Firewall): Program {
  const chains = new Map<string, Chain>();
  const base: BaseChain[] = [];
  const problems: string[] = [];
  const unread: Unread[] = firewall.unreadTables.map((table) => ({
    text: `the rules of ${table} were not read`,
    family: familyOfTables(table),
  }));
  const unsure = (texts: readonly string[]): void => {
    for (const text of texts) unread.push({ text, family: null });
  };
  const sets = setLookup(firewall.rulesets, problems);
  const nft = firewall.rulesets.filter((one) => one.format === 'nft-json').map((one) => parseNft(one.text, one.origin));
  const compat = firewall.rulesets.flatMap((one) => parseSaved(one, 'nft', sets));
  for (const listing of nft) {
    addNft(listing, compat, chains, base, problems);
    unsure(listing.problems);
  }
  const legacy = firewall.rulesets.flatMap((one) => parseSaved(one, 'legacy', sets));
  for (const saved of nft.length === 0 ? [...compat, ...legacy] : legacy) {
    for (const [key, chain] of saved.chains) chains.set(key, chain);
    base.push(...saved.base);
    problems.push(...saved.problems);
    unsure(saved.problems);
  }
  for (const listing of nft) problems.push(...listing.problems);
  for (const one of base) if (one.doubt !== null) unsure([one.doubt]);
  return { chains, base: withDevices(base, firewall.rulesets), unread, problems };
}

/** The packets that a table not read may meet (`ip6tables-legacy filter`, `nft ip nat`); null: of both families. */
const familyOfTables = (text: string): Family | null =>
  /^(?:ip6tables\b|nft ip6 )/.test(text) ? 'ipv6' : /^(?:iptables\b|nft ip )/.test(text) ? 'ipv4' : null;

/** Devices of ingress chains by `FAMILY TABLE CHAIN`, from `nft list chains`. */
function devicesOf(rulesets: readonly Ruleset[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  let table = '';
  let chain = '';
  for (const line of rulesets.filter((one) => one.format === 'nft-hooks').flatMap((one) => one.text.split('\n'))) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain;
    const devices = / hook (?:in|e)gress devices? (?:= \{ )?(.+?)(?: \})? priority /.exec(line)?.[1];
    if (devices === undefined) continue;
    found.set(
      `${table} ${chain}`,
      devices.split(',').map((device) => device.trim().replace(/^"|"$/g, '')),
    );
  }
  return found;
}

function withDevices(base: readonly BaseChain[], rulesets: readonly Ruleset[]): readonly BaseChain[] {
  if (!base.some((one) => one.devices.length === 0 && (one.hook === 'ingress' || one.hook === 'egress'))) return base;
  const known = devicesOf(rulesets);
  return base.map((one) => {
    const devices = known.get(`${one.chain.family} ${one.chain.table} ${one.chain.name}`);
    return one.devices.length > 0 || devices === undefined ? one : { ...one, devices };
  });
}

function setLookup(rulesets: readonly Ruleset[], problems: string[]): SetLookup {
  const filled = new Set<string>();
  for (const { text } of rulesets) {
    for (const found of text.matchAll(/-j SET --(?:add|del)-set (\S+)/g)) filled.add(found[1] ?? '');
  }
  const saved = rulesets.filter((one) => one.format === 'ipset-save');
  const ipsets = parseIpsets(saved.map((one) => one.text).join('\n'), saved[0]?.origin ?? 'ipset save', filled);
  problems.push(...ipsets.problems);
  return ipsets.lookup;
}

function parseSaved(ruleset: Ruleset, backend: 'nft' | 'legacy', sets: SetLookup): readonly IptablesRuleset[] {
  switch (ruleset.format) {
    case 'iptables-nft-save':
      return backend === 'nft' ? [parseIptables(ruleset.text, ruleset.origin, 'ip', 'nft', sets)] : [];
    case 'ip6tables-nft-save':
      return backend === 'nft' ? [parseIptables(ruleset.text, ruleset.origin, 'ip6', 'nft', sets)] : [];
    case 'iptables-legacy-save':
      return backend === 'legacy' ? [parseIptables(ruleset.text, ruleset.origin, 'ip', 'legacy', sets)] : [];
    case 'ip6tables-legacy-save':
      return backend === 'legacy' ? [parseIptables(ruleset.text, ruleset.origin, 'ip6', 'legacy', sets)] : [];
    case 'nft-json':
    case 'ipset-save':
    case 'nft-hooks':
      return [];
  }
}

/**
 * nft shows iptables' own modules as opaque `xt`: such rules are read from iptables-nft-save, which lists the same rules in the same
 * order, and keep nft's handle.
 */
function addNft(
  listing: NftRuleset,
  compat: readonly IptablesRuleset[],
  chains: Map<string, Chain>,
  base: BaseChain[],
  problems: string[],
): void {
  const replaced = new Map<Chain, Chain>();
  for (const [key, chain] of listing.chains) {
    const hidden = listing.opaque.get(key);
    const saved =
      hidden === undefined ? undefined : compat.map((one) => one.chains.get(key)).find((one) => one !== undefined);
    let whole = chain;
    if (hidden !== undefined && saved !== undefined) {
      if (saved.rules.length === chain.rules.length) whole = { ...chain, rules: merged(chain, saved, hidden) };
      else
        problems.push(
          `chain ${chain.family} ${chain.table} ${chain.name} has ${chain.rules.length} rules in nft and ${saved.rules.length} in iptables-save: it changed while it was read`,
        );
    }
    replaced.set(chain, whole);
    chains.set(key, whole);
  }
  for (const one of listing.base) base.push({ ...one, chain: replaced.get(one.chain) ?? one.chain });
}

function merged(chain: Chain, saved: Chain, hidden: readonly number[]): readonly Rule[] {
  return chain.rules.map((rule, i): Rule => {
    const other = saved.rules[i];
    if (other === undefined) return rule;
    // The words of iptables are what its user typed, whichever side the steps come from.
    return { ...(hidden.includes(i) ? other : rule), handle: rule.handle, number: null, text: other.text };
  });
}
