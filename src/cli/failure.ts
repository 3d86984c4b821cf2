import { CollectionError, formatProblem, UsageError } from '../lib/errors.js';
import { VERSION } from '../lib/version.js';
import { OutputLost } from '../sinks/file.js';

/** What a failed command says on standard error, and its exit code. A stack trace only with --debug. */
export function explainFailure(error: unknown, debug: boolean): { text: string; code: number } {
  if (error instanceof UsageError)
    return { text: error.problems.map((problem) => `earshot: ${formatProblem(problem)}\n`).join(''), code: 2 };
  if (error instanceof CollectionError || error instanceof OutputLost)
    return { text: `earshot: ${error.message}\n`, code: 4 };
  const message = error instanceof Error ? error.message : String(error);
  const stack = debug && error instanceof Error ? `${error.stack ?? ''}\n` : '';
  return {
    text: `earshot: a mistake of earshot's own (${VERSION}): ${message}\n${stack}${
      debug
        ? ''
        : 'Run it again with --debug for the details, and report them with the snapshot (earshot collect -o host.json).\n'
    }`,
    code: 4,
  };
}
