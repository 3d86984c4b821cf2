import type { Listener } from '../../model/listener.js';
import { reachOf, sourceWords, type View } from '../view.js';
import { minuteOf, serviceShort } from '../words.js';
import { type Page, SEVERITY_STYLES } from './page.js';

/** What stands on the first screen; the rest of each is below. */
const GAPS_FIRST = 3;
const FINDINGS_FIRST = 3;

/** A terminal's 24 rows. */
const SCREEN_ROWS = 24;

/** Width of the longest severity, and two blanks. */
const SEVERITY_COLUMNS = 10;

function unseen(page: Page, view: View): void {
  const { gaps } = view;
  if (gaps.length === 0) {
    page.paragraph('Everything that earshot asked for could be read.', 0, ['dim']);
    return;
  }
  const blind = gaps.some((gap) => gap.hidesListeners);
  page.heading(blind ? 'Not seen: listeners may be missing' : 'Not seen');
  for (const gap of gaps.slice(0, GAPS_FIRST))
    page.line(`${gap.hidesListeners ? '!' : '-'} ${gap.what}: ${gap.why}`, 0);
  const more = gaps.length - GAPS_FIRST;
  page.line(
    more > 0 ? `and ${more} more; all are explained at the end of this report` : 'explained at the end of this report',
    2,
    ['dim'],
  );
}

/** What answers; where that is unknown, which program. */
function answererOf({ service, owners }: Pick<Listener, 'service' | 'owners'>): string {
  if (service.name !== null) return serviceShort(service);
  const program = service.product ?? owners[0]?.name ?? null;
  return program === null ? 'unknown service' : `unknown service of ${program}`;
}

function worst(page: Page, view: View): void {
  if (view.findings.length === 0) return;
  page.heading(
    view.findings.length > FINDINGS_FIRST ? `Worst ${FINDINGS_FIRST} of ${view.findings.length} findings` : 'Findings',
  );
  for (const finding of view.findings.slice(0, FINDINGS_FIRST)) {
    const listener = view.subjects.listener(finding.subject) ?? view.subjects.published(finding.subject);
    const reach = reachOf(view.subjects, finding.subject);
    const service = listener === undefined ? '' : `, ${answererOf(listener)}`;
    const severity = { text: finding.severity.toUpperCase(), styles: SEVERITY_STYLES[finding.severity] };
    page.itemLine(severity, finding.title, SEVERITY_COLUMNS, ['bold']);
    page.line(
      `${view.subjects.words(finding.subject)}${service}${reach === null ? '' : `, ${reach}`}`,
      SEVERITY_COLUMNS,
    );
  }
}

function next(page: Page, view: View): void {
  page.item({ text: 'Next', styles: ['bold'] }, view.next.what, SEVERITY_COLUMNS);
  const { command } = view.next;
  if (command === '') return;
  if (page.rows() + page.commandRows(command, SEVERITY_COLUMNS) < SCREEN_ROWS) page.command(command, SEVERITY_COLUMNS);
  else page.paragraph('The command is long: it stands below, at number 1.', SEVERITY_COLUMNS);
}

/** Lines 1 to 24: the summary line, what was not seen, the worst three findings, the one next command. */
export function firstScreen(page: Page, view: View): void {
  const { host, collection, gate } = view.report;
  page.paragraph(view.headline, 0, ['bold']);
  const source = collection.source === 'live' ? '' : `, ${sourceWords(view.report)}`;
  page.line(`${host.os}, kernel ${host.kernel}, ${minuteOf(collection.startedAt)}${source}`, 0, ['dim']);
  if (gate.narrowed.length > 0) page.line(`Only a part was audited: ${gate.narrowed.join(', ')}`, 0, ['bold']);
  page.blank();
  unseen(page, view);
  page.blank();
  worst(page, view);
  page.blank();
  next(page, view);
  page.blank();
}
