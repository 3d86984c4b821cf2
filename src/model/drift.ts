import type { Because, Rank } from './exposure.js';
import type { Severity } from './finding.js';

/** One thing that is otherwise than it was. */
export type Change =
  | {
      readonly kind: 'listener-new';
      readonly subject: string;
      readonly service: string | null;
      readonly widest: Rank | null;
      readonly owners: readonly string[];
    }
  | {
      readonly kind: 'listener-gone';
      readonly subject: string;
      readonly service: string | null;
      readonly owners: readonly string[];
    }
  | {
      readonly kind: 'owner';
      readonly subject: string;
      readonly before: readonly string[];
      readonly after: readonly string[];
    }
  | {
      readonly kind: 'executable';
      readonly subject: string;
      readonly before: readonly string[];
      readonly after: readonly string[];
    }
  | {
      readonly kind: 'service';
      readonly subject: string;
      readonly before: string | null;
      readonly after: string | null;
    }
  | {
      readonly kind: 'exposure';
      readonly subject: string;
      readonly direction: 'widened' | 'narrowed' | 'changed';
      readonly before: readonly string[];
      readonly after: readonly string[];
      /** What decides now. */
      readonly because: readonly Because[];
    }
  | {
      readonly kind: 'finding-new' | 'finding-gone';
      readonly subject: string;
      readonly ruleId: string;
      readonly title: string;
      readonly severity: Severity;
    }
  | {
      readonly kind: 'finding-worse' | 'finding-better';
      readonly subject: string;
      readonly ruleId: string;
      readonly title: string;
      readonly before: Severity;
      readonly after: Severity;
    }
  | { readonly kind: 'gap-new' | 'gap-gone'; readonly subject: string; readonly what: string; readonly why: string };

/** What changed from one state to another. */
export interface Drift {
  readonly schema: 'earshot.drift/1';
  readonly from: { readonly host: string; readonly at: string };
  readonly to: { readonly host: string; readonly at: string };
  readonly changes: readonly Change[];
}
