import { Argument, type Command } from 'commander';
import { VERSION } from '../lib/version.js';
import { type CommandEntry, catalogue, type FlagEntry } from './catalogue.js';
import { oneOf } from './flags.js';
import type { Io } from './io.js';

/** Text in a man page: what roff reads as its own is escaped (groff_man(7), groff_char(7)). */
export const roff = (text: string): string =>
  text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/gm, '\\&$1');

export const bold = (text: string): string => `\\fB${roff(text)}\\fR`;

const flagLine = (flag: FlagEntry): string => {
  const words = [flag.short, flag.long].filter((word) => word !== null).map(bold);
  return `.TP\n${words.join(', ')}${flag.value === null ? '' : ` \\fI${roff(flag.value.replace(/[<>]/g, ''))}\\fR`}\n${roff(flag.description)}${
    flag.choices.length === 0 ? '' : ` (${roff(flag.choices.join(', '))})`
  }`;
};

function commandPart(entry: CommandEntry): string {
  const lines = [
    `.SS ${bold(`earshot ${entry.name}`)} ${roff(entry.usage)}`,
    `${roff(entry.summary)}.`,
    ...entry.flags.map(flagLine),
  ];
  for (const inner of entry.subcommands)
    lines.push(`.TP\n${bold(`earshot ${entry.name} ${inner.name}`)} ${roff(inner.usage)}\n${roff(inner.summary)}`);
  if (entry.after !== '') lines.push('.PP', roff(entry.after));
  return lines.join('\n');
}

const EXITS: readonly (readonly [string, string])[] = [
  ['0', 'nothing new at or above --fail-on; other commands: done, no difference'],
  ['1', 'findings at or above it; diff: differences; rules test and lint: failures'],
  ['2', 'usage or configuration error, or an output that cannot be written: nothing was audited'],
  ['3', 'incomplete, with --require-complete'],
  ['4', 'failed collection, an output lost while writing, or a mistake of earshot itself'],
];

/** The man page, section 8. `date` is that of the release, so that the same version gives the same page. */
export function manPage(entries: readonly CommandEntry[], date: string): string {
  return [
    `.TH EARSHOT 8 "${date}" "earshot ${VERSION}" "System Administration"`,
    '.SH NAME',
    'earshot \\- which services of a host can be heard, by whom, and how to close them',
    '.SH SYNOPSIS',
    `${bold('earshot')} [\\fIcommand\\fR] [\\fIoptions\\fR]`,
    '.SH DESCRIPTION',
    'earshot reads the listening sockets of this host from the kernel, finds out what stands behind each of them and who can reach it through the',
    'firewall, and reports what is a risk, why, and what to type. It only reads. Without a command it does what',
    `${bold('earshot audit')} does.`,
    '.SH COMMANDS',
    ...entries.map(commandPart),
    '.SH EXIT STATUS',
    ...EXITS.map(([code, text]) => `.TP\n${bold(code)}\n${roff(text)}`),
    '.SH FILES',
    `.TP\n${bold('earshot.yaml')}\nconfiguration, looked for from the working folder upwards, then in /etc/earshot`,
    `.TP\n${bold('/var/lib/earshot')}\nhistory of runs, written only with ${bold('--state')} or by the installed timer`,
    '.SH SEE ALSO',
    `${bold('ss')}(8), ${bold('netstat')}(8), ${bold('nft')}(8), ${bold('iptables')}(8), ${bold('lsof')}(8)`,
    '',
  ].join('\n');
}

/** Day of the release that this page belongs to. */
export const RELEASED = '2026-11-25';

const PAGES = ['earshot', 'rules'] as const;

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .addArgument(
      new Argument('[page]', 'which page: earshot (section 8) or rules (section 7)')
        .default('earshot')
        .argParser(oneOf(PAGES)),
    )
    .action(async (page: (typeof PAGES)[number]) => {
      const text =
        page === 'rules' ? (await import('./man-rules.js')).rulesManPage() : manPage(await catalogue(io), RELEASED);
      await io.out(await text);
      done(0);
    });
}
