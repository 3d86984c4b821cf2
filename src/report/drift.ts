import { toJson } from '../lib/escape/json.js';
import type { Drift } from '../model/drift.js';
import { driftWords } from './drift/words.js';
import type { Look } from './format.js';

/** Formats of `earshot diff`. */
export const DRIFT_FORMATS = ['terminal', 'text', 'markdown', 'html', 'json'] as const;
export type DriftFormat = (typeof DRIFT_FORMATS)[number];

const STYLES = { '+': ['red', 'bold'], '-': ['green'], '~': ['yellow', 'bold'] } as const;

async function page(drift: Drift, look: Look): Promise<string> {
  const { pageFor } = await import('./terminal/page.js');
  const { head, span, changes } = driftWords(drift);
  const lines = pageFor(look);
  lines.paragraph(head, 0, ['bold']);
  lines.paragraph(span, 0, ['dim']);
  for (const { mark, title, details } of changes) {
    lines.blank();
    lines.item({ text: mark, styles: STYLES[mark] }, title, 2);
    for (const detail of details) lines.paragraph(detail, 4);
  }
  return lines.text();
}

async function markdownPage(drift: Drift, look: Look): Promise<string> {
  const { markdownText } = await import('../lib/escape/markdown.js');
  const { guardLog } = await import('../lib/escape/terminal.js');
  const { head, span, changes } = driftWords(drift);
  const items = changes.map(({ mark, title, details }) => {
    const word = mark === '+' ? 'New' : mark === '-' ? 'Gone' : 'Changed';
    return [`- **${word}.** ${markdownText(title)}`, ...details.map((detail) => `  - ${markdownText(detail)}`)].join(
      '\n',
    );
  });
  return guardLog(
    `# ${markdownText(head)}\n\n${markdownText(span)}\n${items.length === 0 ? '' : `\n${items.join('\n')}\n`}`,
    look.ci,
  );
}

async function htmlPage(drift: Drift): Promise<string> {
  const { forTemplate } = await import('../lib/escape/html.js');
  const { render } = await import('../generated/templates/drift.js');
  const { head, span, changes } = driftWords(drift);
  const word = { '+': 'New', '-': 'Gone', '~': 'Changed' } as const;
  return render(
    forTemplate({ head, span, changes: changes.map((change) => ({ ...change, word: word[change.mark] })) }),
  );
}

/** What changed, in one of the formats of `earshot diff`. */
export async function renderDrift(format: DriftFormat, drift: Drift, look: Look): Promise<string> {
  switch (format) {
    case 'terminal':
      return page(drift, look);
    case 'text':
      return page(drift, { ...look, color: false });
    case 'markdown':
      return markdownPage(drift, look);
    case 'html':
      return htmlPage(drift);
    case 'json':
      return `${toJson(drift, 2)}\n`;
  }
}
