import { type Escaped, joined } from '../lib/escape/escaped.js';
import { escapeLabel, prometheus } from '../lib/escape/prometheus.js';
import { RANKS } from '../model/exposure.js';
import { SEVERITIES, type Status } from '../model/finding.js';
import type { Report } from '../model/report.js';
import type { Format, FormatOptions } from './format.js';

/*
 * Text for node_exporter's textfile collector. Every series is written at every run, zeros too, and no label changes at a restart.
 * No timestamps: the collector drops a file that has one.
 */

type Text = Escaped<'prometheus'>;

const STATUSES: readonly Status[] = ['new', 'known', 'waived', 'resolved'];

interface Sample {
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly of: (report: Report) => readonly Sample[];
}

const one = (value: number): readonly Sample[] => [{ labels: [], value }];

const seconds = (time: string | null): number => (time === null ? 0 : Math.round(Date.parse(time) / 1000));

function metricsFor(options: FormatOptions): readonly Metric[] {
  const complete = (report: Report): boolean =>
    !report.collection.gaps.some((gap) => gap.hidesListeners) && report.gate.exitCode !== 4;
  return [
    {
      name: 'earshot_last_run_timestamp_seconds',
      help: 'When the last audit began.',
      of: (report) => one(seconds(report.collection.startedAt)),
    },
    {
      name: 'earshot_last_complete_timestamp_seconds',
      help: 'When the last audit began from which no listener could be hidden; 0 where none is known.',
      of: (report) =>
        one(complete(report) ? seconds(report.collection.startedAt) : seconds(options.lastCompleteAt ?? null)),
    },
    {
      name: 'earshot_run_duration_seconds',
      help: 'How long the last audit took.',
      of: (report) => one(report.collection.durationMs / 1000),
    },
    { name: 'earshot_exit_code', help: 'Exit code of the last audit.', of: (report) => one(report.gate.exitCode) },
    {
      name: 'earshot_info',
      help: 'Version of earshot.',
      of: (report) => [{ labels: [['version', report.tool.version]], value: 1 }],
    },
    {
      name: 'earshot_findings',
      help: 'Findings of the last audit by severity and status.',
      of: (report) =>
        SEVERITIES.flatMap((severity) =>
          STATUSES.map((status) => ({
            labels: [
              ['severity', severity],
              ['status', status],
            ],
            value: report.findings.filter((finding) => finding.severity === severity && finding.status === status)
              .length,
          })),
        ),
    },
    {
      name: 'earshot_listeners',
      help: 'Listeners by the widest zone that can reach them; unheard: nobody connects to them.',
      of: (report) =>
        [...RANKS, null].map((rank) => ({
          labels: [['widest', rank ?? 'unheard']],
          value: report.listeners.filter((listener) => (listener.exposure?.widest ?? null) === rank).length,
        })),
    },
    {
      name: 'earshot_gaps',
      help: 'Things that the last audit could not see.',
      of: (report) => one(report.summary.gaps),
    },
    {
      name: 'earshot_gaps_hiding_listeners',
      help: 'Those of them that could hide a whole listener.',
      of: (report) => one(report.collection.gaps.filter((gap) => gap.hidesListeners).length),
    },
  ];
}

function sampleLine(name: string, sample: Sample, host: string | null): Text {
  const labels = [...(host === null ? [] : [['audited_host', host] as const]), ...sample.labels];
  const inner = joined(
    labels.map(([label, value]) => prometheus`${escapeLabel(label)}="${escapeLabel(value)}"`),
    prometheus`,`,
  );
  return labels.length === 0
    ? prometheus`${escapeLabel(name)} ${sample.value}`
    : prometheus`${escapeLabel(name)}{${inner}} ${sample.value}`;
}

/** Names that stand twice would be one series: the second host of that name gets a number. */
function hostNames(reports: readonly Report[]): readonly (string | null)[] {
  if (reports.length === 1) return [null];
  const seen = new Map<string, number>();
  return reports.map(({ host: { hostname } }) => {
    const times = (seen.get(hostname) ?? 0) + 1;
    seen.set(hostname, times);
    return times === 1 ? hostname : `${hostname}#${times}`;
  });
}

export const prometheusFormat: Format = {
  name: 'prometheus',
  render: (reports, _look, options = {}) => {
    const hosts = hostNames(reports);
    const lines = metricsFor(options).flatMap((metric) => [
      prometheus`# HELP ${escapeLabel(metric.name)} ${escapeLabel(metric.help)}`,
      prometheus`# TYPE ${escapeLabel(metric.name)} gauge`,
      ...reports.flatMap((report, index) =>
        metric.of(report).map((sample) => sampleLine(metric.name, sample, hosts[index] ?? null)),
      ),
    ]);
    return joined(
      [...lines, prometheus``],
      prometheus`
`,
    );
  },
};
