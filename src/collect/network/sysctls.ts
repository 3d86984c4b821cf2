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

/** Values of `all`, `default` and each interface. */
const PER_INTERFACE: Readonly<Partial<Record<SysctlFolder, readonly string[]>>> = {
  ipv4: ['forwarding', 'rp_filter', 'accept_local', 'route_localnet', 'accept_source_route', 'src_valid_mark'],
  ipv6: ['forwarding', 'force_forwarding', 'disable_ipv6', 'accept_source_route', 'accept_ra'],
};

/** Values of `all` that decide nothing here, but that rules about the host speak of. */
const OF_ALL: Readonly<Partial<Record<SysctlFolder, readonly string[]>>> = {
  ipv4: ['accept_redirects', 'send_redirects', 'proxy_arp', 'log_martians'],
};

/**
 * Sysctls of a namespace by dotted name (`net.ipv4.conf.eth0.rp_filter`), text as read. What this kernel does not have is not there.
 * `folderOf` gives the path of a folder as the namespace sees it.
 */
export function readSysctls(
  host: Host,
  folderOf: (folder: SysctlFolder) => string | null,
  interfaces: readonly string[],
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
    for (const name of PER_INTERFACE[folder] ?? []) {
      // A kernel that does not have it for `all` has it for no interface.
      if (!take(`${path}/conf/all/${name}`, `net.${folder}.conf.all.${name}`)) continue;
      for (const place of ['default', ...interfaces])
        take(`${path}/conf/${place}/${name}`, `net.${folder}.conf.${place}.${name}`);
    }
  }
  return values;
}
