import { constants } from 'node:os';

const ERRNO: Readonly<Record<string, number>> = constants.errno;

/** 13 for `EACCES`; 5 (EIO) for a name that is none. */
export function errnoNumber(name: string): number {
  return ERRNO[name] ?? constants.errno.EIO;
}
