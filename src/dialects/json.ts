import type { Gap } from '../model/gap.js';
import type { Dialect, Reader, Row } from './dialect.js';
import { SKIP, UNREAD } from './dialect.js';
import { type JsonObject, textField } from './json-fields.js';
import { osqueryRow } from './osquery.js';
import { powershellRow } from './powershell.js';

/** Characters of one JSON document that are gathered before it is parsed. */
const DOCUMENT_MAX = 64 * 1024 * 1024;
/** Objects inside objects that are looked through. */
const DEPTH_MAX = 6;
const ROWS_MAX = 1_000_000;
/** Network namespaces that are counted. */
const SPACES_MAX = 10_000;

/** Characters of a line that is looked at for words that JSON has not. */
const LOOKED_AT_MAX = 4096;

/** Whether a line within a document can be JSON: a stray bracket in a paste must not swallow the tables after it. */
function couldBeJson(line: string): boolean {
  if (line.length > LOOKED_AT_MAX) return true;
  const bare = line.replace(/"(?:[^"\\]|\\.)*"/g, '').replace(/".*$/, '');
  return /^(?:[\s[\]{},:\d.+-]|[eE]|true|false|null)*$/.test(bare);
}

/** JSON of PowerShell (ConvertTo-Json) and osquery: documents over many lines, or one a line. */
class JsonCapture implements Reader {
  #document: string[] = [];
  #length = 0;
  #depth = 0;
  #quoted = false;
  #escaped = false;
  #kinds = new Set<string>();
  /** Network namespaces that osquery's rows name. */
  readonly #spaces = new Set<string>();

  name(): string {
    return this.#kinds.has('osquery') ? 'osquery JSON' : 'PowerShell JSON';
  }

  os(): string | null {
    return this.#kinds.has('osquery') ? null : 'Windows';
  }

  row(line: string): Row {
    if (this.#depth === 0 && !/^\s*[[{]/.test(line)) return line.trim() === '' ? SKIP : UNREAD;
    if (this.#depth === 0) {
      this.#document = [];
      this.#length = 0;
    } else if (!this.#quoted && !couldBeJson(line)) {
      this.#depth = 0;
      return UNREAD;
    }
    this.#scan(line);
    this.#document.push(line);
    this.#length += line.length;
    if (this.#depth > 0 && this.#length < DOCUMENT_MAX) return SKIP;
    return this.#parse();
  }

  /** Counts brackets outside of strings, to know where a document ends. */
  #scan(line: string): void {
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at);
      if (this.#quoted) {
        if (this.#escaped) this.#escaped = false;
        else if (code === 0x5c) this.#escaped = true;
        else if (code === 0x22) this.#quoted = false;
      } else if (code === 0x22) this.#quoted = true;
      else if (code === 0x5b || code === 0x7b) this.#depth++;
      else if (code === 0x5d || code === 0x7d) this.#depth = Math.max(0, this.#depth - 1);
    }
  }

  #parse(): Row {
    const text = this.#document.join('\n');
    this.#document = [];
    this.#length = 0;
    this.#depth = 0;
    this.#quoted = false;
    try {
      const rows: Row[] = [];
      this.#walk(JSON.parse(text), rows, 0, '');
      const [only] = rows;
      if (only === undefined) return /^\s*(?:\[\s*\]|\{\s*\})\s*$/.test(text) ? SKIP : UNREAD;
      return rows.length === 1 ? only : { kind: 'many', rows };
    } catch {
      return UNREAD;
    }
  }

  #walk(value: unknown, rows: Row[], depth: number, key: string): void {
    if (depth > DEPTH_MAX || rows.length >= ROWS_MAX) return;
    if (Array.isArray(value)) {
      for (const one of value) this.#walk(one, rows, depth + 1, key);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const object = value as JsonObject;
    const row = this.#object(object, key);
    if (row !== null) {
      if (row.kind !== 'skip') rows.push(row);
      return;
    }
    for (const [name, inner] of Object.entries(object)) this.#walk(inner, rows, depth + 1, name);
  }

  #object(object: JsonObject, key: string): Row | null {
    const osquery = osqueryRow(object);
    if (osquery !== null) {
      this.#kinds.add('osquery');
      const space = textField(object, 'net_namespace');
      if (space !== '' && this.#spaces.size < SPACES_MAX) this.#spaces.add(space);
      return osquery;
    }
    const powershell = powershellRow(object, key);
    if (powershell !== null) this.#kinds.add('powershell');
    return powershell;
  }

  gaps(): readonly Gap[] {
    if (this.#spaces.size < 2) return [];
    return [
      {
        kind: 'namespace',
        what: `which of ${this.#spaces.size} network namespaces each socket is in`,
        why: 'osquery tells them by number only, and not which is that of the host: all are shown as its own',
        hides: 'which listeners are those of containers',
        fix: 'run `earshot audit` on the host',
        hidesListeners: false,
      },
    ];
  }

  end(): readonly Row[] {
    if (this.#document.length === 0) return [];
    const first = (this.#document[0] ?? '').trim().slice(0, 80);
    return [
      {
        kind: 'gap',
        gap: {
          kind: 'capture',
          what: `a JSON document that begins with ${JSON.stringify(first)}`,
          why: 'it has no end',
          hides: 'everything in it',
          fix: 'capture it again, whole',
          hidesListeners: true,
        },
      },
    ];
  }
}

export const json: Dialect = {
  name: 'PowerShell (Get-NetTCPConnection, Get-NetUDPEndpoint) and osquery as JSON',
  os: null,
  longLines: true,
  recognise: (line) => (/^\s*[[{]\s*(?:$|[[{"\]}])/.test(line) ? 'row' : 'no'),
  open: () => new JsonCapture(),
};
