import type { IdentifiedListener } from '../model/listener.js';
import type { Published } from '../model/report.js';
import { UNKNOWN_SERVICE } from '../model/service.js';
import type { Protocol } from '../model/socket.js';
import { ipvsOf, type RealServer, type VirtualService } from './ipvs.js';
import type { Judge } from './judge.js';
import { peerOf } from './peers.js';
import { exposureOf } from './rows.js';
import { L4_OF, lookupSocket } from './sockets.js';
import { type Place, pointOfText, type World } from './world.js';

const protocolOf = (l4: number): Protocol => {
  for (const [name, number] of Object.entries(L4_OF)) if (number === l4) return name as Protocol;
  return 'tcp';
};

/** Namespaces of this host that a real server's address lies in: joined ones first. */
function homeOf(world: World, place: Place, address: string): Place | null {
  const joined = place.network.interfaces.flatMap((link) => peerOf(world, place, link).map((peer) => peer.place));
  const holds = (one: Place): boolean => one.network.addresses.some((own) => own.address === address);
  return joined.find(holds) ?? (holds(place) ? place : null);
}

function publishedAt(judge: Judge, place: Place, service: VirtualService, server: RealServer): Published {
  const { l4, family, address, addressText, port } = service;
  const home = homeOf(judge.world, place, server.address);
  const point = pointOfText(server.address)?.point;
  const listener: IdentifiedListener | null =
    home === null || point === undefined
      ? null
      : lookupSocket(home, { l4, family, address: point, port: server.port, device: null });
  const target = { place, family, address, l4, port };
  const host = family === 'ipv6' ? `[${addressText}]` : addressText;
  const protocol = protocolOf(l4);
  return {
    id: `published/${protocol}/${host}:${port}@${place.name}`,
    via: {
      kind: 'rule',
      backend: null,
      family: family === 'ipv6' ? 'ip6' : 'ip',
      table: null,
      chain: null,
      handle: null,
      number: null,
      rule: `IPVS ${service.scheduler}: ${server.forward} to ${server.address} port ${server.port}, weight ${server.weight}`,
      verdict: 'ipvs',
    },
    target: {
      address: server.address,
      port: server.port,
      portEnd: null,
      namespace: home === null || home.id === place.id ? null : home.name,
      listener: listener?.id ?? null,
    },
    protocol,
    family,
    address: addressText,
    port,
    portEnd: port === 0 ? 65_535 : null,
    namespace: { id: place.id, name: place.name },
    service: listener?.service ?? UNKNOWN_SERVICE,
    // Whom the rules let get as far as IPVS; what becomes of a packet behind it is not followed.
    exposure: exposureOf(
      judge.judged(target, judge.entries(place), () => false),
      place.id,
    ),
    owners: listener?.owners ?? [],
  };
}

/** What IPVS publishes: an entry for each real server of each service. */
export function publishedByIpvs(judge: Judge): readonly Published[] {
  return [...judge.world.places.values()].flatMap((place) =>
    (ipvsOf(place)?.services ?? []).flatMap((service) =>
      service.servers.map((server) => publishedAt(judge, place, service, server)),
    ),
  );
}
