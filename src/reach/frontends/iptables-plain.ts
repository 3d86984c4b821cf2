import { type Intervals, onePoint } from '../../lib/ip/intervals.js';
import type { Field, Step } from '../ir.js';
import { compare, inSet, type Option, optionText, portRange } from './iptables-options.js';
import { PLAIN_HOPS, PLAIN_SEGMENT_SIZE } from './plain.js';

/** `-m tcpmss --mss LOW:HIGH` */
export function segmentSize(option: Option): Step | null {
  const set = portRange(option.values[0] ?? '');
  if (option.name !== '--mss' || set === null) return null;
  const field: Field = { kind: 'header', l4: 'tcp', family: null, text: 'tcpmss --mss', plain: PLAIN_SEGMENT_SIZE };
  return compare(field, inSet(set), option.negated);
}

/** `-m ttl --ttl-lt 2` and its IPv6 twin `hl`. */
export function hopsToGo(module: string, option: Option): Step | null {
  const count = Number(option.values[0]);
  if (!Number.isInteger(count) || count < 0 || count > 255) return null;
  const field: Field = { kind: 'header', l4: null, family: null, text: `${module} of the packet`, plain: PLAIN_HOPS };
  const is = (set: Intervals): Step => compare(field, inSet(set), option.negated);
  switch (option.name.replace(`--${module}-`, '')) {
    case 'eq':
      return is(onePoint(count));
    case 'lt':
      return is([0, count]);
    case 'gt':
      return is([count + 1, 256]);
    default:
      return null;
  }
}

/** `-m policy --dir in`: what comes in came through IPsec, or not, as first packets do. */
export function transformed(options: readonly Option[]): Step {
  const step = { kind: 'maybe', text: optionText('policy', options), by: 'state' } as const;
  const given = (name: string): string | undefined =>
    options.find((option) => option.name === name && !option.negated)?.values[0];
  const none = given('--pol') === 'none';
  if (given('--dir') !== 'in' || (!none && given('--pol') !== 'ipsec')) return step;
  return { ...step, plain: none };
}
