import { Command, CommanderError } from 'commander';
import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import { VERSION } from '../lib/version.js';
import type { Io } from './io.js';

/** What a command's file exports: how it is called, and what it does. */
export interface CommandModule {
  /** Adds flags, arguments and help to `command`; `act` is called with what was given. Resolves to the exit code. */
  readonly configure: (command: Command, io: Io, done: (code: number) => void) => void;
}

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every command: one file, one line here. The first is what `earshot` alone does. */
export const COMMANDS: readonly Entry[] = [
  { name: 'audit', summary: 'audit this host, a snapshot or a capture, and report', load: () => import('./audit.js') },
  { name: 'collect', summary: 'write a snapshot of this host, and judge nothing', load: () => import('./collect.js') },
  { name: 'reach', summary: 'what one packet meets, and which rules decide', load: () => import('./reach.js') },
  {
    name: 'explain',
    summary: 'everything known about one listener or finding, and how it is known',
    load: () => import('./explain.js'),
  },
  { name: 'render', summary: 'any format from a saved report', load: () => import('./render.js') },
  { name: 'baseline', summary: 'accept or show an agreed state', load: () => import('./baseline.js') },
  {
    name: 'waivers',
    summary: 'list accepted findings, and prune those that are over',
    load: () => import('./waivers.js'),
  },
  { name: 'exec', summary: 'run a command and audit what it and its children open', load: () => import('./exec.js') },
  { name: 'rules', summary: 'list, show, test, lint, explain and try rules', load: () => import('./rules.js') },
  {
    name: 'netstat',
    summary: "netstat's own views, and the OSI layers of this host",
    load: () => import('./netstat.js'),
  },
  { name: 'diff', summary: 'what changed between two snapshots, reports or runs', load: () => import('./diff.js') },
  { name: 'schema', summary: 'JSON Schemas of report, snapshot, config and rules', load: () => import('./schema.js') },
  { name: 'init', summary: 'write earshot.yaml, or install the nightly audit', load: () => import('./init.js') },
  {
    name: 'doctor',
    summary: 'what is missing for a complete audit, and how to grant it',
    load: () => import('./doctor.js'),
  },
  { name: 'man', summary: 'print the man page', load: () => import('./man.js') },
  { name: 'completion', summary: 'completion script for bash, zsh or fish', load: () => import('./completion.js') },
];

/** Commander says what is wrong in one line; where the user is told what to do next is ours. */
function prepare(command: Command, write: { out: string; err: string }): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        write.out += text;
      },
      writeErr: (text) => {
        write.err += text;
      },
    })
    .showHelpAfterError('(see earshot --help)');
}

/** The command that the arguments name, and the rest; `audit` where none is named. */
function chosen(argv: readonly string[]): { entry: Entry | null; rest: readonly string[] } {
  const [first] = argv;
  if (first === undefined || (first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first)))
    return { entry: COMMANDS[0] ?? null, rest: argv };
  const entry = COMMANDS.find((candidate) => candidate.name === first);
  return entry === undefined ? { entry: null, rest: argv } : { entry, rest: argv.slice(1) };
}

function program(write: { out: string; err: string }): Command {
  const top = prepare(new Command('earshot'), write)
    .description('Which services on this host can be heard, by whom, why that is a risk, and what to type to close it.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .usage('[command] [options]')
    .addHelpText('after', '\n`earshot` alone is `earshot audit`. `earshot COMMAND --help` tells more.');
  for (const { name, summary } of COMMANDS) top.addCommand(prepare(new Command(name), write).description(summary));
  return top;
}

async function dispatch(argv: readonly string[], io: Io, write: { out: string; err: string }): Promise<number> {
  const { entry, rest } = chosen(argv);
  if (entry === null) {
    const [word = ''] = argv;
    if (!word.startsWith('-')) {
      const names = COMMANDS.map((command) => command.name);
      throw new UsageError(`there is no command "${word}"`, didYouMean(word, names) ?? `commands: ${names.join(', ')}`);
    }
    await program(write)
      .action(() => {})
      .parseAsync([...argv], { from: 'user' });
    return 0;
  }
  let code = 0;
  const command = prepare(new Command(`earshot ${entry.name}`), write)
    .description(entry.summary)
    .showHelpAfterError(`(see earshot ${entry.name} --help)`);
  const { configure } = await entry.load();
  configure(command, io, (result) => {
    code = result;
  });
  await command.parseAsync([...rest], { from: 'user' });
  return code;
}

/** Runs one command. Resolves to the exit code (DESIGN, the table of exits); never rejects, never calls process.exit. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const write = { out: '', err: '' };
  const flush = async (): Promise<void> => {
    await io.out(write.out);
    await io.err(write.err);
  };
  try {
    const code = await dispatch(argv, io, write);
    await flush();
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      await flush();
      return 0;
    }
    const { explainFailure, nagiosFailure, readByNagios } = await import('./failure.js');
    const isUsage = error instanceof CommanderError;
    const { text, code } = isUsage ? { text: write.err, code: 2 } : explainFailure(error, argv.includes('--debug'), io);
    await io.err(text);
    if (readByNagios(argv)) {
      await io.out(await nagiosFailure(text));
      return 3;
    }
    // A status of 2 or 4 would be taken for the command's own (DESIGN, the table of exits).
    return argv[0] === 'exec' ? 125 : code;
  }
}
