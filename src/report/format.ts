import type { Severity } from '../model/finding.js';
import type { Report } from '../model/report.js';

/** How a view may look. Made once, at the edge, from the terminal, the environment and the flags. */
export interface Look {
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  /** Colours and hyperlinks may be used. */
  readonly color: boolean;
  /** UTF-8 may be used; else everything is ASCII. */
  readonly unicode: boolean;
  /** The log that reads what is printed and obeys commands in it; null: none. */
  readonly ci: 'github' | 'gitlab' | null;
  /** Least severity that a view shows; null: what the report's gate says. JSON always holds everything. */
  readonly minSeverity: Severity | null;
}

/** Where there is no terminal and nothing is known. */
export const PLAIN_LOOK: Look = { columns: 80, color: false, unicode: true, ci: null, minSeverity: null };

/** What one format lets its user choose beside the look. */
export interface FormatOptions {
  /** sarif: what tells this upload from another of the same commit (host, job); null: the host's name. */
  readonly category?: string | null;
  /** sarif: waived findings too, with their suppression. */
  readonly waived?: boolean;
  /** github, gitlab, sarif: file that a finding without a place in the repository points at. Default `earshot.yaml`. */
  readonly fallbackFile?: string;
  /** markdown: at most so many bytes of UTF-8 (GitHub takes 1 MiB of a step's summary); what is left off is said. */
  readonly bytesMax?: number;
  /** prometheus: when the last complete audit began (RFC 3339), for a run that is not complete; null or absent: not known. */
  readonly lastCompleteAt?: string | null;
}

/** A format: reports in, text out. It decides nothing and needs nothing but the reports. */
export interface Format {
  readonly name: string;
  /** Most often one report; a capture of several hosts gives several. */
  readonly render: (reports: readonly Report[], look: Look, options?: FormatOptions) => string | Promise<string>;
  /** What `render` gives, in pieces that join to it, for a format whose reports are long. */
  readonly pieces?: (reports: readonly Report[]) => Iterable<string>;
}
