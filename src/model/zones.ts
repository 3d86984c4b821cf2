import type { Rank } from './exposure.js';

/** A zone of the user's own (`zones: { office: { interface: eth0, from: [198.51.100.0/24], rank: private } }`). */
export interface UserZone {
  readonly name: string;
  /** Interface where its packets enter; null: any. */
  readonly interface: string | null;
  /** Source prefixes; empty: every source. */
  readonly from: readonly string[];
  /** The built-in zone it ranks as. */
  readonly rank: Rank;
}

/** A built-in zone tied to an interface by the user (`zones: { public: { interface: eth0 } }`). */
export interface ZoneOverride {
  readonly zone: Rank;
  readonly interface: string;
}

/** What the configuration says about zones. */
export interface ZoneSettings {
  /** In the order they were written: the first that holds a source names it. */
  readonly zones: readonly UserZone[];
  readonly overrides: readonly ZoneOverride[];
  /** True: somebody translates a public address one to one onto this host's private ones, so the internet does address them. */
  readonly oneToOneNat: boolean;
}

export const NO_ZONE_SETTINGS: ZoneSettings = { zones: [], overrides: [], oneToOneNat: false };
