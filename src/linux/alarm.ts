import { addressOf, syscall } from './syscall.js';

const ITIMER_REAL = 0;
/** struct itimerval: interval and value, each seconds and microseconds in 64 bits. */
const ITIMERVAL_BYTES = 32;
/** Longer than V8 would move. */
const BUFFER_BYTES = 128;

/** setitimer(2); the milliseconds that were left of the timer before. A kernel that refuses leaves none, and 0 comes back. */
function setTimer(ms: number): number {
  const value = Buffer.alloc(BUFFER_BYTES);
  const before = Buffer.alloc(BUFFER_BYTES);
  value.writeBigInt64LE(BigInt(Math.floor(ms / 1000)), ITIMERVAL_BYTES / 2);
  value.writeBigInt64LE(BigInt(Math.floor(ms % 1000) * 1000), ITIMERVAL_BYTES / 2 + 8);
  syscall('setitimer', ITIMER_REAL, addressOf(value), addressOf(before));
  return (
    Number(before.readBigInt64LE(ITIMERVAL_BYTES / 2)) * 1000 +
    Math.ceil(Number(before.readBigInt64LE(ITIMERVAL_BYTES / 2 + 8)) / 1000)
  );
}

/**
 * Lets the kernel end this process by SIGALRM when so much time has passed: no code of ours runs any more while it waits for a file system that
 * never answers (a dead NFS server, a FUSE daemon that was stopped). Children do not inherit it.
 */
export const armAlarm = (ms: number): void => void setTimer(Math.max(1, ms));

/** Takes the alarm back; the milliseconds that were left. */
export const disarmAlarm = (): number => setTimer(0);
