import type { Point } from '../lib/ip/intervals.js';
import type { Flow } from './flow.js';
import type { Family } from './ir.js';
import { type Place, pointOfText } from './world.js';

/** A real server that IPVS passes packets on to. */
export interface RealServer {
  readonly address: string;
  readonly port: number;
  /** `Masq`, `Route`, `Tunnel`, `Local`, as the kernel calls the ways to it. */
  readonly forward: string;
  readonly weight: number;
}

/** A virtual service of IPVS. */
export interface VirtualService {
  readonly l4: number;
  readonly family: Family;
  readonly address: Point;
  readonly addressText: string;
  /** 0: every port. */
  readonly port: number;
  readonly scheduler: string;
  readonly servers: readonly RealServer[];
}

/** A service for packets that bear a mark. */
export interface MarkedService {
  readonly mark: number;
  readonly scheduler: string;
  readonly servers: readonly RealServer[];
}

export interface Ipvs {
  readonly services: readonly VirtualService[];
  readonly marked: readonly MarkedService[];
  /** Lines of no known form. */
  readonly unread: readonly string[];
}

const L4: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132 };
const SERVICES_MAX = 20_000;

/** `0A000001` in host order, or `[2001:0db8:…]`; null: neither. */
function addressOf(text: string): string | null {
  if (text.startsWith('[')) return text.slice(1, -1);
  if (!/^[0-9A-F]{8}$/.test(text)) return null;
  const value = Number.parseInt(text, 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

const ENDPOINT = '(\\[[0-9a-f:.]+\\]|[0-9A-F]{8}):([0-9A-F]{4})';
const SERVICE = new RegExp(`^([A-Z]+) {2}${ENDPOINT} (\\S+)`);
const MARKED = /^FWM {2}([0-9A-F]{8}) (\S+)/;
const SERVER = new RegExp(`^ {2}-> ${ENDPOINT} +(\\w+) +(-?\\d+) `);

function serverOf(line: string): RealServer | null {
  const [, host = '', port = '', forward = '', weight = ''] = SERVER.exec(line) ?? [];
  const address = addressOf(host);
  if (address === null || port === '') return null;
  return { address, port: Number.parseInt(port, 16), forward, weight: Number(weight) };
}

function serviceOf(line: string): VirtualService | null {
  const [, protocol = '', host = '', port = '', scheduler = ''] = SERVICE.exec(line) ?? [];
  const l4 = L4[protocol];
  const text = addressOf(host);
  const parsed = text === null ? null : pointOfText(text);
  if (l4 === undefined || text === null || parsed === null) return null;
  return {
    l4,
    family: parsed.family,
    address: parsed.point,
    addressText: text,
    port: Number.parseInt(port, 16),
    scheduler,
    servers: [],
  };
}

/** The text of /proc/net/ip_vs (`ip_vs_info_seq_show` of net/netfilter/ipvs/ip_vs_ctl.c): numbers in hexadecimal, IPv4 in host order. */
export function parseIpvs(text: string): Ipvs {
  const services: (VirtualService & { servers: RealServer[] })[] = [];
  const marked: (MarkedService & { servers: RealServer[] })[] = [];
  const unread: string[] = [];
  let servers: RealServer[] | null = null;
  for (const line of text.split('\n').slice(3, SERVICES_MAX)) {
    if (line.trim() === '') continue;
    if (line.startsWith('  -> ')) {
      const server = serverOf(line);
      if (server === null || servers === null) unread.push(line.trim());
      else servers.push(server);
      continue;
    }
    servers = [];
    const [, mark, scheduler = ''] = MARKED.exec(line) ?? [];
    const service = mark === undefined ? serviceOf(line) : null;
    if (mark !== undefined) marked.push({ mark: Number.parseInt(mark, 16), scheduler, servers });
    else if (service !== null) services.push({ ...service, servers });
    else unread.push(line.trim());
  }
  return { services, marked, unread };
}

const parsed = new WeakMap<Place, Ipvs | null>();

/** IPVS of a place, parsed once; null: it has none. */
export function ipvsOf(place: Place): Ipvs | null {
  let known = parsed.get(place);
  if (known === undefined) {
    const { ipvs } = place.network.firewall;
    known = ipvs === undefined ? null : parseIpvs(ipvs);
    parsed.set(place, known);
  }
  return known;
}

const serversText = (servers: readonly RealServer[]): string =>
  servers.length === 0
    ? 'no server at all'
    : servers.map(({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`).join(', ');

/** Why IPVS takes a packet that is to be delivered here, in words; null: it does not. */
export function takenByIpvs(place: Place, flow: Flow): string | null {
  const ipvs = ipvsOf(place);
  if (ipvs === null) return null;
  const service = ipvs.services.find(
    (one) =>
      one.l4 === flow.l4 &&
      one.family === flow.family &&
      one.address === flow.destination &&
      (one.port === flow.port || one.port === 0),
  );
  if (service !== undefined) return `IPVS (${service.scheduler}) passes it on to ${serversText(service.servers)}`;
  const marked = ipvs.marked.find(({ mark }) => flow.mark === null || flow.mark === mark);
  if (marked !== undefined)
    return `IPVS (${marked.scheduler}) passes what bears mark ${marked.mark} on to ${serversText(marked.servers)}`;
  return ipvs.unread.length === 0 ? null : 'a service of IPVS that was not understood';
}
