import type { ShownOwner } from '../model/socket.js';

/**
 * One entry of `users:((…))`: `("name",pid=1,fd=2)`, before 2014 `("name",1,2)`. The name is whatever the process calls itself, so an
 * entry ends only where another begins or the list does.
 */
const ENTRY =
  /\("(.*?)",(?:pid=)?(\d+)(?:,tid=\d+)?(?:,proc_ctx=[^,]*)?,(?:fd=)?-?\d+(?:,sock_ctx=[^)]*)?\)(?=,\("|$)/y;
const LIST = /^users:\((.*,(?:fd=)?-?\d+(?:,sock_ctx=[^)]*)?\))\)(?=\s|$)/;

/** Processes named for one socket, at most. */
const USERS_MAX = 4096;

/**
 * Owners that ss names. The last `pid=` of an entry is the true one. A list whose entries do not join without a remainder was forged by a
 * name: it is refused whole, since any of its numbers may be the forger's.
 */
export function usersOf(text: string): {
  readonly owners: readonly ShownOwner[];
  readonly refused: boolean;
  readonly rest: string;
} {
  if (!text.startsWith('users:(')) return { owners: [], refused: false, rest: text };
  const list = LIST.exec(text);
  if (list === null) return { owners: [], refused: true, rest: '' };
  const body = list[1] ?? '';
  const rest = text.slice(list[0].length).trim();
  const owners: ShownOwner[] = [];
  let at = 0;
  while (at < body.length && owners.length < USERS_MAX) {
    ENTRY.lastIndex = at;
    const entry = ENTRY.exec(body);
    if (entry === null) return { owners: [], refused: true, rest };
    const pid = Number(entry[2]);
    const name = entry[1] ?? '';
    if (!owners.some((owner) => owner.pid === pid && owner.name === name)) owners.push({ pid, name, user: null });
    at = ENTRY.lastIndex + 1;
  }
  return { owners, refused: false, rest };
}
