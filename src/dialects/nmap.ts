import type { Gap } from '../model/gap.js';
import type { ProbeAnswer } from '../model/software.js';
import { type CapturedSocket, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { hostOf } from './endpoint.js';

/** One port of a scan. */
export interface ScannedPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  /** nmap's word: `open`, `closed`, `filtered`, `open|filtered`, … */
  readonly state: string;
  readonly service: string | null;
  readonly product: string | null;
  readonly version: string | null;
  /** True: the service was heard, not only looked up by its port. */
  readonly heard: boolean;
}

/** Distinct ports remembered, so that a port scanned twice is one listener. */
const PORTS_MAX = 500_000;

/** What scans of one file have found; an open port is a listener at the address that answered. */
export class ScanBook {
  readonly #seen = new Set<string>();

  rowOf(found: ScannedPort): Row {
    if (found.state.includes('|') && found.state.includes('open')) return { kind: 'gap', gap: undecided(found) };
    if (found.state !== 'open') return SKIP;
    const protocol =
      found.protocol === 'tcp' || found.protocol === 'udp' || found.protocol === 'sctp' ? found.protocol : null;
    const host = hostOf(found.address, null);
    if (protocol === null || host.family === null || found.port > 65535) return UNREAD;
    const key = `${protocol} ${host.address} ${found.port}`;
    const socket: CapturedSocket = {
      protocol,
      family: host.family,
      state: protocol === 'udp' ? 'bound' : 'listen',
      established: false,
      local: { address: host.address, port: found.port, device: null, mapped: false },
      peer: null,
      v6only: null,
      owners: [],
      ownerColumn: 'absent',
    };
    const rows: Row[] = [];
    if (!this.#seen.has(key)) {
      if (this.#seen.size < PORTS_MAX) this.#seen.add(key);
      rows.push({ kind: 'socket', socket });
    }
    if (found.heard) rows.push({ kind: 'probe', probe: answerOf(found, host.address, protocol) });
    return { kind: 'many', rows };
  }
}

const answerOf = (found: ScannedPort, address: string, protocol: string): ProbeAnswer => ({
  protocol,
  address,
  port: found.port,
  namespace: 0,
  device: null,
  probe: 'nmap',
  sent: 'what the scan sent',
  service: found.service,
  product: found.product,
  version: found.version,
  answer: null,
  facts: {},
  durationMs: 0,
});

const undecided = (found: ScannedPort): Gap => ({
  kind: 'protocol',
  what: `${found.protocol} port ${found.port} of ${found.address} (${found.state})`,
  why: 'the scan got no answer, so the port is open or filtered',
  hides: 'a listener, if there is one',
  fix: 'scan again with -sV, or look on the host itself',
  hidesListeners: true,
});

/** What every scan leaves out. */
export const SCAN_GAPS: readonly Gap[] = [
  {
    kind: 'protocol',
    what: 'ports that the scan did not try or could not reach',
    why: 'a scan sees from outside what was let through to it',
    hides: 'listeners on other ports, on other addresses and behind the firewall',
    fix: 'run `earshot audit` on the host',
    hidesListeners: true,
  },
];

const GREPABLE = /^(?:Timestamp: \d+\s+)?Host: (\S+) \(([^)]*)\)\s+(.*)$/;
const LIST = /^(open|closed) (tcp|udp|sctp) (\d+) (\S+) \d+$/;
const REPORT = /^Nmap scan report for (?:(\S+) \()?([\d.]+|[0-9a-fA-F:]+)\)?(?: \[host down.*)?$/;
const PORT_LINE = /^(\d+)\/(tcp|udp|sctp)\s+([a-z|]+)\s+(\S+)(?:\s+(.*))?$/;
const COMMENT =
  /^(?:#|Starting Nmap|Nmap done|Host is up|Not shown:|PORT\s+STATE|MAC Address:|Service detection performed|Service Info:|Warning:|All \d+ scanned ports|Discovered open port|Device type:|Running|OS |Network Distance:|\|)/;
/** A version text may hold a comma: the next port begins with a number and a state. */
const NEXT_PORT = /, (?=\d+\/(?:open|closed|filtered|unfiltered|open\|filtered|closed\|filtered)\/)/;

/** nmap's grepable (-oG) and normal output, and masscan's ways of writing them. */
class NmapLines implements Reader {
  readonly #book = new ScanBook();
  #address = '';
  #masscan = false;

  name(): string {
    return this.#masscan ? 'nmap and masscan output' : 'nmap output';
  }

  row(line: string): Row {
    if (line === '') return SKIP;
    const grepable = GREPABLE.exec(line);
    if (grepable !== null) return this.#grepable(grepable, line);
    const list = LIST.exec(line);
    if (list !== null) {
      this.#masscan = true;
      const [, state = '', protocol = '', port = '', address = ''] = list;
      return onHost(address, '', [this.#book.rowOf(plainPort(address, Number(port), protocol, state))]);
    }
    const report = REPORT.exec(line);
    if (report !== null) {
      this.#address = report[2] ?? '';
      return /host down/.test(line) ? SKIP : onHost(this.#address, report[1] ?? '', []);
    }
    const port = this.#address === '' ? null : PORT_LINE.exec(line);
    if (port !== null) {
      const [, number = '', protocol = '', state = '', service = '', version] = port;
      return this.#book.rowOf({
        ...plainPort(this.#address, Number(number), protocol, state),
        service: service.replace(/\?$/, ''),
        product: version ?? null,
        heard: version !== undefined,
      });
    }
    if (/^# Masscan/i.test(line)) this.#masscan = true;
    return COMMENT.test(line) ? SKIP : UNREAD;
  }

  #grepable(match: RegExpExecArray, line: string): Row {
    const [, address = '', name = '', rest = ''] = match;
    if (line.startsWith('Timestamp')) this.#masscan = true;
    if (/^Status: Down/.test(rest)) return SKIP;
    const ports = /(?:^|\t)Ports: (.*?)(?:\t|$)/.exec(rest)?.[1];
    const rows = ports === undefined ? [] : ports.split(NEXT_PORT).map((entry) => this.#entry(address, entry.trim()));
    return rows.some((row) => row.kind === 'unread') ? UNREAD : onHost(address, name, rows);
  }

  #entry(address: string, entry: string): Row {
    const [port = '', state = '', protocol = '', , service = '', , version = ''] = entry.split('/');
    if (!/^\d+$/.test(port)) return UNREAD;
    const heard = version !== '';
    return this.#book.rowOf({
      ...plainPort(address, Number(port), protocol, state),
      service: service === '' ? null : (service.split('|').at(-1) ?? service).replace(/\?$/, ''),
      product: heard ? version : null,
      heard,
    });
  }

  gaps(): readonly Gap[] {
    return SCAN_GAPS;
  }
}

const plainPort = (address: string, port: number, protocol: string, state: string): ScannedPort => ({
  address,
  port,
  protocol,
  state,
  service: null,
  product: null,
  version: null,
  heard: false,
});

/** Rows of one host, after the row that says which. */
export const onHost = (address: string, name: string, rows: readonly Row[]): Row => ({
  kind: 'many',
  rows: [{ kind: 'host', host: { key: address, hostname: name === '' ? address : name } }, ...rows],
});

export const nmapLines: Dialect = {
  name: 'nmap grepable (-oG) and normal output, masscan',
  os: null,
  longLines: true,
  recognise(line) {
    if (/^# (?:Nmap|Masscan) \S+ scan initiated|^#masscan|^Starting Nmap|^Nmap scan report for /i.test(line))
      return 'heading';
    return (GREPABLE.test(line) && /Status:|Ports:/.test(line)) || LIST.test(line) ? 'row' : 'no';
  },
  open: () => new NmapLines(),
};
