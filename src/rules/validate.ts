import type { ErrorObject } from 'ajv';
import { schema } from '../generated/schema-rules.js';
import { validate } from '../generated/validate-rules.js';
import type { Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { YamlFile, YamlPath } from '../lib/yaml.js';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly allOf?: readonly { readonly $ref?: string }[];
  readonly $ref?: string;
  readonly pattern?: string;
  readonly definitions?: Readonly<Record<string, Node>>;
}

const pathOf = (pointer: string, value: unknown): YamlPath => {
  let at = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replace(/~1/g, '/').replace(/~0/g, '~');
      const step = Array.isArray(at) ? Number(key) : key;
      at = (at as Readonly<Record<string | number, unknown>> | null)?.[step];
      return step;
    });
};

/** The part of the schema that speaks of a path. */
function nodeAt(root: Node, path: YamlPath): Node | undefined {
  const follow = (node: Node | undefined): Node | undefined => {
    const name = (node?.$ref ?? node?.allOf?.[0]?.$ref)?.replace('#/definitions/', '');
    return name === undefined ? node : root.definitions?.[name];
  };
  let node: Node | undefined = root;
  for (const step of path) {
    const at = follow(node);
    const more = at?.additionalProperties;
    node =
      typeof step === 'number' ? at?.items : (at?.properties?.[step] ?? (typeof more === 'object' ? more : undefined));
  }
  return follow(node);
}

const WORDS: Readonly<Record<string, string>> = { object: 'a map', array: 'a list', string: 'a text', null: 'null' };
const aKind = (types: unknown): string =>
  (Array.isArray(types) ? types : [types]).map((type) => WORDS[String(type)] ?? `a ${type}`).join(' or ');

/** What a text must look like, for the patterns of the schema. */
function shapeOf(pattern: string): string {
  if (pattern === '\\S') return 'must not be empty';
  if (pattern.startsWith('^https')) return 'must be an address that begins with https://';
  if (pattern.includes('\\d{4}')) return 'must be a date such as 2027-03-31';
  if (pattern.startsWith('^[a-z0-9]')) return 'must be words in lower case, joined by -';
  return `must be one of ${pattern
    .replace(/[\^$()]/g, '')
    .split('|')
    .join(', ')}`;
}

function explain(error: ErrorObject, root: Node, path: YamlPath, found: unknown): Pick<Problem, 'message' | 'hint'> {
  const params = error.params as Readonly<Record<string, unknown>>;
  const last = path[path.length - 1];
  const what = path.length === 0 ? 'the file' : typeof last === 'number' ? `this ${nameOf(path)}` : `"${last}"`;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const keys = Object.keys(nodeAt(root, path)?.properties ?? {});
      if (last === 'severity')
        return {
          message: `severity has no zone "${key}"`,
          hint:
            didYouMean(key, keys) ??
            `a zone of yours ranks as one of ${keys.join(', ')}: write that, or ask for it by exposure.reachableFrom: ${key}`,
        };
      return { message: `unknown key "${key}"`, hint: didYouMean(key, keys) ?? `valid keys: ${keys.join(', ')}` };
    }
    case 'required':
      return {
        message: `${path.length === 0 ? what : `this ${nameOf(path)}`} lacks "${params['missingProperty']}"`,
        hint: null,
      };
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      const hint = didYouMean(String(found), allowed) ?? `valid words: ${allowed.join(', ')}`;
      return { message: `${what} cannot be ${JSON.stringify(found)}`, hint };
    }
    case 'type':
      return {
        message: `${what} must be ${aKind(params['type'])}`,
        hint:
          params['type'] === 'boolean' && typeof found === 'string'
            ? 'write true or false, without quotes'
            : `found ${JSON.stringify(found)?.slice(0, 60)}`,
      };
    case 'pattern': {
      const shape = shapeOf(String(params['pattern']));
      const words = shape.startsWith('must be one of') ? shape.slice(15).split(', ') : [];
      return { message: `${what} ${shape}`, hint: didYouMean(String(found), words) };
    }
    default:
      return { message: `${what} ${error.message ?? 'is not valid'}`, hint: null };
  }
}

/** `rules.3` is a rule, `references.0` a reference. */
function nameOf(path: YamlPath): string {
  const last = path[path.length - 1];
  if (typeof last === 'string') return last.replace(/_/g, ' ');
  const list = String(path[path.length - 2] ?? 'entry');
  return list.endsWith('s') ? list.slice(0, -1) : list === 'match' || list === 'nomatch' ? 'test' : 'entry';
}

const valueAt = (value: unknown, path: YamlPath): unknown =>
  path.reduce<unknown>((at, step) => (at as Readonly<Record<string | number, unknown>> | null)?.[step], value);

/** What is wrong with a file, and where in its value. */
export interface Mistake {
  readonly path: YamlPath;
  readonly problem: Problem;
}

/** Checks a file against the schema; what is wrong is returned, each with its place. */
export function validateFile(file: YamlFile): readonly Mistake[] {
  if (validate(file.value)) return [];
  const root: Node = JSON.parse(schema);
  return (validate.errors ?? []).map((error) => {
    const path = pathOf(error.instancePath, file.value);
    const extra = (error.params as Readonly<Record<string, unknown>>)['additionalProperty'];
    const place = extra === undefined ? file.place(path) : file.keyPlace([...path, String(extra)]);
    return { path, problem: { place, ...explain(error, root, path, valueAt(file.value, path)) } };
  });
}
