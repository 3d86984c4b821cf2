import type { Interface } from '../model/network.js';
import { runBase } from './chains.js';
import { assume, type Flow } from './flow.js';
import { doubt, finish, type Journey, spotAt } from './journey.js';
import { MACVLANS, portsOf } from './peers.js';
import type { Place } from './world.js';

/** macvlan and ipvlan skip the IP hooks of their parent's namespace, but not the chains on the parent device itself. */
export function throughParent(journey: Journey, place: Place, link: Interface, flow: Flow): readonly Flow[] {
  if (link.link === null || link.linkUnseen || !MACVLANS.has(link.kind ?? '')) return [flow];
  const above = journey.world.places.get(link.linkNamespace ?? place.id);
  const parent = above?.byIndex.get(link.link);
  if (above === undefined || parent === undefined) return [flow];
  doubt(journey, above, [parent], flow);
  return runIngress(journey, above, parent, flow);
}

/** The same, where there may be no device. */
export const runIngressOn = (journey: Journey, place: Place, link: Interface | null, flow: Flow): readonly Flow[] =>
  link === null ? [flow] : runIngress(journey, place, link, flow);

/** Chains on the device itself, of family netdev or of inet's ingress hook, by priority. */
export const runIngress = (journey: Journey, place: Place, link: Interface, flow: Flow): readonly Flow[] =>
  runGate(journey, place, link, 'ingress', { ...flow, input: link }).map((one) => ({ ...one, input: flow.input }));

/**
 * The same for what leaves: of the interface itself, of the bridge port it leaves by, and of the device below a VLAN or macvlan, whose
 * frames that one sends.
 */
export function runEgress(
  journey: Journey,
  place: Place,
  link: Interface,
  port: Interface | null,
  flow: Flow,
): readonly Flow[] {
  const unseen = link.kind !== 'bridge' || port !== null ? [] : portsOf(place, link);
  for (const { name } of unseen)
    if (place.program().base.some((base) => base.hook === 'egress' && base.devices.includes(name)))
      finish(journey, place, flow, { kind: 'doubtful', text: `whether it leaves ${link.name} by ${name}` });
  let on = leaving(journey, place, link, [flow]);
  if (port !== null && port !== link) on = leaving(journey, place, port, on);
  const below = belowOf(journey, place, link);
  return below === null ? on : leaving(journey, below.place, below.link, on);
}

const leaving = (journey: Journey, place: Place, link: Interface, flows: readonly Flow[]): readonly Flow[] =>
  flows.flatMap((flow) =>
    runGate(journey, place, link, 'egress', { ...flow, input: null, output: link }).map((one) => ({
      ...one,
      input: flow.input,
      output: flow.output,
    })),
  );

function belowOf(journey: Journey, place: Place, link: Interface): { place: Place; link: Interface } | null {
  if (link.link === null || link.linkUnseen || !(MACVLANS.has(link.kind ?? '') || link.kind === 'vlan')) return null;
  const above = journey.world.places.get(link.linkNamespace ?? place.id);
  const below = above?.byIndex.get(link.link);
  return above === undefined || below === undefined ? null : { place: above, link: below };
}

function runGate(
  journey: Journey,
  place: Place,
  link: Interface,
  hook: 'ingress' | 'egress',
  flow: Flow,
): readonly Flow[] {
  const chains = place
    .program()
    .base.filter((base) => base.hook === hook && (base.devices.length === 0 || base.devices.includes(link.name)))
    .toSorted((a, b) => a.priority - b.priority);
  let on: readonly Flow[] = [flow];
  for (const base of chains) {
    // nft 1.0.6 does not say in JSON on which device a chain hangs; where nothing else does, it may or may not be this one.
    const hangs = base.devices.length > 0 ? null : `chain ${base.chain.table} ${base.chain.name} hangs on ${link.name}`;
    const sure = hangs === null ? on : on.map((one) => assume(one, hangs, true, 'state'));
    const beside = hangs === null ? [] : on.map((one) => assume(one, hangs, false, 'state'));
    on = [...runBase(journey, spotAt(journey, place, hook), base, sure), ...beside];
  }
  return on;
}

/** Bridge family chains see frames for this host on prerouting and input, with the port as interface. */
export function runBridge(journey: Journey, place: Place, bridge: Interface | null, flow: Flow): readonly Flow[] {
  if (bridge === null) return [flow];
  const chains = place
    .program()
    .base.filter((base) => base.chain.family === 'bridge' && (base.hook === 'prerouting' || base.hook === 'input'));
  if (chains.length === 0) return [flow];
  let on: readonly Flow[] = [{ ...flow, input: flow.inputPort }];
  for (const hook of ['prerouting', 'input'] as const) {
    const here = chains.filter((base) => base.hook === hook).toSorted((a, b) => a.priority - b.priority);
    for (const base of here) {
      if (flow.inputPort === null && readsInterface(base.chain.rules.flatMap((rule) => rule.steps))) {
        finish(journey, place, flow, { kind: 'doubtful', text: `the port of ${bridge.name} where it comes in` });
      }
      on = runBase(journey, spotAt(journey, place, hook), base, on);
    }
  }
  return on.map((one) => ({ ...one, input: flow.input }));
}

const readsInterface = (steps: readonly { readonly kind: string }[]): boolean =>
  steps.some((step) =>
    JSON.stringify(step, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).includes(
      '"interface"',
    ),
  );
