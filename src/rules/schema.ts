import { RANKS } from '../model/exposure.js';
import { SEVERITIES } from '../model/finding.js';
import { fieldsOf, SUBJECTS } from './fields.js';
import { PLATFORMS, RULE_STATUSES } from './rule.js';

/** JSON Schema, as far as it is needed here. */
type Schema = Readonly<Record<string, unknown>>;

const text = (description: string): Schema => ({ type: 'string', pattern: '\\S', description });
const strings = (description: string): Schema => ({
  type: 'array',
  items: { type: 'string', pattern: '\\S' },
  description,
});
const ref = (name: string, description: string): Schema => ({
  allOf: [{ $ref: `#/definitions/${name}` }],
  description,
});

function object(description: string, properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  return { type: 'object', description, properties, required: [...required], additionalProperties: false };
}

const severity: Schema = { type: 'string', enum: [...SEVERITIES], description: 'Severity, from worst to least.' };

const severityByRank: Schema = {
  description:
    'A severity, or one for each zone: an entry holds for its zone and every wider one up to the next entry. Narrower than the narrowest entry: info.',
  type: ['string', 'object'],
  pattern: `^(${SEVERITIES.join('|')})$`,
  properties: Object.fromEntries(RANKS.map((rank) => [rank, severity])),
  additionalProperties: false,
  minProperties: 1,
};

/** Fields of every subject, so that an editor can offer them. */
function fieldProperties(): Record<string, Schema> {
  const properties: Record<string, Schema> = {};
  for (const subject of SUBJECTS)
    for (const field of fieldsOf(subject))
      if (!field.name.endsWith('*') && properties[field.name] === undefined)
        properties[field.name] = {
          description: `${field.doc}${field.values === null ? '' : ` One of ${field.values.join(', ')}.`}`,
        };
  return properties;
}

const selection: Schema = {
  description:
    'A map of fields and values (all must hold), a list of such maps (one must hold), or a list of keywords. A field may carry modifiers: `port|gte`.',
  type: ['object', 'array', 'string', 'number'],
  properties: fieldProperties(),
  items: {
    type: ['object', 'array', 'string', 'number'],
    properties: fieldProperties(),
  },
};

const detection: Schema = {
  description: 'Named selections, and a condition over their names.',
  type: 'object',
  properties: {
    condition: {
      description: 'Which selections must hold: `selection and not 1 of filter_*`. A list: one of them must hold.',
      type: ['string', 'array'],
      items: { type: 'string' },
    },
  },
  required: ['condition'],
  additionalProperties: ref('selection', 'A selection, by the name that the condition uses.'),
};

const step = object(
  'One step.',
  {
    what: text('What it does, and what breaks by it.'),
    command: {
      type: 'string',
      description:
        'What to type. Placeholders: {port} {protocol} {address} {service} {unit} {pid} {process} {package} {exe} {user} {container} {image} {interface} {device} {file} {namespace}.',
    },
    undo: { type: 'string', description: 'What to type to take it back.' },
  },
  ['what'],
);

const reference = object(
  'Where it is written.',
  {
    id: text('Short name: CWE-319, CVE-2022-0543, T1021, RFC 4251, or a title.'),
    url: { type: 'string', pattern: '^https://[^\\s]+$', description: 'Its address, https.' },
  },
  ['id', 'url'],
);

const example: Schema = {
  description:
    'A record: fields and values. `severity` beside them is what the finding must have; `why` is a remark. Or `fixture`: a report file, or records one a line, and `id` of the subject in it.',
  type: 'object',
  properties: {
    severity,
    why: { type: 'string', description: 'A remark for readers.' },
    fixture: { type: 'string', description: 'A report (JSON) or records (one a line), from the folder of this file.' },
    ...fieldProperties(),
  },
};

