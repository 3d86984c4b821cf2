import { liveHost } from '../collect/host.js';
import { collectLive } from '../collect/live.js';
import { identify } from '../identify/identify.js';
import { toJson } from '../lib/escape/json.js';
import { layersOf } from '../netstat/layers.js';
import { layersPage } from '../netstat/layers-page.js';
import type { Io } from './io.js';
import { lookOf } from './outputs.js';

const TIMEOUT_MS = 60_000;

/** `earshot netstat --layers`: the OSI layers of the network namespace one is in. */
export async function layers(given: { readonly json?: boolean; readonly color?: string }, io: Io): Promise<number> {
  const snapshot = await collectLive(liveHost(), {
    timeoutMs: TIMEOUT_MS,
    backend: 'auto',
    owners: 'auto',
    identity: true,
    probe: false,
    statistics: true,
    firewall: false,
  });
  // As every view of netstat: of the namespace it is typed in.
  const own = snapshot.namespaces.find((namespace) => namespace.foundBy === 'self')?.id ?? null;
  const shown = layersOf(snapshot, identify(snapshot), own);
  if (given.json === true)
    await io.out(`${toJson({ schema: 'earshot.netstat/1', view: 'layers', layers: shown }, 2)}\n`);
  else await io.out(layersPage(shown, snapshot.host.hostname, lookOf({ color: given.color }, io)));
  const gaps = snapshot.collection.gaps.filter((gap) => gap.kind !== 'firewall');
  if (gaps.length > 0) await io.err(`earshot: ${gaps.length} things could not be seen; earshot audit tells which\n`);
  return 0;
}
