import { constants } from 'node:os';

const names = new Map<number, string>();

/** `EACCES` for 13; `errno 999` for a number without a name. */
export function errnoName(errno: number): string {
  if (names.size === 0)
    for (const [name, number] of Object.entries(constants.errno)) if (!names.has(number)) names.set(number, name);
  return names.get(errno) ?? `errno ${errno}`;
}

/** errno numbers that are the same on x86-64 and arm64 (asm-generic/errno.h). */
export const ENOENT = 2;
export const EINVAL = 22;
export const EOPNOTSUPP = 95;
