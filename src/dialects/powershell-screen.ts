import type { Gap } from '../model/gap.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { type Asked, askedOf, powershellRow } from './powershell.js';

/** What PowerShell shows on the screen, field by field, until it is a socket. */
class Records {
  readonly #asked: Asked;
  #undecided = 0;

  constructor(command: string) {
    this.#asked = askedOf(command);
  }

  /** `columns`: names of all fields that the listing has, whether or not this record fills them. */
  row(record: Readonly<Record<string, string>>, columns: readonly string[]): Row | null {
    const { protocol, state } = this.#asked;
    const told = columns.some((column) => /^(?:State|RemotePort)$/i.test(column));
    if (told) return powershellRow(record, 'tcp');
    if (protocol === 'tcp') return powershellRow({ ...record, State: state ?? 'Listen' }, 'tcp');
    // Get-NetUDPEndpoint shows two columns by itself; a choice of columns may be of either cmdlet.
    if (protocol === null && columns.length > 2) this.#undecided++;
    return powershellRow(record, 'udp');
  }

  gaps(): readonly Gap[] {
    if (this.#undecided === 0) return [];
    return [
      {
        kind: 'protocol',
        what: `whether ${this.#undecided} endpoints are TCP or UDP`,
        why: 'the listing has neither a State nor a RemotePort column, and no command stands before it: they are taken for UDP',
        hides: 'TCP listeners among them',
        fix: 'capture `Get-NetTCPConnection` and `Get-NetUDPEndpoint` with all their columns',
        hidesListeners: true,
      },
    ];
  }
}

/** A word of a line and where it stands. */
interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const wordsOf = (line: string): readonly Word[] =>
  [...line.matchAll(/\S+/g)].map((match) => ({
    text: match[0],
    from: match.index,
    to: match.index + match[0].length,
  }));

/** What stands under each column: a word belongs to the column whose rule it touches, else to the one before it. */
function cellsOf(line: string, rules: readonly Word[]): string[] {
  const cells = rules.map(() => '');
  let last = 0;
  for (const word of wordsOf(line)) {
    const at = rules.findIndex((rule) => word.from < rule.to && word.to > rule.from);
    if (at >= 0) last = at;
    const before = cells[last] ?? '';
    cells[last] = before === '' ? word.text : `${before} ${word.text}`;
  }
  return cells;
}

const TABLE_HEADING = /^(?=.*\bLocalAddress\b)(?=.*\bLocalPort\b)\s*[A-Z][A-Za-z]*(?:\s+[A-Za-z]+)*\s*$/;
const RULES = /^\s*-{2,}(?:\s+-{2,})*\s*$/;
const TABLE_ROW = /^\s*(\S+)\s+(\d+)\s+(\S+)\s+(\d+)\s+([A-Z][A-Za-z]+\d?)(?:\s+(.*))?$/;
const UDP_ROW = /^\s*(\S+)\s+(\d+)\s*$/;

/** Format-Table: headings, which a narrow window may break, then rules of dashes that say where each column stands. */
class PowershellTable implements Reader {
  readonly #records: Records;
  #headings: string[] = [];
  #rules: readonly Word[] = [];
  #columns: readonly string[] = [];

  constructor(command: string) {
    this.#records = new Records(command);
  }

  name(): string {
    return 'PowerShell table';
  }

  row(line: string): Row {
    if (line === '') return SKIP;
    if (TABLE_HEADING.test(line)) {
      this.#headings = [line];
      this.#rules = [];
      this.#columns = line.trim().split(/\s+/);
      return SKIP;
    }
    if (RULES.test(line)) {
      this.#rule(wordsOf(line));
      return SKIP;
    }
    // The rest of headings that were broken.
    if (this.#rules.length === 0 && /^\s+[A-Za-z]+(?:\s+[A-Za-z]+)*\s*$/.test(line)) {
      this.#headings.push(line);
      return SKIP;
    }
    return this.#rules.length > 0 ? this.#record(cellsOf(line, this.#rules)) : this.#unruled(line);
  }

