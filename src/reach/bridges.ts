import { onePoint } from '../lib/ip/intervals.js';
import type { Interface } from '../model/network.js';
import { callsIpHooks } from './br-netfilter.js';
import { runBase } from './chains.js';
import { type Flow, pass } from './flow.js';
import { runHook } from './hooks.js';
import type { Hook } from './ir.js';
import { finish, type Journey, spotAt } from './journey.js';
import { type Next, peerOf, portsOf } from './peers.js';
import { isLocal, type Place, route, type World } from './world.js';

/** Where a bridge sends a frame that is not for its own namespace. */
export interface Onward {
  /** The port it leaves by; null: it leads to nothing seen here. */
  readonly port: Interface | null;
  readonly next: Next | null;
}

/**
 * The way of a frame across a bridge, past its namespace; null: the frame is for the namespace itself, to deliver or to route. Who shares a
 * wire with the destination sends to its MAC, not to that of the bridge.
 */
export function onwardOf(world: World, place: Place, bridge: Interface, flow: Flow): Onward | null {
  if (isLocal(place, flow.family, flow.destination)) return null;
  const others = portsOf(place, bridge).filter((port) => port.index !== flow.inputPort?.index);
  for (const port of others) {
    const next = peerOf(world, place, port).find((one) => holds(one, flow));
    if (next !== undefined) return { port, next };
  }
  return others.length > 0 && isOnLink(place, bridge, flow) ? { port: null, next: null } : null;
}

/** The interface behind a port holds the destination. */
const holds = ({ place, link }: Next, flow: Flow): boolean =>
  place.addresses.some(
    (one) => one.family === flow.family && one.point === flow.destination && one.from.interface === link.name,
  );

function isOnLink(place: Place, bridge: Interface, flow: Flow): boolean {
  const [part] = route(place, flow.family, { destinations: onePoint(flow.destination), sources: flow.sources });
  return part?.type === 'unicast' && part.route?.interface === bridge.name && part.route.gateway === null;
}

/** A namespace has chains of family bridge. */
export const hasBridgeChains = (place: Place): boolean =>
  place.program().base.some((base) => base.chain.family === 'bridge');

/** What comes out of a bridge: frames for the port, and packets that a rule translated, which the namespace routes. */
export interface Crossed {
  readonly out: readonly Flow[];
  readonly translated: readonly Flow[];
}

/** The hooks of a bridged frame: the bridge's own, and around br_netfilter's place in them those of IP with the bridge as device. */
export function crossBridge(
  journey: Journey,
  place: Place,
  bridge: Interface,
  onward: Onward,
  flows: readonly Flow[],
): Crossed {
  const translated: Flow[] = [];
  let on = flows;
  for (const hook of ['prerouting', 'forward', 'postrouting'] as const) {
    const input = hook === 'postrouting' ? null : bridge;
    const output = hook === 'prerouting' ? null : bridge;
    on = runBridgeHook(journey, place, hook, onward, on, (flow) => {
      if (!callsIpHooks(place, bridge, flow.family)) return [flow];
      const bridgedTo = hook === 'prerouting' ? null : (onward.port ?? 'unseen');
      return runHook(journey, spotAt(journey, place, hook), [{ ...flow, input, output, bridgedTo }]);
    });
    if (hook !== 'prerouting') continue;
    translated.push(...on.filter((flow) => isTranslated(flow)));
    on = on.filter((flow) => !isTranslated(flow));
    if (journey.explain) on = on.map((flow) => noted(flow, place, bridge, onward));
  }
  return { out: on.map((flow) => ({ ...flow, bridgedTo: null })), translated };
}

/** The port of a bridge behind which somebody is. */
export const portTo = (world: World, place: Place, bridge: Interface, { place: there, link }: Next): Interface | null =>
  portsOf(place, bridge).find((port) =>
    peerOf(world, place, port).some((one) => one.place.id === there.id && one.link.index === link.index),
  ) ?? null;

/** What the namespace itself sends into its bridge: the bridge's own hooks of output. */
export function leaveByBridge(
  journey: Journey,
  place: Place,
  bridge: Interface,
  next: Next | null,
  flow: Flow,
): readonly Flow[] {
  if (bridge.kind !== 'bridge' || !hasBridgeChains(place)) return [flow];
  const port = next === null ? null : portTo(journey.world, place, bridge, next);
  let on: readonly Flow[] = [{ ...flow, inputPort: null }];
  for (const hook of ['output', 'postrouting'] as const)
    on = runBridgeHook(journey, place, hook, { port, next }, on, (one) => [one]);
  return on;
}

const isTranslated = (flow: Flow): boolean => flow.destination !== flow.original.destination;

const noted = (flow: Flow, place: Place, bridge: Interface, { port }: Onward): Flow => {
  const text = `bridged by ${bridge.name}${port === null ? '' : ` to ${port.name}`}`;
  return pass(flow, { hook: 'routing', base: null, chain: null, rule: null, text, namespace: place.name });
};

/** br_netfilter hands frames to IP at this priority of the bridge's hooks (NF_BR_PRI_BRNF), behind chains that were registered there later; in postrouting it is the last. */
const PRIORITY_BR_NETFILTER = 0;

function runBridgeHook(
  journey: Journey,
  place: Place,
  hook: Hook,
  { port }: Onward,
  flows: readonly Flow[],
  ip: (flow: Flow) => readonly Flow[],
): readonly Flow[] {
  const chains = place
    .program()
    .base.filter((base) => base.chain.family === 'bridge' && base.hook === hook)
    .toSorted((a, b) => a.priority - b.priority);
  const isBefore = (priority: number): boolean => hook === 'postrouting' || priority <= PRIORITY_BR_NETFILTER;
  const run = (early: boolean, given: readonly Flow[]): readonly Flow[] => {
    let on = given.map((flow) => ({ ...flow, input: flow.inputPort, output: hook === 'prerouting' ? null : port }));
    for (const base of chains) {
      if (isBefore(base.priority) !== early || on.length === 0) continue;
      const reads = JSON.stringify(
        base.chain.rules.map((rule) => rule.steps),
        plain,
      ).includes('"interface"');
      for (const flow of on) if (reads && lacksPort(flow, hook)) finish(journey, place, flow, UNSEEN_PORT);
      on = [...runBase(journey, spotAt(journey, place, hook), base, on)];
    }
    return on;
  };
  return run(false, run(true, flows).flatMap(ip));
}

const UNSEEN_PORT = { kind: 'doubtful', text: 'the ports of the bridge where it comes in and leaves' } as const;

const lacksPort = (flow: Flow, hook: Hook): boolean =>
  (flow.inputPort === null && (hook === 'prerouting' || hook === 'forward')) ||
  (flow.output === null && hook !== 'prerouting');

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
