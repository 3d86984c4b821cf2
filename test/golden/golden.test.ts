import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { audit, type Setup } from '../../src/audit.js';
import type { Report } from '../../src/model/report.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { NO_ZONE_SETTINGS } from '../../src/model/zones.js';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { FORMATS, type FormatName, render } from '../../src/report/formats.js';
import { loadRules } from '../../src/rules/rules.js';

/*
 * One host a story, every format as a user gets it. `npm run golden` writes them anew; the difference is then read, line by line.
 */
const HOSTS = readdirSync('fixtures/snapshots').filter((name) => name.endsWith('.json'));
const SHOWN: readonly FormatName[] = ['text', 'markdown', 'html', 'sarif', 'junit', 'json'];

async function setup(): Promise<Setup> {
  return {
    rules: await loadRules({ builtin: true, paths: [], config: null, cwd: '/', open: async () => [] }),
    zones: NO_ZONE_SETTINGS,
    agreements: { waivers: [], agreed: [] },
    gate: { failOn: 'high', failOnKnown: false, minSeverity: 'info', requireComplete: false, narrowed: [] },
    narrowing: { ports: [], namespaces: [], containers: [], units: [] },
    layers: null,
  };
}

/** The list of all rules is the pack's business, not the host's. */
const withoutRules = (report: Report): Report => ({
  ...report,
  rules: report.rules.filter((rule) => rule.matched > 0),
});

for (const file of HOSTS)
  describe(basename(file, '.json'), () => {
    let report: Report;
    beforeAll(async () => {
      report = await audit(JSON.parse(readFileSync(`fixtures/snapshots/${file}`, 'utf8')) as Snapshot, await setup());
    });

    for (const format of SHOWN)
      it(`reads as agreed in ${format}`, async () => {
        const shown = await render(format, withoutRules(report), PLAIN_LOOK);
        const place = `test/golden/${basename(file, '.json')}/report.${format === 'text' ? 'txt' : FORMATS[format].extension}`;
        if (process.env.GOLDEN === 'write') {
          mkdirSync(`test/golden/${basename(file, '.json')}`, { recursive: true });
          writeFileSync(place, shown);
        }
        expect(shown).toBe(readFileSync(place, 'utf8'));
      });

    it('gives the same bytes again', async () => {
      const again = await audit(
        JSON.parse(readFileSync(`fixtures/snapshots/${file}`, 'utf8')) as Snapshot,
        await setup(),
      );
      expect(JSON.stringify(again)).toBe(JSON.stringify(report));
    });
  });
