import type { Gap, Reading } from '../../model/gap.js';
import type { Firewall, Ruleset } from '../../model/network.js';
import type { Host } from '../host.js';
import { readBeside } from './beside.js';
import { type Saved, saveIpsets, saveLegacy, saveNft } from './iptables.js';
import { listNft } from './nft.js';
import { complaint, type FirewallPlace, NOT_INSTALLED, runInside } from './place.js';
import { type Known, type LegacyTables, legacyTables, type NftState, nftTables } from './tables.js';

/** A ruleset that changes while it is read is read again so often. */
const READS_MAX = 3;
/** Tables as iptables-nft names them; nft has no mark for them. */
const IPTABLES_TABLES: ReadonlySet<string> = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);
const ASKS_IPSET = / -m set | -j SET /;

/**
 * The firewall of one namespace as its tools print it. Whether there is any is asked of the kernel first, so that a host without one starts
 * no program. No table is created, no module loaded, nothing changed. What exists and could not be read is in `unreadTables`, with a gap.
 */
export async function readFirewall(host: Host, place: FirewallPlace): Promise<Reading<Firewall>> {
  const nft = nftTables(host, place);
  try {
    const legacy = await legacyTables(host, place);
    const { ip, ip6 } = legacy;
    if (!nft.ok && !ip.ok) return unread(place, nft.why);
    const found = await readRulesets(host, place, nft, legacy);
    const gaps = [...refusedGaps(place, nft, ip, ip6), ...found.gaps];
    const beside = readBeside(host, place, nft.ok);
    return {
      value: {
        read: nft.ok || found.rulesets.length > 0,
        rulesets: found.rulesets,
        unreadTables: found.unreadTables,
        ...beside.value,
      },
      gaps: [...gaps, ...beside.gaps],
    };
  } finally {
    if (nft.ok) nft.value.close();
  }
}

interface Found {
  readonly rulesets: readonly Ruleset[];
  readonly unreadTables: readonly string[];
  readonly gaps: readonly Gap[];
}

function unread(place: FirewallPlace, why: string): Reading<Firewall> {
  return {
    value: { read: false, rulesets: [], unreadTables: [] },
    gaps: [notSeen(place, `firewall of namespace ${place.name}`, why)],
  };
}

function notSeen(place: FirewallPlace, what: string, why: string): Gap {
  return {
    kind: 'firewall',
    what,
    why,
    hides:
      'who is let in and who is kept out: listeners may be reachable by more or by fewer than is shown, and ports may be published by rules',
    fix: NOT_INSTALLED.test(why)
      ? 'install it and audit again'
      : `run as root${place.own ? '' : ' on the host itself'}`,
    hidesListeners: false,
  };
}

/** Kinds of tables whose very list was refused, while others could be read. */
function refusedGaps(
  place: FirewallPlace,
  nft: Known<NftState>,
  ip: LegacyTables['ip'],
  ip6: LegacyTables['ip6'],
): readonly Gap[] {
  const gaps: Gap[] = [];
  if (!nft.ok) gaps.push(notSeen(place, `tables of nftables in namespace ${place.name}`, nft.why));
  if (!ip.ok) gaps.push(notSeen(place, `tables of legacy iptables in namespace ${place.name}`, ip.why));
  else if (!ip6.ok) gaps.push(notSeen(place, `tables of legacy ip6tables in namespace ${place.name}`, ip6.why));
  return gaps;
}

async function readRulesets(
  host: Host,
  place: FirewallPlace,
  nft: Known<NftState>,
  legacy: LegacyTables,
): Promise<Found> {
  const state = nft.ok ? nft.value : null;
  for (let reads = 1; ; reads++) {
    const before = state?.generation() ?? null;
    const found = await readOnce(host, place, state, legacy);
    if (state === null || state.generation() === before) return found;
    if (reads < READS_MAX) continue;
    const changed = notSeen(
      place,
      `one state of the rules in namespace ${place.name}`,
      `they changed each of the ${READS_MAX} times they were read`,
    );
    return { ...found, gaps: [...found.gaps, { ...changed, fix: 'audit again when nothing changes the firewall' }] };
  }
}

async function readOnce(
  host: Host,
  place: FirewallPlace,
  state: NftState | null,
  legacy: LegacyTables,
): Promise<Found> {
  const rulesets: Ruleset[] = [];
  const unreadTables: string[] = [];
  const gaps: Gap[] = [];
  const take = (saved: Saved, tables: readonly string[]): void => {
    if (saved.ok) rulesets.push(saved.ruleset);
    else {
      unreadTables.push(...tables);
      gaps.push(notSeen(place, `rules of ${tables.join(', ')} in namespace ${place.name}`, saved.why));
    }
  };

  if (state !== null && state.tables.length > 0) {
    const names = state.tables.map(({ family, name }) => `nft ${family} ${name}`);
    const listing = await listNft(host, place, state.tables);
    if (listing.ok) {
      rulesets.push(...listing.rulesets);
      gaps.push(...listing.gaps);
      for (const family of opaqueFamilies(listing.rulesets, state)) {
        take(
          await saveNft(host, place, family),
          names.filter((name) => name.startsWith(`nft ${family} `)),
        );
      }
      rulesets.push(...(await hooks(host, place, listing.rulesets)));
      rulesets.push(...(await devices(host, place, listing.rulesets)));
    } else take({ ok: false, why: listing.why }, names);
  }
  for (const family of ['ip', 'ip6'] as const) {
    const known = legacy[family];
    const tables = known.ok ? known.value : [];
    if (tables.length === 0) continue;
    take(
      await saveLegacy(host, place, family, tables),
      tables.map((table) => `${family}tables-legacy ${table}`),
    );
  }
  if (rulesets.some(({ format, text }) => format !== 'nft-json' && ASKS_IPSET.test(text)))
    take(await saveIpsets(host, place), ['ipset']);
  return { rulesets, unreadTables, gaps };
}

/** Families in which iptables-nft made a table with matches that nft shows only as `xt`. */
function opaqueFamilies(rulesets: readonly Ruleset[], state: NftState): readonly ('ip' | 'ip6')[] {
  if (!rulesets.some(({ text }) => text.includes('{"xt":'))) return [];
  return (['ip', 'ip6'] as const).filter((family) =>
    state.tables.some((table) => table.family === family && IPTABLES_TABLES.has(table.name)),
  );
}

/** The order of base chains with equal priorities, where nft and the kernel can tell it. That they cannot is no gap: reach knows. */
async function hooks(host: Host, place: FirewallPlace, rulesets: readonly Ruleset[]): Promise<readonly Ruleset[]> {
  const chains = rulesets.reduce((count, { text }) => count + text.split('"hook": ').length - 1, 0);
  if (chains < 2) return [];
  const ran = await runInside(host, place, 'nft', ['list', 'hooks']);
  const text = ran.ok && complaint('nft', ran) === null ? ran.value.stdout : '';
  return text.trim() === '' ? [] : [{ format: 'nft-hooks', text, origin: 'nft list hooks' }];
}

/** nft 1.0.6 leaves out of its JSON which device an ingress chain hangs on; its own language says it. */
async function devices(host: Host, place: FirewallPlace, rulesets: readonly Ruleset[]): Promise<readonly Ruleset[]> {
  if (!rulesets.some(({ text }) => /"hook": "(?:in|e)gress"/.test(text))) return [];
  const ran = await runInside(host, place, 'nft', ['list', 'chains']);
  const text = ran.ok && complaint('nft', ran) === null ? ran.value.stdout : '';
  return text.trim() === '' ? [] : [{ format: 'nft-hooks', text, origin: 'nft list chains' }];
}
