import {
  addressRequest,
  decodeAddress,
  type LinkAddress,
  RTM_GETADDR,
  RTM_NEWADDR,
} from '../../linux/netlink/address.js';
import { AF_INET } from '../../linux/netlink/inet-diag.js';
import type { NetlinkSocket } from '../../linux/netlink/socket.js';
import { openVantage } from '../../linux/vantage.js';
import type { Network } from '../../model/network.js';
import { readLinks, readNetwork } from '../network/network.js';
import { type Device, devicesOf } from './devices.js';

function addressesOf(route: NetlinkSocket): readonly LinkAddress[] {
  const addresses: LinkAddress[] = [];
  route.dump(
    RTM_GETADDR,
    addressRequest(AF_INET),
    (view, at, end, type) => {
      if (type === RTM_NEWADDR) addresses.push(decodeAddress(view, at, end));
    },
    () => {
      addresses.length = 0;
    },
  );
  return addresses;
}

/** Asks rtnetlink of our own namespace. A string says why it does not answer. */
function asking<T>(ask: (route: NetlinkSocket) => T | string): T | string {
  const opened = openVantage(null, false);
  if (!opened.ok) return opened.why;
  try {
    return ask(opened.value.route);
  } finally {
    opened.value.close();
  }
}

/** Interfaces and IPv4 aliases of our own namespace. */
export const ownDevices = (): readonly Device[] | string =>
  asking((route) => {
    const links = readLinks(route);
    return typeof links === 'string' ? links : devicesOf(links, addressesOf(route));
  });

/** Interfaces, addresses, routes of every table and policy rules of our own namespace. */
export const ownNetwork = (): Network | string =>
  asking((route) => {
    const links = readLinks(route);
    return typeof links === 'string' ? links : readNetwork({ id: 0, name: 'this' }, route, links, () => null).value;
  });
