import type { Because, OutcomeKind } from './exposure.js';

/** One packet, as `earshot reach` is asked about it. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  /** Name or number of the protocol. */
  readonly protocol: string;
  readonly port: number;
  /** null: any. */
  readonly sourcePort: number | null;
  /** Interface where it comes in; null: the one that leads to the source. */
  readonly input: string | null;
}

/** What becomes of a packet, as a line of `earshot reach --batch` gives it. */
export interface PacketOutcome {
  readonly outcome: OutcomeKind;
  /** Id of the listener that takes it; null: none. */
  readonly listener: string | null;
  /** Where it leaves this host; null: it does not. */
  readonly forward: { readonly interface: string; readonly to: string } | null;
  readonly because: readonly Because[];
  readonly conditions: readonly string[];
}

/** A question that cannot be asked, with the reason. */
export interface Unanswerable {
  readonly error: string;
}
