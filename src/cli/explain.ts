import type { Command } from 'commander';
import { audit } from '../audit.js';
import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { Report } from '../model/report.js';
import { explanation, type Subject } from './explain-page.js';
import { parseReports, readNamed } from './files.js';
import { type AuditFlags, addCollectFlags, addSourceFlags } from './flags.js';
import type { Io } from './io.js';
import { ciOf } from './log.js';
import { settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { readSnapshots } from './sources.js';

interface ExplainFlags extends AuditFlags {
  readonly report?: string;
}

/** Subjects of one word that are explained at once. */
const SUBJECTS_MAX = 20;
/** Fewest hex digits of a fingerprint that are taken for one. */
const FINGERPRINT_DIGITS_MIN = 6;

const subjectsOf = (report: Report): readonly Subject[] => [
  ...report.listeners.map((listener): Subject => ({ kind: 'listener', listener })),
  ...report.published.map((published): Subject => ({ kind: 'published', published })),
];

const idOf = (subject: Subject): string => (subject.kind === 'listener' ? subject.listener.id : subject.published.id);

/** Whether `word` means the subject: its id, the id without its namespace, a port, PROTOCOL/PORT or ADDRESS:PORT. */
function means(word: string, subject: Subject): boolean {
  const id = idOf(subject);
  if (id === word || id.slice(0, id.lastIndexOf('@')) === word) return true;
  const { protocol, address, port } = subject.kind === 'listener' ? subject.listener : subject.published;
  if (port === null) return address === word;
  const bracketed = address?.includes(':') === true ? `[${address}]` : address;
  return [`${port}`, `:${port}`, `${protocol}/${port}`, `${port}/${protocol}`, `${bracketed}:${port}`].includes(word);
}

/** Subjects of the findings that a fingerprint (or its beginning) or a rule id names. */
function subjectsOfFindings(word: string, report: Report): readonly Subject[] {
  const isFingerprint = word.length >= FINGERPRINT_DIGITS_MIN && /^[0-9a-f]+$/.test(word);
  const wanted = new Set(
    report.findings
      .filter((finding) => finding.ruleId === word || (isFingerprint && finding.fingerprint.startsWith(word)))
      .map((finding) => finding.subject),
  );
  return subjectsOf(report).filter((subject) => wanted.has(idOf(subject)));
}

function found(
  word: string,
  reports: readonly Report[],
): readonly { readonly subject: Subject; readonly report: Report }[] {
  for (const look of [
    (report: Report) => subjectsOf(report).filter((subject) => idOf(subject) === word),
    (report: Report) => subjectsOf(report).filter((subject) => means(word, subject)),
    (report: Report) => subjectsOfFindings(word, report),
  ]) {
    const hits = reports.flatMap((report) => look(report).map((subject) => ({ subject, report })));
    if (hits.length > 0) return hits;
  }
  return [];
}

function missing(word: string, reports: readonly Report[]): UsageError {
  const ids = reports.flatMap((report) => subjectsOf(report).map(idOf));
  const hint =
    didYouMean(word, ids) ??
    (ids.length === 0 ? 'nothing listens there' : `name one such as ${ids.slice(0, 3).join(', ')}, or a port`);
  return new UsageError(`"${word}" is no listener, port, fingerprint or rule of this report`, hint);
}

async function reportsOf(flags: ExplainFlags, io: Io): Promise<readonly Report[]> {
  if (flags.report !== undefined) return parseReports(await readNamed(flags.report, io), flags.report);
  const settings = await settingsOf(flags, io);
  const { setup } = await setupOf(settings, [], io);
  const snapshots = await readSnapshots(flags, settings, io);
  return Promise.all(snapshots.map((snapshot) => audit(snapshot, setup)));
}

const COLUMNS_WITHOUT_TERMINAL = 80;

/** `earshot explain LISTENER|FINDING`: from this host, a snapshot, a capture, or offline from a saved report. */
export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addSourceFlags(
    addCollectFlags(
      command.argument('<subject>', 'id of a listener, port, PROTOCOL/PORT, fingerprint of a finding, or id of a rule'),
    ),
  )
    .option('--report <file>', 'explain from this saved report instead of reading the host (`-`: standard input)')
    .action(async (word: string, flags: ExplainFlags) => {
      const reports = await reportsOf(flags, io);
      const hits = found(word, reports);
      if (hits.length === 0) throw missing(word, reports);
      const pages = hits
        .slice(0, SUBJECTS_MAX)
        .map(({ subject, report }) =>
          explanation(subject, report, io.columns ?? COLUMNS_WITHOUT_TERMINAL, ciOf(io.env)),
        );
      const more = hits.length > SUBJECTS_MAX ? [`${hits.length - SUBJECTS_MAX} more: name one by its id\n`] : [];
      await io.out([...pages, ...more].join('\n'));
      done(0);
    });
}