const rule = object(
  'A rule.',
  {
    id: {
      type: 'string',
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
      description: 'Its name, never changed: words in lower case, joined by -.',
    },
    aliases: strings('Other names it is found by.'),
    title: text('What is wrong, in a few words.'),
    status: { type: 'string', enum: [...RULE_STATUSES], description: 'How sure its author is of it.' },
    description: text('One sentence: what it matches.'),
    rationale: text('What an attacker does with it, for somebody who is no specialist.'),
    subject: { type: 'string', enum: [...SUBJECTS], description: 'What it speaks of.' },
    severity: ref('severityByRank', 'How bad it is.'),
    references: { type: 'array', items: reference, description: 'Where it is written.' },
    tags: strings('ATT&CK tags (`attack.t1021`) and words of your own.'),
    compliance: {
      type: 'array',
      description: 'Controls that ask for it.',
      items: object(
        'A control.',
        {
          framework: text('CIS, DISA STIG, NIST 800-53, PCI DSS, ISO 27001, BSI, …'),
          control: text('Its number there.'),
        },
        ['framework', 'control'],
      ),
    },
    remediation: object(
      'How to close it, for each platform.',
      Object.fromEntries(
        PLATFORMS.map((name) => [
          name,
          { type: 'array', items: ref('step', 'One step.'), description: `Steps on ${name}.` },
        ]),
      ),
    ),
    falsepositives: strings('When it is fine.'),
    deprecated: { type: 'boolean', description: 'True: kept for those who name it; it does not run.' },
    replaced_by: { type: 'string', description: 'Id of the rule that replaces it.' },
    detection: ref('detection', 'What it matches.'),
    tests: object('Examples.', {
      match: { type: 'array', items: ref('example', 'A record.'), description: 'Records that it must match.' },
      nomatch: { type: 'array', items: ref('example', 'A record.'), description: 'Records that it must not match.' },
    }),
  },
  ['id', 'title', 'subject', 'severity', 'detection'],
);

const override = object(
  "A change to another pack's rule, without touching that pack.",
  {
    rule: text('Id or alias of the rule.'),
    severity: ref('severityByRank', 'Its severity here.'),
    disable: { type: 'boolean', description: 'True: it does not run.' },
    except: ref('selection', 'It does not fire where this holds.'),
    reason: { type: 'string', description: 'Why, for readers.' },
  },
  ['rule'],
);

const policy = object(
  'Which listeners may be there. All others are findings.',
  {
    mode: { type: 'string', enum: ['allowlist'], description: 'Only what is listed may listen.' },
    severity: { ...severity, description: 'Severity of a violation: high where not said.' },
    allow: {
      type: 'array',
      description: 'What may listen: fields and values, as in a selection; `name` is what the report calls the entry.',
      items: {
        type: 'object',
        description: 'One entry.',
        properties: { name: { type: 'string', description: 'What the report calls it.' }, ...fieldProperties() },
      },
    },
  },
  ['mode', 'allow'],
);

const waiver = object(
  'An accepted finding.',
  {
    rule: text('Rule id or alias; * stands for any characters.'),
    subject: text('Id of the subject (`tcp/0.0.0.0:23@host`); * stands for any characters.'),
    owner: text('Who accepted it.'),
    reason: text('Why.'),
    expires: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Last day it holds: YYYY-MM-DD.' },
    ticket: text('Where it is tracked.'),
  },
  ['rule', 'subject', 'owner', 'reason', 'expires'],
);

const changeable = (description: string, inner: Schema): Schema => ({
  type: 'object',
  description,
  additionalProperties: inner,
});

/** The JSON Schema (draft-07) of a rule file. */
export function rulesSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://earshot.example/schemas/rules.schema.json',
    title: 'earshot rule pack, version 1',
    ...object('A file of rules, or of changes to the rules of others.', {
      pack: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: 'Name of the pack.' },
      version: { type: 'integer', enum: [1], description: 'Version of this format: 1.' },
      extends: strings('Packs this one builds on: files, folders, npm packages.'),
      lists: changeable('Values shared by name: `field: { list: NAME }`.', {
        description: 'Values; or { add: values } or { replace: values } to change a list of a pack this one extends.',
        type: ['array', 'object'],
        properties: { add: { type: 'array' }, replace: { type: 'array' } },
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
        items: { type: ['string', 'number', 'boolean', 'object'] },
      }),
      macros: changeable('Selections shared by name: the condition of any rule may use them.', {
        description:
          'A selection, or selections with a condition; or { add: selection } or { replace: selection } to change a macro of a pack this one extends.',
        type: ['object', 'array'],
        properties: fieldProperties(),
      }),
      rules: { type: 'array', items: rule, description: 'The rules.' },
      overrides: { type: 'array', items: override, description: 'Changes to rules of other packs.' },
      policy,
      waivers: { type: 'array', items: waiver, description: 'Accepted findings.' },
    }),
    definitions: { selection, detection, severityByRank, step, example },
  };
}
