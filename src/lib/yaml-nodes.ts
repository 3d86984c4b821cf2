import {
  type Alias,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { didYouMean } from './nearest.js';

/** Way to a value inside a document: keys and indexes. */
export type YamlPath = readonly (string | number)[];

/** Most values in a document, aliases counted as often as they are used. */
const NODES_MAX = 250_000;
/** Levels of collections in one another. */
export const YAML_DEPTH_MAX = 64;

type Anything = Node | null | undefined;

/** What a sound YAML document holds and we do not take: it ends the reading of the file. */
export class Refused extends Error {
  readonly node: Anything;
  readonly hint: string;
  constructor(node: Anything, message: string, hint = 'make the file smaller or flatter') {
    super(message);
    this.node = node;
    this.hint = hint;
  }
}

/**
 * A number that JavaScript cannot hold exactly (a 64-bit cookie) stays the text it is, and so does one with leading zeros: YAML 1.1 took 0644
 * for octal, 1.2 takes it for 644, and who writes it means neither.
 */
const isText = (value: number, source: string | undefined): boolean =>
  (Number.isInteger(value) && !Number.isSafeInteger(value)) || /^[-+]?0\d/.test(source ?? '');

/** Turns nodes into plain data. Aliases are followed here, counted, so that a few lines cannot become a billion values. */
export function plain(document: Nodes): unknown {
  let nodes = 0;
  // The alias that stands in the text, where what is too much stands behind it.
  let outermost: Anything = null;
  const follow = (alias: Alias, depth: number): unknown => {
    const before = outermost;
    outermost ??= alias;
    const value = convert(document.resolve(alias), depth + 1);
    outermost = before;
    return value;
  };
  const convert = (node: Anything, depth: number): unknown => {
    if (++nodes > NODES_MAX) throw new Refused(outermost ?? node, `more than ${NODES_MAX} values, aliases counted`);
    if (depth > YAML_DEPTH_MAX) throw new Refused(outermost ?? node, `nested deeper than ${YAML_DEPTH_MAX} levels`);
    if (isAlias(node)) return follow(node, depth);
    if (isScalar(node)) {
      const { value } = node;
      if (typeof value === 'number' && isText(value, node.source)) return node.source ?? String(value);
      return value === undefined ? null : value;
    }
    if (isSeq(node)) return node.items.map((item) => convert(isPair(item) ? null : (item as Anything), depth + 1));
    if (isMap(node)) {
      const object: Record<string, unknown> = {};
      for (const [key, { value }] of document.pairs(node))
        Object.defineProperty(object, key, {
          value: convert(value, depth + 1),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      return object;
    }
    return null;
  };
  return convert(document.root, 0);
}

function keyText(key: Anything): string {
  if (!isScalar(key)) return String(key ?? '');
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

interface KeyAndValue {
  readonly key: Anything;
  readonly value: Anything;
}

/** YAML's merge key (yaml.org/type/merge.html): the plain `<<`. */
const isMerge = (key: Anything): boolean => isScalar(key) && key.type === 'PLAIN' && key.value === '<<';

/** What each alias stands for: the last node above it that bears its name. In one walk, where `Alias.resolve` takes one for each. */
function targetsOf(document: ReturnType<typeof parseDocument>): ReadonlyMap<Alias, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchored.set(node.anchor, node);
        return;
      }
      const target = anchored.get(node.source);
      if (target !== undefined) targets.set(node, target);
    },
  });
  return targets;
}

/** The nodes of a document with aliases and merge keys followed. */
export class Nodes {
  private readonly document: ReturnType<typeof parseDocument>;
  private readonly known = new Map<YAMLMap, ReadonlyMap<string, KeyAndValue>>();
  private readonly merging = new Set<YAMLMap>();
  private targets: ReadonlyMap<Alias, Node> | null = null;

  constructor(document: ReturnType<typeof parseDocument>) {
    this.document = document;
  }

  get root(): Anything {
    return this.document.contents as Anything;
  }

  /** @throws Refused where nothing above bears the alias's name. */
  resolve(alias: Alias): Anything {
    this.targets ??= targetsOf(this.document);
    const node = this.targets.get(alias);
    if (node !== undefined) return node;
    const anchors: string[] = [];
    visit(this.document, {
      Node: (_, each) => {
        if (!isAlias(each) && each.anchor !== undefined) anchors.push(each.anchor);
      },
    });
    const there = anchors.length === 0 ? 'there are no anchors' : `there are ${anchors.join(', ')}`;
    throw new Refused(
      alias,
      `nothing above is anchored as &${alias.source}`,
      didYouMean(alias.source, anchors) ?? there,
    );
  }

  /** Keys and values of a map, its own before those it merges, those before others by the order of `<<`'s list. */
  pairs(map: YAMLMap): ReadonlyMap<string, KeyAndValue> {
    const known = this.known.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<string, KeyAndValue>();
    const items = map.items as readonly { readonly key: unknown; readonly value: unknown }[];
    const merges: Anything[] = [];
    for (const item of items) {
      const key = item.key as Anything;
      if (isMerge(key)) merges.push(item.value as Anything);
      else pairs.set(keyText(key), { key, value: item.value as Anything });
    }
    if (merges.length > 0) {
      if (this.merging.has(map)) throw new Refused(map, 'the map merges itself', 'take the << away');
      this.merging.add(map);
      for (const merge of merges)
        for (const source of this.merged(merge))
          for (const [key, pair] of this.pairs(source)) if (!pairs.has(key)) pairs.set(key, pair);
      this.merging.delete(map);
    }
    this.known.set(map, pairs);
    return pairs;
  }

  /** The maps that a `<<` names. */
  private merged(value: Anything): readonly YAMLMap[] {
    const node = isAlias(value) ? this.resolve(value) : value;
    if (isMap(node)) return [node];
    if (isSeq(node) && !isAlias(value))
      return node.items.map((item) => {
        const each = isAlias(item) ? this.resolve(item) : item;
        if (isMap(each)) return each;
        throw new Refused(item as Anything, 'only maps can be merged', 'write *NAME of a map');
      });
    throw new Refused(value, '<< merges maps', 'write <<: *NAME, or a list of such');
  }
}

interface Found {
  readonly node: Anything;
  readonly key: Anything;
}

/** The node at a path, or the nearest one above it that exists, and the key it stands behind. */
export function find(document: Nodes, path: YamlPath): Found {
  let node = document.root;
  let key: Anything = null;
  for (const step of path) {
    const inside: Anything = isAlias(node) ? document.resolve(node) : node;
    if (isMap(inside)) {
      const pair = document.pairs(inside).get(String(step));
      if (pair === undefined) return { node, key };
      key = pair.key;
      node = pair.value ?? key;
    } else if (isSeq(inside) && typeof step === 'number') {
      const item = inside.items[step] as Anything;
      if (item === undefined || item === null) return { node, key };
      key = null;
      node = item;
    } else return { node, key };
  }
  return { node, key };
}

/** Where a node begins in its text. */
export const offsetOf = (node: Anything): number => node?.range?.[0] ?? 0;
