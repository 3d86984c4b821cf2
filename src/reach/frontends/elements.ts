import { fromPairs, type Intervals, next, type Point } from '../../lib/ip/intervals.js';
import { addressPoint } from './nft-values.js';

/** Element lists shorter than this are parsed with the rest of the listing. */
const LONG_FROM = 65_536;

/** A listing whose long element lists are cut out, so that no object is made for each of a million elements. */
export interface Thinned {
  readonly text: string;
  /** The lists cut out, by the number that stands in their place. */
  readonly lists: readonly string[];
}

/** Marks the place of a list that was cut out. */
export const CUT_KEY = 'earshot-cut';

const START = /"elem":\s*\[/g;

/** Index behind the bracket that closes the list opened before `from`; null: the text ends first. */
function endOfList(text: string, from: number): number | null {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at + 1);
        break;
      case 0x5b:
        depth++;
        break;
      case 0x5d:
        depth--;
        if (depth === 0) return at + 1;
        break;
      default:
    }
  }
  return null;
}

function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end > 0) {
    let slashes = 0;
    for (let at = end - 1; at >= from && text.charCodeAt(at) === 0x5c; at--) slashes++;
    if (slashes % 2 === 0) break;
    end = text.indexOf('"', end + 1);
  }
  return end < 0 ? text.length : end;
}

/** Cuts long element lists out of `nft -j` text. */
export function thin(text: string): Thinned {
  if (text.length < LONG_FROM) return { text, lists: [] };
  const lists: string[] = [];
  const kept: string[] = [];
  let done = 0;
  for (const found of text.matchAll(START)) {
    const open = found.index + found[0].length;
    if (open < done) continue;
    const end = endOfList(text, open);
    if (end === null) break;
    if (end - open < LONG_FROM) continue;
    kept.push(text.slice(done, open), `{"${CUT_KEY}":${lists.length}}`);
    lists.push(text.slice(open - 1, end));
    done = end - 1;
  }
  kept.push(text.slice(done));
  return { text: kept.join(''), lists };
}

/** Dotted quad at a place, as its value; -1: none. */
function quadAt(text: string, from: number, end: number): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      if (octet < 0 || octet > 255) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else if (code >= 0x30 && code <= 0x39) octet = (octet < 0 ? 0 : octet * 10) + code - 0x30;
    else return -1;
  }
  return dots === 3 && octet >= 0 && octet <= 255 ? value * 256 + octet : -1;
}

/** A list of plain IPv4 addresses as intervals; null: it holds something else. */
function plainIPv4(list: string): Intervals | null {
  const values = new Float64Array(Math.ceil(list.length / 9));
  let count = 0;
  for (let at = 1; at < list.length - 1; at++) {
    const code = list.charCodeAt(at);
    if (code === 0x20 || code === 0x2c || code === 0x0a) continue;
    if (code !== 0x22) return null;
    const end = list.indexOf('"', at + 1);
    const value = quadAt(list, at + 1, end);
    if (value < 0) return null;
    values[count++] = value;
    at = end;
  }
  const sorted = values.subarray(0, count).sort();
  const out: Point[] = [];
  for (const value of sorted) {
    const last = out.length - 1;
    if (last >= 0 && out[last] === value) out[last] = value + 1;
    else if (last < 0 || (out[last] ?? 0) < value) out.push(value, value + 1);
  }
  return out;
}

const ELEMENT =
  /\s*(?:"([0-9a-f.:]+)"|\{"prefix":\s*\{"addr":\s*"([0-9a-f.:]+)",\s*"len":\s*(\d+)\}\}|\{"range":\s*\["([0-9a-f.:]+)",\s*"([0-9a-f.:]+)"\]\})\s*,?/y;

/** A list of addresses, prefixes and ranges as intervals; null: it holds something else (timeouts, maps, concatenations). */
export function addressElements(list: string): Intervals | null {
  const plain = plainIPv4(list);
  if (plain !== null) return plain;
  const pairs: Point[] = [];
  ELEMENT.lastIndex = 1;
  while (ELEMENT.lastIndex < list.length - 1) {
    const found = ELEMENT.exec(list);
    if (found === null) return null;
    const low = addressPoint(found[1] ?? found[2] ?? found[4] ?? '');
    if (low === null) return null;
    const high = found[5] === undefined ? low : addressPoint(found[5]);
    if (high === null || typeof high !== typeof low) return null;
    pairs.push(low, found[3] === undefined ? next(high) : prefixEnd(low, Number(found[3])));
  }
  return fromPairs(pairs);
}

const prefixEnd = (low: Point, length: number): Point =>
  typeof low === 'bigint' ? low + (1n << BigInt(128 - length)) : low + 2 ** (32 - length);
