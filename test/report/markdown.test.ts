import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markdownCode, markdownFence, markdownLink, markdownText } from '../../src/lib/escape/markdown.js';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { render } from '../../src/report/formats.js';
import { itNeeds, needs } from '../needs.js';
import { articleHost } from './article.js';
import { HOSTILE_ARGS, HOSTILE_NAMES, HOSTILE_PATH, hostileHost } from './hostile.js';
import { HOSTS } from './hosts.js';

/** As GitHub renders it. */
const toHtml = (markdown: string): string =>
  execFileSync('cmark-gfm', ['--unsafe', '-e', 'table', '-e', 'strikethrough', '-e', 'autolink', '-e', 'tasklist'], {
    input: markdown,
    encoding: 'utf8',
  });

const ALLOWED = new Set([
  'h1',
  'h2',
  'h3',
  'p',
  'ul',
  'li',
  'strong',
  'code',
  'pre',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'a',
]);

const tagsIn = (html: string): readonly string[] =>
  [...html.matchAll(/<\/?([a-z][a-z0-9-]*)/gi)].map((found) => found[1]?.toLowerCase() ?? '');
const linksIn = (html: string): readonly string[] =>
  [...html.matchAll(/<a href="([^"]*)"/g)].map((found) => found[1] ?? '');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-markdown-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const RULES = [
  'MD001',
  'MD003',
  'MD018',
  'MD019',
  'MD020',
  'MD021',
  'MD022',
  'MD023',
  'MD031',
  'MD032',
  'MD037',
  'MD038',
  'MD039',
  'MD042',
  'MD045',
  'MD047',
  'MD051',
  'MD055',
  'MD056',
  'MD058',
];

describe('the Markdown report', () => {
  for (const [what, host] of HOSTS) {
    itNeeds([needs.program('cmark-gfm')], `of ${what} becomes our own elements and nothing else`, async () => {
      const html = toHtml(await render('markdown', host(), PLAIN_LOOK));
      expect(tagsIn(html).filter((tag) => !ALLOWED.has(tag))).toEqual([]);
      for (const link of linksIn(html))
        expect(link).toMatch(/^https:\/\/(?:cwe\.mitre\.org|attack\.mitre\.org|example\.org)\//);
      const outsideCode = html.replace(/<(code|pre)[^>]*>[\s\S]*?<\/\1>/g, '');
      expect(outsideCode).not.toMatch(/@\w/);
    });

    it(`of ${what} has nothing that markdownlint would call broken`, async () => {
      writeFileSync(join(folder, 'r.md'), await render('markdown', host(), PLAIN_LOOK));
      const config = Object.fromEntries([['default', false], ...RULES.map((rule) => [rule, true] as const)]);
      writeFileSync(join(folder, '.markdownlint.json'), JSON.stringify(config));
      const run = (): Buffer =>
        execFileSync(
          process.execPath,
          [join(process.cwd(), 'node_modules/markdownlint-cli2/markdownlint-cli2-bin.mjs'), 'r.md'],
          { cwd: folder, stdio: 'pipe' },
        );
      expect(run).not.toThrow();
    });
  }

  itNeeds([needs.program('cmark-gfm')], 'has as many rows and cells in its table as there are listeners', async () => {
    const report = hostileHost();
    const html = toHtml(await render('markdown', report, PLAIN_LOOK));
    const table = /Every listener<\/h2>\s*<table>[\s\S]*?<\/table>/.exec(html)?.[0] ?? '';
    expect(table.match(/<tr>/g)).toHaveLength(report.listeners.length + 1);
    expect(table.match(/<td>/g)).toHaveLength(report.listeners.length * 7);
  });

  it('keeps to the bytes that a step summary may have, and says that it did', async () => {
    const text = await render('markdown', articleHost(), PLAIN_LOOK, { bytesMax: 3_000 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3_000);
    expect(text).toContain('The rest is left off');
  });

  it('gives GitHub no command when it is printed into a log', async () => {
    const text = await render('markdown', hostileHost(), { ...PLAIN_LOOK, ci: 'github' });
    expect(text).not.toContain('##[');
    expect(text).not.toMatch(/^\s*::(?:error|add-mask)/im);
  });
});

describe('Markdown escaping', () => {
  const decoded = (html: string): string =>
    html
      .replace(/<!-- -->/g, '')
      .replace(/&quot;/g, '"')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&amp;/g, '&');

  const foreign = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    fc.constantFrom(...HOSTILE_NAMES, ...HOSTILE_ARGS, HOSTILE_PATH),
    fc.string({ unit: fc.constantFrom(...'`|\\*_[]()<>#-+!:@/.w~&;=\n\t \'"$%{}ahtps1') }),
  );

  itNeeds(
    [needs.program('cmark-gfm')],
    'whatever a name is, it comes out of GitHub as one piece of code that reads as it was',
    () => {
      fc.assert(
        fc.property(fc.array(foreign, { minLength: 20, maxLength: 40 }), (names) => {
          const table = `| a | b |\n| --- | --- |\n${names.map((name) => `| ${markdownCode(name)} | ${markdownText(name)} |`).join('\n')}\n`;
          const html = toHtml(table);
          expect(html.match(/<tr>/g)).toHaveLength(names.length + 1);
          expect(html.match(/<td>/g)).toHaveLength(names.length * 2);
          expect(
            tagsIn(html).filter((tag) => !['table', 'thead', 'tbody', 'tr', 'th', 'td', 'code'].includes(tag)),
          ).toEqual([]);
          const first = /<td><code>(.*?)<\/code><\/td>/s.exec(html)?.[1] ?? '';
          const [name = ''] = names;
          if (/^[ -~]*$/.test(name)) expect(decoded(first)).toBe(name);
        }),
        { numRuns: 60 },
      );
    },
  );

  itNeeds([needs.program('cmark-gfm')], 'whatever a sentence holds, it stays one paragraph of plain text', () => {
    fc.assert(
      fc.property(
        fc.array(
          foreign.filter((text) => text.trim() !== ''),
          { minLength: 20, maxLength: 30 },
        ),
        (texts) => {
          const html = toHtml(`${texts.map((text) => markdownText(text)).join('\n\n')}\n`);
          expect(tagsIn(html).filter((tag) => tag !== 'p' && tag !== 'code')).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  itNeeds([needs.program('cmark-gfm')], 'whatever a command holds, it stays one block of code', () => {
    fc.assert(
      fc.property(foreign, (command) => {
        const html = toHtml(`${markdownFence(command)}\n`);
        expect(tagsIn(html)).toEqual(['pre', 'code', 'code', 'pre']);
      }),
      { numRuns: 60 },
    );
  });

  it('links only to pages of the web', () => {
    expect(markdownLink('CWE-1', 'javascript:alert(1)')).toBe('CWE-1');
    expect(markdownLink('CWE-1', 'https://x.org/a b)](y)')).toBe('[CWE-1](https://x.org/a%20b%29%5D%28y%29)');
  });
});
