import type { Gap } from '../model/gap.js';
import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';
import { onHost, SCAN_GAPS, ScanBook, type ScannedPort } from './nmap.js';

const TAG = /<(\/?)([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|<\?[^>]*\?>|<!--[\s\S]*?-->|<![^>]*>/g;
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
/** Characters of a tag that goes on over lines. */
const TAG_MAX = 65_536;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const plain = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
  });

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(ATTRIBUTE)) found.set(match[1] ?? '', plain(match[2] ?? match[3] ?? ''));
  return found;
}

/** nmap's XML (-oX) and masscan's: elements as they pass, never the whole document. */
class NmapXml implements Reader {
  readonly #book = new ScanBook();
  #rest = '';
  #scanner = 'nmap';
  #up = true;
  #address = '';
  #hostname = '';
  #port: ScannedPort | null = null;
  #announced = false;

  name(): string {
    return `${this.#scanner} XML`;
  }

  row(line: string): Row {
    const text = this.#rest === '' ? line : `${this.#rest}\n${line}`;
    const rows: Row[] = [];
    let end = 0;
    TAG.lastIndex = 0;
    for (let match = TAG.exec(text); match !== null; match = TAG.exec(text)) {
      end = TAG.lastIndex;
      if (match[2] !== undefined)
        this.#tag(match[2], match[1] === '/', attributesOf(match[3] ?? ''), match[4] === '/', rows);
    }
    const open = text.lastIndexOf('<');
    this.#rest = open >= end && text.length - open < TAG_MAX ? text.slice(open) : '';
    if (rows.length > 0) return rows.length === 1 ? (rows[0] ?? SKIP) : { kind: 'many', rows };
    return end > 0 || this.#rest !== '' || line.trim() === '' ? SKIP : UNREAD;
  }

  #tag(name: string, closes: boolean, attributes: ReadonlyMap<string, string>, closed: boolean, rows: Row[]): void {
    const get = (key: string): string => attributes.get(key) ?? '';
    if (closes && name !== 'host' && name !== 'port' && name !== 'ports') return;
    if (name === 'nmaprun') this.#scanner = get('scanner') || this.#scanner;
    else if (name === 'host' && !closes) this.#begin();
    else if (name === 'status') this.#up = get('state') !== 'down';
    else if (name === 'address' && get('addrtype') !== 'mac') this.#address = this.#address || get('addr');
    else if (name === 'hostname') this.#hostname = this.#hostname || get('name');
    else if (name === 'ports' || (name === 'host' && closes)) this.#announce(rows);
    else if (name === 'port' && !closes) this.#openPort(get('protocol'), Number(get('portid')));
    else if (name === 'state' && this.#port !== null) this.#port = { ...this.#port, state: get('state') };
    else if (name === 'service' && this.#port !== null) this.#port = { ...this.#port, ...serviceOf(attributes) };
    if (name === 'port' && (closes || closed) && this.#port !== null) {
      this.#announce(rows);
      rows.push(this.#book.rowOf(this.#port));
      this.#port = null;
    }
  }

  #begin(): void {
    this.#up = true;
    this.#address = '';
    this.#hostname = '';
    this.#announced = false;
  }

  #announce(rows: Row[]): void {
    if (this.#announced || !this.#up || this.#address === '') return;
    this.#announced = true;
    rows.push(onHost(this.#address, this.#hostname, []));
  }

  #openPort(protocol: string, port: number): void {
    this.#port = {
      address: this.#address,
      port,
      protocol,
      state: '',
      service: null,
      product: null,
      version: null,
      heard: false,
    };
  }

  gaps(): readonly Gap[] {
    return SCAN_GAPS;
  }
}

function serviceOf(attributes: ReadonlyMap<string, string>): Partial<ScannedPort> {
  const get = (key: string): string | null => attributes.get(key) ?? null;
  return { service: get('name'), product: get('product'), version: get('version'), heard: get('method') === 'probed' };
}

export const nmapXml: Dialect = {
  name: 'nmap XML (-oX), masscan XML',
  os: null,
  longLines: true,
  recognise: (line) =>
    /^\s*<\?xml\b|<nmaprun\b|<!DOCTYPE nmaprun|^\s*<host[ >].*<address\b/.test(line) ? 'heading' : 'no',
  open: () => new NmapXml(),
};
