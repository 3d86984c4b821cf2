import type { Exposure } from '../model/exposure.js';
import type { Gap } from '../model/gap.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { Published } from '../model/report.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ZoneSettings } from '../model/zones.js';
import { exposureOfBind } from './scope.js';

/** Who can reach each listener, in the listeners' order; null for what only hears (raw, packet). */
export async function exposures(
  _snapshot: Snapshot,
  listeners: readonly IdentifiedListener[],
  _zones: ZoneSettings,
): Promise<readonly (Exposure | null)[]> {
  return listeners.map(exposureOfBind);
}

/** Entries of NAT and TPROXY that take packets for a port elsewhere, with what that port's exposure really is. */
export async function publishedPorts(
  _snapshot: Snapshot,
  _listeners: readonly IdentifiedListener[],
  _exposures: readonly (Exposure | null)[],
  _zones: ZoneSettings,
): Promise<readonly Published[]> {
  return [];
}

/** What of the rulesets in the snapshot could not be understood as a whole: a listing cut off, a table that was not read. */
export async function reachGaps(_snapshot: Snapshot): Promise<readonly Gap[]> {
  return [];
}
