import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteShell } from '../../src/lib/escape/shell.js';
import { escapeTerminal, guardLog } from '../../src/lib/escape/terminal.js';
import { webAddress } from '../../src/lib/escape/url.js';
import { cut, visible } from '../../src/lib/escape/visible.js';
import { wrap, wrapCommand } from '../../src/lib/escape/wrap.js';
import { escapeXml } from '../../src/lib/escape/xml.js';
import { columnsOf } from '../../src/lib/width.js';
import type { Report } from '../../src/model/report.js';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { FORMAT_NAMES, type FormatName, render } from '../../src/report/formats.js';
import { itNeeds, needs } from '../needs.js';
import { articleHost } from './article.js';
import { HOSTILE_ARGS, HOSTILE_NAMES, HOSTILE_PATH } from './hostile.js';
import { emptyHost } from './samples.js';

const foreign = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.constantFrom(...HOSTILE_NAMES, ...HOSTILE_ARGS, HOSTILE_PATH),
  fc.string({
    unit: fc.constantFrom(...'<>&"\'`{}|\\[]()#:%=!/*_~-\n\r\t $@;,.aA1é日👍\u202e\u009b\u001b\ud800\u0000'),
  }),
);

/** Keys whose words our own program chooses; everything else may hold what a stranger wrote. */
const OURS = new Set([
  'schema',
  'severity',
  'status',
  'protocol',
  'family',
  'kind',
  'widest',
  'rank',
  'reachable',
  'confidence',
  'startedAt',
  'source',
  'failOn',
  'minSeverity',
  'exeState',
  'listening',
  'backend',
  'worst',
  'authentication',
  'encryption',
  'expires',
  'fingerprint',
  'id',
  'ruleId',
  'subject',
  'listener',
  'platform',
  'platforms',
  'version',
  'command',
  'undo',
]);

/** The same report with foreign text in every field that may hold it. */
function poisoned(value: unknown, texts: readonly string[], at: { index: number }, key = ''): unknown {
  if (typeof value === 'string') return OURS.has(key) ? value : texts[at.index++ % texts.length];
  if (Array.isArray(value)) return value.map((inner) => poisoned(inner, texts, at, key));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poisoned(inner, texts, at, name)]));
  return value;
}

const poisonedReports = fc
  .array(foreign, { minLength: 5, maxLength: 40 })
  .map((texts) => poisoned(articleHost(), texts, { index: 0 }) as Report);

