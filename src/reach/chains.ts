import { unreachable } from '../lib/unreachable.js';
import { rulesFor } from './classes.js';
import type { Spot } from './fields.js';
import { assume, cite, type End, type Flow, isTracked, type Leaf, pass, rejoined } from './flow.js';
import { type BaseChain, type Chain, chainKey, type MapData, type Rule, type Step, type Verdict } from './ir.js';
import { lookupMap, splitByMatch } from './match.js';
import { assignProxy, translateDestination, translateSource } from './nat.js';
import { evaluate } from './values.js';

/** One walk through a world: where its ends are collected. */
export interface Course {
  readonly leaves: Leaf[];
  /** Keep every rule passed, for explaining. */
  readonly explain: boolean;
  readonly sawTcpFlags: () => void;
}

/** Jumps the kernel allows (NFT_JUMP_STACK_SIZE); deeper ones, and loops in saved files, are doubtful. */
const DEPTH_MAX = 16;

/**
 * Jumps that one walk through a base chain may take: fourteen chains of six jumps each, which any user may load into a namespace of their own,
 * are 78 billion. Once a ruleset has needed more, its further walks get few, so that a thousand listeners do not cost a thousand times as much.
 */
const JUMPS_MAX = 50_000;
const JUMPS_MAX_AFTERWARDS = 500;
const branching = new WeakSet<object>();

/** Flows one chain may hold at once; a ruleset that makes more is not followed further. */
const FLOWS_MAX = 4096;

/** A walk through one base chain. */
interface Walk {
  readonly course: Course;
  readonly spot: Spot;
  readonly base: BaseChain;
  readonly accepted: Flow[];
  readonly jumpsMax: number;
  jumps: number;
}

/** Flows on their way through one rule. */
interface Ways {
  /** To the next rule. */
  readonly next: Flow[];
  /** Back to the caller. */
  readonly returned: Flow[];
}

function end(walk: Walk, flow: Flow, how: End): void {
  walk.course.leaves.push({ flow, end: how, namespace: walk.spot.place.id, listener: null });
}

const cited = (walk: Walk, flow: Flow, chain: Chain, rule: Rule, verdict: string): Flow =>
  cite(flow, { kind: 'rule', chain, rule, verdict, text: '', namespace: walk.spot.place.name });

function noted(walk: Walk, flow: Flow, chain: Chain, rule: Rule | null, text: string): Flow {
  if (!walk.course.explain) return flow;
  const { hook, place } = walk.spot;
  return pass(flow, { hook, base: walk.base, chain, rule, text, namespace: place.name });
}

/** nft leaves out the match that a kind of reject brings along: a reset asks for TCP, an ICMP code for its family. */
function canReject(how: string, flow: Flow): boolean {
  if (how.startsWith('tcp')) return flow.l4 === 6;
  if (how.startsWith('icmp ')) return flow.family === 'ipv4';
  return !how.startsWith('icmpv6 ') || flow.family === 'ipv6';
}

/** Applies a verdict to a flow that a rule gave it. */
function apply(
  walk: Walk,
  flow: Flow,
  verdict: Verdict,
  chain: Chain,
  rule: Rule,
  depth: number,
  ways: Ways,
): 'go-on' | 'done' {
  const here = (text: string): Flow => noted(walk, flow, chain, rule, text);
  switch (verdict.kind) {
    case 'continue':
      return 'go-on';
    case 'accept':
      walk.accepted.push(cited(walk, here('accept'), chain, rule, 'accept'));
      return 'done';
    case 'drop':
      end(walk, cited(walk, here('drop'), chain, rule, 'drop'), { kind: 'filtered' });
      return 'done';
    case 'reject':
      if (!canReject(verdict.with, flow)) {
        ways.next.push(flow);
        return 'done';
      }
      end(walk, cited(walk, here(`reject with ${verdict.with}`), chain, rule, 'reject'), { kind: 'rejected' });
      return 'done';
    case 'return':
      ways.returned.push(here('return'));
      return 'done';
    case 'jump':
    case 'goto': {
      const key = chainKey(chain.backend, chain.family, chain.table, verdict.chain);
      const program = walk.spot.place.program();
      const target = program.chains.get(key);
      const tooMany = ++walk.jumps > walk.jumpsMax;
      if (tooMany) branching.add(program);
      if (target === undefined || depth >= DEPTH_MAX || tooMany) {
        const why =
          target === undefined
            ? `chain ${verdict.chain} does not exist`
            : tooMany
              ? 'more ways through the chains than can be followed'
              : `chains jump deeper than ${DEPTH_MAX}`;
        end(walk, flow, { kind: 'doubtful', text: why });
        return 'done';
      }
      const fell = runChain(walk, target, here(`${verdict.kind} ${verdict.chain}`), depth + 1);
      (verdict.kind === 'jump' ? ways.next : ways.returned).push(...fell);
      return 'done';
    }
    case 'unknown':
      end(walk, cited(walk, here(verdict.text), chain, rule, 'unknown'), { kind: 'doubtful', text: verdict.text });
      walk.accepted.push(assume(cited(walk, flow, chain, rule, 'accept'), verdict.text, true, 'state'));
      return 'done';
    default:
      return unreachable(verdict);
  }
}

