import type { Inetd, Owner } from '../model/listener.js';
import type { Package } from '../model/package.js';
import type { Process } from '../model/process.js';
import type { Confidence, Service } from '../model/service.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ServiceSetting } from '../model/software.js';
import type { Group } from './group.js';

/** What a claim rests on, most trusted first (docs/identity.md). */
export type Basis =
  | 'activation'
  | 'relay'
  | 'registration'
  | 'script'
  | 'program'
  | 'kernel'
  | 'handshake'
  | 'setting'
  | 'port';

/** One listener as recognisers see it. */
export interface Subject {
  readonly group: Group;
  readonly namespace: string;
  readonly owners: readonly Owner[];
  /** Holders that were seen, ascending by pid; `exe` is what really runs, where the path lies (Software.disguises). */
  readonly processes: readonly Process[];
}

/** Everything else that was read of the host. */
export interface Facts {
  readonly snapshot: Snapshot;
  /** A process by pid; null: not seen. */
  readonly process: (pid: number) => Process | null;
  /** Settings of these processes' configurations, in the order of the processes. */
  readonly settingsOf: (processes: readonly Process[]) => readonly ServiceSetting[];
}

/** What one recogniser says of a listener. */
export interface Claim {
  readonly by: Basis;
  /** Name from the one list; null: it knows something, though not what is spoken. */
  readonly service: string | null;
  readonly product?: string | null;
  readonly version?: string | null;
  readonly confidence: Confidence;
  /** Sentences, each with the fact that says so. */
  readonly evidence: readonly string[];
  /** A sentence that holds only where nothing better is known. */
  readonly doubt?: string;
  /** Everything the program may answer with: a claim of one of these does not disagree with this one. */
  readonly couldBe?: readonly string[];
  /** Where it is passed on to; the service is then the target's. */
  readonly relayTo?: { readonly address: string; readonly port: number | null } | null;
  readonly authentication?: Service['authentication'];
  readonly encryption?: Service['encryption'];
  readonly facts?: Readonly<Record<string, string>>;
  /** What activation adds to the owner that holds the socket. */
  readonly unit?: string | null;
  readonly inetd?: Inetd | null;
  /** Package of the program that activation starts. */
  readonly package?: Package;
  /** True: what the port usually means is certainly not here, so it is not even guessed. */
  readonly excludesPort?: boolean;
  /** True: nobody knows what this program is, and anything may answer at any port: the number is told, and no name made of it. */
  readonly doubtsPort?: boolean;
}

/** Facts to a claim with its evidence, or null where they say nothing. Never throws: names and files are anybody's. */
export type Recogniser = (subject: Subject, facts: Facts) => Claim | null;
