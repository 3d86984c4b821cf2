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

/** What the pasted command asked for, where there is one: `tcp`, `udp`, and the one state it filtered by. */
export interface Asked {
  readonly protocol: 'tcp' | 'udp' | null;
  readonly state: string | null;
}

export function askedOf(command: string): Asked {
  const protocol = /NetTCPConnection/i.test(command) ? 'tcp' : /NetUDPEndpoint/i.test(command) ? 'udp' : null;
  return { protocol, state: /-State\s+"?(\w+)"?(?!\s*,)/i.exec(command)?.[1] ?? null };
}

/** What a column or a screen's edge cut off ends in dots. */
const CUT = /(?:\.{3}|…)$/;

/** An object or record of Get-NetTCPConnection or Get-NetUDPEndpoint; `key`: what it stood under. null: it is none. */
export function powershellRow(object: JsonObject, key: string): Row | null {
  const whole = textField(object, 'LocalAddress');
  const address = whole.replace(CUT, '');
  const port = textField(object, 'LocalPort');
  if (whole === '' || !/^\d+$/.test(port)) return null;
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
    local: address === whole ? end.local : { ...end.local, address: `${address}…`, cut: 'address' },
    peer: hasPeer
      ? peerOf(
          {
            host: textField(object, 'RemoteAddress').replace(CUT, '…'),
            service: remotePort,
            scope: null,
            bracketed: false,
            width: 0,
          },
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
