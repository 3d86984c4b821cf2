import { describe, expect, it } from 'vitest';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { FORMAT_NAMES, FORMATS, type FormatName, isFormatName, render } from '../../src/report/formats.js';
import { articleHost } from './article.js';
import { HOSTILE_ARGS } from './hostile.js';
import { HOSTS } from './hosts.js';
import { reportOf } from './samples.js';

/** Formats that a person reads or that a line reader parses: no control character may be in them. */
const LINES: readonly FormatName[] = ['text', 'markdown', 'html', 'junit', 'github', 'prometheus', 'nagios'];

describe('every format', () => {
  it('is named in the list with its file ending', () => {
    expect(FORMAT_NAMES).toEqual([
      'terminal',
      'text',
      'markdown',
      'html',
      'json',
      'sarif',
      'junit',
      'github',
      'gitlab',
      'ocsf',
      'ecs',
      'prometheus',
      'nagios',
    ]);
    expect(isFormatName('html')).toBe(true);
    expect(isFormatName('toString')).toBe(false);
    for (const name of FORMAT_NAMES) expect(FORMATS[name].mode).toBe(name === 'prometheus' ? 0o644 : 0o600);
  });

  for (const [what, host] of HOSTS)
    for (const name of FORMAT_NAMES)
      it(`${name} of ${what} is the same twice, and the same from a saved report`, async () => {
        const first = await render(name, host(), PLAIN_LOOK);
        expect(await render(name, host(), PLAIN_LOOK)).toBe(first);
        const saved = JSON.parse(await render('json', host(), PLAIN_LOOK)) as ReturnType<typeof host>;
        if (what !== 'a host whose names attack the reader') expect(await render(name, saved, PLAIN_LOOK)).toBe(first);
      });

  for (const [what, host] of HOSTS)
    for (const name of LINES)
      it(`${name} of ${what} holds no control character, no bidirectional mark and no half of a character`, async () => {
        const text = await render(name, host(), PLAIN_LOOK);
        expect(text).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]/,
        );
        expect(text).not.toMatch(/[\ud800-\udfff]/u);
      });

  it('takes several hosts', async () => {
    const reports = [articleHost(), reportOf({ hostname: 'second' })];
    for (const name of FORMAT_NAMES) {
      const text = await render(name, reports, PLAIN_LOOK);
      if (name === 'json') expect(JSON.parse(text)).toHaveLength(2);
      if (name === 'sarif') expect((JSON.parse(text) as { runs: unknown[] }).runs).toHaveLength(2);
    }
  });

  it('cuts what is long and says how long it was', async () => {
    const hostile = HOSTS[2]?.[1]() ?? articleHost();
    expect(HOSTILE_ARGS.some((arg) => arg.length === 5_000)).toBe(true);
    for (const name of ['text', 'markdown', 'html'] as const) {
      const text = await render(name, hostile, PLAIN_LOOK);
      expect(text).not.toContain('A'.repeat(1_200));
      expect(text.replace(/\s+/g, ' ')).toContain('5000 characters');
    }
  });
});

describe('--min-severity', () => {
  it('says what a view shows, and how many it does not', async () => {
    const text = await render('text', articleHost(), { ...PLAIN_LOOK, minSeverity: 'high' });
    expect(text).not.toContain('SSH server heard from everywhere');
    expect(text).toContain('2 findings of lesser severity not shown');
  });

  it('takes nothing from the JSON', async () => {
    expect(await render('json', articleHost(), { ...PLAIN_LOOK, minSeverity: 'critical' })).toBe(
      await render('json', articleHost(), PLAIN_LOOK),
    );
  });
});
