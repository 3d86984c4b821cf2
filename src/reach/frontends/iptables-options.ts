import { between, type Intervals, onePoint, type Point } from '../../lib/ip/intervals.js';
import type { Field, Step, Values } from '../ir.js';
import { addressPoint } from './nft-values.js';

/** One option with its values: `! --dport 22`. */
export interface Option {
  readonly name: string;
  readonly negated: boolean;
  readonly values: readonly string[];
}

/** Nothing says whether it holds. */
export const maybe = (text: string, by: 'state' | 'sender' = 'state'): Step => ({ kind: 'maybe', text, by });

export const compare = (field: Field, values: Values, negated: boolean): Step => ({
  kind: 'compare',
  field,
  negated,
  values,
});

export const inSet = (set: Intervals): Values => ({ kind: 'intervals', set });

/** `ADDRESS[/LENGTH|/MASK]` as intervals; null where it cannot be read or is a mask with holes. */
export function addressSet(text: string): Intervals | null {
  const slash = text.indexOf('/');
  const address = addressPoint(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  if (slash < 0) return onePoint(address);
  const length = maskLength(text.slice(slash + 1), typeof address === 'bigint' ? 128 : 32);
  if (length === null) return null;
  if (typeof address === 'bigint') {
    const host = BigInt(128 - length);
    const low = (address >> host) << host;
    return [low, low + (1n << host)];
  }
  const size = 2 ** (32 - length);
  const low = Math.floor(address / size) * size;
  return [low, low + size];
}

function maskLength(text: string, bits: number): number | null {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= bits ? Number(text) : null;
  const mask = addressPoint(text);
  if (mask === null) return null;
  const binary = BigInt(mask).toString(2).padStart(bits, '0');
  return /^1*0*$/.test(binary) ? binary.replaceAll('0', '').length : null;
}

/** `-s 10.0.0.1/255.0.0.255`: a mask with holes. */
export function maskedAddress(text: string, field: Field, negated: boolean): Step | null {
  const [address, mask] = text.split('/').map(addressPoint);
  if (address === null || address === undefined || mask === null || mask === undefined) return null;
  const and = BigInt(mask);
  const bits = BigInt(address) & and;
  const point: Point = typeof address === 'bigint' ? bits : Number(bits);
  return compare({ kind: 'masked', of: field, and, xor: 0n, shift: 0 }, inSet(onePoint(point)), negated);
}

/** `80`, `80:90`, `:90`, `80:` as one interval. */
export function portRange(text: string): Intervals | null {
  const [low, high] = text.split(':');
  const from = low === '' ? 0 : Number(low);
  const to = high === undefined ? from : high === '' ? 65535 : Number(high);
  return Number.isInteger(from) && Number.isInteger(to) ? between(from, to) : null;
}

/** A module with its options, as a person would write them. */
export function optionText(module: string, options: readonly Option[]): string {
  const shown = options.map((option) =>
    `${option.negated ? '! ' : ''}${option.name} ${option.values.join(' ')}`.trim(),
  );
  return `${module} ${shown.join(' ')}`.trim();
}
