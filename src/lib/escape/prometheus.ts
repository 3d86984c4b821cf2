import { type Escaped, tag } from './escaped.js';
import { visible } from './visible.js';

/** Own text around escaped pieces. */
export const prometheus = tag<'prometheus'>();

/** A label's value in the text exposition format: only `\\`, `\"` and `\n` are escapes there. */
export const escapeLabel = (text: string): Escaped<'prometheus'> =>
  visible(text).replace(/\\/g, '\\\\').replace(/"/g, '\\"') as Escaped<'prometheus'>;
