/** A value of a record. */
export type Value = string | number | boolean | null;

/** A record: plain data. A field is a dotted way into it; arrays on the way fan out. */
export type RecordData = Readonly<Record<string, unknown>>;

/** Calls `visit` with each value until one call returns true; true then. */
export type Reader = (record: RecordData, visit: (value: unknown) => boolean) => boolean;

/** A way into a record: its steps, and for each the keys with dots that several steps together may be, the longest first; those are made when a step is not found. */
interface Way {
  readonly steps: readonly string[];
  readonly dotted: Dotted[];
}

type Dotted = readonly (readonly [key: string, end: number])[];

const wayOf = (field: string): Way => ({ steps: field.split('.'), dotted: [] });

function dottedAt({ steps, dotted }: Way, start: number): Dotted {
  const known = dotted[start];
  if (known !== undefined) return known;
  const keys: (readonly [string, number])[] = [];
  for (let end = steps.length; end > start + 1; end--) keys.push([steps.slice(start, end).join('.'), end]);
  dotted[start] = keys;
  return keys;
}

function walk(at: unknown, way: Way, step: number, visit: (value: unknown) => boolean): boolean {
  if (typeof at !== 'object' || at === null) return step === way.steps.length && visit(at);
  if (Array.isArray(at)) {
    for (const each of at) if (walk(each, way, step, visit)) return true;
    return false;
  }
  const name = way.steps[step];
  if (name === undefined) return visit(at);
  const inside = at as RecordData;
  const value = inside[name];
  if (value !== undefined && Object.hasOwn(inside, name)) return walk(value, way, step + 1, visit);
  // A key that itself holds dots (`service.facts` has such).
  for (const [key, end] of dottedAt(way, step))
    if (Object.hasOwn(inside, key)) return walk(inside[key], way, end, visit);
  return false;
}

/** How one field is read, made once per field. */
export function readerOf(field: string): Reader {
  const way = wayOf(field);
  const whole: Way = { steps: [], dotted: [] };
  return (record, visit) =>
    Object.hasOwn(record, field) ? walk(record[field], whole, 0, visit) : walk(record, way, 0, visit);
}

/** True when the field is there, whatever its value: null and an empty list too. */
export function exists(record: RecordData, field: string): boolean {
  if (Object.hasOwn(record, field)) return true;
  const has = (at: unknown, steps: readonly string[]): boolean => {
    if (Array.isArray(at)) return at.some((each) => has(each, steps));
    if (typeof at !== 'object' || at === null) return false;
    const inside = at as RecordData;
    for (let end = steps.length; end > 0; end--) {
      const name = steps.slice(0, end).join('.');
      if (Object.hasOwn(inside, name) && (end === steps.length || has(inside[name], steps.slice(end)))) return true;
    }
    return false;
  };
  return has(record, field.split('.'));
}

/** Every value of a record, wherever it stands: what keywords speak of. */
export function everyValue(record: unknown, visit: (value: unknown) => boolean): boolean {
  if (Array.isArray(record)) {
    for (const each of record) if (everyValue(each, visit)) return true;
    return false;
  }
  if (typeof record === 'object' && record !== null) {
    for (const each of Object.values(record)) if (everyValue(each, visit)) return true;
    return false;
  }
  return visit(record);
}

/** A value as the text a rule compares it with; null: it has none. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
