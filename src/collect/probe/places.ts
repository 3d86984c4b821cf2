import { type Address, parseAddress } from '../../lib/ip/address.js';
import type { Destination } from '../../linux/dial.js';
import type { IdentifiedListener } from '../../model/listener.js';
import type { Network } from '../../model/network.js';

/** One place where a listener can be spoken to from its own namespace. */
export interface Place extends Destination {
  /** Address to speak from; null: as routing has it. */
  readonly source: Address | null;
  /** Interface that the listener is bound to, which the socket is then bound to as well; null: none. */
  readonly device: string | null;
  /** Index of the interface that the listener is bound to, by its device or its scope; 0: none, or not known. */
  readonly interfaceIndex: number;
  /** Addresses that its datagrams may come from: a wildcard answers from the one that routing prefers. */
  readonly answersFrom: ReadonlySet<string>;
  /** True: asked as one who is let do more than strangers: over loopback, or at an X server from an address of its host. */
  readonly kinder: boolean;
}

/**
 * Servers that hold early ends against the address they came from: TigerVNC blocks it for ever longer times (BlacklistThreshold), so it sees
 * one that nobody uses; MySQL blocks it after a hundred (max_connect_errors), all but 127.0.0.1. An X server lets in whoever comes from an
 * address of its host (DefineSelf, os/access.c), so it too sees one that is none of them.
 */
const SOURCES: Readonly<Record<string, string>> = {
  vnc: '127.101.115.104',
  x11: '127.101.115.104',
  mysql: '127.0.0.1',
};

const LOOPBACK = { ipv4: '127.0.0.1', ipv6: '::1' } as const;
const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Tunnels and bridges too have addresses; the first that is no loopback is as good as any. */
function ownAddress(means: readonly string[], family: 'ipv4' | 'ipv6'): string | null {
  return (
    means.find((address) => {
      const parsed = parseAddress(address);
      return parsed !== null && parsed.family === family && !isLoopback(address) && !isLinkLocal(address);
    }) ?? null
  );
}

/**
 * Where to speak to a listener, best first: its own address; for a wildcard an address of the namespace, since a service often trusts
 * loopback and no other, and loopback where there is none or it does not answer. Empty: it has no address that can be spoken to.
 */
export function placesOf(listener: IdentifiedListener, network: Network | null): readonly Place[] {
  const { address: bound, port, family, device } = listener;
  if (bound === null || port === null) return [];
  const address = bound.split('%')[0] ?? bound;
  const index = network?.interfaces.find(({ name }) => name === device)?.index ?? 0;
  const place = (text: string, isLoopbacks: boolean): readonly Place[] => {
    const parsed = parseAddress(text);
    if (parsed === null) return [];
    const scope = isLinkLocal(text) ? index : 0;
    const from = parseAddress(SOURCES[listener.service.name ?? ''] ?? '');
    const source = from !== null && from.family === parsed.family ? from : null;
    const kinder = isLoopbacks || (listener.service.name === 'x11' && source === null);
    // A link-local bind is scoped by its address; any other device is one that the socket was tied to.
    return [
      {
        address: parsed,
        port,
        scope,
        source,
        device: scope === 0 ? device : null,
        interfaceIndex: index,
        answersFrom: new Set([text, ...listener.means]),
        kinder,
      },
    ];
  };
  if (!isWildcard(address)) return place(address, false);
  const families = address === '0.0.0.0' || family === 'dual' ? (['ipv4'] as const) : (['ipv6'] as const);
  return families.flatMap((one) => {
    const own = ownAddress(listener.means, one);
    return [...(own === null ? [] : place(own, false)), ...place(LOOPBACK[one], true)];
  });
}
