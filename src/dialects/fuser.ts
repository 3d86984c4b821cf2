import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';

const HEADING = /^\s+USER\s+PID\s+ACCESS\s+COMMAND\s*$/;
const ROW = /^(?:(\d+)\/(tcp|udp):)?\s+(\S+)\s+(?:(\d+)\s+)?([Ffcerm.]{3,6})\s+(\S.*?)\s*$/;

/** `fuser -v PORT/tcp`: who holds a local port; its address is not shown. */
class Fuser implements Reader {
  #port = 0;
  #protocol: 'tcp' | 'udp' | null = null;

  name(): string {
    return 'Linux fuser';
  }

  row(line: string): Row {
    // The pids alone go to standard output, everything else to standard error.
    if (HEADING.test(line) || line === '' || /^[\s\d]+$/.test(line)) return SKIP;
    const match = ROW.exec(line);
    if (match === null) return UNREAD;
    if (match[1] !== undefined) {
      this.#port = Number(match[1]);
      this.#protocol = match[2] === 'udp' ? 'udp' : 'tcp';
    }
    if (this.#protocol === null || this.#port > 65535) return UNREAD;
    return {
      kind: 'socket',
      socket: {
        protocol: this.#protocol,
        family: null,
        state: this.#protocol === 'tcp' ? 'listen' : 'bound',
        established: false,
        local: { address: null, port: this.#port, device: null, mapped: false },
        peer: null,
        v6only: null,
        owners: [
          { pid: match[4] === undefined ? null : Number(match[4]), name: match[6] ?? null, user: match[3] ?? null },
        ],
        ownerColumn: 'shown',
      },
    };
  }
}

export const fuser: Dialect = {
  name: 'Linux fuser -v PORT/tcp',
  os: 'Linux',
  recognise: (line) => (HEADING.test(line) ? 'heading' : ROW.test(line) && /^\d/.test(line) ? 'row' : 'no'),
  open: () => new Fuser(),
};
