import { onePoint } from '../../lib/ip/intervals.js';
import type { Family, Field, Side, Step } from '../ir.js';
import { CT_STATE_DNAT, CT_STATE_SNAT, CT_STATES, CT_STATUS, L4_PROTOCOLS } from './facts.js';
import { addressSet, compare, inSet, maybe, type Option, portRange } from './iptables-options.js';

const CONNTRACK_STATES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(CT_STATES).map(([name, bit]) => [name.toUpperCase(), bit])),
  SNAT: CT_STATE_SNAT,
  DNAT: CT_STATE_DNAT,
};

function bitsOfList(text: string, names: Readonly<Record<string, number>>): number | null {
  let bits = 0;
  for (const name of text.split(',')) {
    const bit = names[name];
    if (bit === undefined) return null;
    bits |= bit;
  }
  return bits;
}

/** A field with one of the bits set. */
function anyBit(field: Field, bits: number, negated: boolean): Step {
  const masked: Field = { kind: 'masked', of: field, and: BigInt(bits), xor: 0n, shift: 0 };
  return compare(masked, inSet([0, 1]), !negated);
}

function stateStep(option: Option): Step {
  const bits = bitsOfList(option.values[0] ?? '', CONNTRACK_STATES);
  return bits === null ? maybe(`ctstate ${option.values[0]}`) : anyBit({ kind: 'ct-state' }, bits, option.negated);
}

function conntrackPart(option: Option, family: Family): Step {
  const text = option.values[0] ?? '';
  const address = /^--ct(orig|repl)(src|dst)$/.exec(option.name);
  const port = /^--ct(orig|repl)(src|dst)port$/.exec(option.name);
  const parts = address ?? port;
  if (parts !== null) {
    const direction = parts[1] === 'orig' ? 'original' : 'reply';
    const side: Side = parts[2] === 'src' ? 'source' : 'destination';
    const set = address === null ? portRange(text) : addressSet(text);
    if (set === null) return maybe(`${option.name} ${text}`);
    const field: Field =
      address === null ? { kind: 'ct-port', direction, side } : { kind: 'ct-address', direction, side, family };
    return compare(field, inSet(set), option.negated);
  }
  switch (option.name) {
    case '--ctstatus': {
      // NONE is an empty mask: no status has a bit of it (conntrack_mt), so it never matches, and its negation always does.
      const bits = text === 'NONE' ? 0 : bitsOfList(text.toLowerCase(), CT_STATUS);
      return bits === null ? maybe(`ctstatus ${text}`) : anyBit({ kind: 'ct-status' }, bits, option.negated);
    }
    case '--ctdir':
      return compare({ kind: 'ct-direction' }, inSet(onePoint(text === 'REPLY' ? 1 : 0)), option.negated);
    case '--ctproto': {
      const number = L4_PROTOCOLS[text] ?? Number(text);
      return compare({ kind: 'ct-protocol' }, inSet(onePoint(number)), option.negated);
    }
    default:
      return maybe(`${option.name} ${text}`);
  }
}

/** `-m conntrack` and `-m state`. */
export function conntrack(options: readonly Option[], family: Family): readonly Step[] {
  const state = options.find((option) => option.name === '--ctstate' || option.name === '--state');
  const rest = options.filter((option) => option !== state).map((option) => conntrackPart(option, family));
  return [{ kind: 'conntrack', state: state === undefined ? null : stateStep(state), rest }];
}
