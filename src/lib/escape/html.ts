import { visible } from './visible.js';

/**
 * Makes every string of a template's data visible. The templates do Handlebars' own escaping (`& < > " ' ` =`) and nothing else, so
 * this is all that is left to do; the build refuses a template that writes a value without escaping it.
 */
export function forTemplate<T>(data: T): T {
  return made(data) as T;
}

function made(value: unknown): unknown {
  if (typeof value === 'string') return visible(value).replaceAll('##[', '#\\x23[');
  if (Array.isArray(value)) return value.map(made);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, made(inner)]));
  return value;
}
