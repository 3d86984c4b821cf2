import { escapeCommandMessage, escapeCommandProperty } from '../lib/escape/command.js';
import { type Escaped, tag } from '../lib/escape/escaped.js';
import { cut } from '../lib/escape/visible.js';
import type { Finding } from '../model/finding.js';
import type { Gap } from '../model/gap.js';
import type { Report } from '../model/report.js';
import { fails, oneLine, repositoryPlace, shownFindings } from './ci.js';
import type { Format, FormatOptions, Look } from './format.js';
import { atLeast, type Subjects, subjectsOf } from './view.js';
import { count, prose } from './words.js';

/*
 * Annotations as commands of GitHub's runner. It keeps ten errors, ten warnings and ten notices of a step and drops the rest without
 * a word, so the worst go first and the tenth of each says how many more there are.
 */

type Level = 'error' | 'warning' | 'notice';

const ANNOTATIONS_MAX = 10;
const MESSAGE_MAX = 1_500;

const command = tag<'command'>();

interface Annotation {
  readonly level: Level;
  readonly title: string;
  readonly message: string;
  readonly place: { readonly path: string; readonly line: number } | null;
}

/** What fails the run is an error; another new finding of medium or more a warning; the rest a notice. */
function levelOf(finding: Finding, report: Report): Level {
  if (fails(finding, report)) return 'error';
  return finding.status === 'new' && atLeast(finding.severity, 'medium') ? 'warning' : 'notice';
}

function ofFinding(finding: Finding, report: Report, subjects: Subjects, options: FormatOptions): Annotation {
  const fix = finding.remediation.find((step) => step.command !== '');
  const lines = [
    oneLine(finding, subjects),
    prose(finding.rationale),
    ...(fix === undefined ? [] : [`What to type: ${fix.command}`]),
  ];
  return {
    level: levelOf(finding, report),
    title: `${finding.severity}: ${prose(finding.title)} (${finding.ruleId})`,
    message: lines.join('\n'),
    place: repositoryPlace(finding, options),
  };
}

const ofNotice = (notice: string): Annotation => ({ level: 'notice', title: 'earshot', message: notice, place: null });

const ofGap = (gap: Gap): Annotation => ({
  level: 'warning',
  title: 'earshot could not see everything',
  message: `${gap.what}: ${gap.why}. Hides: ${gap.hides}. To see it: ${gap.fix}`,
  place: null,
});

function line(annotation: Annotation): Escaped<'command'> {
  const { level, place } = annotation;
  const title = escapeCommandProperty(cut(annotation.title, 200));
  const message = escapeCommandMessage(cut(annotation.message, MESSAGE_MAX));
  const at = place === null ? command`` : command`file=${escapeCommandProperty(place.path)},line=${place.line},`;
  return command`::${escapeCommandProperty(level)} ${at}title=${title}::${message}`;
}

/** At most ten, the last of which tells of those that were left out. */
function kept(annotations: readonly Annotation[]): readonly Annotation[] {
  if (annotations.length <= ANNOTATIONS_MAX) return annotations;
  const shown = annotations.slice(0, ANNOTATIONS_MAX - 1);
  const more = annotations.length - shown.length;
  const { level } = shown[0] ?? { level: 'notice' };
  const message = `GitHub shows ten ${level}s of a step. The log and the other reports of this run hold all of them.`;
  return [...shown, { level, title: `and ${count(more, 'more finding')}`, message, place: null }];
}

function annotationsOf(report: Report, look: Look, options: FormatOptions): readonly Annotation[] {
  const subjects = subjectsOf(report);
  return [
    ...report.collection.gaps.filter((gap) => gap.hidesListeners).map(ofGap),
    ...shownFindings(report, look.minSeverity).map((finding) => ofFinding(finding, report, subjects, options)),
    ...report.gate.notices.map(ofNotice),
  ];
}

export const githubFormat: Format = {
  name: 'github',
  render: (reports, look, options = {}) => {
    const all = reports.flatMap((report) => annotationsOf(report, look, options));
    const levels: readonly Level[] = ['error', 'warning', 'notice'];
    const lines = levels.flatMap((level) => kept(all.filter((annotation) => annotation.level === level)).map(line));
    return lines.map((text) => `${text}\n`).join('');
  },
};
