import type { Gap } from '../model/gap.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { hasNoPeer, localOf, peerOf, splitEnd } from './endpoint.js';
import { stateOf } from './states.js';

const ROW = /^\s*(TCP|UDP|TCPv6|UDPv6)\s+(\S+:\S+)\s+(\S+:\S+)(?:\s+(.*\S))?\s*$/;
/** Headings are translated: two blanks, then words in columns, and no endpoint. */
const HEADING = /^\s{1,4}\S+(?:\s\S+)*\s{2,}\S.*\s{2,}\S/;
const EXECUTABLE = /^\s{0,8}\[([^[\]]+)\]\s*$/;
const COMPONENT = /^ {2,8}([^\s\\/[\]-][^\\/[\]]{0,80})$/;
const MESSAGE = /^\s{1,8}\S/;
/** Where the paste lost its indentation: a component's name is one word, a message is words without numbers. */
const FLAT = /^(?:[A-Za-z][\w.-]{0,40}|[^\d:[\]]{8,100})$/;

/** Windows' netstat in any language: the words are translated, the shape is not. A foreign port 0 is a listener. */
class WindowsSockets implements Reader {
  #pids = false;
  #names = false;
  #rows = 0;
  #component: string | null = null;
  #afterRow = false;
  /** Lines stand at the edge that netstat indents. */
  #flat = false;

  name(): string {
    return 'Windows netstat';
  }

  row(line: string): Row {
    const match = ROW.exec(line);
    if (match !== null) {
      // netstat itself puts two blanks before a row.
      if (!line.startsWith('  ')) this.#flat = true;
      return this.#internet(match);
    }
    if (!this.#afterRow) return HEADING.test(line) ? SKIP : UNREAD;
    const executable = EXECUTABLE.exec(line);
    if (executable !== null) {
      this.#names = true;
      const name = executable[1] ?? '';
      const unit = this.#component;
      return { kind: 'owner', owner: { name, ...(unit === null ? {} : { unit }) } };
    }
    if (HEADING.test(line)) {
      this.#afterRow = false;
      return SKIP;
    }
    const component = COMPONENT.exec(line);
    if (component !== null) this.#component = component[1]?.trim() ?? null;
    if (this.#flat && FLAT.test(line)) {
      if (/^\S+$/.test(line)) this.#component = line;
      return SKIP;
    }
    return line === '' || MESSAGE.test(line) ? SKIP : UNREAD;
  }

  #internet(match: RegExpExecArray): Row {
    const [, word = '', localText = '', foreignText = '', rest = ''] = match;
    const local = splitEnd(localText, ':');
    const foreign = splitEnd(foreignText, ':');
    if (local === null || foreign === null) return UNREAD;
    const protocol = word.startsWith('TCP') ? 'tcp' : 'udp';
    const words = rest === '' ? [] : rest.split(/\s+/);
    const pid = [...words].reverse().find((one) => /^\d+$/.test(one));
    const state = words.find((one) => !/^\d+$/.test(one)) ?? '';
    const noPeer = hasNoPeer(foreign);
    if (protocol === 'tcp' && state === '' && !noPeer) return UNREAD;
    const six = word.endsWith('v6') || local.host.includes(':');
    const end = localOf(local, protocol, six ? 'ipv6' : null);
    if (end === null) return UNREAD;
    this.#rows++;
    this.#component = null;
    this.#afterRow = true;
    if (pid !== undefined) this.#pids = true;
    const owned = pid !== undefined && pid !== '0';
    return {
      kind: 'socket',
      socket: {
        protocol,
        family: end.family,
        ...stateOf(protocol, protocol === 'tcp' ? state : '', !noPeer),
        local: end.local,
        peer: noPeer ? null : peerOf(foreign, protocol, end.family),
        v6only: null,
        owners: owned ? [{ pid: Number(pid), name: null, user: null }] : [],
        ownerColumn: owned ? 'shown' : pid === undefined ? 'absent' : 'hidden',
      },
    };
  }

  gaps(): readonly Gap[] {
    if (this.#rows === 0 || this.#pids || this.#names) return [];
    return [
      {
        kind: 'owner',
        what: 'owners of all sockets',
        why: 'netstat was run without -o and -b (Windows 2000 has neither, nor -i)',
        hides: 'which program listens: services are told by their port alone',
        fix: 'capture again with `netstat -anob` in an elevated prompt',
        hidesListeners: false,
      },
    ];
  }
}

export const windows: Dialect = {
  name: 'Windows netstat (-an, -ano, -anob; any language)',
  os: 'Windows',
  recognise: (line) => (ROW.test(line) ? 'row' : 'no'),
  open: () => new WindowsSockets(),
};
