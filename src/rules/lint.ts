import type { Place } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import { allServices, serviceNamed } from '../lib/services.js';
import type { YamlPath } from '../lib/yaml.js';
import { RANKS } from '../model/exposure.js';
import { SEVERITIES } from '../model/finding.js';
import { macrosIn } from './check.js';
import { worldOf } from './engine.js';
import { type Field, findField, isExposed } from './fields.js';
import { plainText, testsOfItem, type World } from './language/compile.js';
import { type Expression, type Item, itemsOf, type Test } from './language/expression.js';
import { compilePattern, showPattern } from './language/pattern.js';
import type { ParsedRule } from './parse.js';
import { PLACEHOLDERS } from './remedy.js';
import type { Rule, RuleSet, RuleText } from './rule.js';

/** Something a rule's author should look at. */
export interface LintFinding {
  readonly rule: string;
  readonly place: Place;
  /** Name of the check. */
  readonly check: string;
  readonly message: string;
  readonly hint: string | null;
}

/** `at`: the way to it below the rule, `key` of its detection where it is a line there. */
type Say = (check: string, message: string, hint?: string | null, at?: At) => void;
type At = YamlPath | { readonly key: string };

/** What must hold together: the items of the `and`s at the top, through selections and macros. */
function conjuncts(expression: Expression, world: World): readonly Item[] {
  switch (expression.kind) {
    case 'item':
      return [expression];
    case 'selection':
      return conjuncts(expression.part, world);
    case 'macro': {
      const macro = world.macros.get(expression.name);
      return macro === undefined ? [] : conjuncts(macro, world);
    }
    case 'and':
      return expression.parts.flatMap((part) => conjuncts(part, world));
    case 'or':
    case 'not':
      return [];
  }
}

/** The branches of the `or`s at the top: each may be impossible by itself. */
function branches(expression: Expression): readonly Expression[] {
  if (expression.kind === 'selection') return branches(expression.part);
  return expression.kind === 'or' ? expression.parts.flatMap(branches) : [expression];
}

function exactOf(item: Item, world: World): readonly string[] | null {
  if (item.negated) return null;
  const texts = testsOfItem(item, world).map(plainText);
  return texts.every((text) => text !== null) ? texts.filter((text) => text !== null) : null;
}

const isNumeric = (field: Field): boolean => field.type === 'number' || field.type === 'port';

/** What an item asks of a field's presence: a value, none at all (null), or the field itself; null: it does not say. */
function presenceOf(item: Item): 'value' | 'none' | 'absent' | null {
  if (item.negated || item.tests.length === 0) return null;
  if (item.tests.every((test) => test.kind === 'null')) return 'none';
  if (item.tests.every((test) => test.kind === 'exists'))
    return item.tests.some((test) => test.kind === 'exists' && test.value) ? null : 'absent';
  return item.tests.some((test) => test.kind === 'null' || test.kind === 'exists') ? null : 'value';
}

/** The values that `neq` lines take away. */
const excludedBy = (items: readonly Item[], world: World): ReadonlySet<string> =>
  new Set(
    items
      .filter(({ negated }) => negated)
      .flatMap((item) => testsOfItem(item, world).flatMap((test) => plainText(test) ?? [])),
  );

/** A number's reach as the comparisons on it leave it; no field counts below 0. */
function satisfiable(items: readonly Item[], exact: readonly (readonly string[])[]): boolean {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let openLow = false;
  let openHigh = false;
  for (const item of items)
    for (const test of item.negated || item.tests.length > 1 ? [] : item.tests) {
      if (test.kind !== 'compare') continue;
      const { operator, number } = test;
      if ((operator === 'gt' || operator === 'gte') && number >= low) [low, openLow] = [number, operator === 'gt'];
      if ((operator === 'lt' || operator === 'lte') && number <= high) [high, openHigh] = [number, operator === 'lt'];
    }
  const fits = (value: number): boolean =>
    (openLow ? value > low : value >= low) && (openHigh ? value < high : value <= high);
  if (low > high || (low === high && (openLow || openHigh))) return false;
  return exact.every((values) => values.some((value) => Number.isNaN(Number(value)) || fits(Number(value))));
}

