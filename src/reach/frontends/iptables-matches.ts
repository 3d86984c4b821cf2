import { fromPairs, type Intervals, next, onePoint, type Point } from '../../lib/ip/intervals.js';
import type { Family, Field, NamedSet, Side, Step, Values } from '../ir.js';
import { L4_PROTOCOLS, PACKET_TYPES, ROUTE_TYPES, TCP_FLAGS } from './facts.js';
import { conntrack } from './iptables-conntrack.js';
import {
  addressSet,
  compare,
  inSet,
  maskedAddress,
  maybe,
  type Option,
  optionText,
  portRange,
} from './iptables-options.js';
import { hopsToGo, segmentSize, transformed } from './iptables-plain.js';
import { addressPoint } from './nft-values.js';

/** An ipset by name, over the sides that `--match-set NAME src,dst` gives its parts. */
export type SetLookup = (name: string, flags: readonly string[], family: Family) => SetMatch;

export interface SetMatch {
  readonly field: Field;
  readonly set: NamedSet;
}

export interface MatchContext {
  readonly family: 'ip' | 'ip6';
  readonly sets: SetLookup;
  readonly l4: string | null;
}

const familyOf = (family: 'ip' | 'ip6'): Family => (family === 'ip' ? 'ipv4' : 'ipv6');

function addressStep(option: Option, side: Side, family: 'ip' | 'ip6'): Step {
  const field: Field = { kind: 'address', side, family: familyOf(family) };
  const text = option.values[0] ?? '';
  const set = addressSet(text);
  if (set !== null) return compare(field, inSet(set), option.negated);
  return maskedAddress(text, field, option.negated) ?? maybe(`${option.name} ${text}`);
}

/** An interface as iptables names it: `eth+` is every name that begins so. */
const interfaceNames = (name: string): Values =>
  name.endsWith('+')
    ? { kind: 'names', exact: new Set(), prefixes: [name.slice(0, -1)] }
    : { kind: 'names', exact: new Set([name]), prefixes: [] };

const interfaceStep = (option: Option, way: 'in' | 'out'): Step =>
  compare({ kind: 'interface', way, what: 'name' }, interfaceNames(option.values[0] ?? ''), option.negated);

/** Options that need no module; null: belongs to a module. */
export function topStep(option: Option, family: 'ip' | 'ip6'): Step | null {
  switch (option.name) {
    case '-s':
    case '--source':
      return addressStep(option, 'source', family);
    case '-d':
    case '--destination':
      return addressStep(option, 'destination', family);
    case '-i':
    case '--in-interface':
      return interfaceStep(option, 'in');
    case '-o':
    case '--out-interface':
      return interfaceStep(option, 'out');
    case '-p':
    case '--protocol': {
      const name = option.values[0] ?? '';
      if (name === 'all' || name === '0') return { kind: 'no-effect', text: '-p all' };
      const number = L4_PROTOCOLS[name] ?? (/^\d+$/.test(name) ? Number(name) : null);
      if (number === null) return maybe(`-p ${name}`);
      return compare({ kind: 'l4proto', family: null }, inSet(onePoint(number)), option.negated);
    }
    case '-f':
    case '--fragment':
      return option.negated ? { kind: 'no-effect', text: '! -f' } : { kind: 'never', text: 'fragments' };
    default:
      return null;
  }
}

function portList(text: string): Intervals | null {
  const pairs: Point[] = [];
  for (const part of text.split(',')) {
    const range = portRange(part);
    if (range === null || range.length !== 2) return null;
    pairs.push(range[0] ?? 0, range[1] ?? 0);
  }
  return fromPairs(pairs);
}

function portStep(option: Option, side: Side, l4: string | null): Step {
  const set = portList(option.values[0] ?? '');
  if (set === null) return maybe(`${option.name} ${option.values.join(' ')}`);
  return compare({ kind: 'port', side, l4 }, inSet(set), option.negated);
}

const flagBits = (text: string): number | null => {
  if (text === 'ALL') return 63;
  if (text === 'NONE') return 0;
  let bits = 0;
  for (const name of text.toLowerCase().split(',')) {
    const bit = TCP_FLAGS[name];
    if (bit === undefined) return null;
    bits |= bit;
  }
  return bits;
};

function tcpFlags(mask: number, wanted: number, negated: boolean): Step {
  const field: Field = { kind: 'masked', of: { kind: 'tcp-flags' }, and: BigInt(mask), xor: 0n, shift: 0 };
  return compare(field, inSet(onePoint(wanted)), negated);
}

