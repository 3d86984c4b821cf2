import { run } from './cli/cli.js';
import { processIo } from './cli/io.js';

// The only line that sets the exit code; nothing calls process.exit, so that what was written arrives.
run(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});
