import { formatIPv4 } from '../../lib/ip/address.js';
import type { LinkAddress } from '../../linux/netlink/address.js';
import type { Link } from '../../linux/netlink/link.js';
import type { DeviceCounters, DeviceMap, InterfaceIPv4, InterfaceIPv6, InterfaceRow } from '../../model/netstat.js';
import type { Host } from '../host.js';
import { fieldsOf, hex, inet6Of, tableLines } from './table.js';

/** An interface before its counters and IPv6 addresses are added. */
export type Device = Omit<InterfaceRow, 'counters' | 'ipv6'>;

/** /proc/net/dev: sixteen columns after `NAME:`. */
export function parseDeviceCounters(line: string): readonly [name: string, counters: DeviceCounters] {
  const colon = line.lastIndexOf(':');
  const columns = fieldsOf(line.slice(colon + 1));
  const at = (index: number): string => columns[index] ?? '0';
  return [
    line.slice(0, colon).trim(),
    {
      rxBytes: at(0),
      rxPackets: at(1),
      rxErrors: at(2),
      rxDropped: at(3),
      rxOverruns: at(4),
      rxFrame: at(5),
      rxCompressed: at(6),
      txBytes: at(8),
      txPackets: at(9),
      txErrors: at(10),
      txDropped: at(11),
      txOverruns: at(12),
      collisions: at(13),
      txCarrier: at(14),
      txCompressed: at(15),
    },
  ];
}

/** /proc/net/if_inet6: `ADDRESS INDEX LENGTH SCOPE FLAGS DEVICE`. */
function inet6ByDevice(host: Host, complain: (why: string) => void): ReadonlyMap<string, InterfaceIPv6[]> {
  const byDevice = new Map<string, InterfaceIPv6[]>();
  for (const line of tableLines(host, '/proc/net/if_inet6', 0, complain)) {
    const [address = '', , length, scope, , device = ''] = fieldsOf(line);
    const known = byDevice.get(device) ?? [];
    known.push({ address: inet6Of(address), prefixLength: hex(length), scope: hex(scope) });
    byDevice.set(device, known);
  }
  return byDevice;
}

const maskOf = (length: number): string => formatIPv4(length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0);

const ipv4Of = (address: LinkAddress): InterfaceIPv4 => ({
  address: address.local ?? address.address ?? '0.0.0.0',
  mask: maskOf(address.prefixLength),
  broadcast: address.broadcast ?? '0.0.0.0',
  destination: address.address ?? '0.0.0.0',
});

/** `struct rtnl_link_ifmap`, linux/if_link.h: three numbers of 64 bits, one of 16, two of 8. */
function mapOf(bytes: Uint8Array | null): DeviceMap | null {
  if (bytes === null || bytes.length < 28) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    memoryStart: view.getBigUint64(0, true).toString(16),
    memoryEnd: view.getBigUint64(8, true).toString(16),
    baseAddress: Number(view.getBigUint64(16, true)),
    interrupt: view.getUint16(24, true),
    dma: view.getUint8(26),
    port: view.getUint8(27),
  };
}

/** IPv4 addresses carry the name that ifconfig knows them by; one that is no interface's is an alias of its own. */
export function devicesOf(links: readonly Link[], addresses: readonly LinkAddress[]): readonly Device[] {
  const byLabel = new Map<string, LinkAddress>();
  for (const address of addresses)
    if (address.label !== null && !byLabel.has(address.label)) byLabel.set(address.label, address);
  const deviceOf = (link: Link, name: string): Device => {
    const address = byLabel.get(name);
    return {
      name,
      flags: (link.flags << 16) >> 16,
      mtu: link.mtu,
      hardware: link.hardware,
      address: [...link.address],
      queueLength: link.queueLength,
      ipv4: address === undefined ? null : ipv4Of(address),
      map: mapOf(link.map),
    };
  };
  const names = new Set(links.map((link) => link.name));
  const aliases = [...byLabel].filter(([label]) => !names.has(label));
  return [
    ...links.map((link) => deviceOf(link, link.name)),
    ...aliases.flatMap(([label, address]) => {
      const link = links.find((each) => each.index === address.index);
      return link === undefined ? [] : [deviceOf(link, label)];
    }),
  ];
}

const SYS_BYTES_MAX = 4096;

/** Interfaces where rtnetlink cannot be asked: /sys has no IPv4 addresses and no aliases. */
export function sysDevices(host: Host): readonly Device[] {
  const folder = '/sys/class/net';
  const listed = host.sync.list(folder);
  const text = (name: string, file: string): string => {
    const read = host.sync.readText(`${folder}/${name}/${file}`, SYS_BYTES_MAX);
    return read.ok ? read.value.trim() : '';
  };
  return (listed.ok ? listed.value : []).map((name) => ({
    name,
    flags: (Number(text(name, 'flags')) << 16) >> 16,
    mtu: Number(text(name, 'mtu')),
    hardware: Number(text(name, 'type')),
    address: text(name, 'address').split(':').filter(Boolean).map(hex),
    queueLength: Number(text(name, 'tx_queue_len')),
    ipv4: null,
    map: null,
  }));
}

/** Adds what /proc/net tells of them. */
export function withCounters(
  host: Host,
  devices: readonly Device[],
  complain: (why: string) => void,
): readonly InterfaceRow[] {
  const counters = new Map(tableLines(host, '/proc/net/dev', 2, complain).map(parseDeviceCounters));
  const inet6 = inet6ByDevice(host, complain);
  return devices.map((device) => ({
    ...device,
    counters: counters.get(device.name) ?? null,
    ipv6: inet6.get(device.name) ?? [],
  }));
}