/** A map's answer as a verdict. */
function verdictOf(data: MapData): Verdict {
  return data.kind === 'verdict' ? data.verdict : { kind: 'unknown', text: 'a value where a verdict belongs' };
}

function setMark(
  step: Step & { readonly kind: 'set-mark' },
  flow: Flow,
  spot: Spot,
): { readonly on: readonly Flow[]; readonly missing: readonly Flow[] } {
  const on: Flow[] = [];
  const missing: Flow[] = [];
  for (const { flow: part, result } of evaluate(step.value, flow, spot)) {
    if (result.kind === 'missing') missing.push(part);
    // The value is read all the same: what is not there ends the rule (nft_ct_get_eval(), nft_lookup_eval()).
    else if (step.which === 'ct-mark' && !isTracked(part)) on.push(part);
    else {
      const value = result.kind === 'point' ? Number(result.value) >>> 0 : null;
      on.push(step.which === 'mark' ? { ...part, mark: value } : { ...part, ctMark: value });
    }
  }
  return { on, missing };
}

/** Conntrack asks for the zone when it looks; the first that was set stays (nft_ct_set_zone_eval(), xt_ct_target()). */
function setZone(
  step: Step & { readonly kind: 'set-zone' },
  flow: Flow,
  spot: Spot,
): { readonly on: readonly Flow[]; readonly missing: readonly Flow[] } {
  const early = flow.tracking === 'not-yet' || (flow.tracking === 'untracked' && step.afterNotrack);
  if (!early || flow.zone.set) return { on: [flow], missing: [] };
  const on: Flow[] = [];
  const missing: Flow[] = [];
  for (const { flow: part, result } of evaluate(step.value, flow, spot)) {
    if (result.kind === 'missing') missing.push(part);
    else {
      const id = result.kind === 'point' ? Number(result.value) & 0xffff : null;
      on.push({ ...part, tracking: 'not-yet', zone: { id, direction: step.direction, set: true } });
    }
  }
  return { on, missing };
}

/** Runs one statement; the flows it gives back go on with the next step of the rule. */
function runStatement(
  walk: Walk,
  step: Step,
  flow: Flow,
  chain: Chain,
  rule: Rule,
  depth: number,
  ways: Ways,
): readonly Flow[] {
  switch (step.kind) {
    case 'verdict':
      return apply(walk, flow, step.verdict, chain, rule, depth, ways) === 'go-on' ? [flow] : [];
    case 'verdict-map': {
      const { found, missing } = lookupMap(step.key, step.map, flow, walk.spot);
      ways.next.push(...missing);
      return found
        .filter((one) => apply(walk, one.flow, verdictOf(one.data), chain, rule, depth, ways) === 'go-on')
        .map((one) => one.flow);
    }
    case 'set-mark': {
      const { on, missing } = setMark(step, flow, walk.spot);
      ways.next.push(...missing);
      return on.map((one) =>
        noted(walk, one, chain, rule, `${step.which} set to ${step.which === 'mark' ? one.mark : one.ctMark}`),
      );
    }
    case 'notrack':
      if (flow.tracking !== 'not-yet' || flow.zone.set) return [flow];
      return [noted(walk, { ...flow, tracking: 'untracked' }, chain, rule, 'notrack')];
    case 'set-zone': {
      const { on, missing } = setZone(step, flow, walk.spot);
      ways.next.push(...missing);
      return on.map((one) => noted(walk, one, chain, rule, `conntrack zone ${one.zone.id}`));
    }
    case 'dnat':
      return translate(walk, step, flow, chain, rule, ways);
    case 'snat': {
      const translated = translateSource(step, flow, walk.spot);
      for (const one of translated) {
        if (!one.mapped) ways.next.push(one);
        else
          walk.accepted.push(
            cited(walk, noted(walk, one, chain, rule, step.text), chain, rule, step.masquerade ? 'masquerade' : 'snat'),
          );
      }
      return [];
    }
    case 'tproxy': {
      const { mapped, unchanged, dropped, doubtful } = assignProxy(step, flow, walk.spot);
      ways.next.push(...unchanged);
      for (const one of dropped) end(walk, cited(walk, one, chain, rule, 'drop'), { kind: 'filtered' });
      for (const one of doubtful) end(walk, one.flow, { kind: 'doubtful', text: one.text });
      ways.next.push(...doubtful.map((one) => one.flow));
      const taken = mapped.map((one) => cited(walk, noted(walk, one, chain, rule, 'tproxy'), chain, rule, 'tproxy'));
      if (step.otherwise === 'next-rule') return taken;
      walk.accepted.push(...taken);
      return [];
    }
    case 'rewrite':
    case 'unknown':
      end(walk, cited(walk, flow, chain, rule, 'unknown'), { kind: 'doubtful', text: step.text });
      return [flow];
    default:
      return [flow];
  }
}

