import type { Point } from '../lib/ip/intervals.js';
import { unreachable } from '../lib/unreachable.js';
import { readField, type Spot } from './fields.js';
import { type Flow, splitBySources } from './flow.js';
import type { Expression } from './ir.js';
import { lookupMap } from './match.js';

/** What an expression comes to for a part of a flow. */
export interface Evaluated {
  readonly flow: Flow;
  readonly result: Result;
}

export type Result =
  | { readonly kind: 'point'; readonly value: Point }
  | { readonly kind: 'range'; readonly low: Point; readonly high: Point }
  | { readonly kind: 'tuple'; readonly parts: readonly Result[] }
  /** The key is not in the map: the rule does not match. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown'; readonly text: string };

const unknown = (text: string): Result => ({ kind: 'unknown', text });

function ofField(expression: Expression & { readonly kind: 'field' }, flow: Flow, spot: Spot): readonly Evaluated[] {
  const value = readField(expression.field, flow, spot);
  switch (value.kind) {
    case 'point':
      return [{ flow, result: value }];
    case 'absent':
      return [{ flow, result: { kind: 'missing' } }];
    case 'parts':
      return value.parts.flatMap((part) =>
        splitBySources(flow, part.sources).yes.map(
          (one): Evaluated => ({
            flow: one,
            result: part.value.kind === 'point' ? part.value : unknown('a value that depends on the source'),
          }),
        ),
      );
    case 'unknown':
      return [{ flow, result: unknown(value.text) }];
    case 'sources':
    case 'source-ports':
    case 'name':
      return [{ flow, result: unknown('a value taken from the packet') }];
    default:
      return unreachable(value);
  }
}

function bitwise(result: Result, and: bigint, xor: bigint): Result {
  if (result.kind !== 'point') return result.kind === 'missing' ? result : unknown('bits of something not followed');
  const bits = (BigInt(result.value) & and) ^ xor;
  return { kind: 'point', value: typeof result.value === 'bigint' ? bits : Number(BigInt.asUintN(32, bits)) };
}

function exclusiveOr(left: Result, right: Result): Result {
  if (left.kind !== 'point' || right.kind !== 'point') return unknown('bits of something not followed');
  return { kind: 'point', value: Number(BigInt.asUintN(32, BigInt(left.value) ^ BigInt(right.value))) };
}

/** Evaluates what a statement writes; a map over the source cuts the flow. */
export function evaluate(expression: Expression, flow: Flow, spot: Spot): readonly Evaluated[] {
  switch (expression.kind) {
    case 'constant':
      return [{ flow, result: { kind: 'point', value: expression.value } }];
    case 'range':
      return [{ flow, result: expression }];
    case 'field':
      return ofField(expression, flow, spot);
    case 'bitwise':
      return evaluate(expression.of, flow, spot).map((one) => ({
        flow: one.flow,
        result: bitwise(one.result, expression.and, expression.xor),
      }));
    case 'xor-of':
      return evaluate(expression.left, flow, spot).flatMap((left) =>
        evaluate(expression.right, left.flow, spot).map((right) => ({
          flow: right.flow,
          result: exclusiveOr(left.result, right.result),
        })),
      );
    case 'tuple': {
      let all: readonly { readonly flow: Flow; readonly parts: readonly Result[] }[] = [{ flow, parts: [] }];
      for (const part of expression.parts) {
        all = all.flatMap((one) =>
          evaluate(part, one.flow, spot).map(({ flow: inner, result }) => ({
            flow: inner,
            parts: [...one.parts, result],
          })),
        );
      }
      return all.map((one) => ({ flow: one.flow, result: { kind: 'tuple', parts: one.parts } }));
    }
    case 'map': {
      const split = lookupMap(expression.key, expression.map, flow, spot);
      const missing = split.missing.map((one): Evaluated => ({ flow: one, result: { kind: 'missing' } }));
      const found = split.found.flatMap((one): readonly Evaluated[] =>
        one.data.kind === 'value'
          ? evaluate(one.data.value, one.flow, spot)
          : [{ flow: one.flow, result: unknown('a map that was not read') }],
      );
      return [...found, ...missing];
    }
    case 'unknown':
      return [{ flow, result: unknown(expression.text) }];
    default:
      return unreachable(expression);
  }
}
