import type { Place } from '../lib/errors.js';

/** An accepted finding: who accepted it, why, until when. */
export interface Waiver {
  /** Rule id or alias; `*` stands for any run of characters. */
  readonly rule: string;
  /** Subject id (`tcp/0.0.0.0:23@host`); `*` stands for any run of characters. */
  readonly subject: string;
  readonly owner: string;
  readonly reason: string;
  /** Last day it holds, `YYYY-MM-DD` (UTC). */
  readonly expires: string;
  readonly ticket: string | null;
  readonly place: Place | null;
  /** True: a rule pack brings it. That it matches nothing on this host is no news, and nobody here can take it away. */
  readonly fromPack?: true;
}
