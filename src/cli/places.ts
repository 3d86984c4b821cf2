import { findRepository } from '../config/repository.js';
import { placed, repositoryPath } from '../gate/places.js';
import type { Report } from '../model/report.js';
import type { FormatOptions } from '../report/format.js';

export interface Placed {
  readonly reports: readonly Report[];
  /** Where a finding without a place of its own points. */
  readonly places: Pick<FormatOptions, 'fallbackFile' | 'category'>;
}

/** The reports with their places in the repository around `folder`; as they are where it is in none. */
export function placedReports(reports: readonly Report[], config: string | null, folder: string): Placed {
  const repository = findRepository(folder);
  if (repository === null) return { reports, places: {} };
  const fallbackFile = config === null ? null : repositoryPath(repository, config);
  return {
    reports: reports.map((report) => placed(report, repository)),
    places: fallbackFile === null ? {} : { fallbackFile },
  };
}
