import { contains, countOf } from '../lib/ip/intervals.js';
import { type Because, type Exposure, RANKS, type Remark, type ZoneExposure } from '../model/exposure.js';
import type { IdentifiedListener } from '../model/listener.js';
import { chainsAboutEntering } from './chains-asked.js';
import { becauseOf } from './explain.js';
import { inOrder, type Leaf } from './flow.js';
import type { Rule, Step } from './ir.js';
import type { Judge } from './judge.js';
import { type Region, touches, within, without } from './regions.js';
import type { Judged } from './rows.js';
import { L4_OF } from './sockets.js';
import type { Place } from './world.js';

/** A rule that names more ports than this speaks of none in particular. */
const NAMED_PORTS_MAX = 16;

const isWide = (row: ZoneExposure): boolean => RANKS.indexOf(row.rank) >= RANKS.indexOf('private');

const l4Number = (name: string | null): number | null =>
  name === null ? null : ((L4_OF as Readonly<Record<string, number | undefined>>)[name] ?? null);

/** True: the step names this port; false: another one; null: it is about something else. */
function namesPort(step: Step, l4: number, port: number): boolean | null {
  if (step.kind !== 'compare' || step.field.kind !== 'port' || step.field.side !== 'destination') return null;
  if (step.negated || step.values.kind !== 'intervals' || countOf(step.values.set) > NAMED_PORTS_MAX) return false;
  const asked = l4Number(step.field.l4);
  return (asked === null || asked === l4) && contains(step.values.set, port);
}

/** Why a rule that names this interface is not asked about what comes in by the entry; empty: it is; null: it is about another way in. */
function mistaken(name: string, entry: string, place: Place): string | null {
  if (name === entry) return '';
  const link = place.interfaces.get(name);
  const master = link?.master === null || link === undefined ? undefined : place.byIndex.get(link.master);
  if (master?.kind === 'bridge' && master.name === entry)
    return `the rule asks for ${name}, which is a port of the bridge ${entry}: packets come in by ${entry}`;
  if (link !== undefined) return null;
  if (name.startsWith(`${entry}:`)) return `the rule asks for ${name}, which is a label of addresses and no interface`;
  return `the rule asks for ${name}, and there is no such interface`;
}

/** Steps that leave a rule a rule about a port: protocol, interface, state, what only counts. Why it is not asked, empty where nothing says; null: a rule about something else. */
function isBeside(step: Step, entry: string, place: Place): string | null {
  if (step.kind === 'no-effect' || step.kind === 'conntrack') return '';
  if (step.kind !== 'compare') return null;
  const { field, values } = step;
  if (field.kind === 'l4proto' || field.kind === 'nfproto' || field.kind === 'ct-state') return '';
  if (field.kind === 'masked') return field.of.kind === 'ct-state' ? '' : null;
  if (field.kind !== 'interface' || field.way !== 'in' || step.negated || values.kind !== 'names') return null;
  if (values.exact.has(entry)) return '';
  const [name] = values.exact;
  return name === undefined || values.exact.size > 1 || values.prefixes.length > 0
    ? null
    : mistaken(name, entry, place);
}

const isDenial = (step: Step): boolean =>
  step.kind === 'verdict' && (step.verdict.kind === 'drop' || step.verdict.kind === 'reject');

/** Why a rule that denies the port by name is not asked, as far as the rule itself says it; null: it denies something else. */
function denies(rule: Rule, l4: number, port: number, entry: string, place: Place): string | null {
  if (!rule.steps.some(isDenial)) return null;
  let named = false;
  let why = '';
  for (const step of rule.steps) {
    if (isDenial(step)) continue;
    if (namesPort(step, l4, port) === true) {
      named = true;
      continue;
    }
    const beside = isBeside(step, entry, place);
    if (beside === null) return null;
    if (beside !== '') why = beside;
  }
  return named ? why : null;
}

const familyOf = (text: string): 'ip' | 'ip6' => (text.includes(':') ? 'ip6' : 'ip');

/** Rules about what comes in that deny the port by name, for the family of the sources that get in. */
function denials(
  place: Place,
  l4: number,
  port: number,
  row: ZoneExposure,
): { readonly because: readonly Because[]; readonly why: string } {
  const families = new Set(['inet', ...row.sources.map(familyOf)]);
  const found: Because[] = [];
  let why = '';
  for (const chain of chainsAboutEntering(place.program())) {
    if (!families.has(chain.family)) continue;
    for (const rule of chain.rules) {
      const reason = denies(rule, l4, port, row.interface ?? '', place);
      if (reason === null) continue;
      why ||= reason;
      const last = rule.steps[rule.steps.length - 1];
      const verdict = last?.kind === 'verdict' ? last.verdict.kind : 'drop';
      found.push(becauseOf({ kind: 'rule', chain, rule, verdict, text: '', namespace: place.name, before: null }));
    }
  }
  return { because: found, why };
}

