import type { Escaped } from './escaped.js';
import { visible } from './visible.js';

/** A value of RFC 5424's structured data: `"`, `\` and `]` stand behind a backslash. */
export const escapeParam = (text: string): Escaped<'syslog'> =>
  visible(text).replace(/["\\\]]/g, '\\$&') as Escaped<'syslog'>;

/** The free text of a message: one line. */
export const escapeMessage = (text: string): Escaped<'syslog'> => visible(text) as Escaped<'syslog'>;

/** A field of the header: printable ASCII without blanks, `-` where nothing is left. */
export function headerField(text: string, max: number): Escaped<'syslog'> {
  const field = text.replace(/[^!-~]/g, '').slice(0, max);
  return (field === '' ? '-' : field) as Escaped<'syslog'>;
}
