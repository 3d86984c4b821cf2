import { Command, type Option } from 'commander';
import { COMMANDS } from './cli.js';
import type { Io } from './io.js';

/** A flag as help, man page and completion tell it. */
export interface FlagEntry {
  readonly short: string | null;
  readonly long: string | null;
  /** `<file>`, `[folder]`; null: takes no value. */
  readonly value: string | null;
  readonly description: string;
  /** The only words it takes; empty: any. */
  readonly choices: readonly string[];
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** `<report>`, `[A] [B]`. */
  readonly usage: string;
  readonly flags: readonly FlagEntry[];
  readonly subcommands: readonly CommandEntry[];
  readonly after: string;
}

function flagOf(option: Option): FlagEntry {
  const value = /[<[][^>\]]+[>\]](?:\.\.\.)?/.exec(option.flags)?.[0] ?? null;
  return {
    short: option.short ?? null,
    long: option.long ?? null,
    value,
    description: option.description,
    choices: option.argChoices ?? [],
  };
}

function entryOf(command: Command, name: string, after: string): CommandEntry {
  return {
    name,
    summary: command.description(),
    usage: command.registeredArguments
      .map((argument) => {
        const word = `${argument.name()}${argument.variadic ? '...' : ''}`;
        return argument.required ? `<${word}>` : `[${word}]`;
      })
      .join(' '),
    flags: command.options.filter((option) => !option.hidden).map(flagOf),
    subcommands: command.commands.map((inner) => entryOf(inner, inner.name(), '')),
    after,
  };
}

/** What commander prints after a command's help. */
function afterHelp(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
  });
  command.outputHelp();
  return text.slice(command.helpInformation().length).trim();
}

/** Every command with its flags, from the very table that parses them. */
export async function catalogue(io: Io): Promise<readonly CommandEntry[]> {
  const entries: CommandEntry[] = [];
  for (const { name, summary, load } of COMMANDS) {
    const command = new Command(name).description(summary).exitOverride();
    (await load()).configure(command, io, () => {});
    entries.push(entryOf(command, name, afterHelp(command)));
  }
  return entries;
}