function translate(
  walk: Walk,
  step: Step & { readonly kind: 'dnat' },
  flow: Flow,
  chain: Chain,
  rule: Rule,
  ways: Ways,
): readonly Flow[] {
  if (walk.spot.hook === 'postrouting' || walk.spot.hook === 'input') {
    // NETMAP behind routing exchanges the source's prefix.
    walk.accepted.push(cited(walk, { ...flow, snat: true, mapped: true, sourceHidden: true }, chain, rule, 'snat'));
    return [];
  }
  const { mapped, unchanged, dropped, doubtful } = translateDestination(step, flow, walk.spot);
  const verdict = step.redirect ? 'redirect' : 'dnat';
  ways.next.push(...unchanged);
  for (const one of dropped) end(walk, cited(walk, one, chain, rule, 'drop'), { kind: 'filtered' });
  for (const one of doubtful)
    end(walk, cited(walk, one.flow, chain, rule, verdict), { kind: 'doubtful', text: one.text });
  for (const one of mapped)
    walk.accepted.push(cited(walk, noted(walk, one, chain, rule, verdict), chain, rule, verdict));
  return [];
}

/** Runs one rule: its steps in order, each match parting what holds from what goes to the next rule. */
function runRule(walk: Walk, chain: Chain, rule: Rule, flow: Flow, depth: number, returned: Flow[]): readonly Flow[] {
  const [first] = rule.steps;
  if (first === undefined) return [flow];
  const ways: Ways = { next: [], returned };
  let on: readonly Flow[] = [flow];
  for (const step of rule.steps) {
    const after: Flow[] = [];
    for (const one of on) {
      const split = splitByMatch(step, one, walk.spot);
      if (split === null) after.push(...runStatement(walk, step, one, chain, rule, depth, ways));
      else {
        ways.next.push(...split.no);
        after.push(...split.yes);
      }
    }
    on = after;
    if (on.length === 0) break;
  }
  if (on.length === 0 && ways.next.length === 1) return ways.next;
  return rejoined(flow, [...on, ...ways.next]);
}

/** Runs a chain for one flow; gives back what falls out at its end or by `return`. */
function runChain(walk: Walk, chain: Chain, flow: Flow, depth: number): readonly Flow[] {
  const returned: Flow[] = [];
  let on: readonly Flow[] = [flow];
  for (const rule of rulesFor(chain, flow.l4, flow.port)) {
    const [only] = on;
    if (only === undefined) break;
    if (on.length === 1) {
      on = runRule(walk, chain, rule, only, depth, returned);
      continue;
    }
    const after: Flow[] = [];
    for (const one of on) after.push(...runRule(walk, chain, rule, one, depth, returned));
    if (after.length > FLOWS_MAX) {
      for (const one of after)
        end(walk, one, { kind: 'doubtful', text: `more than ${FLOWS_MAX} cases in chain ${chain.name}` });
      return [];
    }
    on = after;
  }
  return returned.length === 0 ? on : rejoined(flow, [...on, ...returned]);
}

/** Runs a base chain; gives back what it lets through, each flow with what ended the chain for it. */
export function runBase(course: Course, spot: Spot, base: BaseChain, flows: readonly Flow[]): readonly Flow[] {
  const jumpsMax = branching.has(spot.place.program()) ? JUMPS_MAX_AFTERWARDS : JUMPS_MAX;
  const walk: Walk = { course, spot, base, accepted: [], jumpsMax, jumps: 0 };
  const byPolicy: Flow[] = [];
  for (const flow of flows) {
    for (const fell of runChain(walk, base.chain, flow, 1)) {
      const noticed = noted(walk, fell, base.chain, null, `policy ${base.policy}`);
      const done = cite(noticed, {
        kind: 'policy',
        chain: base.chain,
        rule: null,
        verdict: base.policy,
        text: `policy ${base.policy}`,
        namespace: spot.place.name,
      });
      if (base.policy === 'accept') byPolicy.push(done);
      else end(walk, done, { kind: 'filtered' });
    }
  }
  return [...walk.accepted, ...byPolicy];
}
