import { type Command, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../lib/nearest.js';
import { SEVERITIES } from '../model/finding.js';
import { FORMAT_NAMES, type FormatName } from '../report/formats.js';
import { makesMessages } from '../sinks/target.js';

/** A report that was asked for. */
export interface Output {
  /** null: messages of the target's own making, one a finding (syslog, journald). */
  readonly format: FormatName | null;
  /** A file, or an address such as `https://host/path`; null: standard output. */
  readonly file: string | null;
}

/** Flags as commander hands them over; absent: not given. Every one has a key in earshot.yaml by the same name. */
export interface AuditFlags {
  readonly format?: readonly Output[];
  readonly failOn?: string;
  readonly failOnKnown?: boolean;
  readonly minSeverity?: string;
  readonly requireComplete?: boolean;
  readonly timeout?: number;
  readonly backend?: 'auto' | 'netlink' | 'proc';
  readonly owners?: 'auto' | 'bpf' | 'proc';
  readonly identity?: boolean;
  readonly probe?: boolean;
  readonly port?: readonly string[];
  readonly netns?: readonly string[];
  readonly container?: readonly string[];
  readonly unit?: readonly string[];
  readonly snapshot?: string;
  readonly from?: readonly string[];
  readonly saveSnapshot?: string;
  readonly ruleset?: readonly string[];
  readonly rules?: readonly string[];
  readonly builtin?: boolean;
  readonly baseline?: string;
  readonly compareTo?: string;
  readonly state?: string | true;
  readonly quietIfUnchanged?: boolean;
  readonly quiet?: boolean;
  readonly layers?: boolean;
  readonly mode?: string;
  readonly color?: string;
  readonly config?: string | false;
  readonly debug?: boolean;
}

/** A parser that takes one of a list of words and names the nearest where it is none. */
export const oneOf =
  <T extends string>(words: readonly T[]) =>
  (value: string): T => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const hint = didYouMean(value, words);
    throw new InvalidArgumentError(`expected ${words.join(', ')}.${hint === null ? '' : ` ${hint}`}`);
  };

/** A flag that takes one of a list of words; help, completion and man page name them. */
export const choice = (flags: string, description: string, words: readonly string[]): Option =>
  new Option(flags, description).choices([...words]).argParser(oneOf(words));

const collectInto = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

function ports(value: string, before: readonly string[] | undefined): readonly string[] {
  for (const part of value.split(',')) {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    const low = Number(range?.[1]);
    const high = Number(range?.[2] ?? range?.[1]);
    if (range === null || low > 65_535 || high > 65_535 || low > high)
      throw new InvalidArgumentError('expected a port or a range such as 8000-8100, each from 0 to 65535.');
  }
  return [...(before ?? []), ...value.split(',').map((part) => part.trim())];
}

/** One port. */
export function wholePort(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw new InvalidArgumentError('expected a port from 0 to 65535.');
  return port;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('expected a number of seconds above 0.');
  return number;
}

function octal(value: string): string {
  if (!/^0?[0-7]{3}$/.test(value)) throw new InvalidArgumentError('expected permission bits in octal, such as 0640.');
  return value;
}

const OUTPUT = '-o, --output <file>';
const OUTPUT_HELP =
  'file or address for the format named before it: https://host/path; syslog: syslog://host:514 syslog+tcp://host syslog+tls://host journald: need no format';

