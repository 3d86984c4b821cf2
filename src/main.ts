import { run } from './cli/cli.js';
import { processIo } from './cli/io.js';

/** Where even the failure could not be told as it should (a chunk of this program is gone: it was upgraded meanwhile): 4, never 1, which means findings. */
function broken(error: unknown): void {
  const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
  processIo()
    .err(`earshot: it broke while it ran (${why}); was it upgraded or rebuilt meanwhile? Run it again\n`)
    .finally(() => process.exit(4));
}

process.on('uncaughtException', broken);

// The only line that sets the exit code; nothing else ends the program, so that what was written arrives.
run(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
}, broken);
