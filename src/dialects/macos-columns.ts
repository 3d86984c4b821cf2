import type { ShownOwner } from '../model/socket.js';

/** macOS 26: `rxbytes txbytes rhiwat shiwat process:pid state options …`; the name may hold blanks and colons. */
const NAMED = /^\s*(?:\d+\s+){2,4}(\S.*?):(\d+)\s+[0-9a-f]{5}\s+[0-9a-f]{8}(?:\s|$)/;
const STATE = /^(?:0x[0-9a-f]{4}|[0-9a-f]{5})$/;
const OPTIONS = /^(?:0x)?[0-9a-f]{8}$/;

/**
 * The process that `netstat -v` of macOS shows. Releases insert columns before it (10.14, 15), so it is found from the right: pid, epid, state and
 * options stand together. null: no such columns, or nobody.
 */
export function processOf(rest: string): ShownOwner | null {
  if (rest.length < 20) return null;
  const named = NAMED.exec(rest);
  if (named !== null) return { pid: Number(named[2]), name: named[1] ?? null, user: null };
  const words = rest.trim().split(/\s+/);
  const at = words.findIndex((word, index) => index >= 3 && OPTIONS.test(word) && STATE.test(words[index - 1] ?? ''));
  const pid = words[at - 3];
  if (at < 0 || pid === undefined || !/^\d+$/.test(pid) || pid === '0') return null;
  return { pid: Number(pid), name: null, user: null };
}
