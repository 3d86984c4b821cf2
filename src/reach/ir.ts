import type { Intervals, Point } from '../lib/ip/intervals.js';

/** Who decides something the ruleset alone does not: this host's state, or the sender (source port, TTL, …). */
export type DecidedBy = 'state' | 'sender';

/**
 * What packets have, as hosts send them, where a field is read: whole, without extension headers, with a usual segment size and hops to go.
 * `absent`: the field is not there.
 */
export type Plain = Intervals | 'absent';

/** Address family of a packet. */
export type Family = 'ipv4' | 'ipv6';

export type Side = 'source' | 'destination';

/**
 * What an expression reads off a packet. `l4` in a port field names the protocol the rule asks for (`tcp dport`), null for `th dport`.
 * Every kind has a row in docs/reach-coverage.md.
 */
export type Field =
  | { readonly kind: 'address'; readonly side: Side; readonly family: Family }
  | { readonly kind: 'port'; readonly side: Side; readonly l4: string | null }
  | { readonly kind: 'l4proto'; readonly family: Family | null }
  | { readonly kind: 'nfproto' }
  | { readonly kind: 'ethertype' }
  | { readonly kind: 'tcp-flags' }
  | {
      readonly kind: 'interface';
      readonly way: 'in' | 'out';
      readonly what: 'name' | 'index' | 'type' | 'group' | 'kind';
    }
  | { readonly kind: 'mark' }
  | { readonly kind: 'ct-mark' }
  | { readonly kind: 'ct-state' }
  | { readonly kind: 'ct-status' }
  | { readonly kind: 'ct-direction' }
  | { readonly kind: 'ct-l3proto' }
  | { readonly kind: 'ct-protocol' }
  /** direction null: the id as the zone has it, whatever direction it is for. */
  | { readonly kind: 'ct-zone'; readonly direction: 'original' | 'reply' | null }
  | {
      readonly kind: 'ct-address';
      readonly direction: 'original' | 'reply';
      readonly side: Side;
      readonly family: Family | null;
    }
  | { readonly kind: 'ct-port'; readonly direction: 'original' | 'reply'; readonly side: Side }
  | { readonly kind: 'packet-type' }
  | {
      readonly kind: 'fib';
      readonly result: 'type' | 'index' | 'name' | 'present';
      readonly side: Side;
      readonly iif: boolean;
      readonly oif: boolean;
      readonly mark: boolean;
    }
  /** A field of another header: absent unless the packet is of that protocol or family, else the sender's choice. */
  | {
      readonly kind: 'header';
      readonly l4: string | null;
      readonly family: Family | null;
      readonly text: string;
      readonly plain?: Plain;
      /** What is read off a packet of another protocol; not given: it is absent there. */
      readonly elsewhere?: Point;
    }
  /** What br_netfilter notes of bridge ports (`-m physdev`). */
  | { readonly kind: 'physdev'; readonly what: 'in' | 'out' | 'is-in' | 'is-out' | 'is-bridged' }
  /** Never there for a first packet (`ct helper`, `vlan id` on an untagged frame). */
  | { readonly kind: 'absent'; readonly text: string }
  /** The sending process, seen on output only. */
  | { readonly kind: 'owner'; readonly text: string }
  /** `(field & and) ^ xor`, then shifted right. */
  | {
      readonly kind: 'masked';
      readonly of: Field;
      readonly and: bigint;
      readonly xor: bigint;
      readonly shift: number;
    }
  | { readonly kind: 'concat'; readonly parts: readonly Field[] }
  | { readonly kind: 'constant'; readonly value: Point }
  /** `below`: whatever decides, it is one of the whole numbers below this (numgen, a hash). */
  | {
      readonly kind: 'unknown';
      readonly text: string;
      readonly by: DecidedBy;
      readonly below?: number;
      readonly plain?: Plain;
    };

/** A set of values as a rule writes it. */
export type Values =
  | { readonly kind: 'intervals'; readonly set: Intervals }
  | { readonly kind: 'names'; readonly exact: ReadonlySet<string>; readonly prefixes: readonly string[] }
  /** Concatenations: every element one value set per part. */
  | { readonly kind: 'tuples'; readonly tuples: readonly (readonly Values[])[] }
  | { readonly kind: 'named'; readonly set: NamedSet }
  | { readonly kind: 'several'; readonly of: readonly Values[] }
  | { readonly kind: 'everything' }
  | { readonly kind: 'unknown'; readonly text: string };

/** A named set, map or ipset. Elements are parsed when first asked for. */
export interface NamedSet {
  readonly name: string;
  /** True: rules add elements, so its contents are those at the time of reading. */
  readonly changing: boolean;
  /** null: the set does not exist, or its elements were not read. */
  readonly elements: () => Values | null;
  /** Elements of a map with their data; empty for a set. */
  readonly entries: () => readonly MapEntry[] | null;
}

export interface MapEntry {
  readonly key: Values;
  readonly data: MapData;
}

export type MapData =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'value'; readonly value: Expression };

