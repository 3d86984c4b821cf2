import type { Severity } from '../model/finding.js';
import type { Report } from '../model/report.js';
import type { Format, Look } from './format.js';
import { findingsSection } from './terminal/findings.js';
import { firstScreen } from './terminal/first-screen.js';
import { listenersSection, publishedSection } from './terminal/listeners.js';
import { pageFor } from './terminal/page.js';
import { closingSection, gapsSection, layersSection, setAsideSection } from './terminal/rest.js';
import { viewOf } from './view.js';

function renderOne(report: Report, look: Look, minSeverity: Severity | null): string {
  const view = viewOf(report, minSeverity);
  const page = pageFor(look);
  firstScreen(page, view);
  findingsSection(page, view);
  setAsideSection(page, view);
  listenersSection(page, view);
  publishedSection(page, view);
  layersSection(page, view);
  gapsSection(page, view);
  closingSection(page, view);
  return page.text();
}

/**
 * For a person at a terminal. The first screen (24 lines of 80 columns) holds the worst three findings, what was not seen, and the
 * one next command; everything else stands below.
 */
export const terminalFormat: Format = {
  name: 'terminal',
  render: (reports, look) => reports.map((report) => renderOne(report, look, look.minSeverity)).join('\n'),
};
