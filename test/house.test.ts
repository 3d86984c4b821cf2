import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/cli.js';
import { FORMAT_NAMES } from '../src/report/formats.js';

/*
 * The house inspects itself. What a reviewer would ask at every landing stands here, so that nobody has to.
 */

function* filesBelow(folder: string): Iterable<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (path !== 'src/generated') yield* filesBelow(path);
    } else yield path;
  }
}

const sources = [...filesBelow('src')].filter((file) => file.endsWith('.ts'));
const tests = [...filesBelow('test')].filter((file) => /\.(?:ts|scenario)$/.test(file));
const textOf = (file: string): string => readFileSync(file, 'utf8');

/** Logic past this is two files. Tables of facts may be long. */
const LINES_MAX = 400;
const isTable = (file: string): boolean =>
  /(?:-table|-names|-options|words)\.ts$/.test(file) || file === 'src/rules/fields.ts';

describe('the house', () => {
  it('has no file of logic that does not fit in a head', () => {
    const long = sources.filter((file) => !isTable(file) && textOf(file).split('\n').length > LINES_MAX);
    expect(long).toEqual([]);
  });

  it('leaves no promise in a comment, and switches no test off', () => {
    const promise = new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'}|HA${'CK'})\\b`);
    expect(sources.concat(tests).filter((file) => promise.test(textOf(file)))).toEqual([]);
    const off = /\b(?:it|test|describe)\.(?:only|todo)\b/;
    expect(tests.filter((file) => file !== 'test/house.test.ts' && off.test(textOf(file)))).toEqual([]);
  });

  it('looks away from the type checker nowhere', () => {
    const away = /@ts-(?:ignore|nocheck|expect-error)|biome-ignore|\bas any\b/;
    const words = (file: string): string => textOf(file).replace(/^\s*(?:\/?\*|\/\/(?! (?:@ts|biome))).*$/gm, '');
    expect(sources.filter((file) => !isTable(file) && away.test(words(file)))).toEqual([]);
  });

  it('ends the program nowhere but in the entry', () => {
    expect(sources.filter((file) => /process\.exit\(|process\.exitCode/.test(textOf(file)))).toEqual(['src/main.ts']);
  });

  it('reads neither clock nor environment nor chance between snapshot and report', () => {
    const pure = sources.filter((file) => /^src\/(?:audit\.ts|identify|reach|rules|gate|report|model)/.test(file));
    const world = /\bDate\.now\(|new Date\(\)|process\.env|Math\.random\(|performance\.now\(/;
    expect(pure.filter((file) => world.test(textOf(file)))).toEqual([]);
  });

  it('shows every command in a scenario or a test of its own', () => {
    const shown = tests.map(textOf).join('\n');
    const unseen = COMMANDS.map((command) => command.name).filter(
      (name) => !new RegExp(`earshot ${name}\\b|['"]${name}['"]`).test(shown),
    );
    expect(unseen).toEqual([]);
  });

  it('documents every command in the README or in docs, and every format in docs/formats.md', () => {
    const papers = ['README.md', ...[...filesBelow('docs')].filter((file) => !file.startsWith('docs/rules/'))]
      .map(textOf)
      .join('\n');
    expect(COMMANDS.map((command) => command.name).filter((name) => !papers.includes(`earshot ${name}`))).toEqual([]);
    const formats = textOf('docs/formats.md');
    expect(FORMAT_NAMES.filter((name) => !formats.includes(name))).toEqual([]);
  });

  it('names no place of the machine it was written on', () => {
    const place = new RegExp(`/wo${'rk'}/(?:main|shared)|registry\\.npm${'js'}`);
    const files = [
      ...sources,
      ...tests,
      ...filesBelow('docs'),
      ...filesBelow('build'),
      ...filesBelow('bench'),
      'README.md',
    ];
    expect(files.filter((file) => place.test(textOf(file)))).toEqual([]);
  });
});
