import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULES, type WrittenRule, wrongOf } from './pack.js';

/** `loopback low, container high` as an object; one word as itself. */
function readLadder(text: string): string | Record<string, string> {
  if (!text.includes(' ')) return text;
  return Object.fromEntries(text.split(', ').map((entry) => entry.split(' ') as [string, string]));
}

const rows = [...readFileSync('docs/severity.md', 'utf8').matchAll(/^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$/gm)];
const ladders = new Map(
  rows.map(([, name = '', ladder = '']) => [name, readLadder(ladder)] as const).filter(([name]) => name.length > 0),
);
const classesOf = (rule: WrittenRule): readonly string[] =>
  rule.tags.filter((tag) => tag.startsWith('risk.')).map((tag) => tag.slice('risk.'.length));

describe('the rubric', () => {
  it('gives each rule one class', () => {
    expect(wrongOf((rule) => (classesOf(rule).length === 1 ? null : `${classesOf(rule).length} classes`))).toEqual([]);
  });

  it('knows every class that a rule names, and has none that no rule uses', () => {
    const used = new Set(RULES.flatMap(classesOf));
    expect([...used].filter((name) => !ladders.has(name))).toEqual([]);
    const words = ['critical', 'high', 'medium', 'low', 'info'];
    expect([...ladders.keys()].filter((name) => !used.has(name) && !words.includes(name))).toEqual([]);
  });

  it('sets the severity of every rule', () => {
    expect(
      wrongOf((rule) => {
        const ladder = ladders.get(classesOf(rule)[0] ?? '');
        return JSON.stringify(ladder) === JSON.stringify(rule.severity)
          ? null
          : `is ${JSON.stringify(rule.severity)}, its class says ${JSON.stringify(ladder)}`;
      }),
    ).toEqual([]);
  });

  it('lets loopback be low at most wherever exposure decides', () => {
    expect(
      wrongOf((rule) => {
        if (typeof rule.severity === 'string') return null;
        const { loopback = 'info' } = rule.severity;
        return loopback === 'info' || loopback === 'low' ? null : loopback;
      }),
    ).toEqual([]);
  });

  it('calls a rule critical only where no login stands in the way', () => {
    const open = new Set(['takeover', 'known-exploited', 'data-open', 'physical']);
    expect(
      wrongOf((rule) =>
        JSON.stringify(rule.severity).includes('critical') && !open.has(classesOf(rule)[0] ?? '') ? 'critical' : null,
      ),
    ).toEqual([]);
  });
});
