import type { Package } from './package.js';

/** How sure identity is: `certain` rests on activation, package or handshake; `likely` on names that could lie; `port-only` on the number. */
export type Confidence = 'certain' | 'likely' | 'port-only';

/** What answers behind a listener, by the name people use. */
export interface Service {
  /** Name from the one list of services (`lib/services`); null: unknown. */
  readonly name: string | null;
  readonly product: string | null;
  readonly version: string | null;
  /** null: unknown. */
  readonly confidence: Confidence | null;
  /** Sentences, each with the fact that says so. */
  readonly evidence: readonly string[];
  /** Package of the program that another one starts for each connection, where activation names it; absent: the owner itself answers, or none was found. */
  readonly package?: Package;
  /** `port says telnet, process says nginx`; null: nothing disagrees. */
  readonly disagreement: string | null;
  /** Where a relay passes it on to; null: no relay. */
  readonly relayTo: { readonly address: string; readonly port: number | null; readonly listener: string | null } | null;
  /** Whether it lets a stranger in: `none` was seen without a password, `required` was seen to ask; null: not seen. */
  readonly authentication: 'none' | 'required' | null;
  /** Whether what it speaks is encrypted: `tls`, `cleartext` as seen or by the protocol's nature; null: not seen. */
  readonly encryption: 'tls' | 'cleartext' | null;
  /** Facts a configuration file or handshake gave, by dotted name (`ftp.anonymous: yes`), for rules and `explain`. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Nothing is known of what answers. */
export const UNKNOWN_SERVICE: Service = {
  name: null,
  product: null,
  version: null,
  confidence: null,
  evidence: [],
  disagreement: null,
  relayTo: null,
  authentication: null,
  encryption: null,
  facts: {},
};
