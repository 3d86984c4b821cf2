import type { HeldDescriptor } from '../owners/scan.js';

/** One way into a network namespace. */
export type Entrance =
  | { readonly kind: 'path'; readonly path: string; readonly foundBy: string }
  | { readonly kind: 'socket'; readonly held: HeldDescriptor; readonly foundBy: string };

/** A network namespace of this host that has been found, and the ways in, best first. */
export interface FoundNamespace {
  readonly id: number;
  readonly name: string;
  readonly entrances: readonly Entrance[];
  /** `/proc/PID/net` of a task that lives in it, which is often readable where entering is not allowed; null: no task does. */
  readonly procNet: string | null;
  /** True: our own, which needs no entering. */
  readonly own: boolean;
}

/** What is collected of one namespace before it has a name. */
export interface Candidate {
  readonly id: number;
  readonly entrances: Entrance[];
  procNet: string | null;
  own: boolean;
  /** First task that lives in it. */
  task: { readonly pid: number; readonly tid: number } | null;
  /** Name below /run/netns. */
  netnsName: string | null;
}