/** Either written in the rule or named. */
export type MapOf =
  | { readonly kind: 'entries'; readonly entries: readonly MapEntry[] }
  | { readonly kind: 'named'; readonly set: NamedSet };

/** A value a statement writes. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: Point }
  | { readonly kind: 'range'; readonly low: Point; readonly high: Point }
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'bitwise'; readonly of: Expression; readonly and: bigint; readonly xor: bigint }
  | { readonly kind: 'xor-of'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'tuple'; readonly parts: readonly Expression[] }
  | { readonly kind: 'map'; readonly key: Field; readonly map: MapOf }
  | { readonly kind: 'unknown'; readonly text: string };

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'continue' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'reject'; readonly with: string }
  /** A verdict that is not understood, or that a program outside decides (queue). */
  | { readonly kind: 'unknown'; readonly text: string };

/** Rules are conjunctions of steps that stop at the first match which does not hold. */
export type Step =
  | { readonly kind: 'compare'; readonly field: Field; readonly negated: boolean; readonly values: Values }
  /** xt_conntrack: an untracked packet is judged by `--ctstate` alone. */
  | { readonly kind: 'conntrack'; readonly state: Step | null; readonly rest: readonly Step[] }
  /** Holds where none of the steps does (`! --match-set` and its kin over several fields). */
  | { readonly kind: 'not'; readonly step: Step }
  /** Holds where one of the steps does (`-m multiport --ports`). */
  | { readonly kind: 'any'; readonly steps: readonly Step[] }
  /** Nothing says whether it holds; `plain`: whether it does for packets as hosts send them. */
  | { readonly kind: 'maybe'; readonly text: string; readonly by: DecidedBy; readonly plain?: boolean }
  | { readonly kind: 'never'; readonly text: string }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'verdict-map'; readonly key: Field; readonly map: MapOf }
  | { readonly kind: 'set-mark'; readonly which: 'mark' | 'ct-mark'; readonly value: Expression }
  | { readonly kind: 'notrack' }
  /** A conntrack zone for the packet, before conntrack looks at it: of both directions, or of one. */
  | {
      readonly kind: 'set-zone';
      readonly value: Expression;
      readonly direction: 'original' | 'reply' | null;
      /** xt_CT leaves a packet alone that another rule told conntrack not to look at, nft's statement does not. */
      readonly afterNotrack: boolean;
    }
  | {
      readonly kind: 'dnat';
      readonly family: Family | null;
      readonly address: Expression | null;
      readonly port: Expression | null;
      /** `--to-destination A:53-54/5353`: the first port of the range belongs to this one; null: no such shift. */
      readonly portBase: number | null;
      readonly random: boolean;
      /** The host bits stay, the prefix (a range) is exchanged. */
      readonly netmap: boolean;
      /** PREROUTING REDIRECT: the address of the interface. */
      readonly redirect: boolean;
    }
  | { readonly kind: 'snat'; readonly address: Expression | null; readonly masquerade: boolean; readonly text: string }
  | {
      readonly kind: 'tproxy';
      readonly address: Expression | null;
      readonly port: Expression | null;
      readonly family: Family | null;
      readonly mark: { readonly value: number; readonly mask: number } | null;
      /** xt_TPROXY drops where no socket is there, nft's statement goes on to the next rule. */
      readonly otherwise: 'drop' | 'next-rule';
    }
  /** Writes a header field that later rules read; what it writes is not followed. */
  | { readonly kind: 'rewrite'; readonly text: string }
  | { readonly kind: 'no-effect'; readonly text: string }
  /** A statement that is not understood: it may end the packet here. */
  | { readonly kind: 'unknown'; readonly text: string };

export type Backend = 'nft' | 'legacy';

export interface Rule {
  readonly steps: readonly Step[];
  readonly handle: number | null;
  readonly number: number | null;
  /** The rule as its tool writes it. */
  readonly text: () => string;
}

export type Hook = 'ingress' | 'egress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

export interface Chain {
  readonly backend: Backend;
  /** ip, ip6, inet, netdev, bridge, arp. */
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly rules: readonly Rule[];
}

export interface BaseChain {
  readonly chain: Chain;
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: Hook;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** netdev chains: interfaces they hang on; empty: all. */
  readonly devices: readonly string[];
  /** Something the front end could not read of it (a hook it does not know); null: all read. */
  readonly doubt: string | null;
}

/** Something of a firewall that was not read; family null: packets of both may meet it. */
export interface Unread {
  readonly text: string;
  readonly family: Family | null;
}

/** A whole firewall of one namespace. */
export interface Program {
  /** By `chainKey`. */
  readonly chains: ReadonlyMap<string, Chain>;
  readonly base: readonly BaseChain[];
  /** What is there and could not be read: every answer that could meet it is conditional. */
  readonly unread: readonly Unread[];
  /** What a listing got wrong, with its place. */
  readonly problems: readonly string[];
}

export const chainKey = (backend: Backend, family: string, table: string, name: string): string =>
  `${backend} ${family} ${table} ${name}`;

export const unknownField = (text: string, by: DecidedBy = 'state'): Field => ({ kind: 'unknown', text, by });
