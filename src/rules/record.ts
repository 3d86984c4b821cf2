import type { Rank } from '../model/exposure.js';
import type { Location } from '../model/finding.js';
import type { Listener, Owner } from '../model/listener.js';
import type { Published } from '../model/report.js';
import type { Snapshot, SnapshotSource } from '../model/snapshot.js';
import type { RecordData } from './language/values.js';

/** A subject as a rule sees it, and what a finding of it needs. */
export interface SubjectRecord {
  readonly id: string;
  readonly data: RecordData;
  /** Of many listeners: `port` and `queue` as in `data`, which need not be made for them. Absent: look there. */
  readonly own?: RecordData;
  /** Widest zone that reaches it; null: it is nothing one connects to. */
  readonly rank: Rank | null;
  /** What makes its findings the same in the next run (DESIGN: fingerprint), the rule id not counted. */
  readonly key: readonly (string | number | null)[];
  readonly source: SnapshotSource;
  readonly owners: readonly Owner[];
  readonly locations: readonly Location[];
}

/** What records are built from. */
export interface Facts {
  readonly snapshot: Snapshot;
  readonly listeners: readonly Listener[];
  readonly published: readonly Published[];
}

/** Fields that every record has. */
export function common(facts: Facts): RecordData {
  const { host, collection } = facts.snapshot;
  return { source: collection.source, host };
}
