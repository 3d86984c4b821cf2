import type { ErrorObject } from 'ajv';
import { isNode, LineCounter, type Node, parseDocument } from 'yaml';
import { schema } from '../generated/schema-config.js';
import { validate } from '../generated/validate-config.js';
import type { Place, Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import { isTooDeep, YAML_DEPTH_MAX } from '../lib/yaml.js';
import type { Config } from '../model/config.js';

/** Where the value (or key) at a JSON pointer stands. */
function locator(text: string, file: string) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const ofPointer = (pointer: string, key?: string): Place => {
    const path = pointer
      .split('/')
      .slice(1)
      .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
    let node: unknown = document.contents;
    for (const part of path) {
      const inner: unknown = (node as { get?: (key: unknown, keep: boolean) => unknown } | null)?.get?.(
        /^\d+$/.test(part) ? Number(part) : part,
        true,
      );
      if (!isNode(inner)) break;
      node = inner;
    }
    if (key !== undefined) {
      const items = (node as { items?: readonly { key?: unknown }[] } | null)?.items ?? [];
      const pair = items.find((item) => (item.key as { value?: unknown } | undefined)?.value === key);
      if (pair !== undefined && isNode(pair.key)) node = pair.key;
    }
    return placeAt((node as Node | null)?.range?.[0] ?? 0);
  };
  return { document, placeAt, ofPointer };
}

const readable = (pointer: string): string => pointer.slice(1).replace(/\//g, '.') || 'the file';

/** One schema error in words. */
function explain(
  error: ErrorObject,
  keys: readonly string[],
  value: unknown,
): { message: string; hint: string | null } {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const hint = didYouMean(key, keys);
      return { message: `unknown key "${key}"`, hint: hint ?? `valid keys: ${keys.join(', ')}` };
    }
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      const found = typeof value === 'string' ? `"${value}" is not` : 'is not';
      return {
        message: `${readable(error.instancePath)}: ${found} one of ${allowed.join(', ')}`,
        hint: typeof value === 'string' ? didYouMean(value, allowed) : null,
      };
    }
    case 'required':
      return { message: `${readable(error.instancePath)} lacks "${String(params['missingProperty'])}"`, hint: null };
    default:
      return { message: `${readable(error.instancePath)} ${error.message ?? 'is not valid'}`, hint: null };
  }
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
}

/** Keys that the schema allows at a JSON pointer. */
function keysAt(root: SchemaNode, pointer: string): readonly string[] {
  const follow = (node: SchemaNode | undefined): SchemaNode | undefined => {
    const name = node?.$ref?.replace('#/definitions/', '');
    return name === undefined ? node : root.definitions?.[decodeURIComponent(name)];
  };
  let node: SchemaNode | undefined = root;
  for (const part of pointer.split('/').slice(1)) {
    const at: SchemaNode | undefined = follow(node);
    const more = at?.additionalProperties;
    node = at?.properties?.[part] ?? at?.items ?? (typeof more === 'object' ? more : undefined);
  }
  return Object.keys(follow(node)?.properties ?? {});
}

/** The value at a JSON pointer. */
function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const part of pointer.split('/').slice(1)) at = (at as Record<string, unknown> | null | undefined)?.[part];
  return at;
}

/** The configuration in `text`; what is wrong with it goes to `problems`. */
export function parseConfig(text: string, file: string, problems: Problem[]): Config {
  if (isTooDeep(text)) {
    problems.push({
      place: { file, line: 1, column: 1 },
      message: 'the file is nested too deeply',
      hint: `at most ${YAML_DEPTH_MAX} levels`,
    });
    return {};
  }
  const { document, placeAt, ofPointer } = locator(text, file);
  for (const error of document.errors)
    problems.push({
      place: placeAt(error.pos[0]),
      message: error.message.split('\n')[0] ?? 'not valid YAML',
      hint: null,
    });
  if (problems.length > 0) return {};
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    problems.push({ place: placeAt(0), message: error instanceof Error ? error.message : String(error), hint: null });
    return {};
  }
  if (value === null || value === undefined) return {};
  if (validate(value)) return value as Config;
  const root = JSON.parse(schema) as SchemaNode;
  for (const error of validate.errors ?? []) {
    const extra = (error.params as Record<string, unknown>)['additionalProperty'];
    const { message, hint } = explain(error, keysAt(root, error.instancePath), valueAt(value, error.instancePath));
    problems.push({
      place: ofPointer(error.instancePath, extra === undefined ? undefined : String(extra)),
      message,
      hint,
    });
  }
  problems.sort(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
  return {};
}
