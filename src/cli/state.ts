import { join } from 'node:path';
import { type Agreed, agreedFromReport } from '../gate/agreed.js';
import type { Report } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Io } from './io.js';

/** The history that a run reads from and adds to. */
export interface State {
  /** The last finished run, or null. */
  readonly last: Report | null;
  readonly agreed: readonly Agreed[];
  readonly notices: readonly string[];
  /** Time of the last complete run before this one; null: none. */
  readonly lastCompleteAt: string | null;
  /** The report with first and last sightings. */
  readonly dated: (report: Report) => Report;
  readonly record: (report: Report, snapshot: Snapshot) => void;
  /** Folder in which reports wait for receivers that are away; made when asked for. @throws UsageError when it is not safe. */
  readonly spool: () => string;
  readonly close: () => void;
}

/** Where state is kept when it is asked for without a folder: /var/lib/earshot for root, else XDG's state folder. */
export function defaultStateFolder(io: Io): string {
  if (io.uid === 0) return '/var/lib/earshot';
  return join(io.env['XDG_STATE_HOME'] ?? join(io.env['HOME'] ?? '.', '.local', 'state'), 'earshot');
}

/** Opens the history in `folder`. @throws UsageError where the folder is not safe. */
export async function openState(folder: string, io: Io): Promise<State> {
  const { openHistory } = await import('../history/history.js');
  const { safeFolder } = await import('../history/folder.js');
  const history = openHistory(folder, io.uid ?? 0, io.now().toISOString());
  const last = history.last();
  return {
    last,
    agreed: last === null ? [] : [agreedFromReport(last)],
    notices: history.notices,
    lastCompleteAt: history.lastCompleteAt(),
    dated: (report) => ({ ...report, findings: history.dated(report.findings, report.collection.startedAt) }),
    record: history.record,
    spool: () => {
      const spool = join(folder, 'spool');
      safeFolder(spool, io.uid ?? 0);
      return spool;
    },
    close: history.close,
  };
}
