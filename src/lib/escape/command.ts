import type { Escaped } from './escaped.js';
import { visible } from './visible.js';

/*
 * Commands of GitHub's runner, `::name key=value,…::message` (actions/runner ActionCommand.cs, actions/toolkit command.ts). The
 * percent sign goes first, since it introduces the others.
 */

/** The message after the second `::`. Line ends of ours stay line ends there. */
export const escapeCommandMessage = (text: string): Escaped<'command'> =>
  text
    .split('\n')
    .map(visible)
    .join('\n')
    .replace(/##\[/g, '#\\x23[')
    .replace(/%/g, '%25')
    .replace(/\r/g, '%0D')
    .replace(/\n/g, '%0A') as Escaped<'command'>;

/** A property's value. */
export const escapeCommandProperty = (text: string): Escaped<'command'> =>
  escapeCommandMessage(text).replace(/:/g, '%3A').replace(/,/g, '%2C') as Escaped<'command'>;
