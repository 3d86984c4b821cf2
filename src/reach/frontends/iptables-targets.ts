import type { Expression, Field, Step } from '../ir.js';
import { addressSet, type Option } from './iptables-options.js';
import { addressPoint } from './nft-values.js';

const optionOf = (options: readonly Option[], ...names: readonly string[]): string | null =>
  options.find((option) => names.includes(option.name))?.values[0] ?? null;

/** Targets that let the packet go on and change nothing that decides. */
const GOES_ON: ReadonlySet<string> = new Set([
  'LOG',
  'NFLOG',
  'ULOG',
  'AUDIT',
  'CLASSIFY',
  'CHECKSUM',
  'TCPMSS',
  'TCPOPTSTRIP',
  'TOS',
  'DSCP',
  'TTL',
  'HL',
  'ECN',
  'RATEEST',
  'TEE',
  'TRACE',
  'SECMARK',
  'CONNSECMARK',
  'IDLETIMER',
  'LED',
  'SET',
  'ACCOUNT',
]);

const constant = (value: bigint): Expression => ({ kind: 'constant', value: Number(value & 0xffffffffn) });
const unknownValue = (text: string): Expression => ({ kind: 'unknown', text });

function numbers(text: string): { readonly value: bigint; readonly mask: bigint } | null {
  const [value = '', mask] = text.split('/');
  try {
    return { value: BigInt(value), mask: mask === undefined ? 0xffffffffn : BigInt(mask) };
  } catch {
    return null;
  }
}

const read = (field: Field): Expression => ({ kind: 'field', field });

/** `--set-xmark value/mask`: `(mark & ~mask) ^ value`. */
function xmark(field: Field, value: bigint, mask: bigint): Expression {
  return mask === 0xffffffffn
    ? constant(value)
    : { kind: 'bitwise', of: read(field), and: ~mask & 0xffffffffn, xor: value };
}

function markExpression(options: readonly Option[], field: Field): Expression {
  const [option] = options;
  const parsed = numbers(option?.values[0] ?? '');
  if (option === undefined || parsed === null) return unknownValue('mark');
  switch (option.name) {
    case '--set-xmark':
      return xmark(field, parsed.value, parsed.mask);
    case '--set-mark':
      return xmark(field, parsed.value, parsed.mask | parsed.value);
    case '--and-mark':
      return xmark(field, 0n, ~parsed.value & 0xffffffffn);
    case '--or-mark':
      return xmark(field, parsed.value, parsed.value);
    case '--xor-mark':
      return xmark(field, parsed.value, 0n);
    default:
      return unknownValue(option.name);
  }
}

/** CT: not to be tracked, or in a zone; events, helpers and timeouts change nothing about a first packet. */
function conntrackTarget(options: readonly Option[]): readonly Step[] {
  if (options.some(({ name }) => name === '--notrack')) return [{ kind: 'notrack' }];
  for (const [name, direction] of [
    ['--zone', null],
    ['--zone-orig', 'original'],
    ['--zone-reply', 'reply'],
  ] as const) {
    const text = optionOf(options, name);
    if (text === null) continue;
    const id = numbers(text)?.value;
    const value: Expression =
      text === 'mark'
        ? read({ kind: 'mark' })
        : id === undefined
          ? unknownValue(name)
          : { kind: 'constant', value: Number(id) };
    return [{ kind: 'set-zone', value, direction, afterNotrack: false }];
  }
  return [{ kind: 'no-effect', text: 'CT' }];
}

/** CONNMARK copies between packet and connection, masked on both sides. */
function connmark(options: readonly Option[]): Step {
  const has = (name: string): boolean => options.some((option) => option.name === name);
  const restore = has('--restore-mark');
  if (!restore && !has('--save-mark')) {
    const value = markExpression(options, { kind: 'ct-mark' });
    return { kind: 'set-mark', which: 'ct-mark', value };
  }
  const whole = optionOf(options, '--mask');
  const nf = numbers(optionOf(options, '--nfmask') ?? whole ?? '0xffffffff');
  const ct = numbers(optionOf(options, '--ctmask') ?? whole ?? '0xffffffff');
  const which = restore ? 'mark' : 'ct-mark';
  if (nf === null || ct === null) return { kind: 'set-mark', which, value: unknownValue('CONNMARK') };
  const [toMask, fromMask] = restore ? [nf.value, ct.value] : [ct.value, nf.value];
  const left: Expression = { kind: 'bitwise', of: read({ kind: which }), and: ~toMask & 0xffffffffn, xor: 0n };
  const from: Field = { kind: restore ? 'ct-mark' : 'mark' };
  const right: Expression = { kind: 'bitwise', of: read(from), and: fromMask, xor: 0n };
  return { kind: 'set-mark', which, value: { kind: 'xor-of', left, right } };
}

function rangeOf(low: string, high: string | undefined): Expression {
  const from = addressPoint(low);
  const to = high === undefined ? from : addressPoint(high);
  if (from === null || to === null) return unknownValue(low);
  return from === to ? { kind: 'constant', value: from } : { kind: 'range', low: from, high: to };
}

function portRange(text: string | undefined): Expression | null {
  if (text === undefined || text === '') return null;
  const [low, high] = (text.split('/')[0] ?? '').split('-').map(Number);
  if (low === undefined || !Number.isInteger(low)) return unknownValue(text);
  if (high === undefined || high === low) return { kind: 'constant', value: low };
  return Number.isInteger(high) ? { kind: 'range', low, high } : unknownValue(text);
}