/** Says where a conjunction contradicts itself. */
function checkContradiction(expression: Expression, rule: Rule, world: World, say: Say): void {
  const byField = new Map<string, Item[]>();
  for (const item of conjuncts(expression, world))
    if (item.field !== null) byField.set(item.field, [...(byField.get(item.field) ?? []), item]);
  for (const [name, items] of byField) {
    const field = findField(rule.subject, name);
    if (field === null || field.many) continue;
    const exact = items.map((item) => exactOf(item, world)).filter((values) => values !== null);
    const common = exact.reduce<readonly string[] | null>(
      (all, values) => (all === null ? values : all.filter((value) => values.includes(value))),
      null,
    );
    if (common !== null && common.length === 0)
      say(
        'never-matches',
        `it can never match: ${name} would have to have two values at once`,
        'join them in one list, or with or',
      );
    else if (common?.every((value) => excludedBy(items, world).has(value)) === true)
      say('never-matches', `it can never match: ${name} would have to be and not to be the same`, 'take one line away');
    else if (
      items.some((item) => presenceOf(item) === 'value') &&
      items.some((item) => ['none', 'absent'].includes(presenceOf(item) ?? ''))
    )
      say('never-matches', `it can never match: ${name} would have to have a value and none`, null);
    else if (isNumeric(field) && !satisfiable(items, exact))
      say('never-matches', `it can never match: no ${name} satisfies all of its lines`, null);
  }
  if (expression.kind === 'and') {
    const positive = new Set(expression.parts.flatMap((part) => (part.kind === 'selection' ? [part.name] : [])));
    for (const part of expression.parts)
      if (part.kind === 'not' && part.part.kind === 'selection' && positive.has(part.part.name))
        say('never-matches', `it can never match: ${part.part.name} would have to hold and not to hold`, null);
  }
}

function checkPort(field: Field, test: Test, say: Say): void {
  const number = test.kind === 'compare' ? test.number : Number(plainText(test) ?? 'none');
  if (Number.isNaN(number)) return;
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    say('port-range', `${field.name} ${number} is no port`, 'ports are 0 to 65535');
}

/** A pattern that fits none of the values that a field can have. */
function checkPatternFits(field: Field, test: Test, say: Say): void {
  if (test.kind !== 'text' || test.cased) return;
  const like = `"${showPattern(test.parts)}"`;
  const words = field.values ?? (field.type === 'boolean' ? ['true', 'false'] : null);
  const matches = compilePattern(test.parts, false);
  if (words !== null && !words.some((word) => matches(word.toLowerCase())))
    say('unknown-value', `${field.name} is never like ${like}`, `it is one of ${words.join(', ')}`);
  if (isNumeric(field) && test.parts.some((part) => typeof part === 'string' && !/^[\d.e+-]*$/i.test(part)))
    say('unknown-value', `${field.name} is a number, never like ${like}`, null);
}

function checkValue(field: Field, test: Test, say: Say): void {
  const text = plainText(test);
  if (field.type === 'port') checkPort(field, test, say);
  if (text === null) {
    checkPatternFits(field, test, say);
    return;
  }
  if (field.values !== null && !field.values.includes(text))
    say(
      'unknown-value',
      `${field.name} is never "${text}"`,
      didYouMean(text, field.values) ?? `it is one of ${field.values.join(', ')}`,
    );
  if (isNumeric(field) && (text === '' || Number.isNaN(Number(text))))
    say('unknown-value', `${field.name} is a number, never "${text}"`, null);
  if (field.type === 'boolean' && text !== 'true' && text !== 'false')
    say('unknown-value', `${field.name} is true or false, never "${text}"`, null);
  if (field.name === 'service.name' && text !== '' && serviceNamed(text) === null)
    say(
      'unknown-service',
      `the list of services has no "${text}"`,
      didYouMean(
        text,
        allServices().map(({ name }) => name),
      ),
    );
}

function checkItems(rule: Rule, world: World, say: Say): void {
  const macros = macrosIn(rule.expression).flatMap((name) => world.macros.get(name) ?? []);
  for (const expression of [rule.expression, ...macros, ...rule.except])
    for (const item of itemsOf(expression)) {
      const field = item.field === null ? null : findField(rule.subject, item.field);
      if (field === null) continue;
      const sayAt: Say = (check, message, hint) => say(check, message, hint, { key: item.key });
      for (const test of testsOfItem(item, world)) {
        checkValue(field, test, sayAt);
        if (test.kind === 'compare' && !isNumeric(field))
          sayAt('never-matches', `${field.name} is no number, so ${item.key} never holds`, null);
        if (test.kind === 'cidr' && field.type !== 'address')
          sayAt('never-matches', `${field.name} is no address, so ${item.key} never holds`, null);
      }
    }
}

