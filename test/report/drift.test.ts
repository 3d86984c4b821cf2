import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HtmlValidate } from 'html-validate';
import { describe, expect, it } from 'vitest';
import { driftOf } from '../../src/gate/drift.js';
import { renderDrift } from '../../src/report/drift.js';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { exposure, finding, listener, owner, report, service } from '../builders.js';
import { itNeeds, needs } from '../needs.js';

/** Everything that drift can say, about names that somebody else chose. */
const NAME = '<b>&lt;|a||b\\|c`]]><!--\u001b[2J\u202e::error::x @user ![x](https://host/x.png)';
const gap = (what: string) => ({ kind: 'owner', what, why: NAME, hides: 'x', fix: '', hidesListeners: false }) as const;
const before = report({
  listeners: [
    listener({ exposure: exposure('private'), owners: [owner({ exe: '/usr/sbin/a' })] }),
    listener({ id: 'tcp/0.0.0.0:80@host', port: 80, service: service('http') }),
  ],
  findings: [finding({ severity: 'medium' }), finding({ fingerprint: 'f3', ruleId: 'gone' })],
  collection: { ...report().collection, gaps: [gap('before')] },
});
const after = report({
  listeners: [
    listener({ owners: [owner({ exe: `/tmp/${NAME}` })], service: service('ftp') }),
    listener({
      id: 'unix//run/x@host',
      protocol: 'unix',
      port: null,
      address: NAME,
      owners: [owner({ name: NAME, exe: null })],
    }),
  ],
  findings: [finding({ severity: 'critical' }), finding({ fingerprint: 'f2', title: NAME, subject: NAME })],
  collection: { ...report().collection, gaps: [gap('after')] },
});
const pages = [
  ['many changes', driftOf(before, after)],
  ['no change', driftOf(before, before)],
] as const;

describe('the pages of earshot diff', () => {
  it('have a change of every kind to show here', () => {
    const kinds = new Set(pages[0][1].changes.map(({ kind }) => kind));
    for (const kind of [
      'listener-new',
      'listener-gone',
      'owner',
      'exposure',
      'service',
      'finding-new',
      'finding-gone',
      'finding-worse',
      'gap-new',
      'gap-gone',
    ])
      expect(kinds).toContain(kind);
  });

  for (const [what, drift] of pages) {
    it(`HTML of ${what} keeps the static rules`, async () => {
      const rules = new HtmlValidate({
        root: true,
        extends: ['html-validate:standard', 'html-validate:a11y', 'html-validate:document'],
      });
      const { results } = await rules.validateString(await renderDrift('html', drift, PLAIN_LOOK));
      expect(results.flatMap(({ messages }) => messages.map(({ message, line }) => `${line}: ${message}`))).toEqual([]);
    });

    itNeeds([needs.program('java')], `HTML of ${what} is the standard's`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'earshot-drift-'));
      try {
        writeFileSync(join(folder, 'd.html'), await renderDrift('html', drift, PLAIN_LOOK));
        const vnu = 'node_modules/vnu-jar/build/dist/vnu.jar';
        const { stdout } = spawnSync('java', ['-jar', vnu, '--format', 'json', '--stdout', join(folder, 'd.html')], {
          encoding: 'utf8',
        });
        const { messages } = JSON.parse(stdout) as { messages: readonly { readonly message: string }[] };
        // Younger than this checker (CSS Pseudo-Elements 4).
        expect(messages.filter(({ message }) => !message.includes('“::details-content”'))).toEqual([]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    itNeeds(
      [needs.program('cmark-gfm')],
      `Markdown of ${what} becomes headings, lists and emphasis of ours and nothing else`,
      async () => {
        const markdown = await renderDrift('markdown', drift, PLAIN_LOOK);
        const html = execFileSync(
          'cmark-gfm',
          ['--unsafe', '-e', 'table', '-e', 'strikethrough', '-e', 'autolink', '-e', 'tasklist'],
          { input: markdown, encoding: 'utf8' },
        );
        const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name));
        expect([...tags].filter((name) => !['h1', 'p', 'ul', 'li', 'strong', 'code'].includes(name ?? ''))).toEqual([]);
      },
    );

    it(`text of ${what} holds no control character`, async () => {
      const text = await renderDrift('text', drift, PLAIN_LOOK);
      expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(text)).toBe(false);
    });
  }
});
