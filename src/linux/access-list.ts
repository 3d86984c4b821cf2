import { closeSync, constants, openSync } from 'node:fs';
import { extendedAttribute } from './extended-attribute.js';
import { isBelowRoot, O_PATH, openInside } from './inside.js';

/** Who is named in a file's access control list, and may write by it. */
export interface AccessList {
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  /** The owning group itself may: where there is a list, the group's permission bits are only the mask of all of them. */
  readonly group: boolean;
}

/** linux/posix_acl_xattr.h: a header of 4 bytes, then tag, permissions (16 bits each) and id (32 bits), little-endian. */
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const TAG = { user: 0x02, owningGroup: 0x04, group: 0x08, mask: 0x10 } as const;
const WRITE = 2;

/** Reads `system.posix_acl_access`; null: not understood. */
export function parseAccessList(bytes: Buffer): AccessList | null {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== VERSION) return null;
  const uids: number[] = [];
  const gids: number[] = [];
  let group = false;
  let mask = WRITE;
  for (let at = HEADER_BYTES; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const tag = bytes.readUInt16LE(at);
    const permissions = bytes.readUInt16LE(at + 2);
    if (tag === TAG.mask) mask = permissions;
    if ((permissions & WRITE) === 0) continue;
    if (tag === TAG.user) uids.push(bytes.readUInt32LE(at + 4));
    else if (tag === TAG.group) gids.push(bytes.readUInt32LE(at + 4));
    else if (tag === TAG.owningGroup) group = true;
  }
  return (mask & WRITE) === 0 ? { uids: [], gids: [], group: false } : { uids, gids, group };
}

/** The access control list (acl(5)) of the file at a path, a link itself where it is one; null: it has none, or it is not told. */
export function accessListOf(path: string): AccessList | null {
  let fd: number | null = null;
  try {
    fd = isBelowRoot(path) ? openInside(path, false) : openSync(path, O_PATH | constants.O_NOFOLLOW);
    const bytes = extendedAttribute(`/proc/self/fd/${fd}`, 'system.posix_acl_access');
    return bytes === null ? null : parseAccessList(bytes);
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
