/** What probing may cost. */
export interface ProbeLimits {
  /** All listeners together. */
  readonly totalMs: number;
  /** One listener, whatever it does. */
  readonly listenerMs: number;
  /** Until a connection stands. */
  readonly connectMs: number;
  /** How long a service that speaks first is given; a late greeting (greylisting, name look-ups) is a gap. */
  readonly greetingMs: number;
  /** How long one that is expected to wait for us is listened to before anything is said. */
  readonly silenceMs: number;
  /** Until an answer to what was said is there. */
  readonly answerMs: number;
  /** Bytes heard from one listener. */
  readonly bytesMax: number;
  /** Conversations at a time. */
  readonly atOnceMax: number;
  /** Gaps that are shown one by one. */
  readonly gapsMax: number;
}

export const PROBE_LIMITS: ProbeLimits = {
  totalMs: 20_000,
  listenerMs: 2_000,
  connectMs: 600,
  greetingMs: 1_300,
  silenceMs: 200,
  answerMs: 800,
  bytesMax: 65_536,
  atOnceMax: 256,
  gapsMax: 100,
};
