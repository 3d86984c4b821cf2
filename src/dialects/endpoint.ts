import { formatAddress, parseAddress, unmapped } from '../lib/ip/address.js';
import type { Endpoint } from '../model/socket.js';
import type { LocalEnd } from './dialect.js';
import { portsOfName } from './ports.js';

/** An endpoint as it is written: what stands before and after the last separator. */
export interface EndText {
  /** Address, name, or `*`; without brackets and scope. */
  readonly host: string;
  /** Number, name, or `*`. */
  readonly service: string;
  /** Interface after `%`; null: none. */
  readonly scope: string | null;
  readonly bracketed: boolean;
  /** Characters of the whole, for columns that cut. */
  readonly width: number;
}

/** A dotted quad as everybody prints it; it needs no further reading. */
const IPV4 = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const SERVICE = /^(?:\*|\d{1,5}|[A-Za-z_][\w.+/-]*|\d+[A-Za-z_-][\w.+-]*)$/;
const HOST = /^(?:\*|[\w:.-]*)$/;

/**
 * Splits at the LAST separator, since addresses hold colons and dots themselves: `*:22`, `:::22`, `[::1%lo]:22`, `[fe80::1]%eth0:546`,
 * `127.0.0.53%lo:53`, `fe80::1%lo0.25`. null: it is no endpoint.
 */
export function splitEnd(text: string, separator: '.' | ':'): EndText | null {
  const at = text.lastIndexOf(separator);
  if (at < 0) return null;
  const service = text.slice(at + 1);
  if (!SERVICE.test(service)) return null;
  let host = text.slice(0, at);
  let scope: string | null = null;
  let bracketed = false;
  if (host.startsWith('[')) {
    const close = host.indexOf(']');
    if (close < 0) return null;
    const after = host.slice(close + 1);
    if (after !== '' && !after.startsWith('%')) return null;
    host = host.slice(1, close) + after;
    bracketed = true;
  }
  const percent = host.indexOf('%');
  if (percent >= 0) {
    scope = host.slice(percent + 1);
    host = host.slice(0, percent);
  }
  if (!HOST.test(host) || (scope !== null && !/^[^\s%]+$/.test(scope))) return null;
  return { host, service, scope, bracketed, width: text.length };
}

/** `*`, nothing, or a family's zero address. */
export const isWildcardHost = (host: string): boolean =>
  host === '*' || host === '' || host === '0.0.0.0' || host === '::';

/** No peer: the foreign port is `*` or 0. */
export const hasNoPeer = (end: EndText): boolean => end.service === '*' || end.service === '0';

/** A raw socket has no foreign port: it is connected where it has a foreign address. */
export const hasPeerOf = (protocol: string, end: EndText): boolean =>
  protocol === 'raw' ? !isWildcardHost(end.host) : !hasNoPeer(end);

/** Names of the loopback addresses (RFC 6761, and hosts files as systems ship them). */
const LOOPBACK_NAMES: Readonly<Record<string, 'ipv4' | 'ipv6' | 'either'>> = {
  localhost: 'either',
  'localhost.localdomain': 'either',
  'ip6-localhost': 'ipv6',
  'ip6-loopback': 'ipv6',
  localhost6: 'ipv6',
  'localhost6.localdomain6': 'ipv6',
  localhost4: 'ipv4',
  'localhost4.localdomain4': 'ipv4',
};

interface HostOf {
  readonly address: string;
  /** null: a name, or hexadecimal text that was cut. */
  readonly family: 'ipv4' | 'ipv6' | null;
  readonly mapped: boolean;
}

/** The address behind the written host. `family`: what the protocol column or section title says, null where nothing does. */
export function hostOf(host: string, family: 'ipv4' | 'ipv6' | null): HostOf {
  if (host === '*' || host === '') {
    const kind = family ?? 'ipv4';
    return { address: kind === 'ipv4' ? '0.0.0.0' : '::', family: kind, mapped: false };
  }
  if (IPV4.test(host)) return { address: host, family: 'ipv4', mapped: family === 'ipv6' };
  const parsed = parseAddress(host);
  if (parsed !== null) {
    const plain = unmapped(parsed);
    return { address: formatAddress(plain), family: plain.family, mapped: plain.family !== parsed.family };
  }
  const loopback = LOOPBACK_NAMES[host.toLowerCase()];
  if (loopback !== undefined) {
    const kind = loopback === 'either' ? (family ?? 'ipv4') : loopback;
    return { address: kind === 'ipv4' ? '127.0.0.1' : '::1', family: kind, mapped: false };
  }
  return { address: host, family: null, mapped: false };
}

/** Zone indices: `%0` and a bare number of a wildcard say nothing of a device. */
const deviceOf = (end: EndText, address: string): string | null =>
  end.scope === null || end.scope === '0' || (/^\d+$/.test(end.scope) && isWildcardHost(address)) ? null : end.scope;

/** The local end and its family; null where the port is none (above 65535). */
export function localOf(
  end: EndText,
  protocol: string,
  family: 'ipv4' | 'ipv6' | null,
): { readonly local: LocalEnd; readonly family: 'ipv4' | 'ipv6' } | null {
  const host = hostOf(end.host, family);
  const device = deviceOf(end, host.address);
  const shown = host.mapped ? 'ipv6' : (family ?? host.family ?? (end.host.includes(':') ? 'ipv6' : 'ipv4'));
  const local = { address: host.address, device, mapped: host.mapped };
  if (end.service === '*') return { local: { ...local, port: 0 }, family: shown };
  const port = Number(end.service);
  if (port >= 0) return port > 65535 ? null : { local: { ...local, port }, family: shown };
  return { local: { ...local, ...portOfName(end.service, protocol) }, family: shown };
}

/** Port of a name: a number where it stands for exactly one, else the candidates. */
export function portOfName(
  name: string,
  protocol: string,
): { readonly port: number | null; readonly portName: string; readonly portCandidates?: readonly number[] } {
  const ports = portsOfName(name, protocol);
  const [only] = ports;
  if (ports.length === 1 && only !== undefined) return { port: only, portName: name };
  return ports.length === 0 ? { port: null, portName: name } : { port: null, portName: name, portCandidates: ports };
}

/** The peer; names stay names. */
export function peerOf(end: EndText, protocol: string, family: 'ipv4' | 'ipv6' | null): Endpoint {
  const { host, service } = end;
  const keeps = IPV4.test(host) || (!host.includes(':') && LOOPBACK_NAMES[host.toLowerCase()] !== undefined);
  const address = keeps ? host : hostOf(host, family).address;
  const number = Number(service);
  if (number >= 0) return { address, port: number <= 65535 ? number : null };
  return { address, port: portOfName(service, protocol).port };
}

/** A peer whose address a column cut off: what is left of it, marked so that it never passes for a whole one. */
export const cutPeer = (peer: Endpoint): Endpoint => ({ ...peer, address: `${peer.address}…` });