function openThoughDenied(
  place: Place,
  l4: number,
  port: number,
  exposure: Exposure,
  seen: number | null = null,
): readonly Remark[] {
  const row = exposure.zones.find((one) => one.reachable === 'yes' && isWide(one));
  if (row === undefined) return [];
  const { because, why } = denials(place, l4, port, row);
  if (because.length === 0) return [];
  const behind = seen === null || seen === port ? null : `behind the translation that rule sees port ${seen}`;
  const reason = why === '' ? (behind ?? 'that rule is never asked') : why;
  const text = `port ${port} is denied by a rule, and still open to ${row.zone} by ${row.interface ?? 'lo'}: ${reason}`;
  return [{ code: 'open-though-denied', text, because }];
}

const hasIPv4 = (row: ZoneExposure): boolean => row.sources.some((source) => !source.includes(':'));

/** A dual-stack listener that a zone reaches over IPv6 and not over IPv4. */
function openOverIPv6(exposure: Exposure): readonly Remark[] {
  for (const row of exposure.zones) {
    if (row.reachable !== 'yes' || !isWide(row) || hasIPv4(row)) continue;
    const alike = exposure.zones.filter((one) => one.zone === row.zone && one.interface === row.interface);
    const refused = alike.find((one) => one.reachable === 'no' && hasIPv4(one));
    if (refused === undefined || alike.some((one) => one.reachable !== 'no' && hasIPv4(one))) continue;
    const text = `${row.zone} is kept out over IPv4 and let in over IPv6 by ${row.interface ?? 'lo'}`;
    return [{ code: 'open-over-ipv6-only', text, because: [...row.because, ...refused.because] }];
  }
  return [];
}

/** What about a listener its owner would not expect. */
export function remarksOnListener(place: Place, listener: IdentifiedListener, exposure: Exposure): readonly Remark[] {
  const l4 = L4_OF[listener.protocol];
  if (l4 === undefined || listener.port === null) return [];
  const ipv6 = listener.family === 'dual' ? openOverIPv6(exposure) : [];
  return [...openThoughDenied(place, l4, listener.port, exposure), ...ipv6];
}

const refusedByRule = (leaf: Leaf): boolean => {
  const last = leaf.flow.path;
  const ended = leaf.end.kind === 'filtered' || leaf.end.kind === 'rejected';
  return ended && last !== null && last.kind !== 'routing';
};

interface Bypassed {
  readonly whole: boolean;
  readonly zone: string;
  readonly interface: string;
  readonly leaves: readonly Leaf[];
}

/** Compares who gets to the published port with whom the host's own input rules would have let in on it. */
function bypassed(judge: Judge, judged: Judged): Bypassed | null {
  if (judged.entry.input === null || judged.help !== null) return null;
  const plain = judge.answer(judged.entry, { ...judged.target, untranslated: true }).leaves;
  const refused = plain.filter(refusedByRule);
  if (refused.length === 0) return null;
  const region: Region = refused.map(({ flow }) => ({ sources: flow.sources, members: flow.members }));
  for (const zone of judged.entry.zones.toReversed()) {
    if (RANKS.indexOf(zone.rank) < RANKS.indexOf('private')) continue;
    const open = within(judged.verdicts.yes, zone.sources[judged.family]);
    if (open.length === 0) continue;
    const hit = refused.filter(({ flow }) => touches(open, flow));
    if (hit.length === 0) continue;
    const whole = without(open, region).length === 0;
    // Sent to a port of the host itself it does meet the input rules, by that port: they were asked, and let it in.
    if (whole && judged.verdicts.admitting.every((leaf) => leaf.namespace === judged.target.place.id)) return null;
    return {
      whole,
      zone: zone.zone,
      interface: judged.entry.input.name,
      leaves: hit,
    };
  }
  return null;
}

function lastOf(leaf: Leaf): readonly Because[] {
  const path = inOrder(leaf.flow.path);
  const last = path[path.length - 1];
  return last === undefined ? [] : [becauseOf(last)];
}

/** What about a published port the owner of the firewall would not expect. */
export function remarksOnPublished(
  judge: Judge,
  place: Place,
  found: { readonly l4: number; readonly low: number; readonly to: { readonly port: number } },
  judged: readonly Judged[],
  exposure: Exposure,
): readonly Remark[] {
  const remarks: Remark[] = [...openThoughDenied(place, found.l4, found.low, exposure, found.to.port)];
  for (const one of judged) {
    const by = bypassed(judge, one);
    if (by === null) continue;
    const because = by.leaves.slice(0, 4).flatMap(lastOf);
    remarks.push(
      by.whole
        ? {
            code: 'published-past-input',
            text: `the host's own input rules would refuse port ${found.low} to ${by.zone}; it is translated before they are asked`,
            because,
          }
        : {
            code: 'ban-misses-published',
            text: `sources that the host's input rules refuse on port ${found.low} still get in by ${by.interface}: the port is translated before they are asked`,
            because,
          },
    );
    break;
  }
  return remarks;
}
