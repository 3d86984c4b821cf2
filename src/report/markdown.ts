import { type Escaped, joined } from '../lib/escape/escaped.js';
import { markdown, markdownCode, markdownFence, markdownLink, markdownText } from '../lib/escape/markdown.js';
import { guardLog } from '../lib/escape/terminal.js';
import type { Remark } from '../model/exposure.js';
import type { Evidence, Finding, Remediation, Severity } from '../model/finding.js';
import { evidenceWords } from './fields.js';
import type { Format } from './format.js';
import {
  type FixGroup,
  oneOfEachRule,
  placesOf,
  reachRows,
  referencesOf,
  remarksOf,
  sourceWords,
  standing,
  subjectsOfGroup,
  type View,
  viewOf,
  wildcardWords,
} from './view.js';
import {
  becauseWords,
  boundTo,
  capitalized,
  clientsShort,
  clientsWords,
  count,
  heardBy,
  heldBy,
  leadsTo,
  minuteOf,
  ownersShort,
  prose,
  publishedAt,
  serviceShort,
  serviceWords,
  zoneWords,
} from './words.js';

type Text = Escaped<'markdown'>;

/** Blocks of a page, with a blank line between two. */
type Blocks = readonly Text[];

const BLANK_LINE = markdown`

`;
const LINE_END = markdown`
`;

const list = (items: readonly Text[]): Text =>
  joined(
    items.map((item) => markdown`- ${item}`),
    LINE_END,
  );

function table(titles: readonly Text[], rows: readonly (readonly Text[])[]): Text {
  const line = (cells: readonly Text[]): Text => markdown`| ${joined(cells, markdown` | `)} |`;
  return joined([line(titles), line(titles.map(() => markdown`---`)), ...rows.map(line)], LINE_END);
}

const severityWord = (severity: Severity): Text => markdown`**${markdownText(severity.toUpperCase())}**`;

function gapsBlocks(view: View): Blocks {
  if (view.gaps.length === 0) return [markdown`Everything that earshot asked for could be read.`];
  const blind = view.gaps.some((gap) => gap.hidesListeners) ? markdown`: listeners may be missing` : markdown``;
  const items = view.gaps.map((gap) => {
    const hides = gap.hides === '' ? markdown`` : markdown` Hides: ${markdownText(gap.hides)}.`;
    const fix = gap.fix === '' ? markdown`` : markdown` To see it: ${markdownText(gap.fix)}.`;
    return markdown`**${markdownText(gap.what)}** (${markdownText(gap.why)}).${hides}${fix}`;
  });
  return [markdown`## Not seen${blind}`, list(items)];
}

function subjectItem(view: View, finding: Finding): Text {
  const { subjects } = view;
  const known = finding.status === 'known' ? markdown` (known)` : markdown``;
  const where = markdown`${markdownCode(subjects.words(finding.subject))}${known}`;
  const listener = subjects.listener(finding.subject);
  const subject = listener ?? subjects.published(finding.subject);
  if (subject === undefined) return where;
  const clients = listener === undefined ? null : clientsWords(listener.clients);
  const connected = clients === null ? markdown`` : markdown`; connected now: ${markdownText(clients)}`;
  const owners = heldBy(subject.owners, listener?.ownersComplete ?? true);
  return markdown`${where}: ${markdownText(serviceWords(subject.service))}, ${markdownText(owners)}${connected}`;
}

const steps = (list: readonly Remediation[]): Blocks =>
  list.flatMap((step) => [
    ...(step.what === '' ? [] : [markdownText(prose(step.what))]),
    ...(step.command === '' ? [] : [markdownFence(step.command)]),
    ...(step.undo ? [markdown`To undo it:`, markdownFence(step.undo)] : []),
  ]);

function remarkBlock(remark: Remark): Text {
  const rules = joined(
    remark.because.map((because) => markdownCode(becauseWords(because))),
    markdown`, `,
  );
  return markdown`**Beware:** ${markdownText(prose(remark.text))}${remark.because.length === 0 ? markdown`` : markdown` (${rules})`}`;
}

