import type { Report } from '../model/report.js';
import type { Format, FormatOptions, Look } from './format.js';

/** What is known of a format before it is loaded. */
interface Entry {
  /** What follows the dot in a file's name. */
  readonly extension: string;
  /** One line for `--help`. */
  readonly about: string;
  /** File mode when written to a file. */
  readonly mode: number;
  readonly load: () => Promise<Format>;
}

/** Add a format: one file beside this one that exports a `Format`, one entry here. */
export const FORMATS = {
  terminal: {
    extension: 'txt',
    about: 'for reading now: colours, worst first',
    mode: 0o600,
    load: async () => (await import('./terminal.js')).terminalFormat,
  },
  text: {
    extension: 'txt',
    about: 'the same without colours, for pipes and mail',
    mode: 0o600,
    load: async () => (await import('./text.js')).textFormat,
  },
  markdown: {
    extension: 'md',
    about: 'GitHub Flavored Markdown, for issues, mail and step summaries',
    mode: 0o600,
    load: async () => (await import('./markdown.js')).markdownFormat,
  },
  html: {
    extension: 'html',
    about: 'one self-contained page, light and dark, for people and print',
    mode: 0o600,
    load: async () => (await import('./html.js')).htmlFormat,
  },
  json: {
    extension: 'json',
    about: 'the whole report, earshot.report/1',
    mode: 0o600,
    load: async () => (await import('./json.js')).jsonFormat,
  },
  sarif: {
    extension: 'sarif',
    about: 'SARIF 2.1.0, for code scanning',
    mode: 0o600,
    load: async () => (await import('./sarif.js')).sarifFormat,
  },
  junit: {
    extension: 'xml',
    about: 'JUnit XML, for CI servers',
    mode: 0o600,
    load: async () => (await import('./junit.js')).junitFormat,
  },
  github: {
    extension: 'txt',
    about: "annotations, as commands of GitHub's runner",
    mode: 0o600,
    load: async () => (await import('./github.js')).githubFormat,
  },
  gitlab: {
    extension: 'json',
    about: "GitLab's code quality report",
    mode: 0o600,
    load: async () => (await import('./gitlab.js')).gitlabFormat,
  },
  ocsf: {
    extension: 'ndjson',
    about: 'OCSF Detection Finding (2004), one event a line',
    mode: 0o600,
    load: async () => (await import('./ocsf.js')).ocsfFormat,
  },
  ecs: {
    extension: 'ndjson',
    about: 'Elastic Common Schema, one document a line',
    mode: 0o600,
    load: async () => (await import('./ecs.js')).ecsFormat,
  },
  prometheus: {
    extension: 'prom',
    about: "metrics for node_exporter's textfile collector",
    mode: 0o644,
    load: async () => (await import('./prometheus.js')).prometheusFormat,
  },
  nagios: {
    extension: 'txt',
    about: 'output of a Nagios or Icinga plugin, with performance data',
    mode: 0o600,
    load: async () => (await import('./nagios.js')).nagiosFormat,
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type FormatName = keyof typeof FORMATS;

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

export const isFormatName = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);

const all = (report: Report | readonly Report[]): readonly Report[] => ('schema' in report ? [report] : report);

/** Makes any format from one report, or from the several reports of a capture of several hosts. Same reports, same look, same bytes. */
export async function render(
  name: FormatName,
  report: Report | readonly Report[],
  look: Look,
  options: FormatOptions = {},
): Promise<string> {
  return (await FORMATS[name].load()).render(all(report), look, options);
}

/** The same in pieces, so that a long report need not lie in memory as a whole. */
export async function renderPieces(
  name: FormatName,
  report: Report | readonly Report[],
  look: Look,
  options: FormatOptions = {},
): Promise<Iterable<string>> {
  const format: Format = await FORMATS[name].load();
  return format.pieces?.(all(report)) ?? [await format.render(all(report), look, options)];
}
