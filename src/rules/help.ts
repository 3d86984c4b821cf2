import type { RuleText, Step } from './rule.js';
import { PLATFORMS } from './rule.js';

const PLATFORM_NAMES: Readonly<Record<(typeof PLATFORMS)[number], string>> = {
  docker: 'Docker',
  kubernetes: 'Kubernetes',
  debian: 'Debian, Ubuntu',
  rhel: 'RHEL, Fedora',
  alpine: 'Alpine',
  systemd: 'systemd',
  generic: 'Any host',
};

function stepLines({ what, command, undo }: Step): readonly string[] {
  const code = (text: string): readonly string[] => ['', '```sh', ...text.split('\n'), '```', ''];
  return [what, ...(command === '' ? [''] : code(command)), ...(undo === '' ? [] : ['To undo it:', ...code(undo)])];
}

/** What, why, how to close it and when it is fine, in Markdown below level-two headings. */
export function helpOf(aliases: readonly string[], text: RuleText): string {
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
  const list = (lines: readonly string[]): readonly string[] => lines.map((line) => `- ${line}`);
  const remediation = PLATFORMS.flatMap((platform) => {
    const steps = text.remediation[platform] ?? [];
    return steps.length === 0 ? [] : [`### ${PLATFORM_NAMES[platform]}`, '', ...steps.flatMap(stepLines)];
  });
  return [
    ...section('What it is', text.description === '' ? [] : [text.description]),
    ...section('Why it is a risk', text.rationale === '' ? [] : [text.rationale]),
    ...section('How to close it', remediation),
    ...section('When it is fine', list(text.falsepositives)),
    ...section('Controls', list(text.compliance.map(({ framework, control }) => `${framework} ${control}`))),
    ...section('References', list(text.references.map(({ id, url }) => `[${id}](${url})`))),
    ...(text.replacedBy === null ? [] : [`Replaced by ${text.replacedBy}.`, '']),
    ...(aliases.length === 0 ? [] : [`Also known as ${aliases.join(', ')}.`, '']),
  ]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd();
}