/** `-f` takes one value and the `-o` that follows it: the order on the command line pairs them. */
export function addOutputFlags(command: Command): Command {
  const outputs: Output[] = [];
  return command
    .addOption(
      new Option('-f, --format <name>', 'format of the report; may be given several times')
        .choices([...FORMAT_NAMES])
        .argParser((value: string): readonly Output[] => {
          outputs.push({ format: oneOf(FORMAT_NAMES)(value), file: null });
          return outputs;
        }),
    )
    .option(OUTPUT, OUTPUT_HELP, (value: string): readonly Output[] => {
      const last = outputs.at(-1);
      if (makesMessages(value)) {
        if (last?.file === null)
          throw new InvalidArgumentError(
            `it makes messages of its own, one a finding: put it before -f ${last.format}, or leave that out.`,
          );
        outputs.push({ format: null, file: value });
        command.setOptionValue('format', outputs);
        return outputs;
      }
      if (last === undefined) throw new InvalidArgumentError('name the format first: -f html -o audit.html.');
      if (last.file !== null)
        throw new InvalidArgumentError(
          `${last.format ?? 'the last one'} already goes to ${last.file}; put -f before each -o.`,
        );
      outputs[outputs.length - 1] = { ...last, file: value };
      return outputs;
    })
    .option('--mode <octal>', 'permission bits of written files (default 0600, prometheus 0644)', octal)
    .addOption(choice('--color <when>', 'colour the terminal report', ['auto', 'always', 'never']))
    .option('-q, --quiet', 'no report on the terminal when every format has a file');
}

/** What is read, and how. */
export function addCollectFlags(command: Command): Command {
  return command
    .option('--timeout <seconds>', 'deadline of the whole audit; what it cuts off is a gap (default 60)', seconds)
    .addOption(
      choice('--backend <name>', 'where sockets are read from: auto, netlink or proc', ['auto', 'netlink', 'proc']),
    )
    .addOption(choice('--owners <name>', 'how owners are found: auto, bpf or proc', ['auto', 'bpf', 'proc']))
    .option('--no-identity', 'do not look into packages, units, containers and configurations')
    .option('--probe', "speak to this host's own listeners, harmlessly, to learn what they are")
    .option('--config <file>', 'configuration (default: earshot.yaml upwards from here, then /etc/earshot)')
    .option('--no-config', 'use no configuration file')
    .option('--debug', 'show stack traces of failures');
}

/** What counts, and what is shown. */
export function addGateFlags(command: Command): Command {
  const severities = [...SEVERITIES];
  return command
    .addOption(
      choice('--fail-on <severity>', 'exit 1 on a new finding at or above it, or `none` (default high)', [
        ...severities,
        'none',
      ]),
    )
    .option('--fail-on-known', 'known findings fail the run too')
    .addOption(choice('--min-severity <severity>', 'what the report shows; json always holds everything', severities))
    .option('--require-complete', 'exit 3 when something that could hide a listener was not seen')
    .option(
      '--rules <path>',
      'rule pack of your own (file, folder or npm package); may be given several times',
      collectInto,
    )
    .option('--no-builtin', 'without the built-in rules')
    .option('--baseline <file>', 'agreed state: what is in it, no worse than there, is known')
    .option('--compare-to <report>', 'fail only on what this report does not have');
}

/** What the audit is narrowed to; the report says so. */
export function addNarrowFlags(command: Command): Command {
  return command
    .option('--port <port>', 'only this port or range; may be given several times', ports)
    .option('--netns <name>', 'only this network namespace; may be given several times', collectInto)
    .option('--container <name>', 'only this container; may be given several times', collectInto)
    .option('--unit <name>', 'only this systemd unit; may be given several times', collectInto);
}

/** What is remembered from run to run; nothing is written without --state. */
export function addStateFlags(command: Command): Command {
  return command
    .option(
      '--state [folder]',
      'keep the history of runs (default: /var/lib/earshot for root, else ~/.local/state/earshot)',
    )
    .option('--quiet-if-unchanged', 'print nothing and exit 0 when nothing new is to be said');
}

/** Where the facts come from, instead of this host. */
export function addSourceFlags(command: Command): Command {
  return command
    .option('--snapshot <file>', 'judge a saved snapshot instead of this host')
    .option(
      '--from <file>',
      'judge a capture of netstat, ss, lsof, … (`-`: standard input); may be given several times',
      collectInto,
    )
    .option(
      '--ruleset <file>',
      'firewall to judge by, nft JSON or iptables-save; may be given several times',
      collectInto,
    );
}