/** `ADDRESS[-ADDRESS][:PORT[-PORT]]`, IPv6 in brackets where a port follows. */
function destination(text: string): { readonly address: Expression | null; readonly port: Expression | null } {
  const bracketed = /^\[([^\]]+)\](?:-\[([^\]]+)\])?(?::(.+))?$/.exec(text);
  if (bracketed?.[1] !== undefined) {
    const [low, high] = bracketed[1].split('-');
    return { address: rangeOf(low ?? '', high ?? bracketed[2]), port: portRange(bracketed[3]) };
  }
  const isIpv6 = text.split(':').length > 2;
  const colon = isIpv6 ? -1 : text.indexOf(':');
  const addresses = colon < 0 ? text : text.slice(0, colon);
  const [low = '', high] = addresses.split('-');
  return {
    address: low === '' ? null : rangeOf(low, high),
    port: portRange(colon < 0 ? undefined : text.slice(colon + 1)),
  };
}

/** The port behind a slash, which the range's first port stands for. */
function portBaseOf(text: string): number | null {
  const base = /\/(\d+)$/.exec(text)?.[1];
  return base === undefined ? null : Number(base);
}

function dnat(options: readonly Option[], family: 'ip' | 'ip6'): Step {
  const text = optionOf(options, '--to-destination');
  if (text === null) return { kind: 'unknown', text: 'DNAT without --to-destination' };
  const random = options.some((option) => option.name === '--random');
  return {
    kind: 'dnat',
    family: family === 'ip' ? 'ipv4' : 'ipv6',
    ...destination(text),
    portBase: portBaseOf(text),
    random,
    netmap: false,
    redirect: false,
  };
}

function redirect(options: readonly Option[], family: 'ip' | 'ip6'): Step {
  return {
    kind: 'dnat',
    family: family === 'ip' ? 'ipv4' : 'ipv6',
    address: null,
    port: portRange(optionOf(options, '--to-ports', '--to-port') ?? undefined),
    portBase: null,
    random: options.some((option) => option.name.startsWith('--random')),
    netmap: false,
    redirect: true,
  };
}

/** NETMAP translates the destination before routing and the source after it. */
function netmap(options: readonly Option[], family: 'ip' | 'ip6'): Step {
  const set = addressSet(optionOf(options, '--to') ?? '');
  if (set === null || set.length !== 2) return { kind: 'unknown', text: 'NETMAP' };
  const end = set[1] ?? 0;
  const address: Expression = { kind: 'range', low: set[0] ?? 0, high: typeof end === 'bigint' ? end - 1n : end - 1 };
  return {
    kind: 'dnat',
    family: family === 'ip' ? 'ipv4' : 'ipv6',
    address,
    port: null,
    portBase: null,
    random: false,
    netmap: true,
    redirect: false,
  };
}

function tproxy(options: readonly Option[], family: 'ip' | 'ip6'): Step {
  const mark = numbers(optionOf(options, '--tproxy-mark') ?? '0/0');
  const address = optionOf(options, '--on-ip');
  const unset = address === null || address === '0.0.0.0' || address === '::';
  const port = portRange(optionOf(options, '--on-port') ?? undefined);
  return {
    kind: 'tproxy',
    family: family === 'ip' ? 'ipv4' : 'ipv6',
    address: unset ? null : rangeOf(address, undefined),
    port: port?.kind === 'constant' && port.value === 0 ? null : port,
    mark: mark === null || mark.mask === 0n ? null : { value: Number(mark.value), mask: Number(mark.mask) },
    otherwise: 'drop',
  };
}

function rejectWith(options: readonly Option[], family: 'ip' | 'ip6'): string {
  return optionOf(options, '--reject-with') ?? (family === 'ip' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable');
}

/** The steps of `-j TARGET`; a name that is no target and no chain of the table stays `unknown`. */
export function targetSteps(
  name: string,
  options: readonly Option[],
  goto: boolean,
  isChain: (name: string) => boolean,
  family: 'ip' | 'ip6',
): readonly Step[] {
  if (isChain(name)) return [{ kind: 'verdict', verdict: { kind: goto ? 'goto' : 'jump', chain: name } }];
  if (GOES_ON.has(name)) return [{ kind: 'no-effect', text: name }];
  switch (name) {
    case 'ACCEPT':
      return [{ kind: 'verdict', verdict: { kind: 'accept' } }];
    case 'DROP':
      return [{ kind: 'verdict', verdict: { kind: 'drop' } }];
    case 'RETURN':
      return [{ kind: 'verdict', verdict: { kind: 'return' } }];
    case 'REJECT':
      return [{ kind: 'verdict', verdict: { kind: 'reject', with: rejectWith(options, family) } }];
    case 'QUEUE':
    case 'NFQUEUE':
      return [{ kind: 'verdict', verdict: { kind: 'unknown', text: 'queue to a program outside the kernel' } }];
    case 'DNAT':
      return [dnat(options, family)];
    case 'REDIRECT':
      return [redirect(options, family)];
    case 'NETMAP':
      return [netmap(options, family)];
    case 'SNAT':
      return [
        {
          kind: 'snat',
          address: destination(optionOf(options, '--to-source') ?? '').address,
          masquerade: false,
          text: name,
        },
      ];
    case 'MASQUERADE':
      return [{ kind: 'snat', address: null, masquerade: true, text: name }];
    case 'MARK':
      return [{ kind: 'set-mark', which: 'mark', value: markExpression(options, { kind: 'mark' }) }];
    case 'CONNMARK':
      return [connmark(options)];
    case 'NOTRACK':
      return [{ kind: 'notrack' }];
    case 'CT':
      return conntrackTarget(options);
    case 'TPROXY':
      return [tproxy(options, family)];
    default:
      return [{ kind: 'unknown', text: `target ${name}` }];
  }
}
