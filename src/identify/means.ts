import type { Network } from '../model/network.js';
import type { Group } from './group.js';

/** Addresses that a wildcard bind stands for right now. */
export class Meanings {
  readonly #networks: ReadonlyMap<number, Network>;
  readonly #made = new Map<string, readonly string[]>();

  constructor(networks: readonly Network[]) {
    this.#networks = new Map(networks.map((network) => [network.namespace, network]));
  }

  /** In the order of the interfaces; empty where the bind is no wildcard or the addresses were not read. */
  of(group: Group): readonly string[] {
    const { address, family, device, namespace } = group;
    if (family === null || (address !== '0.0.0.0' && address !== '::')) return [];
    const key = `${namespace} ${family} ${device ?? ''}`;
    const there = this.#made.get(key);
    if (there !== undefined) return there;
    const wanted = new Set<string>();
    for (const own of this.#networks.get(namespace)?.addresses ?? []) {
      if (device !== null && own.interface !== device) continue;
      if (family === 'ipv4' ? own.family !== 'ipv4' : family === 'ipv6' && own.family !== 'ipv6') continue;
      wanted.add(/^fe[89ab]/i.test(own.address) ? `${own.address}%${own.interface}` : own.address);
    }
    const means = [...wanted];
    this.#made.set(key, means);
    return means;
  }
}
