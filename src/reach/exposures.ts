import type { Exposure } from '../model/exposure.js';
import type { IdentifiedListener } from '../model/listener.js';
import type { ZoneSettings } from '../model/zones.js';
import { exposureOfBind } from './scope.js';
import type { World } from './world.js';

export function judgeExposures(
  _world: World,
  listeners: readonly IdentifiedListener[],
  _zones: ZoneSettings,
): readonly (Exposure | null)[] {
  return listeners.map(exposureOfBind);
}
