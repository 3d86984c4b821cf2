import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/cli.js';
import { type Io, processIo } from '../../src/cli/io.js';
import { toJson } from '../../src/lib/escape/json.js';

const folder = mkdtempSync(join(tmpdir(), 'earshot-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVIL = '\u001b[2J\u009b31m\u202e\n::error::x\n##[error]x';

async function said(argv: readonly string[], ci: string): Promise<string> {
  let text = '';
  const take = async (more: string): Promise<void> => {
    text += more;
  };
  const io: Io = { ...processIo(), out: take, err: take, cwd: folder, env: { [ci]: 'true', LANG: 'C.UTF-8' } };
  await run(argv, io);
  return text;
}

function isSafe(text: string): void {
  expect(text).not.toBe('');
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  expect(text).not.toContain('##[');
  expect(text).not.toMatch(/^\s*::/m);
}

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

describe('Whatever a command prints, foreign words in it do nothing to a terminal or a CI log', () => {
  const broken = `{"a": ${EVIL}`;
  it.each([
    ['a snapshot that is no JSON', ['audit', '--snapshot', file('broken.json', broken)]],
    ['a snapshot of another kind', ['audit', '--snapshot', file('kind.json', JSON.stringify({ schema: EVIL }))]],
    ['a file by a hostile name', ['render', `nothing${EVIL}`]],
    [
      'a report that is none',
      ['render', file('report.json', JSON.stringify({ schema: 'earshot.report/1', [EVIL]: 1 }))],
    ],
    ['a configuration', ['audit', '--config', file('config.yaml', `${JSON.stringify(EVIL)}: 1\n`)]],
    ['a configuration of 20,000 brackets', ['audit', '--config', file('deep.yaml', `rules: ${'['.repeat(20_000)}`)]],
    ['a rule file', ['rules', 'lint', file('rules.yaml', `rules:\n  - id: ${JSON.stringify(EVIL)}\n`)]],
    ['a rule file that is no YAML', ['rules', 'lint', file('broken.yaml', `a: [${EVIL}`)]],
    ['a question to reach', ['reach', EVIL, '192.0.2.1', 'tcp/1']],
    ['a capture', ['audit', '--from', file('capture.txt', `Proto ${EVIL} x\n`)]],
    ['an unknown command', [`x${EVIL}`]],
  ])('%s', async (_, argv) => {
    isSafe(await said(argv, 'GITHUB_ACTIONS'));
  });

  it('a configuration of 20,000 brackets is told what is wrong with it, with its place', async () => {
    expect(await said(['audit', '--config', 'deep.yaml'], 'CI')).toMatch(
      /deep\.yaml:1:1: the file is nested too deeply/,
    );
  });

  it('JSON on a terminal: what no parser needs raw is escaped, and the value is the same', () => {
    const text = toJson({ name: EVIL }, 0);
    isSafe(text);
    expect(JSON.parse(text)).toEqual({ name: EVIL });
  });
});
