import { type CapturedSocket, type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { localOf, peerOf } from './endpoint.js';
import { field, type JsonObject, textField } from './json-fields.js';
import { stateOf } from './states.js';

/** Values of Get-NetTCPConnection's State (MSFT_NetTCPConnection); ConvertTo-Json writes the number. */
const STATES: Readonly<Record<string, string>> = {
  '1': 'CLOSED',
  '2': 'LISTEN',
  '3': 'SYN_SENT',
  '4': 'SYN_RECEIVED',
  '5': 'ESTABLISHED',
  '6': 'FIN_WAIT1',
  '7': 'FIN_WAIT2',
  '8': 'CLOSE_WAIT',
  '9': 'CLOSING',
  '10': 'LAST_ACK',
  '11': 'TIME_WAIT',
  '12': 'DELETE_TCB',
  '100': 'BOUND',
};

/** `Established`, `CloseWait`, `FinWait1`, `5`, `{ value: "Listen", Value: 2 }`: one word. */
function stateWord(object: JsonObject): string {
  const value = field(object, 'State');
  const text =
    typeof value === 'object' && value !== null ? textField(value as JsonObject, 'value') : textField(object, 'State');
  return STATES[text] ?? text.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
}

/** An object or record of Get-NetTCPConnection or Get-NetUDPEndpoint; `key`: what it stood under. null: it is none. */
export function powershellRow(object: JsonObject, key: string): Row | null {
  const address = textField(object, 'LocalAddress');
  const port = textField(object, 'LocalPort');
  if (address === '' || !/^\d+$/.test(port)) return null;
  const state = stateWord(object);
  const udp =
    /udp/i.test(`${key} ${textField(object, 'CreationClassName')} ${textField(object, 'CimClass')}`) ||
    (state === '' && field(object, 'RemotePort') === undefined);
  const protocol = udp ? 'udp' : 'tcp';
  const [host = '', scope = null] = address.split('%');
  const six = host.includes(':');
  const end = localOf({ host, service: port, scope, bracketed: false, width: 0 }, protocol, six ? 'ipv6' : 'ipv4');
  if (end === null) return UNREAD;
  const remotePort = textField(object, 'RemotePort');
  const hasPeer = remotePort !== '' && remotePort !== '0';
  const pid = Number(textField(object, 'OwningProcess'));
  const name = textField(object, 'ProcessName') || textField(object, 'Process');
  const owned = Number.isInteger(pid) && pid > 0;
  const socket: CapturedSocket = {
    protocol,
    family: end.family,
    ...stateOf(protocol, state, hasPeer),
    local: end.local,
    peer: hasPeer
      ? peerOf(
          { host: textField(object, 'RemoteAddress'), service: remotePort, scope: null, bracketed: false, width: 0 },
          protocol,
          null,
        )
      : null,
    v6only: null,
    owners: owned ? [{ pid, name: name === '' ? null : name, user: null }] : [],
    ownerColumn: owned ? 'shown' : field(object, 'OwningProcess') === undefined ? 'absent' : 'hidden',
  };
  return { kind: 'socket', socket };
}

/** Cells of one CSV line: quoted or not, comma, semicolon or tab between them (Export-Csv -UseCulture). */
function cells(line: string, separator: string): readonly string[] {
  const found: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line.charAt(at);
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (line.charAt(at + 1) === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === separator) {
      found.push(cell);
      cell = '';
    } else cell += letter;
  }
  found.push(cell);
  return found;
}

const CSV_HEADING = /^"?\w+"?(?:[,;\t]"?\w+"?)*$/;
const hasColumns = (line: string): boolean =>
  CSV_HEADING.test(line) && /LocalAddress/i.test(line) && /LocalPort/i.test(line);

/** ConvertTo-Csv and Export-Csv: the order of columns follows Select-Object. */
class PowershellCsv implements Reader {
  #columns: readonly string[] = [];
  #separator = ',';
  #udp = false;

  constructor(command: string) {
    this.#udp = /NetUDPEndpoint/i.test(command);
  }

  name(): string {
    return 'PowerShell CSV';
  }

  row(line: string): Row {
    if (line === '') return SKIP;
    if (line.startsWith('#TYPE')) {
      this.#udp = /UDP/i.test(line);
      return SKIP;
    }
    if (hasColumns(line)) {
      this.#separator = /[,;\t]/.exec(line)?.[0] ?? ',';
      this.#columns = cells(line, this.#separator);
      return SKIP;
    }
    const values = cells(line, this.#separator);
    if (this.#columns.length === 0 || values.length !== this.#columns.length) return UNREAD;
    const record = Object.fromEntries(this.#columns.map((column, at) => [column, values[at] ?? '']));
    return (
      powershellRow(
        record,
        this.#udp || !this.#columns.some((column) => /^(?:State|RemotePort)$/i.test(column)) ? 'udp' : 'tcp',
      ) ?? UNREAD
    );
  }
}

export const powershellCsv: Dialect = {
  name: 'PowerShell (Get-NetTCPConnection, Get-NetUDPEndpoint) as CSV',
  os: 'Windows',
  recognise: (line) =>
    hasColumns(line) || /^#TYPE .*(?:CimInstance|MSFT_Net|NetTCPConnection|NetUDPEndpoint)/.test(line)
      ? 'heading'
      : 'no',
  open: (command) => new PowershellCsv(command),
};

const TABLE_HEADING = /^\s*LocalAddress\s+LocalPort\s+(?:RemoteAddress\s+RemotePort\s+State\b.*)?$/;
const TABLE_ROW = /^\s*(\S+)\s+(\d+)\s+(\S+)\s+(\d+)\s+([A-Z][A-Za-z]+\d?)(?:\s+(.*))?$/;
const UDP_ROW = /^\s*(\S+)\s+(\d+)\s*$/;

/** What PowerShell prints on the screen: a table with dashes under its heading. */
class PowershellTable implements Reader {
  #columns: readonly string[] = [];

  name(): string {
    return 'PowerShell table';
  }

  row(line: string): Row {
    if (line === '' || /^[-\s]+$/.test(line)) return SKIP;
    if (TABLE_HEADING.test(line)) {
      this.#columns = line.trim().split(/\s+/);
      return SKIP;
    }
    const match = TABLE_ROW.exec(line);
    const udp = match === null ? UDP_ROW.exec(line) : null;
    if (udp !== null) return powershellRow({ LocalAddress: udp[1], LocalPort: udp[2] }, 'udp') ?? UNREAD;
    if (match === null) return UNREAD;
    const owning = this.#columns.includes('OwningProcess') ? /(\d+)\s*$/.exec(match[6] ?? '')?.[1] : undefined;
    const record = {
      LocalAddress: match[1],
      LocalPort: match[2],
      RemoteAddress: match[3],
      RemotePort: match[4],
      State: match[5],
    };
    return powershellRow(owning === undefined ? record : { ...record, OwningProcess: owning }, 'tcp') ?? UNREAD;
  }
}

export const powershellTable: Dialect = {
  name: 'PowerShell (Get-NetTCPConnection, Get-NetUDPEndpoint) as a table',
  os: 'Windows',
  recognise: (line) => (TABLE_HEADING.test(line) ? 'heading' : 'no'),
  open: () => new PowershellTable(),
};
