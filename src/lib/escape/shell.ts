import type { Escaped } from './escaped.js';

/** Control characters, bidirectional marks and line separators: somebody will paste the command without seeing them. */
const UNPASTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/u;

/** Foreign text as one word for sh; null where it holds what nobody can see, and must be left out of a command. */
export function quoteShell(text: string): Escaped<'shell'> | null {
  if (UNPASTABLE.test(text)) return null;
  if (/^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-')) return text as Escaped<'shell'>;
  return `'${text.replaceAll("'", "'\\''")}'` as Escaped<'shell'>;
}
