import { CollectionError, formatProblem, StreamLost, UsageError } from '../lib/errors.js';
import { VERSION } from '../lib/version.js';
import { OutputLost } from '../sinks/file.js';
import type { Io } from './io.js';
import { forLog } from './log.js';

/** What a failed command says, and its exit code. A stack trace only with --debug. Words of foreign files are in it as they stand there. */
function failureOf(error: unknown, debug: boolean): { text: string; code: number } {
  if (error instanceof UsageError)
    return { text: error.problems.map((problem) => `earshot: ${formatProblem(problem)}\n`).join(''), code: 2 };
  if (error instanceof CollectionError || error instanceof OutputLost || error instanceof StreamLost)
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

/** As `failureOf`, for standard error. */
export function explainFailure(error: unknown, debug: boolean, io: Pick<Io, 'env'>): { text: string; code: number } {
  const { text, code } = failureOf(error, debug);
  return { text: forLog(text, io), code };
}

/** True when standard output is read by Nagios: `-f nagios` without a file after it. */
export function readByNagios(argv: readonly string[]): boolean {
  return argv.some((word, at) => {
    const inOne = word === '-fnagios' || word === '--format=nagios';
    const inTwo = word === 'nagios' && ['-f', '--format'].includes(argv[at - 1] ?? '');
    return (inOne || inTwo) && !/^(?:-o|--output)/.test(argv[at + 1] ?? '');
  });
}

/** UNKNOWN and why, as a plugin says it (exit 3): the text is the same that standard error gets. */
export async function nagiosFailure(text: string): Promise<string> {
  const { escapeNagios } = await import('../lib/escape/nagios.js');
  const [first = 'earshot failed'] = text.split('\n').filter((line) => line !== '');
  return `UNKNOWN - ${escapeNagios(first.replace(/^(?:earshot|error): /, ''))}\n`;
}
