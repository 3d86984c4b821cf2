import type { Published } from '../model/report.js';
import type { ZoneSettings } from '../model/zones.js';
import type { World } from './world.js';

export function judgePublished(_world: World, _zones: ZoneSettings): readonly Published[] {
  return [];
}