function transport(l4: string, option: Option): Step | null {
  switch (option.name) {
    case '--sport':
    case '--source-port':
      return portStep(option, 'source', l4);
    case '--dport':
    case '--destination-port':
      return portStep(option, 'destination', l4);
    case '--syn':
      return tcpFlags(23, 2, option.negated);
    case '--tcp-flags': {
      const mask = flagBits(option.values[0] ?? '');
      const wanted = flagBits(option.values[1] ?? '');
      return mask === null || wanted === null ? null : tcpFlags(mask, wanted, option.negated);
    }
    default:
      return null;
  }
}

function markValue(text: string): { readonly value: bigint; readonly mask: bigint } | null {
  const [value = '', mask] = text.split('/');
  try {
    return { value: BigInt(value), mask: mask === undefined ? 0xffffffffn : BigInt(mask) };
  } catch {
    return null;
  }
}

function markStep(option: Option, field: Field): Step {
  const mark = markValue(option.values[0] ?? '');
  if (mark === null || option.name !== '--mark') return maybe(`${option.name} ${option.values.join(' ')}`);
  const masked: Field = { kind: 'masked', of: field, and: mark.mask, xor: 0n, shift: 0 };
  return compare(masked, inSet(onePoint(Number(mark.value))), option.negated);
}

/** Types that inet_addr_type tells apart exactly in both families. */
const ADDRESS_TYPES_IPV6: ReadonlySet<string> = new Set(['LOCAL', 'MULTICAST', 'ANYCAST']);

function addressType(options: readonly Option[], family: Family): readonly Step[] {
  const limit = (name: string): boolean => options.some((option) => option.name === name);
  return options.flatMap((option): readonly Step[] => {
    if (option.name.startsWith('--limit-iface')) return [];
    const types = (option.values[0] ?? '').split(',');
    const numbers = types.map((type) => ROUTE_TYPES[type.toLowerCase()]);
    const known = family === 'ipv4' || types.every((type) => ADDRESS_TYPES_IPV6.has(type));
    if (!known || numbers.includes(undefined)) return [maybe(`addrtype ${option.name} ${option.values[0]}`)];
    const side: Side | null =
      option.name === '--src-type' ? 'source' : option.name === '--dst-type' ? 'destination' : null;
    if (side === null) return [maybe(`addrtype ${option.name}`)];
    const field: Field = {
      kind: 'fib',
      result: 'type',
      side,
      iif: limit('--limit-iface-in'),
      oif: limit('--limit-iface-out'),
      mark: false,
    };
    const set = fromPairs(numbers.flatMap((number) => (number === undefined ? [] : [number, number + 1])));
    return [compare(field, inSet(set), option.negated)];
  });
}

function multiport(options: readonly Option[], l4: string | null): readonly Step[] {
  return options.map((option): Step => {
    switch (option.name) {
      case '--dports':
      case '--destination-ports':
        return portStep(option, 'destination', l4);
      case '--sports':
      case '--source-ports':
        return portStep(option, 'source', l4);
      case '--ports': {
        const either = { ...option, negated: false };
        const any: Step = { kind: 'any', steps: [portStep(either, 'source', l4), portStep(either, 'destination', l4)] };
        return option.negated ? { kind: 'not', step: any } : any;
      }
      default:
        return maybe(`multiport ${option.name}`);
    }
  });
}

function addressRange(option: Option, family: Family): Step {
  const [low, high] = (option.values[0] ?? '').split('-').map(addressPoint);
  const side: Side | null =
    option.name === '--src-range' ? 'source' : option.name === '--dst-range' ? 'destination' : null;
  if (side === null || low === null || low === undefined) return maybe(`iprange ${option.name}`);
  const set = fromPairs([low, next(high ?? low)]);
  return compare({ kind: 'address', side, family }, inSet(set), option.negated);
}

function setMatches(options: readonly Option[], context: MatchContext): readonly Step[] {
  const changing = options.some(
    (option) => !['--match-set', '--return-nomatch', '--update-counters', '--update-subcounters'].includes(option.name),
  );
  return options.flatMap((option): readonly Step[] => {
    if (option.name !== '--match-set') return [];
    const [name = '', flags = ''] = option.values;
    const match = context.sets(name, flags.split(','), familyOf(context.family));
    const step = compare(match.field, { kind: 'named', set: match.set }, option.negated);
    return changing ? [step, maybe(`counters of set ${name}`)] : [step];
  });
}

function reversePath(options: readonly Option[]): Step {
  const has = (name: string): boolean => options.some((option) => option.name === name);
  const field: Field = {
    kind: 'fib',
    result: 'present',
    side: 'source',
    iif: !has('--loose'),
    oif: false,
    mark: has('--validmark'),
  };
  if (has('--accept-local')) return maybe('rpfilter --accept-local');
  return compare(field, inSet(onePoint(has('--invert') ? 0 : 1)), false);
}

/** Matches that hold for every packet, whatever they count or note. */
const ALWAYS: ReadonlySet<string> = new Set(['comment', 'nfacct']);

