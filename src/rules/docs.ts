import { allServices } from '../lib/services.js';
import { fieldsOf, SUBJECTS } from './fields.js';
import { worstSeverity } from './judge.js';
import { pageOf } from './page.js';
import type { RuleSet } from './rule.js';

const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/\n/g, ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

const WHAT: Readonly<Record<(typeof SUBJECTS)[number], string>> = {
  listener:
    'What one can connect or send to: one record for each line of the listener table, sniffers and raw sockets too.',
  published: 'A port that NAT, TPROXY, IPVS or `sk_lookup` takes elsewhere, whether or not a socket shows it.',
  socket: 'One kernel socket, connected ones too as far as the snapshot has them.',
  interface: 'A network interface of a namespace.',
  route: 'A route of a namespace.',
  forwarding: 'Whether a namespace passes packets on: one record each.',
  membership: 'A multicast group that was joined. Only where statistics were collected.',
  firewall: 'The firewall of a namespace: one record each.',
  host: 'The host as a whole: one record.',
};

/** Tables of every subject's fields, for docs/rules.md. */
export function fieldTables(): string {
  const common = new Set(
    fieldsOf('host')
      .slice(0, 6)
      .map(({ name }) => name),
  );
  const rows = (fields: ReturnType<typeof fieldsOf>) =>
    fields.map(({ name, type, many, values, doc }) => [
      `\`${name}\``,
      many ? `${type}, several` : type,
      `${doc}${values === null ? '' : ` One of ${values.map((value) => `\`${value}\``).join(', ')}.`}`,
    ]);
  const head = ['field', 'type', 'what it says'];
  const shared = fieldsOf('host').filter(({ name }) => common.has(name));
  return [
    '### Every subject',
    '',
    table(head, rows(shared)),
    ...SUBJECTS.flatMap((subject) => [
      '',
      `### ${subject}`,
      '',
      WHAT[subject],
      '',
      table(head, rows(fieldsOf(subject).filter(({ name }) => !common.has(name)))),
    ]),
  ].join('\n');
}

/** The list of services, as a page. */
export function servicesPage(): string {
  const rows = allServices().map(({ name, iana, aliases, ports }) => [
    `\`${name}\``,
    [iana === name || iana === null ? '' : `\`${iana}\` (IANA)`, ...aliases.map((alias) => `\`${alias}\``)]
      .filter(Boolean)
      .join(', '),
    ports
      .map(
        ({ transport, from, to, shared }) =>
          `${transport} ${from === to ? from : `${from}-${to}`}${shared ? ' (often)' : ''}`,
      )
      .join(', '),
  ]);
  return [
    '# Services',
    '',
    'Names that `service.name` has. A rule may use any name of a line; case does not count. "Often" marks a port that says nothing by itself.',
    '',
    table(['name', 'other names', 'usual ports'], rows),
    '',
  ].join('\n');
}

/** The catalogue: an index, and a page for each rule, by file name. */
export function catalogue(rules: RuleSet): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  const packs = [...new Set(rules.rules.map(({ pack }) => pack))].sort();
  const index = [
    '# Catalogue of rules',
    '',
    `${rules.rules.length} rules in ${packs.length} packs. \`earshot rules show ID\` prints a page; [rules.md](../rules.md) tells how to write one.`,
    ...packs.flatMap((pack) => [
      '',
      `## ${pack}`,
      '',
      table(
        ['rule', 'worst', 'what it says'],
        rules.rules
          .filter((rule) => rule.pack === pack)
          .map((rule) => [`[${rule.id}](${rule.id}.md)`, worstSeverity(rule.severity), rule.title]),
      ),
    ]),
    '',
  ];
  pages.set('README.md', index.join('\n'));
  for (const rule of rules.rules) pages.set(`${rule.id}.md`, pageOf(rules, rule));
  return pages;
}
