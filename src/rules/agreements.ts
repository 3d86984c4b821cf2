import type { Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { Rank } from '../model/exposure.js';
import type { Severity } from '../model/finding.js';
import type { Waiver } from '../model/waiver.js';
import type { Known } from './check.js';
import { isMap } from './language/detection.js';
import { parseFreeSelection } from './parse.js';
import { copyOf, type Policy, type PolicyEntry, type Rule, type SeverityByRank } from './rule.js';
import type { Source } from './sources.js';

type Raw = Readonly<Record<string, unknown>>;
/** The maps of a list, each with its index there. */
const rawList = (value: unknown): readonly (readonly [number, Raw])[] =>
  (Array.isArray(value) ? value : []).flatMap((each: unknown, index) => (isMap(each) ? [[index, each] as const] : []));
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Rules by id and alias. */
export function byName(rules: readonly Rule[]): ReadonlyMap<string, Rule> {
  const names = new Map<string, Rule>();
  for (const rule of rules) for (const alias of rule.aliases) names.set(alias, rule);
  for (const rule of rules) names.set(rule.id, rule);
  return names;
}

/** Rules as the users' overrides leave them. */
export function applyOverrides(
  rules: readonly Rule[],
  sources: readonly Source[],
  known: Known,
  problems: Problem[],
): readonly Rule[] {
  const changed = new Map(rules.map((rule) => [rule.id, rule]));
  const names = byName(rules);
  const said = new Map<string, string>();
  for (const { value, yaml } of sources)
    for (const [index, raw] of rawList(value['overrides'])) {
      const path = ['overrides', index];
      const id = names.get(asText(raw['rule']))?.id;
      const rule = id === undefined ? undefined : changed.get(id);
      if (rule === undefined) {
        const hint = didYouMean(asText(raw['rule']), names.keys()) ?? '`earshot rules list` names them all';
        problems.push({ place: yaml.place([...path, 'rule']), message: `there is no rule "${raw['rule']}"`, hint });
        continue;
      }
      if (['severity', 'disable', 'except'].every((key) => raw[key] === undefined))
        problems.push({
          place: yaml.place(path),
          message: `the override of ${rule.id} changes nothing`,
          hint: 'give it severity, disable or except',
        });
      for (const key of ['severity', 'disable'] as const) {
        if (raw[key] === undefined) continue;
        const before = said.get(`${rule.id} ${key}`);
        if (before !== undefined)
          problems.push({
            place: yaml.keyPlace([...path, key]),
            message: `"${key}" of ${rule.id} is overridden twice`,
            hint: `the other stands in ${before}`,
          });
        const { file, line } = yaml.place(path);
        said.set(`${rule.id} ${key}`, `${file}:${line}`);
      }
      const except =
        raw['except'] === undefined
          ? null
          : parseFreeSelection(raw['except'], [rule.subject], known, yaml, [...path, 'except'], problems);
      changed.set(rule.id, {
        ...copyOf(rule),
        severity: severityOf(raw['severity']) ?? rule.severity,
        status: raw['disable'] === true ? 'deprecated' : rule.status,
        except: except === null ? rule.except : [...rule.except, except],
      });
    }
  return rules.map((rule) => changed.get(rule.id) ?? rule);
}

function severityOf(value: unknown): SeverityByRank | null {
  if (typeof value === 'string') return value as Severity;
  return isMap(value) ? (value as Partial<Record<Rank, Severity>>) : null;
}

/** The policies of the users' files. */
export function loadPolicies(sources: readonly Source[], known: Known, problems: Problem[]): readonly Policy[] {
  return sources.flatMap(({ value, yaml }): readonly Policy[] => {
    const raw = value['policy'];
    if (!isMap(raw)) return [];
    const allow = rawList(raw['allow']).flatMap(([index, entry]): readonly PolicyEntry[] => {
      const path = ['policy', 'allow', index];
      const { name, ...selection } = entry;
      const expression = parseFreeSelection(selection, ['listener', 'published'], known, yaml, path, problems);
      if (expression === null) return [];
      return [{ name: typeof name === 'string' ? name : describe(selection), expression, place: yaml.place(path) }];
    });
    return [{ severity: severityWord(raw['severity']) ?? 'high', allow, place: yaml.place(['policy']) }];
  });
}

const severityWord = (value: unknown): Severity | null => (typeof value === 'string' ? (value as Severity) : null);

/** An entry without a name is called by what it says. */
const describe = (selection: Raw): string =>
  Object.entries(selection)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A day that the calendar has. */
function isDay(text: string): boolean {
  const parts = DATE.exec(text);
  if (parts === null) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}

/** The waivers of the users' files. `config` is the configuration's name; what stands elsewhere comes from a pack. */
export function loadWaivers(
  sources: readonly Source[],
  config: string | null,
  rules: readonly Rule[],
  problems: Problem[],
): readonly Waiver[] {
  const names = byName(rules);
  return sources.flatMap(({ value, yaml }) =>
    rawList(value['waivers']).map(([index, raw]): Waiver => {
      const path = ['waivers', index];
      const rule = asText(raw['rule']);
      const expires = asText(raw['expires']);
      if (!isDay(expires))
        problems.push({
          place: yaml.place([...path, 'expires']),
          message: `"${expires}" is no day of the calendar`,
          hint: 'write YYYY-MM-DD',
        });
      return {
        rule: names.get(rule)?.id ?? rule,
        subject: asText(raw['subject']),
        owner: asText(raw['owner']),
        reason: asText(raw['reason']),
        expires,
        ticket: typeof raw['ticket'] === 'string' ? raw['ticket'] : null,
        place: yaml.place(path),
        ...(yaml.file === config ? {} : { fromPack: true }),
      };
    }),
  );
}
