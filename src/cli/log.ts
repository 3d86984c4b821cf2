import { type CiLog, escapeTerminal, escapeTerminalLines, guardLog } from '../lib/escape/terminal.js';
import type { Io } from './io.js';

/** Whose runner reads what is printed, and obeys commands in it; null: none. */
export const ciOf = (env: Io['env']): CiLog =>
  env['GITHUB_ACTIONS'] === 'true' ? 'github' : env['GITLAB_CI'] === 'true' ? 'gitlab' : null;

/** Lines with foreign words in them, for a stream: nothing in them is invisible, and none is a command of the runner that reads the log. */
export const forLog = (text: string, { env }: Pick<Io, 'env'>): string =>
  guardLog(escapeTerminalLines(text), ciOf(env));

/** As `forLog`, for one line: a line end in it is foreign, and shown. */
export const lineForLog = (text: string, { env }: Pick<Io, 'env'>): string =>
  guardLog(`${escapeTerminal(text)}\n`, ciOf(env));
