import { Argument, type Command } from 'commander';
import { oneOf } from './flags.js';
import type { Io } from './io.js';

const NAMES = ['report', 'snapshot', 'config', 'baseline', 'rules'] as const;

async function schemaOf(name: (typeof NAMES)[number]): Promise<string> {
  switch (name) {
    case 'report':
      return (await import('../generated/schema-report.js')).schema;
    case 'snapshot':
      return (await import('../generated/schema-snapshot.js')).schema;
    case 'config':
      return (await import('../generated/schema-config.js')).schema;
    case 'baseline':
      return (await import('../generated/schema-baseline.js')).schema;
    case 'rules':
      return (await import('../generated/schema-rules.js')).schema;
  }
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .addArgument(new Argument('<name>', `which schema: ${NAMES.join(', ')}`).argParser(oneOf(NAMES)))
    .action(async (name: (typeof NAMES)[number]) => {
      await io.out(await schemaOf(name));
      done(0);
    });
}
