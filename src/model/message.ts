import type { Severity } from './finding.js';

/** One thing that a system log is told. */
export interface LogMessage {
  readonly kind: 'finding' | 'gap' | 'summary';
  readonly severity: Severity;
  /** Host that was audited. */
  readonly host: string;
  /** Time of its snapshot, RFC 3339. */
  readonly at: string;
  /** A sentence; foreign text in it is not escaped yet. */
  readonly text: string;
  /** The same in pieces: names of lower-case letters and `_`, values not escaped yet. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}
