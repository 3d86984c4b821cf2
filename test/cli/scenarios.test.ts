import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenarios, runScenario } from './scenario.js';

for (const file of readdirSync('test/scenarios').sort())
  describe(file, () => {
    for (const scenario of parseScenarios(`test/scenarios/${file}`))
      it(scenario.name, () => {
        expect(runScenario(scenario).join('\n')).toBe('');
      });
  });
