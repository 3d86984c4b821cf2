export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** From worst to least. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

export type Status = 'new' | 'known' | 'waived' | 'resolved';

export interface Evidence {
  readonly field: string;
  readonly value: string;
  readonly why: string;
}

export interface Remediation {
  /** What it does, and on which platform. */
  readonly what: string;
  /** What to type; foreign text in it is quoted for sh. Empty: nothing to type. */
  readonly command: string;
  /** `debian`, `rhel`, `alpine`, `systemd`, `docker`, `kubernetes`, `generic`. */
  readonly platform?: string;
  readonly undo?: string;
}

export interface Reference {
  readonly id: string;
  readonly url: string;
}

export interface Location {
  readonly file: string;
  /** Path relative to the repository's root, where the file lies in one. */
  readonly repoPath: string | null;
  readonly line: number;
  readonly what: string;
}

/** A rule that matched a subject, before the gate has looked at it. */
export interface Match {
  readonly ruleId: string;
  readonly title: string;
  readonly severity: Severity;
  /** Id of the listener, published port, interface, route or host. */
  readonly subject: string;
  readonly locations: readonly Location[];
  readonly rationale: string;
  readonly evidence: readonly Evidence[];
  readonly remediation: readonly Remediation[];
  readonly references: readonly Reference[];
  readonly tags: readonly string[];
  /** SHA-256, 32 hex digits, of rule id, protocol, address, device, port (or service), namespace name. */
  readonly fingerprint: string;
}

export interface Finding extends Match {
  readonly status: Status;
  /** The waiver that accepts it; null: none. */
  readonly waiver: {
    readonly owner: string;
    readonly reason: string;
    readonly expires: string;
    readonly ticket: string | null;
  } | null;
  /** When a run first and last had it, RFC 3339; absent where no state is kept. */
  readonly firstSeen?: string;
  readonly lastSeen?: string;
}
