import type { Network, Ruleset } from '../../model/network.js';

const TRANSLATION = /\b(?:dnat|redirect|tproxy|dup|fwd)\b/i;

/** A line of iptables-save for TCP alone, or a rule of `nft -j` whose protocol is TCP alone. */
const TCP_ONLY = /(?<!! )-p (?:tcp|6)\b|"protocol":"tcp"|"right":(?:"tcp"|6\b)/;
const IS_NEGATED = /"op":"!="/;

/** Rules one by one: lines, or the objects of `nft -j list ruleset`. */
function rulesOf({ format, text }: Ruleset): readonly string[] {
  if (format !== 'nft-json') return text.split('\n');
  try {
    const { nftables }: { nftables?: unknown } = JSON.parse(text);
    return Array.isArray(nftables) ? nftables.map((one) => JSON.stringify(one)) : [text];
  } catch {
    return [text];
  }
}

const leads = (rule: string): boolean => TRANSLATION.test(rule) && (!TCP_ONLY.test(rule) || IS_NEGATED.test(rule));

/** Why a datagram to an address of the namespace could end elsewhere; null: it cannot. A stream is looked after when it stands (dialling.ts). */
export function misled(network: Network | null): { readonly why: string; readonly fix: string } | null {
  if (network === null || !network.firewall.read || network.firewall.unreadTables.length > 0)
    return { why: 'its firewall was not read, so a datagram could be led to another machine', fix: 'run as root' };
  return network.firewall.rulesets.some((ruleset) => rulesOf(ruleset).some(leads))
    ? {
        why: 'its firewall translates destinations, so a datagram could be led to another machine',
        fix: 'ask it by hand',
      }
    : null;
}
