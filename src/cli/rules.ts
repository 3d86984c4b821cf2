import type { Command } from 'commander';
import type { Io } from './io.js';
import type { MatchFlags } from './rules/match.js';
import type { RuleFlags } from './rules/request.js';

const collectInto = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Where the rules come from. */
function addRuleFlags(command: Command): Command {
  return command
    .option(
      '--rules <path>',
      'rule pack of your own (file, folder or npm package); may be given several times',
      collectInto,
    )
    .option('--no-builtin', 'without the built-in rules')
    .option('--config <file>', 'configuration (default: earshot.yaml upwards from here, then /etc/earshot)')
    .option('--no-config', 'use no configuration file');
}

function addReaders(command: Command, io: Io, done: (code: number) => void): void {
  addRuleFlags(command.command('list').description('every rule, one a line'))
    .option('--subject <name>', 'only rules that speak of it')
    .option('--tag <tag>', 'only rules with this tag')
    .option('--json', 'as JSON')
    .action(async (flags) => done(await (await import('./rules/catalogue.js')).listRules(flags, io)));
  addRuleFlags(command.command('show <id>').description("a rule's page: what, why, how to close it")).action(
    async (id: string, flags: RuleFlags) => done(await (await import('./rules/catalogue.js')).showRule(id, flags, io)),
  );
  addRuleFlags(
    command.command('explain <id> [listener]').description('what made each part of a rule true or false on this host'),
  )
    .option('--snapshot <file>', 'judge a saved snapshot instead of this host')
    .option('--from <file>', 'judge a capture of netstat, ss, lsof, … (`-`: standard input)', collectInto)
    .action(async (id: string, listener: string | undefined, flags) =>
      done(await (await import('./rules/explain.js')).explainRules(id, listener ?? null, flags, io)),
    );
}

function addCheckers(command: Command, io: Io, done: (code: number) => void): void {
  addRuleFlags(command.command('test [path...]').description('run the examples of rules'))
    .option('--rule <id>', 'only this rule; may be given several times', collectInto)
    .action(async (paths: readonly string[], flags) =>
      done(await (await import('./rules/check.js')).testCommand(paths, flags, io)),
    );
  addRuleFlags(command.command('lint [path...]').description('look for mistakes in rules')).action(
    async (paths: readonly string[], flags: RuleFlags) =>
      done(await (await import('./rules/check.js')).lintCommand(paths, flags, io)),
  );
  addRuleFlags(command.command('match [rule]').description('try a rule on records, or detections on records'))
    .option('--records <file>', 'records, one JSON object a line (`-`: standard input)')
    .option('--batch <file>', 'lines of {"detection": "YAML", "record": {…}} (`-`: standard input)')
    .action(async (rule: string | undefined, flags: MatchFlags) =>
      done(await (await import('./rules/match.js')).matchCommand(rule ?? null, flags, io)),
    );
  command
    .command('new <id>')
    .description('print a rule to begin with')
    .option('--subject <name>', 'what it speaks of', 'listener')
    .action(async (id: string, flags: { readonly subject: string }) => {
      const { newRule } = await import('../rules/rules.js');
      await io.out(await newRule(id, flags.subject));
      done(0);
    });
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addReaders(command, io, done);
  addCheckers(command, io, done);
}
