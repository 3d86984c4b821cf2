import type { Gap } from '../model/gap.js';
import type { CapturedSocket, Dialect, Reader, Row } from './dialect.js';
import { SKIP, UNREAD } from './dialect.js';
import { lsofRow, processesOnly, States, unescaped } from './lsof.js';

const ENDPOINT = /^(?:\*|[\w.-]+|\[[\da-fA-F:.%\w]+\]):(?:\*|[\w-]+)(?:->\S+)?$/;

/** Letters of the fields that belong to an open file (lsof(8), OUTPUT FOR OTHER PROGRAMS), as far as sockets have them. */
const FILE_FIELDS = 'adDiltnPo';

/** `-F` and `-F0`: a letter a field. `p` begins a process, `f` an open file; what follows belongs to it. */
class LsofFields implements Reader {
  readonly #states = new States();
  /** The one protocol that the command asked for; null: not told. */
  readonly #asked: string | null;
  /** The one state that it asked for. */
  readonly #filter: string | null;
  #untyped = 0;
  #process = new Map<string, string>();
  #file: Map<string, string> | null = null;
  #state: string | null = null;

  constructor(command: string) {
    const protocol = /\s-i\s*[46]?(TCP|UDP)\b/i.exec(command)?.[1];
    this.#asked = protocol?.toUpperCase() ?? (/\s-s\s*TCP:/i.test(command) ? 'TCP' : null);
    this.#filter = /\s-s\s*TCP:LISTEN\b/i.test(command) ? 'LISTEN' : null;
  }

  name(): string {
    return 'lsof -F';
  }

  row(line: string): Row {
    const rows: Row[] = [];
    const fields = line.includes('\0') ? line.split('\0') : [line];
    for (const field of fields) {
      if (field === '') continue;
      const row = this.#field(field);
      if (row.kind === 'unread') return UNREAD;
      if (row.kind !== 'skip') rows.push(row);
    }
    const [only] = rows;
    return only === undefined ? SKIP : rows.length === 1 ? only : { kind: 'many', rows };
  }

  #field(field: string): Row {
    const letter = field.charAt(0);
    const value = field.slice(1);
    if (!/^[A-Za-z0-9]$/.test(letter)) return UNREAD;
    if (letter === 'p') {
      if (!/^\d+$/.test(value)) return UNREAD;
      const done = this.#flush();
      this.#process = new Map([['p', value]]);
      return done;
    }
    if (!this.#process.has('p')) return UNREAD;
    if (letter === 'f') {
      const done = this.#flush();
      this.#file = new Map([['f', value]]);
      return done;
    }
    if (letter === 'T') {
      if (value.startsWith('ST=')) this.#state = value.slice(3);
      return SKIP;
    }
    return this.#set(letter, value);
  }

  /** Old releases left `f` out where it was not asked for: a file then begins where one of its fields comes first, or again. */
  #set(letter: string, value: string): Row {
    const ofFile = FILE_FIELDS.includes(letter);
    const again = this.#file?.has(letter) === true && !this.#file.has('f');
    const done = ofFile && again ? this.#flush() : SKIP;
    if (this.#file === null && ofFile) this.#file = new Map();
    (this.#file ?? this.#process).set(letter, value);
    return done;
  }

  #flush(): Row {
    const file = this.#file;
    const state = this.#state ?? this.#filter;
    this.#file = null;
    this.#state = null;
    if (file === null) return SKIP;
    const name = file.get('n');
    if (name === undefined) return SKIP;
    const pid = Number(this.#process.get('p') ?? 0);
    const command = this.#process.get('c');
    const inet = file.has('P') || (!file.has('t') && ENDPOINT.test(name));
    const protocol = file.get('P') ?? file.get('i') ?? (inet ? this.#asked : '') ?? '';
    if (inet && protocol === '') return this.#unknownProtocol(name, command);
    if (inet && !file.has('t') && name.startsWith('*:')) this.#untyped++;
    const row = lsofRow({
      type: file.get('t') ?? (inet ? 'inet' : ''),
      protocol,
      name,
      state,
      device: file.get('d') ?? '',
      owner: { pid, name: command === undefined ? null : unescaped(command), user: this.#process.get('L') ?? null },
    });
    this.#states.see(row, state !== null);
    return row;
  }

  #unknownProtocol(name: string, command: string | undefined): Row {
    return {
      kind: 'gap',
      gap: {
        kind: 'protocol',
        what: `a socket of ${command ?? 'a process'}: ${name}`,
        why: 'lsof was not asked for its protocol (the field P)',
        hides: 'whether it is TCP or UDP',
        fix: 'capture `lsof -nP -i -F`',
        hidesListeners: true,
      },
    };
  }

  end(): readonly Row[] {
    return [this.#flush()];
  }

  settle(socket: CapturedSocket): CapturedSocket {
    return this.#states.settle(socket);
  }

  gaps(): readonly Gap[] {
    const families: readonly Gap[] =
      this.#untyped === 0
        ? []
        : [
            {
              kind: 'family',
              what: `whether ${this.#untyped} wildcard sockets are of IPv4 or IPv6`,
              why: 'lsof was not asked for their type (the field t): they are shown as IPv4',
              hides: 'the family they take',
              fix: 'capture `lsof -nP -i -F`',
              hidesListeners: false,
            },
          ];
    return [...this.#states.gaps(), ...families, processesOnly(false)];
  }
}

export const lsofFields: Dialect = {
  name: 'lsof -F and -F0',
  os: null,
  recognise: (line) => (/^p\d+(?:\0(?:[a-zA-Z][^\0]*\0)*)?$/.test(line) ? 'row' : 'no'),
  open: (command) => new LsofFields(command),
};
