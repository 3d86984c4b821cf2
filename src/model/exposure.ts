/** Built-in zones from narrow to wide (DESIGN, Zones). */
export type Rank = 'none' | 'local' | 'loopback' | 'container' | 'vm' | 'link' | 'private' | 'public';

/** Ranks in order; an index compares two. */
export const RANKS: readonly Rank[] = ['none', 'local', 'loopback', 'container', 'vm', 'link', 'private', 'public'];

export type Reachable = 'yes' | 'no' | 'conditional';

/** What decided: a firewall rule, a chain's policy, or a routing decision. */
export interface Because {
  readonly kind: 'rule' | 'policy' | 'routing';
  readonly backend: 'nft' | 'legacy' | null;
  readonly family: string | null;
  readonly table: string | null;
  readonly chain: string | null;
  /** nft rules have a handle, legacy rules a number in their chain (from 1). */
  readonly handle: number | null;
  readonly number: number | null;
  /** The rule as text; for `routing` the reason (`martian source`, `blackhole`, `no route`). */
  readonly rule: string;
  /** netfilter's word: accept, drop, reject, jump, dnat, redirect, … */
  readonly verdict: string;
}

export interface ZoneExposure {
  /** Name of the zone: a built-in one or the user's. */
  readonly zone: string;
  readonly rank: Rank;
  /** Interface where the packet enters; null where not tied to one. */
  readonly interface: string | null;
  /** Local addresses it speaks of; null: all of the bind. */
  readonly addresses: readonly string[] | null;
  readonly reachable: Reachable;
  /** Source prefixes with this answer. */
  readonly sources: readonly string[];
  /** Conditions in words; may stand beside `yes` (something the sender can choose). */
  readonly conditions: readonly string[];
  /** In the order of the path. */
  readonly because: readonly Because[];
}

/** A misunderstanding that rules can match on: what the owner of the firewall would not expect. */
export type RemarkCode =
  /** A rule denies this very port, and yet somebody gets in. */
  | 'open-though-denied'
  /** Kept out over IPv4, let in over IPv6. */
  | 'open-over-ipv6-only'
  /** Translated before the host's own input rules, which would have refused it. */
  | 'published-past-input'
  /** Sources that the host's input rules ban still get to the published port. */
  | 'ban-misses-published';

export interface Remark {
  readonly code: RemarkCode;
  /** The fact in a sentence. */
  readonly text: string;
  /** The rules it speaks of. */
  readonly because: readonly Because[];
}

export interface Exposure {
  /** Widest built-in rank that is `yes`, or `conditional` by this host's own state. */
  readonly widest: Rank;
  readonly zones: readonly ZoneExposure[];
  /** Contradictions between what the firewall seems to say and what it does; absent: none were looked for. */
  readonly remarks?: readonly Remark[];
  /** unix sockets: who may connect, in words (`root only`, `everybody`, `group docker`). */
  readonly access?: string | null;
}

/** What becomes of one packet, in nmap's words. */
export type OutcomeKind = 'open' | 'closed' | 'filtered' | 'rejected' | 'forwarded' | 'conditional';
