/** A value of a record. */
export type Value = string | number | boolean | null;

/** A record: plain data. A field is a dotted way into it; arrays on the way fan out. */
export type RecordData = Readonly<Record<string, unknown>>;

/** Calls `visit` with each value until one call returns true; true then. */
export type Reader = (record: RecordData, visit: (value: unknown) => boolean) => boolean;

function walk(at: unknown, steps: readonly string[], step: number, visit: (value: unknown) => boolean): boolean {
  if (Array.isArray(at)) {
    for (const each of at) if (walk(each, steps, step, visit)) return true;
    return false;
  }
  const name = steps[step];
  if (name === undefined) return visit(at);
  if (typeof at !== 'object' || at === null) return false;
  const inside = at as RecordData;
  if (Object.hasOwn(inside, name)) return walk(inside[name], steps, step + 1, visit);
  // A key that itself holds dots (`service.facts` has such): the longest way in.
  for (let end = steps.length; end > step + 1; end--) {
    const dotted = steps.slice(step, end).join('.');
    if (Object.hasOwn(inside, dotted)) return walk(inside[dotted], steps, end, visit);
  }
  return false;
}

/** How one field is read, made once per field. */
export function readerOf(field: string): Reader {
  const steps = field.split('.');
  const [only] = steps;
  if (steps.length === 1 && only !== undefined)
    return (record, visit) => {
      if (!Object.hasOwn(record, only)) return false;
      const value = record[only];
      return typeof value === 'object' && value !== null ? walk(value, steps, 1, visit) : visit(value);
    };
  return (record, visit) =>
    Object.hasOwn(record, field) ? walk(record[field], [], 0, visit) : walk(record, steps, 0, visit);
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
