import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import facts from './facts.json' with { type: 'json' };

/** A rule as its file has it, as far as these tests look. */
export interface WrittenRule {
  readonly pack: string;
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly description: string;
  readonly rationale: string;
  readonly subject: string;
  readonly severity: string | Readonly<Record<string, string>>;
  readonly references: readonly { readonly id: string; readonly url: string }[];
  readonly tags: readonly string[];
  readonly compliance?: readonly { readonly framework: string; readonly control: string }[];
  readonly remediation: Readonly<Record<string, readonly Step[]>>;
  readonly falsepositives: readonly string[];
  readonly detection: Readonly<Record<string, unknown>>;
  readonly tests: { readonly match: readonly Example[]; readonly nomatch: readonly Example[] };
}

export interface Step {
  readonly what: string;
  readonly command: string;
  readonly undo?: string;
}

export type Example = Readonly<Record<string, unknown>>;

const FOLDER = 'rules';

function readPack(file: string): readonly WrittenRule[] {
  const { pack, rules } = parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as {
    readonly pack: string;
    readonly rules: readonly Omit<WrittenRule, 'pack'>[];
  };
  return rules.map((rule) => ({ ...rule, pack }));
}

/** Every rule of the pack, from its files. */
export const RULES: readonly WrittenRule[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .flatMap(readPack);

/** Facts of others that the pack may name, each with its source. */
export const FACTS = facts;

/** The rules for which `wrong` has something to say, with what it says. */
export const wrongOf = (wrong: (rule: WrittenRule) => string | null): readonly string[] =>
  RULES.flatMap((rule) => {
    const what = wrong(rule);
    return what === null ? [] : [`${rule.id}: ${what}`];
  });

/** Every field that a detection names, modifiers taken off. */
export function fieldsOf(detection: unknown): readonly string[] {
  if (Array.isArray(detection)) return detection.flatMap(fieldsOf);
  if (typeof detection !== 'object' || detection === null) return [];
  return Object.entries(detection).flatMap(([key, value]) =>
    key === 'condition' ? [] : [key.split('|')[0] ?? key, ...fieldsOf(value)],
  );
}
