import { type Escaped, tag } from './escaped.js';
import { visible } from './visible.js';

/** Own text around escaped pieces. */
export const nagios = tag<'nagios'>();

/** Text of a plugin's output: a `|` would begin performance data. */
export const escapeNagios = (text: string): Escaped<'nagios'> =>
  visible(text).replaceAll('|', '\\x7c') as Escaped<'nagios'>;
