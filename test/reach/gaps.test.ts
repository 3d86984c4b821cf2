import { expect, it } from 'vitest';
import { audit } from '../../src/audit.js';
import type { Gap } from '../../src/model/gap.js';
import { NO_ZONE_SETTINGS } from '../../src/model/zones.js';
import { loadRules } from '../../src/rules/rules.js';
import { aHost, HOST } from './host.js';

const gap = (what: string, namespace: number | null): Gap => ({
  kind: 'firewall',
  what,
  why: 'EPERM',
  hides: '',
  fix: '',
  hidesListeners: false,
  ...(namespace === null ? {} : { namespace }),
});

it('an audit of one namespace (--netns) does not tell what was not seen in others', async () => {
  const box = { id: 7, name: 'box', address: '172.17.0.2/16', bridge: 'docker0' };
  const made = aHost({ containers: [box] });
  const gaps = [gap('of the host', HOST), gap('of the container', 7), gap('of no one', null)];
  const snapshot = { ...made, collection: { ...made.collection, gaps } };
  const rules = await loadRules({ builtin: false, paths: [], config: null, cwd: '/', open: async () => [] });
  const gapsOf = async (namespaces: readonly string[]) => {
    const { collection } = await audit(snapshot, {
      rules,
      zones: NO_ZONE_SETTINGS,
      agreements: { waivers: [], agreed: [] },
      gate: { failOn: 'high', failOnKnown: false, minSeverity: 'info', requireComplete: false, narrowed: [] },
      narrowing: { ports: [], namespaces, containers: [], units: [] },
      layers: null,
    });
    return collection.gaps.map(({ what }) => what);
  };
  expect(await gapsOf([])).toEqual(['of the host', 'of the container', 'of no one']);
  expect(await gapsOf(['box'])).toEqual(['of the container', 'of no one']);
  expect(await gapsOf(['host'])).toEqual(['of the host', 'of no one']);
});
