import { sourceWords, type View } from '../view.js';
import { count, minuteOf } from '../words.js';
import type { Page } from './page.js';

const LABEL = 10;
/** Columns of a layer's name. */
const LAYER = 18;

/** Findings that do not count: accepted, and gone. */
export function setAsideSection(page: Page, view: View): void {
  if (view.waived.length > 0) {
    page.heading(`Accepted: ${count(view.waived.length, 'waived finding')}`);
    for (const finding of view.waived) {
      const waiver = finding.waiver;
      const terms = waiver === null ? '' : ` Accepted by ${waiver.owner} until ${waiver.expires}: ${waiver.reason}`;
      page.item(
        { text: finding.severity },
        `${finding.title}, ${view.subjects.words(finding.subject)}.${terms}`,
        LABEL,
      );
    }
    page.blank();
  }
  if (view.resolved.length > 0) {
    page.heading(`Gone since: ${count(view.resolved.length, 'finding')}`);
    for (const finding of view.resolved)
      page.item({ text: finding.severity }, `${finding.title}, ${finding.subject}`, LABEL);
    page.blank();
  }
}

/** Every gap in full. */
export function gapsSection(page: Page, view: View): void {
  if (view.gaps.length === 0) return;
  page.heading(`What was not seen: ${view.gaps.length}`);
  for (const gap of view.gaps) {
    page.item({ text: gap.hidesListeners ? '!' : '-' }, gap.what, 2, 0, ['bold']);
    page.item({ text: 'why', styles: ['dim'] }, gap.why, LABEL, 2);
    if (gap.hides !== '') page.item({ text: 'hides', styles: ['dim'] }, gap.hides, LABEL, 2);
    if (gap.fix !== '') page.item({ text: 'to see it', styles: ['dim'] }, gap.fix, LABEL, 2);
  }
  if (view.gaps.some((gap) => gap.hidesListeners))
    page.paragraph('!: a whole listener may be missing because of it.', 0, ['dim']);
  page.blank();
}

/** The OSI table, where it was asked for. */
export function layersSection(page: Page, view: View): void {
  const { layers } = view.report;
  if (layers === null) return;
  page.heading('The OSI layers of this host');
  for (const layer of layers) {
    page.item({ text: `${layer.number} ${layer.osi}`, styles: ['bold'] }, layer.tcpip, LAYER);
    for (const fact of layer.shows) page.paragraph(`${fact.what}: ${fact.value}`, 2);
  }
  page.blank();
}

/** What the gate has to say, and how the run ended. */
export function closingSection(page: Page, view: View): void {
  for (const notice of view.report.gate.notices) page.paragraph(notice);
  page.paragraph(view.verdict);
  const { collection, tool } = view.report;
  const took = (collection.durationMs / 1000).toFixed(2);
  page.paragraph(
    `${minuteOf(collection.startedAt)}, ${took} s, earshot ${tool.version}, ${sourceWords(view.report)}.`,
    0,
    ['dim'],
  );
}
