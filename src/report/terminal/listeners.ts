import type { Severity } from '../../model/finding.js';
import type { Listener } from '../../model/listener.js';
import { type View, wildcardWords } from '../view.js';
import {
  boundTo,
  count,
  heardBy,
  leadsTo,
  onlyPerhaps,
  ownersShort,
  publishedAt,
  serviceShort,
  thousands,
} from '../words.js';
import { type Cell, type Column, type Page, SEVERITY_STYLES } from './page.js';

const COLUMNS: readonly Column[] = [
  { title: 'RISK', least: 8, most: 8 },
  { title: 'WHERE', least: 20, most: 56, eager: 30 },
  { title: 'ANSWERS', least: 10, most: 20 },
  { title: 'HEARD BY', least: 10, most: 22 },
  { title: 'HELD BY', least: 15, most: 60 },
  { title: 'CLIENTS', least: 7, most: 7 },
];

const risk = (severity: Severity | null): Cell =>
  severity === null ? { text: '-' } : { text: severity, styles: SEVERITY_STYLES[severity] };

/** Others may hold it too: in each row the words for that would cost a line. */
const perhapsOthers = ({ owners, ownersComplete }: Listener): boolean => owners.length > 0 && !ownersComplete;

function row(view: View, listener: Listener): readonly Cell[] {
  const maybe = listener.listening === 'possible' ? ' (possibly)' : '';
  return [
    risk(view.subjects.worst(listener.id)),
    { text: `${listener.protocol} ${boundTo(listener)}${maybe}` },
    { text: serviceShort(listener.service) },
    {
      text: heardBy(listener.exposure),
      styles: listener.exposure?.widest === 'public' && !onlyPerhaps(listener.exposure) ? ['bold'] : [],
    },
    {
      text: perhapsOthers(listener)
        ? `${ownersShort(listener.owners, true)} +`
        : ownersShort(listener.owners, listener.ownersComplete),
    },
    { text: listener.clients === null ? '-' : thousands(listener.clients.count) },
  ];
}

/** Every listener, harmless ones too, one table a network namespace. */
export function listenersSection(page: Page, view: View): void {
  page.heading(`Every listener: ${count(view.listeners.length, 'listener')}`);
  if (view.listeners.length === 0) {
    const blind = view.gaps.some((gap) => gap.hidesListeners);
    page.paragraph(blind ? 'None was seen, but some may be hidden: see what was not seen.' : 'Nothing listens here.');
    page.blank();
    return;
  }
  const namespaces = [...new Set(view.listeners.map((listener) => listener.namespace.name))];
  for (const name of namespaces.sort((a, b) => Number(b === 'host') - Number(a === 'host'))) {
    if (namespaces.length > 1)
      page.line(name === 'host' ? 'On the host itself' : `In network namespace ${name}`, 0, ['bold']);
    page.table(
      COLUMNS,
      view.listeners.filter((listener) => listener.namespace.name === name).map((listener) => row(view, listener)),
    );
    page.blank();
  }
  const wildcard = wildcardWords(view.listeners);
  if (wildcard !== null) page.paragraph(wildcard, 0, ['dim']);
  if (view.listeners.some((l) => l.service.confidence === 'port-only'))
    page.paragraph('name?: only the port number says so.', 0, ['dim']);
  if (view.listeners.some(perhapsOthers))
    page.paragraph('+: perhaps others hold it too, whose open files could not be read.', 0, ['dim']);
  if (view.listeners.some((l) => l.listening === 'possible'))
    page.paragraph(
      'possibly: a UDP socket on a port that the kernel chose; most often a client waiting for an answer.',
      0,
      ['dim'],
    );
  page.blank();
}

const PUBLISHED_COLUMNS: readonly Column[] = [
  { title: 'RISK', least: 8, most: 8 },
  { title: 'PORT', least: 17, most: 40 },
  { title: 'LEADS TO', least: 18, most: 40 },
  { title: 'ANSWERS', least: 8, most: 20 },
  { title: 'HEARD BY', least: 12, most: 24 },
];

/** Ports that are passed on by NAT and its kin, whether or not a socket shows them. */
export function publishedSection(page: Page, view: View): void {
  const { published } = view.report;
  if (published.length === 0) return;
  page.heading(`Ports passed on elsewhere: ${published.length}`);
  page.table(
    PUBLISHED_COLUMNS,
    published.map((entry) => [
      risk(view.subjects.worst(entry.id)),
      {
        text: `${entry.protocol} ${publishedAt(entry)}${entry.namespace.name === 'host' ? '' : ` in ${entry.namespace.name}`}`,
      },
      { text: leadsTo(entry) },
      { text: serviceShort(entry.service) },
      { text: heardBy(entry.exposure) },
    ]),
  );
  page.blank();
}
