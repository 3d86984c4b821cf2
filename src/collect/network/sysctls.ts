import type { Link } from '../../linux/netlink/link.js';
import type { SysctlFolder } from '../../linux/vantage.js';
import type { Host } from '../host.js';

const VALUE_BYTES_MAX = 4096;

/** Values that decide who reaches what, below /proc/sys/net (Documentation/networking/ip-sysctl.rst). */
const GENERAL: Readonly<Record<SysctlFolder, readonly string[]>> = {
  ipv4: [
    'ip_forward',
    'ip_local_port_range',
    'ip_local_reserved_ports',
    'ip_nonlocal_bind',
    'ip_unprivileged_port_start',
    'tcp_l3mdev_accept',
    'udp_l3mdev_accept',
    'raw_l3mdev_accept',
    'fwmark_reflect',
    'tcp_syncookies',
    'icmp_echo_ignore_broadcasts',
  ],
  ipv6: ['bindv6only', 'ip_nonlocal_bind'],
  netfilter: ['nf_conntrack_tcp_loose', 'nf_conntrack_tcp_be_liberal'],
  bridge: ['bridge-nf-call-iptables', 'bridge-nf-call-ip6tables', 'bridge-nf-call-arptables'],
};

/**
 * Values of `all`, `default` and each interface; with the place in what rtnetlink tells of an interface (IPV4_DEVCONF_… less one, linux/ip.h;
 * DEVCONF_…, linux/ipv6.h), or null where kernels do not agree on it.
 */
const PER_INTERFACE: Readonly<Partial<Record<SysctlFolder, Readonly<Record<string, number | null>>>>> = {
  ipv4: {
    forwarding: 0,
    rp_filter: 7,
    accept_local: 22,
    route_localnet: 25,
    accept_source_route: 8,
    src_valid_mark: 23,
  },
  ipv6: { forwarding: 0, force_forwarding: null, disable_ipv6: 26, accept_source_route: 24, accept_ra: 3 },
};

/** Values of `all` that decide nothing here, but that rules about the host speak of. */
const OF_ALL: Readonly<Partial<Record<SysctlFolder, readonly string[]>>> = {
  ipv4: ['accept_redirects', 'send_redirects', 'proxy_arp', 'log_martians'],
};

/**
 * Sysctls of a namespace by dotted name (`net.ipv4.conf.eth0.rp_filter`), text as read. What this kernel does not have is not there.
 * `folderOf` gives the path of a folder as the namespace sees it. What rtnetlink told of the interfaces already is not read again: the kernel
 * finds a file of /proc/sys the more slowly, the more namespaces there have been.
 */
export function readSysctls(
  host: Host,
  folderOf: (folder: SysctlFolder) => string | null,
  links: readonly Pick<Link, 'name' | 'inet' | 'inet6'>[],
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const take = (path: string, name: string): boolean => {
    const read = host.sync.readText(path, VALUE_BYTES_MAX);
    if (read.ok) values[name] = read.value.trim().replaceAll('\t', ' ');
    return read.ok;
  };
  for (const folder of ['ipv4', 'ipv6', 'netfilter', 'bridge'] as const) {
    const path = folderOf(folder);
    if (path === null) continue;
    for (const name of GENERAL[folder]) take(`${path}/${name}`, `net.${folder}.${name}`);
    for (const name of OF_ALL[folder] ?? []) take(`${path}/conf/all/${name}`, `net.${folder}.conf.all.${name}`);
    for (const [name, place] of Object.entries(PER_INTERFACE[folder] ?? {})) {
      // A kernel that does not have it for `all` has it for no interface.
      if (!take(`${path}/conf/all/${name}`, `net.${folder}.conf.all.${name}`)) continue;
      take(`${path}/conf/default/${name}`, `net.${folder}.conf.default.${name}`);
      for (const link of links) {
        const key = `net.${folder}.conf.${link.name}.${name}`;
        const told = place === null ? undefined : (folder === 'ipv4' ? link.inet : link.inet6)?.[place];
        if (told === undefined) take(`${path}/conf/${link.name}/${name}`, key);
        else values[key] = String(told);
      }
    }
  }
  return values;
}
