import type { Setup } from '../audit.js';
import { type Agreed, agreedFromBaseline, agreedFromReport } from '../gate/agreed.js';
import { UsageError } from '../lib/errors.js';
import type { ConfigZone } from '../model/config.js';
import { RANKS, type Rank } from '../model/exposure.js';
import type { Report } from '../model/report.js';
import { NO_ZONE_SETTINGS, type UserZone, type ZoneOverride, type ZoneSettings } from '../model/zones.js';
import { loadRules } from '../rules/rules.js';
import { parseBaseline, readNamed } from './files.js';
import type { Io } from './io.js';
import type { Settings } from './settings.js';

const isRank = (name: string): name is Rank => (RANKS as readonly string[]).includes(name);

/** A zone named as a built-in one ties that one to an interface; any other is the user's own. */
function zonesOf(settings: Settings): ZoneSettings {
  const { config, file } = settings.loaded;
  if (config.zones === undefined && config['one-to-one-nat'] === undefined) return NO_ZONE_SETTINGS;
  const zones: UserZone[] = [];
  const overrides: ZoneOverride[] = [];
  for (const [name, zone] of Object.entries(config.zones ?? {})) {
    if (isRank(name)) overrides.push({ zone: name, interface: interfaceOf(name, zone, file) });
    else zones.push({ name, interface: zone.interface ?? null, from: zone.from ?? [], rank: zone.rank ?? 'private' });
  }
  return { zones, overrides, oneToOneNat: config['one-to-one-nat'] ?? false };
}

function interfaceOf(name: string, zone: ConfigZone, file: string | null): string {
  if (zone.interface !== undefined) return zone.interface;
  throw new UsageError(
    `${file}: zones.${name}: a built-in zone is given an interface`,
    `zones: { ${name}: { interface: eth0 } }`,
  );
}

interface Comparison {
  readonly agreed: readonly Agreed[];
  /** The report compared with, for its gaps; null: none, or a baseline, which holds none. */
  readonly comparedWith: Report | null;
}

async function comparisonOf(settings: Settings, io: Io): Promise<Comparison> {
  const agreed: Agreed[] = [];
  let comparedWith: Report | null = null;
  for (const file of [settings.baseline, settings.compareTo]) {
    if (file === null) continue;
    const found = await parseBaseline(await readNamed(file, io), file);
    if (found.kind === 'report') comparedWith = found.report;
    agreed.push(found.kind === 'report' ? agreedFromReport(found.report) : agreedFromBaseline(found.baseline));
  }
  return { agreed, comparedWith };
}

/**
 * Rules, zones and agreements of a run, read before anything is collected: a mistake in them stops the run while it costs nothing.
 * @throws UsageError with every problem in them.
 */
export async function setupOf(
  settings: Settings,
  remembered: readonly Agreed[],
  io: Io,
): Promise<{ readonly setup: Setup; readonly comparedWith: Report | null }> {
  const rules = await loadRules({
    builtin: settings.builtin,
    paths: settings.rules,
    config: settings.loaded.file === null ? null : { file: settings.loaded.file, text: settings.loaded.text },
    cwd: io.cwd,
    open: async (name, from) => (await import('../config/packs.js')).openPack(name, from),
  });
  const { agreed, comparedWith } = await comparisonOf(settings, io);
  const setup: Setup = {
    rules,
    zones: zonesOf(settings),
    agreements: { waivers: rules.waivers, agreed: [...agreed, ...remembered] },
    gate: settings.gate,
    narrowing: settings.narrowing,
    layers: null,
  };
  return { setup, comparedWith };
}