const DEAD_FORMS: readonly (readonly [RegExp, string])[] = [
  [/^https:\/\/attack\.mitre\.org\/wiki\//, 'ATT&CK pages are https://attack.mitre.org/techniques/T1021/'],
  [/^https:\/\/cve\.mitre\.org\//, 'CVE pages are https://www.cve.org/CVERecord?id=CVE-…'],
  [/^https:\/\/(web\.)?nvd\.nist\.gov\/(nvd\.cfm|view)/, 'NVD pages are https://nvd.nist.gov/vuln/detail/CVE-…'],
  [/^https:\/\/(www\.)?us-cert\.gov\//, 'US-CERT is now https://www.cisa.gov/'],
  [/^https:\/\/tools\.ietf\.org\//, 'RFCs are https://www.rfc-editor.org/rfc/rfc…'],
  [/^https:\/\/(www\.)?securityfocus\.com\//, 'SecurityFocus is gone; name the CVE'],
  [/^https:\/\/(www\.)?osvdb\.org\//, 'OSVDB is gone; name the CVE'],
];

function checkReferences(text: RuleText, sayOf: Say): void {
  for (const [index, { id, url }] of text.references.entries()) {
    const say: Say = (check, message, hint) => sayOf(check, message, hint, ['references', index]);
    const dead = DEAD_FORMS.find(([form]) => form.test(url));
    if (dead !== undefined) say('dead-reference', `${url} is a dead form`, dead[1]);
    const number = /^(?:CWE|CAPEC)-(\d+)$/.exec(id)?.[1];
    if (number !== undefined && !new RegExp(`/${number}(\\.html)?$`).test(url))
      say(
        'dead-reference',
        `${id} and ${url} name different things`,
        `https://cwe.mitre.org/data/definitions/${number}.html`,
      );
    if (/^CVE-/i.test(id) && (!/^CVE-\d{4}-\d{4,}$/.test(id) || !url.includes(id)))
      say('dead-reference', `${id} and ${url} do not name one CVE`, 'https://www.cve.org/CVERecord?id=CVE-YYYY-NNNN');
    const technique = /^T(\d{4})(?:\.(\d{3}))?$/.exec(id);
    if (
      technique !== null &&
      !url.includes(`/techniques/T${technique[1]}${technique[2] === undefined ? '' : `/${technique[2]}`}`)
    )
      say('dead-reference', `${id} and ${url} name different techniques`, null);
  }
}

function checkText(rule: Rule, text: RuleText, say: Say): void {
  if (rule.status === 'deprecated') return;
  if (text.rationale === '') say('no-rationale', 'it has no rationale', 'say what an attacker does with it');
  if (text.description === '') say('no-description', 'it has no description', 'say in one sentence what it matches');
  if (text.references.length === 0) say('no-references', 'it has no references', 'name a CWE, an RFC or the vendor');
  if (Object.keys(text.remediation).length === 0) say('no-remediation', 'it has no remediation', 'say what to type');
  checkReferences(text, say);
  for (const steps of Object.values(text.remediation))
    for (const step of steps)
      for (const [, name] of `${step.command} ${step.undo}`.matchAll(/(?<!\$)\{([a-z]+)\}/g))
        if (name !== undefined && PLACEHOLDERS[name] === undefined)
          say('unknown-placeholder', `{${name}} is no placeholder`, didYouMean(name, Object.keys(PLACEHOLDERS)), [
            'remediation',
          ]);
}

function checkSeverity(rule: Rule, say: Say): void {
  const { severity } = rule;
  if (typeof severity === 'string') return;
  if (!isExposed(rule.subject))
    say('severity', `a ${rule.subject} has no exposure, so its severity is one word`, null, ['severity']);
  let before = SEVERITIES.length;
  for (const rank of RANKS) {
    const word = severity[rank];
    if (word === undefined) continue;
    const index = SEVERITIES.indexOf(word);
    if (index > before)
      say('severity', `${rank} is wider than what stands before it, and less bad`, 'wider is never less bad', [
        'severity',
        rank,
      ]);
    before = index;
  }
}

function checkTags(rule: Rule, say: Say): void {
  for (const [index, tag] of rule.tags.entries())
    if (tag.startsWith('attack.') && !/^attack\.(t\d{4}(\.\d{3})?|[a-z]+([-_][a-z]+)*|[gs]\d{4})$/.test(tag))
      say(
        'dead-reference',
        `the tag ${tag} has no form of ATT&CK's`,
        'attack.t1021, attack.t1021.004 or attack.lateral-movement',
        ['tags', index],
      );
}

/** What is to be said of one rule. */
export function lintRule(rules: RuleSet, rule: Rule, parsed: ParsedRule | null): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const say: Say = (check, message, hint = null, at = []) => {
    findings.push({ rule: rule.id, place: parsed?.placeOf(at) ?? rule.place, check, message, hint });
  };
  const world = worldOf(rules);
  const parts = branches(rule.expression);
  const contradictions: LintFinding[][] = parts.map((part) => {
    const before = findings.length;
    checkContradiction(part, rule, world, say);
    return findings.splice(before);
  });
  for (const found of contradictions) findings.push(...found);
  checkItems(rule, world, say);
  for (const name of parsed?.unused ?? [])
    say('unused-selection', `the condition does not use the selection "${name}"`, 'name it there, or take it away', [
      'detection',
      name,
    ]);
  const text = rules.textOf(rule.id);
  if (text !== null) checkText(rule, text, say);
  checkSeverity(rule, say);
  checkTags(rule, say);
  const tests = rules.testsOf(rule.id);
  if (rule.status !== 'deprecated' && !(tests.some((test) => test.expected) && tests.some((test) => !test.expected)))
    say('no-tests', 'it has no tests of both kinds', 'add a record under tests.match and one under tests.nomatch');
  return unique(findings);
}

const unique = (findings: readonly LintFinding[]): readonly LintFinding[] => {
  const seen = new Set<string>();
  return findings.filter(({ check, message }) => {
    const key = `${check} ${message}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
};
