import { attribute, concatenated, eachAttribute, HOST_IS_LITTLE } from './attributes.js';
import { AF_INET, AF_INET6, addressAt } from './inet-diag.js';
import type { NetlinkSocket } from './socket.js';

const HEADER_BYTES = 4;
const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
/** linux/wireguard.h. */
const WG_CMD_GET_DEVICE = 0;
const WGDEVICE_A_IFNAME = 2;
const WGDEVICE_A_LISTEN_PORT = 6;
/** linux/mptcp_pm.h. */
const MPTCP_PM_CMD_GET_ADDR = 3;
const MPTCP_PM_ATTR_ADDR = 1;
const ADDR_ADDR4 = 3;
const ADDR_ADDR6 = 4;
const ADDR_PORT = 5;

/** `struct genlmsghdr`, linux/genetlink.h. */
const header = (command: number): Uint8Array => Uint8Array.of(command, 1, 0, 0);

const cString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

/** Number of a family that is loaded; null: there is none. A family with a module of that name would be loaded by asking: ask only for what is in use. */
function familyOf(generic: NetlinkSocket, name: string): number | null {
  let id: number | null = null;
  generic.ask(
    GENL_ID_CTRL,
    concatenated(header(CTRL_CMD_GETFAMILY), attribute(CTRL_ATTR_FAMILY_NAME, cString(name))),
    (view, at, end) =>
      eachAttribute(view, at + HEADER_BYTES, end, (type, from) => {
        if (type === CTRL_ATTR_FAMILY_ID) id = view.getUint16(from, HOST_IS_LITTLE);
      }),
  );
  return id;
}

/** UDP port of a WireGuard interface; null: not told (it needs CAP_NET_ADMIN). The answer's keys are not looked at. */
export function wireguardPort(generic: NetlinkSocket, name: string): number | null {
  const family = familyOf(generic, 'wireguard');
  if (family === null) return null;
  let port: number | null = null;
  generic.dump(
    family,
    concatenated(header(WG_CMD_GET_DEVICE), attribute(WGDEVICE_A_IFNAME, cString(name))),
    (view, at, end) =>
      eachAttribute(view, at + HEADER_BYTES, end, (type, from) => {
        if (type === WGDEVICE_A_LISTEN_PORT) port = view.getUint16(from, HOST_IS_LITTLE);
      }),
    () => undefined,
  );
  return port;
}

/** An endpoint of MPTCP's path manager with a port: the kernel listens there itself. */
export interface MptcpEndpoint {
  readonly address: string;
  readonly port: number;
}

function endpointAt(view: DataView, at: number, end: number): MptcpEndpoint | null {
  let address = '';
  let port = 0;
  eachAttribute(view, at, end, (type, from) => {
    if (type === ADDR_ADDR4) address = addressAt(view, from, AF_INET);
    else if (type === ADDR_ADDR6) address = addressAt(view, from, AF_INET6);
    else if (type === ADDR_PORT) port = view.getUint16(from, HOST_IS_LITTLE);
  });
  return port === 0 ? null : { address, port };
}

/** Endpoints with a port; empty where MPTCP is not there. */
export function mptcpEndpoints(generic: NetlinkSocket): readonly MptcpEndpoint[] {
  const family = familyOf(generic, 'mptcp_pm');
  if (family === null) return [];
  const endpoints: MptcpEndpoint[] = [];
  generic.dump(
    family,
    header(MPTCP_PM_CMD_GET_ADDR),
    (view, at, end) =>
      eachAttribute(view, at + HEADER_BYTES, end, (type, from, to) => {
        const endpoint = type === MPTCP_PM_ATTR_ADDR ? endpointAt(view, from, to) : null;
        if (endpoint !== null) endpoints.push(endpoint);
      }),
    () => {
      endpoints.length = 0;
    },
  );
  return endpoints;
}
