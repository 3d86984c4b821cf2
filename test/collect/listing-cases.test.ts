import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import type { Listener } from '../../src/model/listener.js';
import type { Report } from '../../src/model/report.js';
import { itNeeds, needs } from '../needs.js';
import { program, runWords } from './program.js';
import { standing } from './recipe.js';

interface ExpectedListener {
  readonly protocol: string;
  readonly port: number;
  readonly address: readonly string[];
  readonly device?: string;
  readonly family?: readonly string[];
  readonly widest?: readonly string[];
  readonly notWidest?: readonly string[];
  readonly owners?: readonly (number | string)[];
  readonly exact?: boolean;
  readonly nameRe?: string;
  readonly owner?: 'none' | 'unseen' | 'kernel-or-gap';
}

interface Expected {
  readonly listeners?: readonly ExpectedListener[];
  readonly only?: readonly string[];
  readonly gaps?: readonly string[];
  readonly either?: readonly Expected[];
}

interface Case {
  readonly id: string;
  readonly file: string;
  readonly says: string;
  readonly expected: Expected;
}

const folder = fileURLToPath(new URL('../../fixtures/cases/listing/', import.meta.url));
const { cases } = JSON.parse(readFileSync(`${folder}cases.json`, 'utf8')) as { cases: readonly Case[] };

type Vars = Readonly<Record<string, number>>;

const pidsOf = (listener: Listener): readonly (number | null)[] =>
  listener.owners.filter((owner) => owner.kind === 'process').map((owner) => owner.pid);

function ownerProblem(wanted: ExpectedListener, listener: Listener, report: Report): string | null {
  const named = pidsOf(listener).length > 0;
  const kernel = listener.owners.some((owner) => owner.kind === 'kernel');
  if (wanted.owner !== undefined && named) return `${listener.id}: a process is named`;
  if (wanted.owner === 'unseen' && kernel) return `${listener.id}: the kernel is said to own it`;
  const gap = report.collection.gaps.some((one) => one.what.includes(String(wanted.port)));
  if (wanted.owner === 'kernel-or-gap' && !kernel && !gap) return `${listener.id}: neither the kernel nor a gap`;
  return null;
}

function listenerProblems(
  wanted: ExpectedListener,
  report: Report,
  nsid: number | null,
  vars: Vars,
): readonly string[] {
  const found = report.listeners.filter(
    (one) =>
      one.protocol === wanted.protocol &&
      one.port === wanted.port &&
      wanted.address.includes(one.address ?? '') &&
      (wanted.device === undefined || one.device === wanted.device) &&
      (nsid === null || one.namespace.id === nsid),
  );
  const [listener] = found;
  const label = `${wanted.protocol} ${wanted.address} ${wanted.port} ${wanted.device ?? ''}`;
  if (listener === undefined) return [`${label}: not listed`];
  const problems: string[] = found.length > 1 ? [`${label}: listed ${found.length} times`] : [];
  const pids = pidsOf(listener);
  const owners = (wanted.owners ?? []).map((one) => (typeof one === 'string' ? vars[one.slice(1)] : one));
  for (const pid of owners) if (!pids.includes(pid ?? -1)) problems.push(`${label}: owner ${pid} is not among ${pids}`);
  if (wanted.exact === true && pids.length !== owners.length) problems.push(`${label}: owners ${pids}`);
  if (wanted.nameRe !== undefined && !listener.owners.every((one) => RegExp(wanted.nameRe ?? '').test(one.name ?? '')))
    problems.push(`${label}: named ${listener.owners.map((one) => one.name)}`);
  if (wanted.family !== undefined && !wanted.family.includes(listener.family ?? ''))
    problems.push(`${label}: family ${listener.family}`);
  const widest = listener.exposure?.widest ?? '';
  if (wanted.widest !== undefined && !wanted.widest.includes(widest)) problems.push(`${label}: widest ${widest}`);
  if (wanted.notWidest?.includes(widest) === true) problems.push(`${label}: widest ${widest}`);
  const owner = ownerProblem(wanted, listener, report);
  return owner === null ? problems : [...problems, owner];
}

function problemsOf(expected: Expected, report: Report, nsid: number | null, vars: Vars): readonly string[] {
  if (expected.either !== undefined) {
    const each = expected.either.map((one) => problemsOf(one, report, nsid, vars));
    return each.some((one) => one.length === 0) ? [] : each.flat();
  }
  const problems = (expected.listeners ?? []).flatMap((wanted) => listenerProblems(wanted, report, nsid, vars));
  const wantedCount = expected.listeners?.length ?? 0;
  if (expected.only !== undefined) {
    const listed = report.listeners.filter(
      (one) => expected.only?.includes(one.protocol) === true && (nsid === null || one.namespace.id === nsid),
    );
    if (listed.length > wantedCount) problems.push(`also listed: ${listed.map((one) => one.id).join(', ')}`);
  }
  const gaps = report.collection.gaps.map((gap) => `${gap.kind} ${gap.what} ${gap.why} ${gap.hides}`);
  for (const pattern of expected.gaps ?? []) {
    const filled = pattern.replace(/\$(\w+)/g, (_, name: string) => String(vars[name]));
    if (!gaps.some((gap) => RegExp(filled).test(gap))) problems.push(`no gap fits /${filled}/: ${gaps.join(' | ')}`);
  }
  return problems;
}

describe('situations in which other tools went wrong', () => {
  for (const one of cases) {
    itNeeds(
      [needs.linux, needs.root, needs.program('ip'), needs.program('ss'), needs.program('python3')],
      `${one.id}: ${one.says}`,
      async (context) => {
        const situation = await standing(`${folder}${one.file}`);
        try {
          if (situation.skip !== null) context.skip(situation.skip);
          const words = [
            ...situation.run,
            process.execPath,
            await program(),
            'audit',
            '--no-config',
            '-f',
            'json',
            '--fail-on',
            'none',
          ];
          const done = await runWords(words);
          expect(done.stderr).toBe('');
          const report = JSON.parse(done.stdout) as Report;
          expect(problemsOf(one.expected, report, situation.nsid, situation.vars)).toEqual([]);
        } finally {
          await situation.end();
        }
      },
    );
  }
});
