import type { Command } from 'commander';
import { worstExit } from '../gate/gate.js';
import { parseReports, readNamed } from './files.js';
import { type AuditFlags, addOutputFlags } from './flags.js';
import type { Io } from './io.js';
import { deliverReports, planOutputs } from './outputs.js';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addOutputFlags(command.argument('<report>', 'report that `earshot audit -f json` wrote (`-`: standard input)'))
    .option('--min-severity <severity>', 'what is shown; json always holds everything')
    .action(async (file: string, flags: AuditFlags) => {
      const plan = planOutputs(flags.format ?? [], flags, io);
      try {
        const reports = await parseReports(await readNamed(file, io), file);
        await deliverReports(reports, plan, io);
        // A saved report was judged when it was made; rendering it again succeeds, except where a consumer reads the code.
        done(plan.nagios ? worstExit([0]) : 0);
      } finally {
        plan.discard();
      }
    });
}
