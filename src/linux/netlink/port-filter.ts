import { HOST_IS_LITTLE } from './attributes.js';

/** Codes of `struct inet_diag_bc_op`, linux/inet_diag.h. */
const BC_JMP = 1;
const BC_S_GE = 2;
const BC_S_LE = 3;

const COMPARE_BYTES = 8;
const JUMP_BYTES = 4;
/** A leaf is two comparisons and a jump; a node one comparison. The whole may not pass 64 KiB, since `no` has 16 bits. */
const RANGES_MAX = 1024;

type Range = readonly [from: number, to: number];

/** Ports as ranges, at most `RANGES_MAX`: the smallest holes are filled, so the filter may let more ports through, never fewer. */
function rangesOf(ports: Iterable<number>): readonly Range[] {
  const sorted = [...new Set(ports)].sort((a, b) => a - b);
  const holes = sorted.map((port, index) => port - (sorted[index - 1] ?? port)).slice(1);
  const kept = holes.filter((hole) => hole > 1).sort((a, b) => b - a);
  const widestFilled = kept[RANGES_MAX - 1] ?? 1;
  const ranges: [number, number][] = [];
  for (const port of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && port - last[1] <= widestFilled) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges;
}

/**
 * Bytecode for INET_DIAG_REQ_BYTECODE that accepts a socket whose local port lies in one of the ranges: a binary tree, so that the kernel
 * compares about ten times for each of 100,000 connections. `yes` always leads to the next operation, because the kernel checks
 * operations along that chain only (inet_diag_bc_audit); `no` jumps forward. Ending exactly at the end accepts, four bytes past it rejects.
 */
export function portFilter(ports: Iterable<number>): Uint8Array {
  const ranges = rangesOf(ports);
  const total = ranges.length * (2 * COMPARE_BYTES + JUMP_BYTES) + (ranges.length - 1) * COMPARE_BYTES;
  const bytes = new Uint8Array(Math.max(0, total));
  const view = new DataView(bytes.buffer);
  let at = 0;
  const operation = (code: number, yes: number, no: number): void => {
    view.setUint8(at, code);
    view.setUint8(at + 1, yes);
    view.setUint16(at + 2, no, HOST_IS_LITTLE);
  };
  /** A comparison's port stands in the `no` of the operation after it. */
  const compare = (code: number, port: number, no: number): void => {
    operation(code, COMPARE_BYTES, no);
    view.setUint16(at + 6, port, HOST_IS_LITTLE);
    at += COMPARE_BYTES;
  };
  const sizeOf = (count: number): number => count * (2 * COMPARE_BYTES + JUMP_BYTES) + (count - 1) * COMPARE_BYTES;
  const write = (from: number, to: number): void => {
    if (to - from === 1) {
      const [low, high] = ranges[from] ?? [0, 0];
      compare(BC_S_GE, low, total + 4 - at);
      compare(BC_S_LE, high, total + 4 - at);
      operation(BC_JMP, JUMP_BYTES, total - at);
      at += JUMP_BYTES;
      return;
    }
    const middle = (from + to) >> 1;
    compare(BC_S_GE, ranges[middle]?.[0] ?? 0, COMPARE_BYTES + sizeOf(to - middle));
    write(middle, to);
    write(from, middle);
  };
  if (ranges.length > 0) write(0, ranges.length);
  return bytes;
}
