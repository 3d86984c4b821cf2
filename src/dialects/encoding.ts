import { decodeText } from '../lib/bytes.js';
import { CODE_PAGES } from './code-pages.js';
import { isStateWord } from './states.js';

/** Code pages that TextDecoder knows, by the number Windows gives them. */
const DECODERS: Readonly<Record<string, string>> = {
  '1252': 'windows-1252',
  '1250': 'windows-1250',
  '1251': 'windows-1251',
  '1253': 'windows-1253',
  '1254': 'windows-1254',
  '866': 'ibm866',
  '932': 'shift_jis',
  '936': 'gbk',
  '949': 'euc-kr',
  '950': 'big5',
};

/** Ordered: where the words decide nothing, the first of equals is taken. */
const CANDIDATES = [
  '850',
  '1252',
  '437',
  '852',
  '866',
  '1251',
  '1250',
  '857',
  '1254',
  '737',
  '1253',
  '932',
  '936',
  '949',
  '950',
];

/** Words of translated netstat headings and messages (states are known already): what makes one code page more likely than another. */
const WORDS =
  /Verbindungen|gültig|Schnittstelle|Dirección|conexión|Adresse|État|propriétaire|établi|Passerelle|Endereço|Conexões|Ligações|Indirizzo|Połączenia|Stan|Adres|Cím|Állapot|Připojení|Adresa|Stav|cím|Kapcsolat|Адрес|Локальный|Внешний|Состояние|Активные|подключения|Имя|接続|ローカル|アドレス|外部|状態|プロトコル|协议|本地地址|外部地址|状态|活动连接|通訊協定|本機位址|外部位址|狀態|使用中連線|프로토콜|로컬|주소|상태|활성|연결|Yerel|Adresi?|Durum|Bağlantı|Διεύθυνση|Κατάσταση|Aktiva|anslutningar|tillstånd|Tilstand|Forbindelser|Osoite|Tila|Ägar|Besitzer|können|Eigentümer|información|inalámbrica|Gültig/g;

/** Bytes looked at to guess the encoding. */
const GUESS_BYTES_MAX = 65_536;

type Encoding =
  | { readonly kind: 'utf-8' }
  | { readonly kind: 'utf-16'; readonly littleEndian: boolean }
  | { readonly kind: 'code-page'; readonly page: string };

function byPage(bytes: Uint8Array, page: string): string {
  const half = CODE_PAGES[page];
  if (half === undefined) return new TextDecoder(DECODERS[page] ?? 'windows-1252').decode(bytes);
  let text = '';
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : half.charAt(byte - 0x80);
  return text;
}

/** How well a decoding reads: known words count most, letters a little, box drawings and replacement characters against it. */
function readability(text: string): number {
  let score = 10 * (text.match(WORDS)?.length ?? 0);
  for (const word of text.match(/[^\x00-\x7f][^\s\d:.,()]*|\S*[^\x00-\x7f]\S*/g)?.slice(0, 200) ?? [])
    if (isStateWord(word)) score += 10;
  score -= 5 * (text.match(/\ufffd/g)?.length ?? 0);
  score -= text.match(/[─-▟\u0080-\u009f]/g)?.length ?? 0;
  return score;
}

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    // A sequence cut off by the end of the sample is none the worse for it.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
};

/** Letters in UTF-8 for each byte that is none, below which another encoding is looked for; Windows' code pages make such sequences by chance. */
const UTF8_SHARE_MIN = 1;
const UTF8_SHARE_MIN_WINDOWS = 4;

/** UTF-8 with a stray byte in it: a name of another encoding among translated headings, a flipped bit. Other code pages hardly make sequences of it. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes);
  const strays = text.match(/\ufffd/g)?.length ?? 0;
  const letters = text.match(/[^\x00-\x7f\ufffd]/g)?.length ?? 0;
  const least = LOOKS_WINDOWS.test(text.replaceAll('\r', '')) ? UTF8_SHARE_MIN_WINDOWS : UTF8_SHARE_MIN;
  return letters >= least * strays;
}

/** Windows' netstat and its kin write in the code page of their console; Linux' names may hold any byte, which is then shown as `\xNN`. */
const LOOKS_WINDOWS = /^\s+(?:TCP|UDP)\s+\S+:\d+\s|=\s*\d+\s*$|^={10,}/m;

function guessPage(bytes: Uint8Array): Encoding {
  let best = { page: '', score: 0 };
  for (const page of CANDIDATES) {
    const score = readability(byPage(bytes, page));
    if (best.page === '' || score > best.score) best = { page, score };
  }
  const looksWindows = LOOKS_WINDOWS.test(byPage(bytes, '437').replaceAll('\r', ''));
  return best.score > 0 || looksWindows ? { kind: 'code-page', page: best.page } : { kind: 'utf-8' };
}

