import type { Gap } from '../../model/gap.js';
import type { Ruleset } from '../../model/network.js';
import type { Host } from '../host.js';
import { complaint, type FirewallPlace, runInside } from './place.js';
import type { Table } from './tables.js';

/** A whole listing, elements and all: nft itself takes 650 bytes an element (measured), so this is a hundred thousand of them. */
const LISTING_BYTES_MAX = 64 * 1024 * 1024;
const LISTING_MS_MAX = 20_000;
const SET_BYTES_MAX = 8 * 1024 * 1024;
const SET_MS_MAX = 3_000;
/** Sets listed one by one, where all together were too much. */
const SETS_MAX = 64;

/** What came of listing nf_tables. */
export type NftListing =
  | { readonly ok: true; readonly rulesets: readonly Ruleset[]; readonly gaps: readonly Gap[] }
  | { readonly ok: false; readonly why: string };

const HAS_SETS = /\{"(set|map)": \{/;
const RULESET = ['list', 'ruleset'];

/**
 * All tables. nft 1.0.6 prints freed memory where its JSON says which flags a table bears, and may end there: where there are any, tables are listed
 * one by one with the flags that the kernel tells; dormant ones, whose chains hang nowhere, without their contents.
 */
export async function listNft(host: Host, place: FirewallPlace, tables: readonly Table[]): Promise<NftListing> {
  if (tables.every(({ flags }) => flags.length === 0)) return listBy(host, place, RULESET);
  const entries: unknown[] = [];
  const gaps: Gap[] = [];
  for (const { family, name, flags } of tables) {
    const table = { family, name, ...(flags.length === 0 ? {} : { flags }) };
    if (flags.includes('dormant')) {
      entries.push({ table });
      continue;
    }
    const listing = await listBy(host, place, ['list', 'table', family, name]);
    if (!listing.ok) return listing;
    gaps.push(...listing.gaps);
    for (const { text } of listing.rulesets) {
      const listed = entriesOf(text);
      if (listed === null) return { ok: false, why: `nft -j list table ${family} ${name}: its output is no JSON` };
      entries.push(...listed.map((one) => (isObject(one) && isObject(one['table']) ? { table } : one)));
    }
  }
  const text = JSON.stringify({ nftables: entries });
  return { ok: true, rulesets: [nftRuleset(text, 'nft -j list table, of each that is not dormant')], gaps };
}

/**
 * `nft -j list ruleset`, or a table. First without elements, which is complete where no set has a name; then with them; and where that is too much, set
 * by set, each with a limit. A set whose elements were not read says so in the text, so that nobody takes it for an empty one.
 */
async function listBy(host: Host, place: FirewallPlace, list: readonly string[]): Promise<NftListing> {
  const limits = { bytesMax: LISTING_BYTES_MAX, timeoutMs: LISTING_MS_MAX };
  const origin = `nft -j ${list.join(' ')}`;
  const terse = await runInside(host, place, 'nft', ['-j', '-t', ...list], limits);
  const wrong = complaint('nft', terse);
  if (!terse.ok || wrong !== null) return { ok: false, why: wrong ?? 'EIO' };
  const brief = terse.value.stdout;
  if (!HAS_SETS.test(brief)) return { ok: true, rulesets: [nftRuleset(brief, origin)], gaps: [] };
  const whole = await runInside(host, place, 'nft', ['-j', ...list], limits);
  if (whole.ok && complaint('nft', whole) === null)
    return { ok: true, rulesets: [nftRuleset(whole.value.stdout, origin)], gaps: [] };
  return listSetBySet(host, place, brief, complaint('nft', whole) ?? 'EIO');
}

const nftRuleset = (text: string, origin: string): Ruleset => ({ format: 'nft-json', text, origin });

interface SetObject {
  readonly kind: 'set' | 'map';
  readonly family: string;
  readonly table: string;
  readonly name: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The named set or map that an entry of the listing declares. */
function setOf(entry: unknown): { readonly set: SetObject; readonly body: Record<string, unknown> } | null {
  if (!isObject(entry)) return null;
  for (const kind of ['set', 'map'] as const) {
    const body = entry[kind];
    if (!isObject(body)) continue;
    const { family, table, name } = body;
    if (typeof family === 'string' && typeof table === 'string' && typeof name === 'string')
      return { set: { kind, family, table, name }, body };
  }
  return null;
}

function entriesOf(text: string): readonly unknown[] | null {
  try {
    const listing: unknown = JSON.parse(text);
    const entries = isObject(listing) ? listing['nftables'] : undefined;
    return Array.isArray(entries) ? entries : null;
  } catch {
    return null;
  }
}

async function listSetBySet(host: Host, place: FirewallPlace, brief: string, why: string): Promise<NftListing> {
  const entries = entriesOf(brief);
  if (entries === null) return { ok: false, why: 'nft -j -t list ruleset: its output is no JSON' };
  const unread: string[] = [];
  const filled: unknown[] = [];
  let asked = 0;
  for (const entry of entries) {
    const found = setOf(entry);
    if (found === null) {
      filled.push(entry);
      continue;
    }
    const { set, body } = found;
    const elements = asked++ < SETS_MAX ? await elementsOf(host, place, set) : null;
    if (elements === null) unread.push(`${set.family} ${set.table} ${set.name}`);
    filled.push({ [set.kind]: elements === null ? { ...body, 'earshot-unread': true } : { ...body, elem: elements } });
  }
  const text = JSON.stringify({ nftables: filled });
  const gaps: readonly Gap[] = unread.length === 0 ? [] : [unreadGap(place, unread, why)];
  return { ok: true, rulesets: [nftRuleset(text, 'nft -j -t list ruleset, and nft -j list set')], gaps };
}

/** null: not read, or too many. */
async function elementsOf(host: Host, place: FirewallPlace, set: SetObject): Promise<unknown> {
  const limits = { bytesMax: SET_BYTES_MAX, timeoutMs: SET_MS_MAX };
  const ran = await runInside(host, place, 'nft', ['-j', 'list', set.kind, set.family, set.table, set.name], limits);
  if (!ran.ok || complaint('nft', ran) !== null) return null;
  const listed = entriesOf(ran.value.stdout)
    ?.map(setOf)
    .find((found) => found !== null);
  return listed?.body['elem'] ?? (listed === undefined ? null : []);
}

function unreadGap(place: FirewallPlace, unread: readonly string[], why: string): Gap {
  return {
    kind: 'firewall',
    what: `elements of ${unread.length === 1 ? 'the set' : `${unread.length} sets`} ${unread.slice(0, 5).join(', ')} in namespace ${place.name}`,
    why,
    hides: 'which addresses or ports those sets let in or keep out',
    fix: 'nft list set FAMILY TABLE NAME',
    hidesListeners: false,
  };
}
