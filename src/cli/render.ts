import type { Command } from 'commander';
import { SEVERITIES, type Severity } from '../model/finding.js';
import { parseReports, readNamed } from './files.js';
import { type AuditFlags, addOutputFlags, oneOf } from './flags.js';
import type { Io } from './io.js';
import { deliverReports, planOutputs } from './outputs.js';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addOutputFlags(command.argument('<report>', 'report that `earshot audit -f json` wrote (`-`: standard input)'))
    .option('--min-severity <severity>', 'what is shown; json always holds everything', oneOf(SEVERITIES))
    .action(async (file: string, flags: AuditFlags) => {
      const mode = flags.mode === undefined ? null : Number.parseInt(flags.mode, 8);
      const minSeverity = (flags.minSeverity ?? null) as Severity | null;
      const plan = planOutputs(flags.format ?? [], { color: flags.color, quiet: flags.quiet, mode, minSeverity }, io);
      try {
        const reports = await parseReports(await readNamed(file, io), file);
        await deliverReports(reports, plan, {}, io);
        // A saved report was judged when it was made: rendering it again succeeds, but Nagios reads the code as the state.
        done(plan.nagios ? (await import('../gate/nagios.js')).nagiosExit(reports) : 0);
      } finally {
        plan.discard();
      }
    });
}