/** Header fields that only the sender decides. */
const SENDER: ReadonlySet<string> = new Set(['length', 'dscp', 'tos', 'ecn', 'string']);

/** Extension headers that a plain packet does not carry. */
const ABSENT: ReadonlySet<string> = new Set([
  'frag',
  'rt',
  'hbh',
  'dst',
  'mh',
  'ah',
  'esp',
  'ipv6header',
  'ipcomp',
  'helper',
]);

function recent(options: readonly Option[]): Step {
  const only = options.every((option) => ['--set', '--name', '--mask', '--rsource', '--rdest'].includes(option.name));
  const negated = options.some((option) => option.negated);
  return only && !negated ? { kind: 'no-effect', text: 'recent --set' } : maybe(optionText('recent', options));
}

function packetType(option: Option): Step {
  const number = PACKET_TYPES[option.values[0] ?? ''];
  if (number === undefined) return maybe(optionText('pkttype', [option]));
  return compare({ kind: 'packet-type' }, inSet(onePoint(number)), option.negated);
}

function deviceGroup(option: Option): Step {
  const number = Number(option.values[0]);
  if (!Number.isInteger(number)) return maybe(optionText('devgroup', [option]));
  const way = option.name === '--src-group' ? 'in' : 'out';
  return compare({ kind: 'interface', way, what: 'group' }, inSet(onePoint(number)), option.negated);
}

/** `-m physdev`: bridge ports, as br_netfilter noted them. */
function physdev(option: Option): Step {
  const flag = /^--physdev-(is-in|is-out|is-bridged)$/.exec(option.name)?.[1];
  if (flag === 'is-in' || flag === 'is-out' || flag === 'is-bridged')
    return compare({ kind: 'physdev', what: flag }, inSet(onePoint(1)), option.negated);
  const way = option.name === '--physdev-in' ? 'in' : option.name === '--physdev-out' ? 'out' : null;
  if (way === null) return maybe(optionText('physdev', [option]));
  return compare({ kind: 'physdev', what: way }, interfaceNames(option.values[0] ?? ''), option.negated);
}

/** The steps of one `-m MODULE` with its options; a module or option that is not known stays as `maybe`. */
export function matchSteps(module: string, options: readonly Option[], context: MatchContext): readonly Step[] {
  const family = familyOf(context.family);
  const each = (step: (option: Option) => Step): readonly Step[] => options.map(step);
  if (ALWAYS.has(module)) return [];
  if (SENDER.has(module)) return [maybe(optionText(module, options), 'sender')];
  if (ABSENT.has(module)) return [{ kind: 'never', text: optionText(module, options) }];
  switch (module) {
    case 'tcp':
    case 'udp':
    case 'udplite':
    case 'sctp':
    case 'dccp':
      return each((option) => transport(module, option) ?? maybe(optionText(module, [option]), 'sender'));
    case '':
      return each((option) => transport(context.l4 ?? '', option) ?? maybe(optionText('', [option])));
    case 'icmp':
    case 'icmp6':
    case 'icmpv6':
    case 'igmp': {
      const l4 = module === 'icmp' || module === 'igmp' ? module : 'ipv6-icmp';
      return each((option) =>
        compare(
          { kind: 'header', l4, family: null, text: `${module} type` },
          { kind: 'unknown', text: option.values.join(' ') },
          option.negated,
        ),
      );
    }
    case 'conntrack':
    case 'state':
      return conntrack(options, family);
    case 'multiport':
      return multiport(options, context.l4);
    case 'addrtype':
      return addressType(options, family);
    case 'mark':
      return each((option) => markStep(option, { kind: 'mark' }));
    case 'connmark':
      return each((option) => markStep(option, { kind: 'ct-mark' }));
    case 'iprange':
      return each((option) => addressRange(option, family));
    case 'set':
      return setMatches(options, context);
    case 'rpfilter':
      return [reversePath(options)];
    case 'recent':
      return [recent(options)];
    case 'pkttype':
      return each(packetType);
    case 'devgroup':
      return each(deviceGroup);
    case 'physdev':
      return each(physdev);
    case 'tcpmss':
      return each((option) => segmentSize(option) ?? maybe(optionText('tcpmss', [option]), 'sender'));
    case 'ttl':
    case 'hl':
      return each((option) => hopsToGo(module, option) ?? maybe(optionText(module, [option]), 'sender'));
    case 'policy':
      return [transformed(options)];
    case 'owner':
    case 'cgroup':
      return each((option) =>
        compare({ kind: 'owner', text: optionText(module, [option]) }, { kind: 'unknown', text: '' }, option.negated),
      );
    default:
      return [maybe(optionText(module, options))];
  }
}
