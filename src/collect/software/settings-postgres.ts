import { type Prefix, parseAddress, parsePrefix, prefixContains } from '../../lib/ip/address.js';
import type { Fact } from './settings-relays.js';

/** Lines of pg_hba.conf that are judged. */
const LINES_MAX = 2_000;

/** Whom a line speaks of: `all` addresses, prefixes of either family, the host's own addresses, or names. */
type Source = 'all' | 'own' | 'nets' | 'name' | Prefix;

interface Line {
  readonly text: string;
  readonly number: number;
  readonly source: Source;
  /** True: it speaks of every database and every user, so that no line after it is reached from its source. */
  readonly ends: boolean;
  readonly method: string;
}

/** Bits of a mask written as an address; null: no mask. */
function lengthOf(mask: string): number | null {
  const parsed = parseAddress(mask);
  if (parsed === null) return null;
  const bits = parsed.value.toString(2).padStart(parsed.family === 'ipv4' ? 32 : 128, '0');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : null;
}

function sourceOf(address: string): Source {
  if (address === 'all') return 'all';
  if (address === 'samehost' || address === 'localhost') return 'own';
  if (address === 'samenet') return 'nets';
  return parsePrefix(address) ?? 'name';
}

/** `host DATABASE USER ADDRESS [MASK] METHOD [OPTIONS]`, first that fits (pg_hba.conf). */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (const [index, raw] of text.split('\n', LINES_MAX).entries()) {
    const words = raw.replace(/#.*/, '').trim().split(/\s+/);
    const [type = '', database = '', user = '', address = '', ...rest] = words;
    if (!/^host(?:ssl|nossl|gssenc|nogssenc)?$/.test(type) || rest.length === 0) continue;
    const length = address.includes('/') ? null : lengthOf(rest[0] ?? '');
    const method = rest[length === null ? 0 : 1] ?? '';
    lines.push({
      text: words.join(' '),
      number: index + 1,
      source: sourceOf(length === null ? address : `${address}/${length}`),
      ends: type === 'host' && database === 'all' && user === 'all',
      method,
    });
  }
  return lines;
}

const LOOPBACK = [parsePrefix('127.0.0.0/8'), parsePrefix('::1/128')];

const within = (inner: Prefix, outer: Prefix): boolean => inner.length >= outer.length && prefixContains(outer, inner);

const isLoopback = (source: Prefix): boolean => LOOPBACK.some((one) => one !== null && within(source, one));

/** Whether a line speaks of clients on this host, and of clients elsewhere. */
const speaksOf = (source: Source, where: 'local' | 'remote'): boolean => {
  if (source === 'all' || source === 'nets') return true;
  if (source === 'own') return where === 'local';
  if (source === 'name') return where === 'remote';
  if (where === 'remote') return !isLoopback(source);
  return isLoopback(source) || LOOPBACK.some((one) => one !== null && within(one, source));
};

/** Whether everybody that a line speaks of has met the other one before. */
function isCovered(source: Source, by: Source): boolean {
  if (by === 'all') return true;
  if (typeof source === 'string' || typeof by === 'string') return source === by;
  return within(source, by);
}

/** First lines that are reached by clients of one side: one that trusts them, and one that asks for a login. */
function side(
  lines: readonly Line[],
  where: 'local' | 'remote',
): { readonly trust: Line | null; readonly login: Line | null } {
  const ended: Source[] = [];
  let trust: Line | null = null;
  let login: Line | null = null;
  for (const line of lines) {
    if (!speaksOf(line.source, where) || ended.some((by) => isCovered(line.source, by))) continue;
    if (line.method === 'trust') trust ??= line;
    else if (line.method !== 'reject') login ??= line;
    if (line.ends) ended.push(line.source);
  }
  return { trust, login };
}

/**
 * pg_hba.conf: what clients from elsewhere and those of this host meet first, trust or a login. `postgresql.trust` is the line without a
 * password that lets in most.
 */
export function postgresAccess(text: string): readonly Fact[] {
  const lines = linesOf(text);
  const remote = side(lines, 'remote');
  const local = side(lines, 'local');
  const trust = remote.trust ?? local.trust;
  const facts: Fact[] = [{ name: 'postgresql.trust', value: trust?.text ?? 'none', line: trust?.number ?? 0 }];
  const told = {
    'trust-remote': remote.trust,
    'trust-local': local.trust,
    'login-remote': remote.login,
    'login-local': local.login,
  };
  for (const [name, line] of Object.entries(told))
    if (line !== null) facts.push({ name: `postgresql.${name}`, value: line.text, line: line.number });
  return facts;
}