function evidenceItem(evidence: Evidence): Text {
  const { what, value, why } = evidenceWords(evidence);
  return markdown`${markdownText(what)}: ${markdownCode(value)}${why === '' ? markdown`` : markdown` (${markdownText(why)})`}`;
}

function groupBlocks(view: View, number: number, group: FixGroup): Blocks {
  const [first] = group.findings;
  if (first === undefined) return [];
  const rules = oneOfEachRule(group.findings);
  const heard = reachRows(view.subjects, first.subject).map((row) => {
    const because = row.because.at(-1);
    return because === undefined
      ? markdownText(`${row.zone}: ${zoneWords(row)}`)
      : markdown`${markdownText(`${row.zone}: ${zoneWords(row)}`)}, let in by ${markdownCode(becauseWords(because))}`;
  });
  const evidence = rules.flatMap((finding) => finding.evidence.map(evidenceItem));
  const references = referencesOf(group.findings).map((reference) => markdownLink(reference.id, reference.url));
  const places = placesOf(group.findings).map(markdownCode);
  return [
    markdown`### ${number}. ${markdownText(group.severity.toUpperCase())}: ${markdownText(prose(first.title))}`,
    list(subjectsOfGroup(group).map((finding) => subjectItem(view, finding))),
    ...rules.map(
      (finding) =>
        markdown`${rules.length > 1 ? markdown`**${markdownText(prose(finding.title))}** ` : markdown``}${markdownText(prose(finding.rationale))}`,
    ),
    ...(heard.length === 0 ? [] : [markdown`**Heard by**`, list(heard)]),
    ...remarksOf(view.subjects, group.findings).map(remarkBlock),
    ...(evidence.length === 0 ? [] : [markdown`**How it is known**`, list(evidence)]),
    ...(group.steps.length === 0 ? [] : [markdown`**What to do**`, ...steps(group.steps)]),
    ...(group.otherSteps.length === 0 ? [] : [markdown`**On other systems**`, ...steps(group.otherSteps)]),
    markdown`Rule ${joined([...new Set(group.findings.map((finding) => finding.ruleId))].map(markdownCode), markdown`, `)}${references.length === 0 ? markdown`` : markdown`, see ${joined(references, markdown`, `)}`}${places.length === 0 ? markdown`` : markdown`, set in ${joined(places, markdown`, `)}`}`,
  ];
}

function findingsBlocks(view: View): Blocks {
  if (view.groups.length === 0) return [];
  const hidden =
    view.hiddenFindings === 0
      ? []
      : [markdown`${markdownText(count(view.hiddenFindings, 'finding'))} of lesser severity not shown.`];
  return [
    markdown`## What to do, worst first`,
    ...view.groups.flatMap((group, index) => groupBlocks(view, index + 1, group)),
    ...hidden,
  ];
}

function setAsideBlocks(view: View): Blocks {
  const line = (finding: Finding): Text =>
    markdown`${markdownText(finding.severity)}: ${markdownText(prose(finding.title))}, ${markdownCode(view.subjects.words(finding.subject))}`;
  const waived = view.waived.map((finding) =>
    finding.waiver === null
      ? line(finding)
      : markdown`${line(finding)}. Accepted by ${markdownText(finding.waiver.owner)} until ${markdownText(finding.waiver.expires)}: ${markdownText(finding.waiver.reason)}`,
  );
  return [
    ...(waived.length === 0 ? [] : [markdown`## Accepted findings`, list(waived)]),
    ...(view.resolved.length === 0 ? [] : [markdown`## Gone since`, list(view.resolved.map(line))]),
  ];
}

const risk = (severity: Severity | null): Text => (severity === null ? markdown`none` : severityWord(severity));

