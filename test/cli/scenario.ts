import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * A command-line test is a text file. Its parts:
 *
 *   == what it shows            the test's name
 *   file NAME                   a file to write first; its indented text follows
 *   in TEXT-FILE                standard input, from a file written before
 *   $ earshot …                 the command; words are split at blanks, 'quoted' ones are kept
 *   exit N                      its status (default 0)
 *   out                         its standard output, indented text follows; a line `…` stands for any lines, `…` in a line for any text
 *   err                         its standard error, likewise
 */
export interface Step {
  readonly command: readonly string[];
  readonly input: string | null;
  readonly exit: number;
  readonly out: string | null;
  readonly err: string | null;
}

export interface Scenario {
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly steps: readonly Step[];
}

const PROGRAM = resolve('dist/earshot.cjs');

function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2] ?? '');
}

/** Indented text after a keyword line. */
function block(lines: readonly string[], from: number): { text: string; next: number } {
  const text: string[] = [];
  let at = from;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('  ')) text.push(line.slice(2));
    else if (line === '' && (lines[at + 1] ?? '').startsWith('  ')) text.push('');
    else break;
  }
  return { text: text.map((line) => `${line}\n`).join(''), next: at };
}

export function parseScenarios(path: string): readonly Scenario[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const scenarios: { name: string; files: { name: string; text: string }[]; steps: Step[] }[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    at++;
    const current = scenarios.at(-1);
    const step = current?.steps.at(-1);
    const amend = (over: Partial<Step>): void => {
      if (current === undefined || step === undefined) throw new Error(`${path}:${at}: no command before this line`);
      current.steps[current.steps.length - 1] = { ...step, ...over };
    };
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('== ')) scenarios.push({ name: line.slice(3), files: [], steps: [] });
    else if (line.startsWith('file ')) {
      const { text, next } = block(lines, at);
      current?.files.push({ name: line.slice(5), text });
      at = next;
    } else if (line.startsWith('$ earshot'))
      current?.steps.push({
        command: wordsOf(line.slice('$ earshot'.length)),
        input: null,
        exit: 0,
        out: null,
        err: null,
      });
    else if (line.startsWith('in ')) amend({ input: line.slice(3) });
    else if (line.startsWith('exit ')) amend({ exit: Number(line.slice(5)) });
    else if (line === 'out' || line === 'err') {
      const { text, next } = block(lines, at);
      amend({ [line]: text });
      at = next;
    } else throw new Error(`${path}:${at}: not a line of a scenario: ${line}`);
  }
  return scenarios;
}

/** A pattern of lines as a regular expression. */
function patternOf(text: string): RegExp {
  const escaped = (part: string): string => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const lines = text.split('\n').slice(0, -1);
  const source = lines
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.*?')}\\n`))
    .join('');
  return new RegExp(`^${source}$`);
}

/** What did not come out as written, or null. */
function difference(what: string, wanted: string | null, got: string): string | null {
  if (wanted === null || patternOf(wanted).test(got)) return null;
  return `${what} is not as written.\n--- wanted\n${wanted}--- got\n${got}`;
}

/** Runs a scenario in a folder of its own. Returns what differs; empty: nothing. */
export function runScenario(scenario: Scenario): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-scenario-'));
  try {
    for (const { name, text } of scenario.files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const differences: string[] = [];
    for (const step of scenario.steps) {
      const ran = spawnSync(process.execPath, [PROGRAM, ...step.command], {
        cwd: folder,
        encoding: 'utf8',
        input: step.input === null ? '' : readFileSync(join(folder, step.input), 'utf8'),
        env: { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8' },
        timeout: 200_000,
      });
      const shown = `earshot ${step.command.join(' ')}`;
      if (ran.status !== step.exit)
        differences.push(`${shown}: exit ${ran.status} instead of ${step.exit}\n${ran.stderr}`);
      for (const found of [
        difference('standard output', step.out, ran.stdout),
        difference('standard error', step.err, ran.stderr),
      ])
        if (found !== null) differences.push(`${shown}: ${found}`);
    }
    return differences;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
