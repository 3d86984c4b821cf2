import type { Escaped } from './escaped.js';
import { visible } from './visible.js';

/** Text of a SARIF message: `[text](target)` would be a link (SARIF 2.1.0, 3.11.6). */
export const escapeSarif = (text: string): Escaped<'sarif'> =>
  visible(text).replace(/[\\[\]]/g, '\\$&') as Escaped<'sarif'>;
