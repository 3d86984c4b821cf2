import type { Ruleset } from '../../model/network.js';
import type { Host } from '../host.js';
import { complaint, type FirewallPlace, NOT_INSTALLED, runInside } from './place.js';

const SAVE_BYTES_MAX = 64 * 1024 * 1024;
const SAVE_MS_MAX = 20_000;
/** -w is no option of the save programs; they do not wait for the lock. */
const LIMITS = { bytesMax: SAVE_BYTES_MAX, timeoutMs: SAVE_MS_MAX };

/** A ruleset, or why it could not be read. */
export type Saved = { readonly ok: true; readonly ruleset: Ruleset } | { readonly ok: false; readonly why: string };

type Family = 'ip' | 'ip6';
const program = (family: Family, backend: 'nft' | 'legacy' | null): string =>
  `${family}tables${backend === null ? '' : `-${backend}`}-save`;

interface Output {
  readonly command: string;
  readonly text: string;
}

async function save(
  host: Host,
  place: FirewallPlace,
  command: string,
  args: readonly string[],
): Promise<Output | { readonly why: string }> {
  const ran = await runInside(host, place, command, args, LIMITS);
  const wrong = complaint(command, ran);
  return ran.ok && wrong === null ? { command, text: ran.value.stdout } : { why: wrong ?? 'EIO' };
}

/** By `iptables-BACKEND-save`; where only `iptables-save` is installed, by that one, if `-V` says it speaks to this backend. */
async function saveBy(
  host: Host,
  place: FirewallPlace,
  family: Family,
  backend: 'nft' | 'legacy',
  args: readonly string[],
): Promise<Output | { readonly why: string }> {
  const named = await save(host, place, program(family, backend), args);
  if ('text' in named || !NOT_INSTALLED.test(named.why)) return named;
  const version = await runInside(host, place, program(family, null), ['-V']);
  if (!version.ok || version.value.status !== 0) return named;
  // Before 1.8 there was one backend, and no word about it.
  const speaks = /nf_tables/.test(version.value.stdout) ? 'nft' : 'legacy';
  return speaks === backend ? save(host, place, program(family, null), args) : named;
}

/** Rules that iptables-nft made, with the matches that nft shows only as `xt`. */
export async function saveNft(host: Host, place: FirewallPlace, family: Family): Promise<Saved> {
  const saved = await saveBy(host, place, family, 'nft', []);
  if (!('text' in saved)) return { ok: false, why: saved.why };
  const format = family === 'ip' ? 'iptables-nft-save' : 'ip6tables-nft-save';
  return { ok: true, ruleset: { format, text: saved.text, origin: saved.command } };
}

/** Legacy tables that exist (`tables`), each by its name: without `-t`, tables that are not there would be made. */
export async function saveLegacy(
  host: Host,
  place: FirewallPlace,
  family: Family,
  tables: readonly string[],
): Promise<Saved> {
  const texts: string[] = [];
  let command = '';
  for (const table of tables) {
    const saved = await saveBy(host, place, family, 'legacy', ['-t', table]);
    if (!('text' in saved)) return { ok: false, why: saved.why };
    texts.push(saved.text);
    command = saved.command;
  }
  const format = family === 'ip' ? 'iptables-legacy-save' : 'ip6tables-legacy-save';
  return { ok: true, ruleset: { format, text: texts.join(''), origin: `${command} -t ${tables.join(', ')}` } };
}

/** The sets that such rules ask. */
export async function saveIpsets(host: Host, place: FirewallPlace): Promise<Saved> {
  const saved = await save(host, place, 'ipset', ['save']);
  return 'text' in saved
    ? { ok: true, ruleset: { format: 'ipset-save', text: saved.text, origin: 'ipset save' } }
    : { ok: false, why: saved.why };
}
