/** Milliseconds of a clock that nobody sets (CLOCK_MONOTONIC). Node's own `performance` loads a dozen of its modules first. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