const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('with any text in every field', () => {
  const each = (name: FormatName, holds: (text: string) => void): void => {
    it(`${name} stays what it is`, async () => {
      await fc.assert(
        fc.asyncProperty(poisonedReports, async (report) => {
          holds(await render(name, report, { ...PLAIN_LOOK, ci: 'github' }));
        }),
        { numRuns: 80 },
      );
    });
  };

  each('text', (text) => {
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toContain('##[');
    expect(text).not.toMatch(/^\s*::(?:error|warning|notice|add-mask|stop-commands)(?:::| )/im);
  });
  each('terminal', (text) => expect(text).not.toMatch(CONTROL));
  each('markdown', (text) => {
    expect(text).not.toMatch(CONTROL);
    expect(text.replace(/<\/?code>|<!-- -->/g, '')).not.toMatch(/<[a-z!/]/i);
  });
  each('html', (text) => {
    expect(text).not.toMatch(CONTROL);
    expect(text).not.toMatch(/<(?:script|img|iframe|b|object|form|input)\b/i);
    expect(text.match(/<tr id="h1-listener-/g)).toHaveLength(articleHost().listeners.length);
  });
  each('json', (text) => expect((JSON.parse(text) as Report).listeners).toHaveLength(articleHost().listeners.length));
  each('sarif', (text) => {
    const { runs } = JSON.parse(text) as { runs: { results: { message: { text: string }; locations: object[] }[] }[] };
    for (const result of runs[0]?.results ?? []) {
      expect(result.locations).toHaveLength(1);
      expect(result.message.text).not.toMatch(/(?<!\\)\[/);
    }
  });
  each('junit', (text) => {
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    expect(text.match(/<testcase /g)?.length).toBe(Number(/tests="(\d+)"/.exec(text)?.[1]));
  });
  each('github', (text) => {
    for (const line of text.split('\n').slice(0, -1))
      expect(line).toMatch(/^::(?:error|warning|notice) (?:(?:file|line|title)=[^:,\r\n]*,?)+::[^\r\n]*$/);
  });
  each('gitlab', (text) => expect(JSON.parse(text)).toHaveLength(6));
  for (const name of ['ocsf', 'ecs'] as const)
    each(name, (text) => {
      const lines = text.split('\n').slice(0, -1);
      expect(lines).toHaveLength(articleHost().findings.length);
      for (const line of lines) JSON.parse(line);
    });
  each('prometheus', (text) => {
    for (const line of text.split('\n'))
      expect(line).toMatch(/^(?:|# (?:HELP|TYPE) .*|earshot_\w+(?:\{[^{}]*\})? [\d.]+)$/);
  });
  each('nagios', (text) => {
    expect(text.split('|')).toHaveLength(2);
    expect(Buffer.byteLength(text)).toBeLessThan(4096);
  });

  it('tests every format there is', () => {
    expect(FORMAT_NAMES).toHaveLength(13);
  });

  itNeeds([needs.program('xmllint')], 'junit is XML for a parser that is not ours', async () => {
    await fc.assert(
      fc.asyncProperty(poisonedReports, async (report) => {
        execFileSync('xmllint', ['--nonet', '--noout', '--schema', 'fixtures/schemas/junit-ant.xsd', '-'], {
          input: await render('junit', report, PLAIN_LOOK),
          stdio: 'pipe',
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe('escaping', () => {
  it('shows control characters, marks that turn text around, and half characters as what they are', () => {
    expect(visible('a\nb')).toBe('a\\x0ab');
    expect(visible('abc\u202egnp.exe')).toBe('abc\\u{202e}gnp.exe');
    expect(visible('\u009b31m')).toBe('\\x9b31m');
    expect(visible('\ud800x')).toBe('\\u{d800}x');
    expect(visible('日本語 é 👍')).toBe('日本語 é 👍');
  });

  it('changes nothing when it is done twice', () => {
    fc.assert(fc.property(foreign, (text) => visible(visible(text)) === visible(text)));
    fc.assert(
      fc.property(foreign, (text) => guardLog(guardLog(text, 'github'), 'github') === guardLog(text, 'github')),
    );
  });

  it('leaves addresses alone that look like commands', () => {
    expect(guardLog('::1 port 22\n::ffff:192.0.2.1', 'github')).toBe('::1 port 22\n::ffff:192.0.2.1');
    expect(guardLog('  ::error::x', 'github')).toBe('  \\x3a:error::x');
    expect(guardLog('a ##[group]x', 'github')).toBe('a #\\x23[group]x');
    expect(guardLog('a ##[group]x', null)).toBe('a ##[group]x');
  });

  it('never cuts a character in two, and says how long the text was', () => {
    fc.assert(
      fc.property(foreign, fc.integer({ min: 1, max: 20 }), (text, max) => {
        const short = cut(text, max);
        if (text.length <= max) expect(short).toBe(text);
        else expect(short).toContain(`${text.length} characters`);
      }),
    );
    expect(cut('👍👍👍', 3)).toBe('👍… (cut, 6 characters)');
  });

  it('writes XML that holds no character XML cannot', () => {
    fc.assert(
      fc.property(
        foreign,
        (text) => !/[<>"'\u0000-\u001f\ufffe\uffff]|&(?!(?:amp|lt|gt|quot|#39|#35);)/.test(escapeXml(text)),
      ),
    );
  });

  it('links to nothing but pages of the web', () => {
    fc.assert(
      fc.property(foreign, (text) =>
        /^(?:|https:\/\/x\.org\/[\w\-.~:/?#&=+,;%]*)$/.test(webAddress(`https://x.org/${text}`)),
      ),
    );
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', ' https://x', 'https://"x', '//x'])
      expect(webAddress(bad)).toBe('');
  });

  itNeeds([needs.program('sh')], 'quotes any word so that sh hands it on as it was, or refuses it', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const quoted = quoteShell(text);
        if (quoted === null) return;
        expect(execFileSync('sh', ['-c', `printf '%s' ${quoted}`], { encoding: 'utf8' })).toBe(text);
      }),
      { numRuns: 60 },
    );
  });
});

describe('wrapping', () => {
  it('loses nothing but blanks, and keeps to the width', () => {
    fc.assert(
      fc.property(foreign, fc.integer({ min: 2, max: 60 }), (text, width) => {
        const shown = escapeTerminal(text);
        const lines = wrap(shown, width);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replace(/ /g, '')).toBe(shown.replace(/ /g, ''));
      }),
    );
  });

  it('counts two columns for wide characters and none for marks', () => {
    expect(columnsOf('日本')).toBe(4);
    expect(columnsOf('e\u0301')).toBe(1);
    expect(columnsOf('👍')).toBe(2);
    expect(columnsOf('ｆｕｌｌ')).toBe(8);
    expect(columnsOf('é')).toBe(1);
  });

  itNeeds([needs.program('sh')], 'breaks a command so that sh still reads the same words', () => {
    const word = fc.oneof(
      fc.stringMatching(/^[a-z0-9/._-]{1,12}$/),
      fc
        .string({ unit: fc.constantFrom(...'ab $"\\*;') })
        .map((text) => quoteShell(text))
        .filter((text) => text !== null && text !== ''),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), fc.integer({ min: 20, max: 40 }), (words, width) => {
        const command = `printf '%s|' ${words.join(' ')} && printf '%s|' end; printf x`;
        const broken = wrapCommand(escapeTerminal(command), width).join('\n');
        expect(execFileSync('sh', ['-c', broken], { encoding: 'utf8' })).toBe(
          execFileSync('sh', ['-c', command], { encoding: 'utf8' }),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('an empty host', () => {
  for (const name of FORMAT_NAMES)
    it(`is a valid ${name} report`, async () => {
      const text = await render(name, emptyHost(), PLAIN_LOOK);
      if (name === 'gitlab') expect(text).toBe('[]\n');
      if (name === 'github' || name === 'ocsf' || name === 'ecs') expect(text).toBe('');
      else expect(text.endsWith('\n')).toBe(true);
    });
});
