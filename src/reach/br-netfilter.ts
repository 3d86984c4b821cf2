import type { Interface } from '../model/network.js';
import type { Flow } from './flow.js';
import type { Family } from './ir.js';
import type { Place } from './world.js';

/** br_netfilter calls the IP hooks for bridged frames: by sysctl for all bridges, or by an option of this one. */
export function callsIpHooks(place: Place, bridge: Interface, family: Family): boolean {
  const key = family === 'ipv4' ? 'iptables' : 'ip6tables';
  const set = [place.sysctl(`net.bridge.bridge-nf-call-${key}`), bridge.options[`nf_call_${key}`]];
  return set.some((value) => Number(value ?? 0) > 0);
}

/** Devices as br_netfilter notes them on a packet that came by a bridge; null: it noted nothing. `unseen`: which port is not known. */
export interface PhysicalDevices {
  readonly in: Interface | 'unseen';
  readonly out: Interface | 'unseen' | null;
}

/** What xt_physdev reads (nf_bridge_info): the port a packet came in by, and where it stays on the bridge the one it leaves by. */
export function physicalDevices(place: Place, flow: Flow): PhysicalDevices | null {
  const port = flow.inputPort;
  const master = port?.master ?? null;
  const bridge = master === null ? [flow.input, flow.output].find(isBridge) : place.byIndex.get(master);
  const camePast = port !== null || flow.input?.kind === 'bridge' || flow.bridgedTo !== null;
  if (!camePast || bridge === undefined || bridge === null || !callsIpHooks(place, bridge, flow.family)) return null;
  return { in: port ?? 'unseen', out: flow.bridgedTo };
}

const isBridge = (link: Interface | null): link is Interface => link?.kind === 'bridge';