/** UTF-16 by its mark, or by zero bytes in every other place of the first line; else UTF-8 if it is, else the code page whose words make sense. */
export function guessEncoding(bytes: Uint8Array): Encoding {
  const [first = 0, second = 0] = bytes;
  if (first === 0xff && second === 0xfe) return { kind: 'utf-16', littleEndian: true };
  if (first === 0xfe && second === 0xff) return { kind: 'utf-16', littleEndian: false };
  const head = bytes.subarray(0, Math.min(bytes.length, 64) & ~1);
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  if (head.length >= 8 && (zeros[1] ?? 0) > head.length * 0.4 && zeros[0] === 0)
    return { kind: 'utf-16', littleEndian: true };
  if (head.length >= 8 && (zeros[0] ?? 0) > head.length * 0.4 && zeros[1] === 0)
    return { kind: 'utf-16', littleEndian: false };
  const sample = bytes.subarray(0, GUESS_BYTES_MAX);
  return isUtf8(sample) || isMostlyUtf8(sample) ? { kind: 'utf-8' } : guessPage(sample);
}

function decode(bytes: Uint8Array, encoding: Encoding): string {
  switch (encoding.kind) {
    case 'utf-8':
      return decodeText(bytes);
    case 'code-page':
      return byPage(bytes, encoding.page);
    case 'utf-16':
      return utf16(bytes, encoding.littleEndian);
  }
}

function utf16(bytes: Uint8Array, littleEndian: boolean): string {
  if (littleEndian) return new TextDecoder('utf-16le').decode(bytes);
  const swapped = new Uint8Array(bytes.length & ~1);
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    swapped[at] = bytes[at + 1] ?? 0;
    swapped[at + 1] = bytes[at] ?? 0;
  }
  return new TextDecoder('utf-16le').decode(swapped);
}

/** Where the last whole line of the bytes ends (after its line feed); 0: in none of them. */
function endOfLines(bytes: Uint8Array, encoding: Encoding): number {
  if (encoding.kind !== 'utf-16') return bytes.lastIndexOf(0x0a) + 1;
  const [low, high] = encoding.littleEndian ? [0, 1] : [1, 0];
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2)
    if (bytes[at + low] === 0x0a && bytes[at + high] === 0) return at + 2;
  return 0;
}

/** A line longer than this is given in pieces, so that memory stays bounded whatever the file. */
const UNBROKEN_BYTES_MAX = 16 * 1024 * 1024;

const joined = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);

/** Lines of a text whose line ends are LF, CR LF, or CR alone (old Macs, and terminals' transcripts). */
const linesOf = (text: string): string[] => (text.includes('\n') ? text.split('\n') : text.split(/\r(?=.)/s));

/** Lines without their line feeds. */
export interface Lines {
  readonly lines: readonly string[];
  /** False: the last of them has no line end, so it may be cut off. */
  readonly ended: boolean;
}

/** Text lines of a capture's bytes, a batch a chunk. The encoding is guessed from the first 64 KiB. */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Lines> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let encoding: Encoding | null = null;
  // Where no line ends, twice as much is waited for before looking again: a gigabyte on one line is not joined anew for each chunk of it.
  let enough = GUESS_BYTES_MAX;
  for await (const chunk of chunks) {
    pieces.push(chunk);
    bytes += chunk.length;
    if (bytes < enough) continue;
    const all = joined(pieces.splice(0));
    encoding ??= guessEncoding(all);
    let end = endOfLines(all, encoding);
    if (end === 0 && all.length >= UNBROKEN_BYTES_MAX) end = all.length & ~1;
    if (end > 0) yield batch(all.subarray(0, end), encoding);
    const rest = end === 0 ? all : all.slice(end);
    if (rest.length > 0) pieces.push(rest);
    bytes = rest.length;
    enough = end === 0 ? Math.min(2 * bytes, UNBROKEN_BYTES_MAX) : 0;
  }
  const rest = joined(pieces);
  encoding ??= guessEncoding(rest);
  const end = endOfLines(rest, encoding);
  if (end > 0) yield batch(rest.subarray(0, end), encoding);
  if (end < rest.length) yield { lines: linesOf(decode(rest.subarray(end), encoding)), ended: false };
}

function batch(bytes: Uint8Array, encoding: Encoding): Lines {
  const text = decode(bytes, encoding);
  return { lines: linesOf(text.endsWith('\n') ? text.slice(0, -1) : text), ended: true };
}