  #rule(rules: readonly Word[]): void {
    if (this.#headings.length === 0) return;
    this.#rules = rules;
    const names = rules.map(() => '');
    for (const heading of this.#headings)
      for (const [at, cell] of cellsOf(heading, rules).entries()) names[at] = `${names[at]}${cell.replaceAll(' ', '')}`;
    this.#columns = names;
    this.#headings = [];
  }

  #record(cells: readonly string[]): Row {
    const record = Object.fromEntries(this.#columns.map((column, at) => [column, cells[at] ?? '']));
    return this.#records.row(record, this.#columns) ?? UNREAD;
  }

  /** Without rules the usual columns are told by their shape. */
  #unruled(line: string): Row {
    const match = TABLE_ROW.exec(line);
    const udp = match === null ? UDP_ROW.exec(line) : null;
    if (udp !== null) return powershellRow({ LocalAddress: udp[1], LocalPort: udp[2] }, 'udp') ?? UNREAD;
    if (match === null) return UNREAD;
    const [, address = '', port = '', remote = '', remotePort = '', state = '', rest = ''] = match;
    const record = {
      LocalAddress: address,
      LocalPort: port,
      RemoteAddress: remote,
      RemotePort: remotePort,
      State: state,
    };
    const owning = this.#columns.includes('OwningProcess') ? /(\d+)\s*$/.exec(rest)?.[1] : undefined;
    return powershellRow(owning === undefined ? record : { ...record, OwningProcess: owning }, 'tcp') ?? UNREAD;
  }

  gaps(): readonly Gap[] {
    return this.#records.gaps();
  }
}

export const powershellTable: Dialect = {
  name: 'PowerShell (Get-NetTCPConnection, Get-NetUDPEndpoint) as a table',
  os: 'Windows',
  recognise: (line) => (TABLE_HEADING.test(line) ? 'heading' : 'no'),
  open: (command) => new PowershellTable(command),
};

const FIELD = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*: ?(.*)$/;
const FIRST_FIELD = /^\s*(?:LocalAddress|LocalPort|RemoteAddress|RemotePort|OwningProcess|AppliedSetting)\s*: ?\S*\s*$/;
/** Fields of one object, at most (`Format-List *` has some forty). */
const FIELDS_MAX = 100;

/** Format-List: `Name : value`, a blank line between objects. */
class PowershellList implements Reader {
  readonly #records: Records;
  #fields = new Map<string, string>();
  #last = '';
  #ended = false;

  constructor(command: string) {
    this.#records = new Records(command);
  }

  name(): string {
    return 'PowerShell list';
  }

  row(line: string): Row {
    if (line === '') {
      this.#ended = true;
      return SKIP;
    }
    const match = FIELD.exec(line);
    if (match === null) return this.#continued(line);
    const [, name = '', value = ''] = match;
    const done = this.#ended || this.#fields.has(name) || this.#fields.size >= FIELDS_MAX ? this.#flush() : SKIP;
    this.#ended = false;
    this.#fields.set(name, value.trim());
    this.#last = name;
    return done;
  }

  /** A long value goes on below itself, indented as far as it began. */
  #continued(line: string): Row {
    if (this.#ended || this.#last === '' || !/^\s{8,}\S/.test(line)) return UNREAD;
    this.#fields.set(this.#last, `${this.#fields.get(this.#last) ?? ''}${line.trim()}`);
    return SKIP;
  }

  #flush(): Row {
    const fields = this.#fields;
    this.#fields = new Map();
    if (fields.size === 0) return SKIP;
    const record = Object.fromEntries(fields);
    return this.#records.row(record, [...fields.keys()]) ?? { kind: 'gap', gap: halfObject(fields) };
  }

  end(): readonly Row[] {
    return [this.#flush()];
  }

  gaps(): readonly Gap[] {
    return this.#records.gaps();
  }
}

const halfObject = (fields: ReadonlyMap<string, string>): Gap => ({
  kind: 'capture',
  what: `an object with no more than ${[...fields]
    .slice(0, 4)
    .map(([name, value]) => `${name} ${value.slice(0, 60)}`)
    .join(', ')}`,
  why: 'it has no LocalAddress or no LocalPort',
  hides: 'where it listens',
  fix: 'capture again without Select-Object',
  hidesListeners: true,
});

export const powershellList: Dialect = {
  name: 'PowerShell (Get-NetTCPConnection, Get-NetUDPEndpoint) as a list',
  os: 'Windows',
  recognise: (line) => (FIRST_FIELD.test(line) ? 'row' : 'no'),
  open: (command) => new PowershellList(command),
};
