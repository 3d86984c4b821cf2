import { VERSION } from '../lib/version.js';
import { loadRules, rulePage } from '../rules/rules.js';
import { bold, RELEASED, roff } from './man.js';

/** What Markdown marks inside a line and a man page does not: code spans, strong words, links. */
const plain = (text: string): string =>
  breakable(roff(text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]{1,2}/g, '')));

const WORD_MAX = 40;

/** A word longer than a line may break after its separators, without a hyphen (groff: \:). */
const breakable = (text: string): string =>
  text.replace(/\S+/g, (word) => (word.length > WORD_MAX ? word.replace(/[/,|=_.;)](?=[^\\])/g, '$&\\:') : word));

/** A rule's page, written in the few Markdown forms that src/rules/page.ts makes, as a man page's section. */
function section(id: string, page: string): string {
  const lines: string[] = [];
  let fenced = false;
  for (const line of page.split('\n')) {
    const item = /^(\s*)- (.*)$/.exec(line);
    const heading = /^(#{1,4}) (.*)$/.exec(line);
    if (line.startsWith('```')) {
      fenced = !fenced;
      lines.push(fenced ? '.RS 4\n.nf' : '.fi\n.RE');
    } else if (fenced) lines.push(roff(line));
    else if (heading !== null && heading[1] === '#')
      lines.push(`.SH ${roff(id.toUpperCase())}\n${bold(heading[2] ?? '')}`);
    else if (heading !== null)
      lines.push(heading[1] === '##' ? `.SS ${plain(heading[2] ?? '')}` : `.PP\n${bold(heading[2] ?? '')}`);
    else if (item !== null) lines.push(`.IP \\(bu ${(item[1]?.length ?? 0) + 2}\n${plain(item[2] ?? '')}`);
    else if (line.trim() === '') lines.push('.PP');
    else lines.push(plain(line));
  }
  return withoutIdleMarks(lines).join('\n');
}

/** A paragraph mark says nothing behind a heading, before another macro, or at the end; mandoc warns of it. */
function withoutIdleMarks(lines: readonly string[]): readonly string[] {
  const isHeading = (line: string | undefined): boolean => line !== undefined && /^\.S[HS] /.test(line);
  const kept = lines.filter(
    (line, index) => line !== '.PP' || !(/^(?:\.|$)/.test(lines[index + 1] ?? '') || isHeading(lines[index - 1])),
  );
  return kept.map((line, index) =>
    line.startsWith('.PP\n') && isHeading(kept[index - 1]) ? line.slice('.PP\n'.length) : line,
  );
}

/** earshot-rules(7): the page of every built-in rule, as `earshot rules show` tells it. */
export async function rulesManPage(): Promise<string> {
  const rules = await loadRules({ builtin: true, paths: [], config: null, cwd: '/', open: async () => [] });
  const sections: string[] = [];
  for (const rule of [...rules.rules].sort((a, b) => (a.id < b.id ? -1 : 1)))
    sections.push(section(rule.id, await rulePage(rules, rule)));
  return [
    `.TH EARSHOT\\-RULES 7 "${RELEASED}" "earshot ${VERSION}" "Miscellaneous Information"`,
    '.ad l',
    '.SH NAME',
    'earshot\\-rules \\- what each rule of earshot looks for, why, and how to close it',
    '.SH DESCRIPTION',
    `${sections.length} rules come with ${bold('earshot')}(8). Each is told in the same form; ${bold('earshot rules show')} prints one of them.`,
    ...sections,
    '.SH SEE ALSO',
    `${bold('earshot')}(8)`,
    '',
  ].join('\n');
}
