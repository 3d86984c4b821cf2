import type { Finding } from '../../model/finding.js';
import { evidenceWords } from '../fields.js';
import {
  type FixGroup,
  oneOfEachRule,
  placesOf,
  reachRows,
  referencesOf,
  remarksOf,
  subjectsOfGroup,
  type View,
} from '../view.js';
import {
  becauseWords,
  capitalized,
  clientsWords,
  count,
  heardBy,
  heldBy,
  prose,
  serviceWords,
  zoneWords,
} from '../words.js';
import { type Page, SEVERITY_STYLES } from './page.js';

/** Subjects of one group that are listed; the listener table below holds them all. */
const SUBJECTS_MAX = 12;
const EVIDENCE_MAX = 4;
/** Ways in of one subject that are told. */
const REACH_MAX = 3;
const LABEL = 16;
const INDENT = 3;

function subjectLines(page: Page, view: View, finding: Finding): void {
  const listener = view.subjects.listener(finding.subject);
  const published = view.subjects.published(finding.subject);
  const status = finding.status === 'known' ? ' (known)' : '';
  page.paragraph(`${view.subjects.words(finding.subject)}${status}`, INDENT, ['bold']);
  const subject = listener ?? published;
  if (subject === undefined) return;
  const owners = heldBy(subject.owners, listener?.ownersComplete ?? true);
  page.paragraph(`${serviceWords(subject.service)}, ${owners}`, INDENT + 2);
  const clients = listener === undefined ? null : clientsWords(listener.clients);
  if (clients !== null) page.paragraph(`Connected now: ${clients}`, INDENT + 2);
}

/** Who can reach the group's first subject, and what lets them in. */
function reachLines(page: Page, view: View, finding: Finding): void {
  const subject = view.subjects.listener(finding.subject) ?? view.subjects.published(finding.subject);
  const exposure = subject?.exposure ?? null;
  if (exposure === null) return;
  const shown = reachRows(view.subjects, finding.subject);
  if (shown.length === 0) {
    page.item({ text: 'Heard by', styles: ['dim'] }, capitalized(heardBy(exposure)), LABEL, INDENT);
    return;
  }
  shown.slice(0, REACH_MAX).forEach((row, index) => {
    page.item(
      { text: index === 0 ? 'Heard by' : '', styles: ['dim'] },
      `${row.zone}: ${zoneWords(row)}`,
      LABEL,
      INDENT,
    );
    const because = row.because.at(-1);
    if (because !== undefined) page.item({ text: '' }, `let in by ${becauseWords(because)}`, LABEL, INDENT, ['dim']);
  });
  const more = shown.length - REACH_MAX;
  if (more > 0)
    page.item({ text: '' }, `and in ${count(more, 'more way')}: -f json holds them all`, LABEL, INDENT, ['dim']);
}

/** What the firewall seems to say and does not do. */
function remarkLines(page: Page, view: View, fix: FixGroup): void {
  for (const remark of remarksOf(view.subjects, fix.findings)) {
    page.item({ text: 'Beware', styles: ['bold'] }, prose(remark.text), LABEL, INDENT);
    for (const because of remark.because.slice(0, 3))
      page.item({ text: '' }, becauseWords(because), LABEL, INDENT, ['dim']);
  }
}

function steps(page: Page, group: FixGroup): void {
  const several = group.steps.length > 1;
  group.steps.forEach((step, index) => {
    const what = several ? `${index + 1}) ${prose(step.what)}` : prose(step.what);
    page.item({ text: index === 0 ? 'What to do' : '', styles: ['dim'] }, what, LABEL, INDENT);
    if (step.command !== '') page.command(step.command, INDENT + LABEL);
    if (step.undo !== undefined && step.undo !== '') {
      page.item({ text: '' }, 'to undo it:', LABEL, INDENT, ['dim']);
      page.command(step.undo, INDENT + LABEL);
    }
  });
}

function ruleLines(page: Page, finding: Finding): void {
  page.item({ text: 'Why it matters', styles: ['dim'] }, prose(finding.rationale), LABEL, INDENT);
  finding.evidence.slice(0, EVIDENCE_MAX).forEach((evidence, index) => {
    const { what, value, why } = evidenceWords(evidence);
    const text = `${what}: ${value}${why === '' ? '' : ` (${why})`}`;
    page.item({ text: index === 0 ? 'How it is known' : '', styles: ['dim'] }, text, LABEL, INDENT);
  });
}

function group(page: Page, view: View, number: number, fix: FixGroup): void {
  const [first] = fix.findings;
  if (first === undefined) return;
  const rules = oneOfEachRule(fix.findings);
  for (const [index, finding] of rules.entries()) {
    const label = index === 0 ? `${number}.` : '';
    page.titled(
      label,
      { text: finding.severity.toUpperCase(), styles: SEVERITY_STYLES[finding.severity] },
      finding.title,
      finding.ruleId,
      INDENT,
    );
  }
  const subjects = subjectsOfGroup(fix);
  for (const finding of subjects.slice(0, SUBJECTS_MAX)) subjectLines(page, view, finding);
  const more = subjects.length - SUBJECTS_MAX;
  if (more > 0)
    page.paragraph(`and ${count(more, 'more place')}: the table below marks them, -f json holds them all`, INDENT);
  reachLines(page, view, first);
  remarkLines(page, view, fix);
  for (const finding of rules) ruleLines(page, finding);
  steps(page, fix);
  const references = referencesOf(fix.findings);
  if (references.length > 0) page.links({ text: 'See', styles: ['dim'] }, references, LABEL, INDENT);
  const places = placesOf(fix.findings);
  if (places.length > 0) page.item({ text: 'Set in', styles: ['dim'] }, places.slice(0, 4).join(', '), LABEL, INDENT);
  page.blank();
}

/** Every finding shown, one group a fix, worst first. */
export function findingsSection(page: Page, view: View): void {
  if (view.groups.length === 0) return;
  page.heading(
    `What to do, worst first: ${count(view.groups.length, 'fix', 'fixes')} for ${count(view.findings.length, 'finding')}`,
  );
  page.blank();
  view.groups.forEach((fix, index) => {
    group(page, view, index + 1, fix);
  });
  if (view.hiddenFindings > 0) {
    page.paragraph(
      `${count(view.hiddenFindings, 'finding')} of lesser severity not shown (--min-severity info shows all).`,
    );
    page.blank();
  }
}
