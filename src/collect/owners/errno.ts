import { constants } from 'node:os';

const ERRNO: Readonly<Record<string, number>> = constants.errno;

/** `EACCES` for 13; `errno 999` for a number without a name. */
export function errnoName(errno: number): string {
  return Object.keys(ERRNO).find((name) => ERRNO[name] === errno) ?? `errno ${errno}`;
}

/** 13 for `EACCES`; 5 (EIO) for a name that is none. */
export function errnoNumber(name: string): number {
  return ERRNO[name] ?? constants.errno.EIO;
}
