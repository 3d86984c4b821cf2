import type { Rank } from './exposure.js';
import type { Severity } from './finding.js';

/** What one finding was when it was agreed to. */
export interface BaselineEntry {
  readonly fingerprint: string;
  readonly ruleId: string;
  readonly subject: string;
  readonly title: string;
  readonly severity: Severity;
  /** Widest exposure of its subject at that time; null where it had none. */
  readonly widest: Rank | null;
}

/** An agreed state, made by `earshot baseline accept` and kept in git: one entry a finding, sorted, nothing that moves by itself. */
export interface Baseline {
  readonly schema: 'earshot.baseline/1';
  /** Host name of the report it was made from; informative only. */
  readonly host: string;
  /** Time of the snapshot it was made from, RFC 3339. */
  readonly acceptedAt: string;
  readonly findings: readonly BaselineEntry[];
}
