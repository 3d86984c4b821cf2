import { decodeText } from '../../lib/bytes.js';
import { socketLookups, tcxPrograms } from '../../linux/bpf-query.js';
import { errnoName } from '../../linux/errno.js';
import { withNamespace } from '../../linux/namespaces.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { Firewall, Interface } from '../../model/network.js';
import type { Host } from '../host.js';
import type { FirewallPlace } from './place.js';

const IPVS_BYTES_MAX = 16 * 1024 * 1024;
/** Kernels that have no such programs: before 5.9, or built without BPF. */
const NO_SUCH_PROGRAMS: ReadonlySet<string> = new Set(['EINVAL', 'ENOSYS', 'EOPNOTSUPP']);

type Beside = Pick<Firewall, 'socketLookups' | 'ipvs'>;

function notSeen(what: string, why: string, hides: string): Gap {
  return { kind: 'firewall', what, why, hides, fix: 'run as root on the host itself', hidesListeners: false };
}

/**
 * BPF programs that choose the socket for a packet. The namespace is asked through its descriptor, and not entered. Where even the list of
 * rules was refused, that gap says enough.
 */
function readSocketLookups(host: Host, place: FirewallPlace, rulesListed: boolean): Reading<Beside> {
  if (!host.live || place.descriptor === null) return { value: {}, gaps: [] };
  const programs = socketLookups(place.descriptor);
  if (typeof programs !== 'number') {
    if (programs.length === 0) return { value: {}, gaps: [] };
    return { value: { socketLookups: programs.map(({ id, name }) => ({ id, name: decodeText(name) })) }, gaps: [] };
  }
  const name = errnoName(programs);
  if (NO_SUCH_PROGRAMS.has(name) || !rulesListed) return { value: {}, gaps: [] };
  const hides =
    'ports that such a program serves though no socket shows them (sk_lookup), and packets that one drops before the firewall (tcx)';
  return {
    value: {},
    gaps: [notSeen(`BPF programs of namespace ${place.name}, if there are any`, `${name}: bpf(2)`, hides)],
  };
}

const WAYS = ['ingress', 'egress'] as const;

/** The programs of each device in words; a number is the errno of the first refusal. */
function tcxOf(links: readonly Interface[]): ReadonlyMap<number, readonly string[]> | number {
  const found = new Map<number, readonly string[]>();
  for (const { index } of links) {
    const all: string[] = [];
    for (const way of WAYS) {
      const programs = tcxPrograms(index, way);
      // The device went away meanwhile.
      if (typeof programs === 'number' && errnoName(programs) === 'ENODEV') continue;
      if (typeof programs === 'number') return programs;
      for (const { id, name } of programs) all.push(`${way} tcx ${decodeText(name) || id}`);
    }
    if (all.length > 0) found.set(index, all);
  }
  return found;
}

/**
 * The interfaces with the BPF programs at their gates that rtnetlink does not list (tcx). They are asked for by index, so the namespace is
 * entered for that long.
 */
export function withTcx(host: Host, place: FirewallPlace, links: readonly Interface[]): Reading<readonly Interface[]> {
  const unchanged = { value: links, gaps: [] };
  if (!host.live || (!place.own && place.descriptor === null)) return unchanged;
  const entered =
    place.own || place.descriptor === null
      ? { ok: true as const, value: tcxOf(links) }
      : withNamespace(place.descriptor, () => tcxOf(links));
  if (!entered.ok) return unchanged;
  const found = entered.value;
  if (typeof found === 'number') {
    const name = errnoName(found);
    // Where they may not be listed, the gap of the socket programs says so.
    if (NO_SUCH_PROGRAMS.has(name) || name === 'EPERM') return unchanged;
    const hides = 'packets that such a program drops or redirects before the firewall sees them';
    const what = `BPF programs at the devices of namespace ${place.name}, if there are any`;
    return { value: links, gaps: [notSeen(what, `${name}: bpf(2)`, hides)] };
  }
  if (found.size === 0) return unchanged;
  return { value: links.map((link) => ({ ...link, tc: [...link.tc, ...(found.get(link.index) ?? [])] })), gaps: [] };
}

/** Services of IPVS, from the kernel's own list; there is none where its module is not loaded. */
function readIpvs(host: Host, place: FirewallPlace): Reading<Beside> {
  const folder = place.own || !host.live ? '/proc/self/net' : place.procNet;
  if (folder === null) return { value: {}, gaps: [] };
  const read = host.sync.readText(`${folder}/ip_vs`, IPVS_BYTES_MAX);
  if (read.ok) return { value: /^(?:[A-Z]+) {2}/m.test(read.value) ? { ipvs: read.value } : {}, gaps: [] };
  if (read.code === 'ENOENT') return { value: {}, gaps: [] };
  return {
    value: {},
    gaps: [
      notSeen(`services of IPVS in namespace ${place.name}`, read.why, 'ports that IPVS passes on to other hosts'),
    ],
  };
}

/** What delivers packets beside rules and sockets. On a host without either: one system call, and one file that is not there. */
export function readBeside(host: Host, place: FirewallPlace, rulesListed: boolean): Reading<Beside> {
  const lookups = readSocketLookups(host, place, rulesListed);
  const ipvs = readIpvs(host, place);
  return { value: { ...lookups.value, ...ipvs.value }, gaps: [...lookups.gaps, ...ipvs.gaps] };
}
