import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HtmlValidate } from 'html-validate';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { render } from '../../src/report/formats.js';
import { itNeeds, needs } from '../needs.js';
import { articleHost } from './article.js';
import { hostileHost } from './hostile.js';
import { HOSTS } from './hosts.js';
import { emptyHost } from './samples.js';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
];
const inBrowser = [needs.program('chromium')];

let folder = '';
let browser: Browser | null = null;
const pages: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-html-'));
  const all = [...HOSTS.map(([, host]) => host()), [articleHost(), emptyHost()]];
  for (const [index, reports] of all.entries()) {
    const path = join(folder, `${index}.html`);
    writeFileSync(path, await render('html', reports, PLAIN_LOOK));
    pages.push(path);
  }
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function opened(
  path: string,
  look: { readonly colorScheme: 'light' | 'dark'; readonly width: number; readonly scripts: boolean },
): Promise<Page> {
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.colorScheme,
    javaScriptEnabled: look.scripts,
    bypassCSP: look.scripts,
  });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  await page.goto(pathToFileURL(path).href);
  return page;
}

describe('the HTML page', () => {
  itNeeds([needs.program('java')], 'is valid for the checker of the HTML standard', () => {
    const output = execFileSync(
      'java',
      [
        '-jar',
        'node_modules/vnu-jar/build/dist/vnu.jar',
        '--format',
        'json',
        '--stdout',
        '--exit-zero-always',
        ...pages,
      ],
      { encoding: 'utf8' },
    );
    const { messages } = JSON.parse(output) as {
      messages: readonly { readonly message: string; readonly url: string }[];
    };
    // Foreign text is shown as it is, in whatever normalization form it came. `::details-content` (CSS Pseudo-Elements 4) is younger than
    // this checker, the last that downloads no Java at install.
    const excused = ['Unicode Normalization Form C', '“::details-content”'];
    expect(messages.filter(({ message }) => !excused.some((part) => message.includes(part)))).toEqual([]);
  });

  it('keeps to the static rules of html-validate', async () => {
    const validator = new HtmlValidate({
      root: true,
      extends: ['html-validate:standard', 'html-validate:a11y', 'html-validate:document'],
    });
    for (const path of pages) {
      const verdict = await validator.validateString(readFileSync(path, 'utf8'));
      expect(
        verdict.results.flatMap((result) =>
          result.messages.map(({ ruleId, message, line }) => `${path}:${line} ${ruleId} ${message}`),
        ),
      ).toEqual([]);
    }
  });

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1280, 390])
      itNeeds(
        inBrowser,
        `has no accessibility violation in ${colorScheme} at ${width} pixels, and nothing wider than the screen`,
        async () => {
          for (const path of pages) {
            const page = await opened(path, { colorScheme, width, scripts: true });
            await page.addScriptTag({ path: 'node_modules/axe-core/axe.min.js' });
            const violations: unknown = await page.evaluate(
              "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((r) => r.violations.map((v) => v.id + ' ' + v.nodes.slice(0, 3).map((n) => n.html).join(' ')))",
            );
            expect(violations, path).toEqual([]);
            expect(
              await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'),
              path,
            ).toBeLessThanOrEqual(0);
            await page.context().close();
          }
        },
      );

  itNeeds(inBrowser, 'asks for nothing, runs nothing, and reads the same without scripts', async () => {
    for (const path of pages) {
      browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
      const context = await browser.newContext();
      context.setDefaultTimeout(120_000);
      const page = await context.newPage();
      const seen: string[] = [];
      page.on('request', (request) => seen.push(`request ${request.url()}`));
      page.on('pageerror', (error) => seen.push(`error ${error.message}`));
      page.on('console', (message) => seen.push(`console ${message.text()}`));
      page.on('dialog', (dialog) => seen.push(`dialog ${dialog.message()}`));
      await page.goto(pathToFileURL(path).href);
      const text = await page.textContent('main');
      expect(seen).toEqual([`request ${pathToFileURL(path).href}`]);
      await page.context().close();
      const bare = await opened(path, { colorScheme: 'light', width: 1280, scripts: false });
      expect(await bare.textContent('main')).toBe(text);
      await bare.context().close();
    }
  });

  itNeeds(inBrowser, 'is made of our own elements only, whatever the names on the host are', async () => {
    const page = await opened(pages[2] ?? '', { colorScheme: 'light', width: 1280, scripts: true });
    expect(
      await page.evaluate(
        "document.querySelectorAll('script, img, b, iframe, object, embed, form, input, link, [onerror], [onclick], [style]').length",
      ),
    ).toBe(0);
    expect(await page.evaluate("document.querySelectorAll('style').length")).toBe(1);
    expect(
      await page.evaluate(
        "[...document.querySelectorAll('a')].filter((a) => !/^(#|https:)/.test(a.getAttribute('href') ?? '')).length",
      ),
    ).toBe(0);
    expect(await page.textContent('body')).toContain('<img src=x onerror=alert(1)>');
    await page.context().close();
  });

  itNeeds(inBrowser, 'prints: the table keeps its columns and the steps for other systems are unfolded', async () => {
    const page = await opened(pages[0] ?? '', { colorScheme: 'dark', width: 1280, scripts: true });
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate("getComputedStyle(document.querySelector('tbody tr')).display")).toBe('table-row');
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    await page.context().close();
  });

  it('forbids everything but its own style sheet', async () => {
    const text = await render('html', hostileHost(), PLAIN_LOOK);
    expect(text).toMatch(
      /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; base-uri 'none'; form-action 'none'"/,
    );
    expect(text).not.toMatch(/<script|="?javascript:/i);
  });

  it('leads from each finding to its listener and back', async () => {
    const text = await render('html', articleHost(), PLAIN_LOOK);
    const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map((found) => found[1]));
    const targets = [...text.matchAll(/href="#([^"]+)"/g)].map((found) => found[1]);
    expect(targets.length).toBeGreaterThan(10);
    for (const target of targets) expect(ids).toContain(target);
  });

  it('has templates that write nothing unescaped', () => {
    for (const file of ['reports', 'reports/partials'].flatMap((dir) =>
      readdirSync(dir)
        .filter((name) => name.endsWith('.hbs'))
        .map((name) => join(dir, name)),
    ))
      expect(readFileSync(file, 'utf8')).not.toMatch(/\{\{\{|\{\{&/);
  });
});
