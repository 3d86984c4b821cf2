import { baseName } from '../lib/interpreters.js';
import { TextTable } from '../lib/lines.js';

/**
 * Programs that run another one, one a line:
 *
 *     NAMES | OPERANDS | OPTIONS
 *
 * OPERANDS: how many words of its own stand before the other program; OPTIONS: those whose value stands in the next word. From their manual pages.
 */
const WRAPPERS = `
tcpd setsid nohup libtool rbash fakeroot unshare dumb-init catatonit docker-init|0|
tini|0|-p -e
stdbuf|0|-i -o -e
env|0|-u --unset -C --chdir
nice|0|-n --adjustment
ionice|0|-c -n -p --class --classdata
softlimit s6-softlimit|0|-a -m -d -s -l -o -p -f -c -r -t
chpst|0|-u -U -b -e -d -m -n -l -L -o -p -f -c -r -t -/
sudo doas|0|-u -g -C -h -p -r -t -T -U -D -R --user --group
runuser|0|-u -g -G --user --group
setpriv|0|--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig
setuidgid envuidgid s6-setuidgid s6-envuidgid su-exec gosu envdir s6-envdir|1|
chroot|1|
timeout|1|-s -k --signal --kill-after
`;

const TABLE = new TextTable(WRAPPERS);

/** Wrappers around wrappers that are looked through. */
const WRAPPERS_MAX = 6;

interface Wrapper {
  readonly operands: number;
  readonly valued: readonly string[];
}

function wrapperCalled(name: string): Wrapper | null {
  for (const { text } of TABLE.linesWith(name)) {
    const [names = '', operands = '', options = ''] = text.split('|');
    if (names.split(' ').includes(name)) return { operands: Number(operands), valued: options.split(' ') };
  }
  return null;
}

/** Whether the program of that base name runs another one. */
export const isWrapper = (name: string): boolean => wrapperCalled(name) !== null;

/** The words after all wrappers: `setuidgid nobody tcpd /usr/sbin/in.telnetd` is in.telnetd. */
export function unwrapped(words: readonly string[]): readonly string[] {
  let rest = words;
  for (let depth = 0; depth < WRAPPERS_MAX; depth++) {
    const wrapper = wrapperCalled(baseName(rest[0] ?? ''));
    if (wrapper === null) return rest;
    let at = 1;
    while (at < rest.length && /^-|^\w+=/.test(rest[at] ?? '')) {
      const word = rest[at] ?? '';
      at += wrapper.valued.includes(word) ? 2 : 1;
      if (word === '--') break;
    }
    at += wrapper.operands;
    if (at >= rest.length) return rest;
    rest = rest.slice(at);
  }
  return rest;
}
