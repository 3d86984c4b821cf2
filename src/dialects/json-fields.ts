/** An object of parsed JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Value by its key, case ignored (Select-Object keeps what was typed). */
export function field(object: JsonObject, key: string): unknown {
  if (key in object) return object[key];
  const wanted = key.toLowerCase();
  for (const [name, value] of Object.entries(object)) if (name.toLowerCase() === wanted) return value;
  return undefined;
}

/** Text or number as text; '' where it is neither. */
export const textField = (object: JsonObject, key: string): string => {
  const value = field(object, key);
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
};
