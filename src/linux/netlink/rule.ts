import { decodeText } from '../../lib/bytes.js';
import { eachAttribute, HOST_IS_LITTLE, stringBytes, u32At } from './attributes.js';
import { addressAt } from './inet-diag.js';

export const RTM_NEWRULE = 32;
export const RTM_GETRULE = 34;
const HEADER_BYTES = 12;

/** FRA_…, linux/fib_rules.h. */
const FRA = {
  dst: 1,
  src: 2,
  iifname: 3,
  goto: 4,
  priority: 6,
  fwmark: 10,
  suppressPrefixLength: 14,
  table: 15,
  fwmask: 16,
  oifname: 17,
  l3mdev: 19,
  uidRange: 20,
  ipProto: 22,
  sportRange: 23,
  dportRange: 24,
} as const;
const FIB_RULE_INVERT = 0x2;

/** One rule of policy routing as rtnetlink tells it; null: not set. */
export interface RuleMessage {
  readonly family: number;
  readonly destinationLength: number;
  readonly sourceLength: number;
  readonly tos: number;
  readonly table: number;
  /** FR_ACT_…. */
  readonly action: number;
  readonly invert: boolean;
  readonly destination: string | null;
  readonly source: string | null;
  readonly inputInterface: string | null;
  readonly outputInterface: string | null;
  readonly goto: number | null;
  readonly priority: number;
  readonly mark: number | null;
  readonly markMask: number | null;
  readonly suppressPrefixLength: number | null;
  readonly l3mdev: boolean;
  readonly uidRange: readonly [number, number] | null;
  readonly ipProtocol: number | null;
  readonly sourcePorts: readonly [number, number] | null;
  readonly destinationPorts: readonly [number, number] | null;
}

/** `struct fib_rule_hdr` of a dump of a family's rules. */
export function ruleRequest(family: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes[0] = family;
  return bytes;
}

/** `struct fib_rule_port_range`, in host order. */
const portsAt = (view: DataView, at: number): readonly [number, number] => [
  view.getUint16(at, HOST_IS_LITTLE),
  view.getUint16(at + 2, HOST_IS_LITTLE),
];

/**
 * `struct fib_rule_hdr`, linux/fib_rules.h, and its attributes.
 * @throws RangeError where the message is shorter than the struct.
 */
export function decodeRule(view: DataView, at: number, end: number): RuleMessage {
  if (end - at < HEADER_BYTES) throw new RangeError(`fib_rule_hdr of ${end - at} bytes`);
  const family = view.getUint8(at);
  const rule = {
    family,
    destinationLength: view.getUint8(at + 1),
    sourceLength: view.getUint8(at + 2),
    tos: view.getUint8(at + 3),
    table: view.getUint8(at + 4),
    action: view.getUint8(at + 7),
    invert: (u32At(view, at + 8) & FIB_RULE_INVERT) !== 0,
    destination: null as string | null,
    source: null as string | null,
    inputInterface: null as string | null,
    outputInterface: null as string | null,
    goto: null as number | null,
    priority: 0,
    mark: null as number | null,
    markMask: null as number | null,
    suppressPrefixLength: null as number | null,
    l3mdev: false,
    uidRange: null as readonly [number, number] | null,
    ipProtocol: null as number | null,
    sourcePorts: null as readonly [number, number] | null,
    destinationPorts: null as readonly [number, number] | null,
  };
  const text = (from: number, to: number): string => decodeText(stringBytes(view, from, to));
  eachAttribute(view, at + HEADER_BYTES, end, (type, from, to) => {
    if (type === FRA.dst) rule.destination = addressAt(view, from, family);
    else if (type === FRA.src) rule.source = addressAt(view, from, family);
    else if (type === FRA.iifname) rule.inputInterface = text(from, to);
    else if (type === FRA.oifname) rule.outputInterface = text(from, to);
    else if (type === FRA.goto) rule.goto = u32At(view, from);
    else if (type === FRA.priority) rule.priority = u32At(view, from);
    else if (type === FRA.fwmark) rule.mark = u32At(view, from);
    else if (type === FRA.fwmask) rule.markMask = u32At(view, from);
    else if (type === FRA.table) rule.table = u32At(view, from);
    else if (type === FRA.l3mdev) rule.l3mdev = view.getUint8(from) !== 0;
    else if (type === FRA.uidRange) rule.uidRange = [u32At(view, from), u32At(view, from + 4)];
    else if (type === FRA.ipProto) rule.ipProtocol = view.getUint8(from);
    else if (type === FRA.sportRange) rule.sourcePorts = portsAt(view, from);
    else if (type === FRA.dportRange) rule.destinationPorts = portsAt(view, from);
    else if (type === FRA.suppressPrefixLength) {
      const length = view.getInt32(from, HOST_IS_LITTLE);
      rule.suppressPrefixLength = length < 0 ? null : length;
    }
  });
  return rule;
}