function listenersBlocks(view: View): Blocks {
  const heading = markdown`## Every listener`;
  if (view.listeners.length === 0) {
    const blind = view.gaps.some((gap) => gap.hidesListeners);
    return [
      heading,
      blind ? markdown`None was seen, but some may be hidden: see what was not seen.` : markdown`Nothing listens here.`,
    ];
  }
  const rows = view.listeners.map((listener) => [
    risk(view.subjects.worst(listener.id)),
    markdownCode(`${listener.protocol} ${boundTo(listener)}`),
    markdownCode(listener.namespace.name),
    markdownText(serviceShort(listener.service)),
    markdownText(heardBy(listener.exposure)),
    markdownText(ownersShort(listener.owners, listener.ownersComplete)),
    markdownText(clientsShort(listener)),
  ]);
  const titles = [
    markdown`Risk`,
    markdown`Where`,
    markdown`Namespace`,
    markdown`Answers`,
    markdown`Heard by`,
    markdown`Held by`,
    markdown`Clients`,
  ];
  const wildcard = wildcardWords(view.listeners);
  return [heading, table(titles, rows), ...(wildcard === null ? [] : [markdownText(wildcard)])];
}

function publishedBlocks(view: View): Blocks {
  const { published } = view.report;
  if (published.length === 0) return [];
  const rows = published.map((entry) => [
    risk(view.subjects.worst(entry.id)),
    markdownCode(`${entry.protocol} ${publishedAt(entry)}`),
    markdownCode(leadsTo(entry)),
    markdownText(serviceShort(entry.service)),
    markdownText(heardBy(entry.exposure)),
    markdownCode(becauseWords(entry.via)),
  ]);
  return [
    markdown`## Ports passed on elsewhere`,
    table(
      [markdown`Risk`, markdown`Port`, markdown`Leads to`, markdown`Answers`, markdown`Heard by`, markdown`By`],
      rows,
    ),
  ];
}

function layersBlocks(view: View): Blocks {
  const { layers } = view.report;
  if (layers === null) return [];
  const rows = layers.map((layer) => [
    markdownText(`${layer.number} ${layer.osi}`),
    markdownText(layer.tcpip),
    joined(
      layer.shows.map((fact) => markdown`${markdownText(fact.what)}: ${markdownCode(fact.value)}`),
      markdown`; `,
    ),
  ]);
  return [
    markdown`## The OSI layers of this host`,
    table([markdown`OSI`, markdown`TCP/IP`, markdown`What this host shows`], rows),
  ];
}

function nextBlocks(view: View): Blocks {
  return [
    markdown`**Next:** ${markdownText(prose(view.next.what))}`,
    ...(view.next.command === '' ? [] : [markdownFence(view.next.command)]),
  ];
}

function page(view: View): Blocks {
  const { report } = view;
  const { host, collection, tool, gate } = report;
  return [
    markdown`# earshot: ${markdownText(host.hostname)}`,
    markdown`**${markdownText(capitalized(standing(report, true)))}.**`,
    markdown`${markdownText(host.os)}, kernel ${markdownText(host.kernel)}, ${markdownText(minuteOf(collection.startedAt))}, ${markdownText(sourceWords(report))}.`,
    ...(gate.narrowed.length === 0
      ? []
      : [markdown`Only a part was audited: ${markdownText(gate.narrowed.join(', '))}.`]),
    ...gapsBlocks(view),
    ...nextBlocks(view),
    ...findingsBlocks(view),
    ...setAsideBlocks(view),
    ...listenersBlocks(view),
    ...publishedBlocks(view),
    ...layersBlocks(view),
    markdown`## The gate`,
    ...gate.notices.map(markdownText),
    markdownText(view.verdict),
    markdown`Made by earshot ${markdownText(tool.version)}.`,
  ];
}

/** Whole blocks up to a number of bytes, and a last one that says that there were more. */
function within(blocks: Blocks, bytesMax: number): Blocks {
  const note = markdown`The rest is left off: this page may hold ${bytesMax} bytes. The report in another format has it all.`;
  let left = bytesMax - note.length - 4;
  for (const [index, block] of blocks.entries()) {
    left -= Buffer.byteLength(block) + 2;
    if (left < 0) return [...blocks.slice(0, index), note];
  }
  return blocks;
}

/** GitHub Flavored Markdown, for issues, wikis and step summaries. */
export const markdownFormat: Format = {
  name: 'markdown',
  render: (reports, look, options = {}) => {
    const blocks = reports.flatMap((report) => page(viewOf(report, look.minSeverity)));
    const kept = options.bytesMax === undefined ? blocks : within(blocks, options.bytesMax);
    return guardLog(`${joined(kept, BLANK_LINE)}\n`, look.ci);
  },
};
