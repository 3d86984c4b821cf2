import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseIpsets } from '../../src/reach/frontends/ipset.js';
import { parseIptables } from '../../src/reach/frontends/iptables.js';
import type { Json } from '../../src/reach/frontends/json.js';
import { stepOf } from '../../src/reach/frontends/nft-statements.js';
import type { Field, Step } from '../../src/reach/ir.js';
import {
  EXPRESSIONS,
  type IptablesExample,
  MATCHES,
  type NftExample,
  STATEMENTS,
  type Support,
  TARGETS,
} from './coverage-examples.js';

const file = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const page = file('docs/reach-coverage.md');

/** Rows of the page: first cell without backticks → support. */
const rows = new Map(
  [...page.matchAll(/^\| ([^|]+) \| (exact|approximated|conditional) \|/gm)].map((row): [string, string] => [
    (row[1] ?? '').replaceAll('`', '').trim(),
    row[2] ?? '',
  ]),
);

function fieldDoubt(field: Field): boolean {
  switch (field.kind) {
    case 'unknown':
    case 'owner':
      return true;
    case 'header':
      return field.l4 === null || !['icmp', 'ipv6-icmp', 'icmpv6', 'igmp'].includes(field.l4);
    case 'masked':
      return fieldDoubt(field.of);
    case 'concat':
      return field.parts.some(fieldDoubt);
    default:
      return false;
  }
}

/** True: a packet that meets the step gets a conditional answer. */
function doubt(step: Step): boolean {
  switch (step.kind) {
    case 'maybe':
    case 'unknown':
    case 'rewrite':
      return true;
    case 'compare':
      return (
        fieldDoubt(step.field) ||
        (step.values.kind === 'unknown' && step.field.kind !== 'header' && step.field.kind !== 'absent')
      );
    case 'conntrack':
      return step.rest.some(doubt) || (step.state !== null && doubt(step.state));
    case 'verdict':
      return step.verdict.kind === 'unknown';
    default:
      return false;
  }
}

const supportFits = (support: Support, isDoubtful: boolean): boolean => (support === 'conditional') === isDoubtful;

const noSets = parseIpsets('create known hash:ip family inet\nadd known 10.0.0.1', 'test', new Set()).lookup;

function stepsOf(rule: string): readonly Step[] {
  const { chains, problems } = parseIptables(
    `*filter\n:INPUT ACCEPT [0:0]\n:USER - [0:0]\n-A INPUT ${rule}\nCOMMIT\n`,
    'test',
    'ip',
    'nft',
    noSets,
  );
  expect(problems).toEqual([]);
  return chains.get('nft ip filter INPUT')?.rules[0]?.steps ?? [];
}

const setOf = (name: string) => ({ name, changing: false, elements: () => null, entries: () => null });

describe('docs/reach-coverage.md says how far each construct is followed', () => {
  it.each([...EXPRESSIONS, ...STATEMENTS].map((example): [string, NftExample] => [example.name, example]))(
    'nft: %s',
    (name, example) => {
      expect(rows.get(name), `a row for ${name}`).toBe(example.support);
      expect(supportFits(example.support, doubt(stepOf(example.statement as Json, setOf)))).toBe(true);
    },
  );

  it.each([...MATCHES, ...TARGETS].map((example): [string, IptablesExample] => [example.name, example]))(
    'iptables: %s',
    (name, example) => {
      expect(rows.get(name), `a row for ${name}`).toBe(example.support);
      expect(supportFits(example.support, stepsOf(example.rule).some(doubt))).toBe(true);
    },
  );

  it('has a row for every kind of the intermediate form', () => {
    const form = file('src/reach/ir.ts');
    const unions = /export type (Field|Step) =([\s\S]*?);\n\n/g;
    const kinds = [...form.matchAll(unions)].flatMap((union) =>
      [...(union[2] ?? '').matchAll(/kind: '([a-z0-9-]+)'/g)].map((kind) => kind[1] ?? ''),
    );
    expect(kinds.length).toBeGreaterThan(30);
    const missing = [...new Set(kinds)].filter((kind) => !page.includes(`| \`${kind}\` |`));
    expect(missing).toEqual([]);
  });
});
