import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matchDetection } from '../../src/rules/rules.js';

interface Case {
  readonly id: string;
  readonly topic: string;
  readonly detection: string;
  readonly record: Readonly<Record<string, unknown>>;
  readonly expected: boolean | 'error';
  readonly source: string;
  readonly why: string;
}

const casesOf = (name: string): readonly Case[] => JSON.parse(readFileSync(`fixtures/sigma/${name}.json`, 'utf8'));

describe('detections mean what the Sigma specification says', () => {
  for (const { id, detection, record, expected, why } of [...casesOf('example-cases'), ...casesOf('cases')])
    it(`${id}: ${why}`, async () => {
      const outcome = await matchDetection(detection, record);
      expect('error' in outcome ? 'error' : outcome.match, JSON.stringify(outcome)).toBe(expected);
    });
});
