import { decodeText } from '../../lib/bytes.js';
import { socketLookups } from '../../linux/bpf-query.js';
import { errnoName } from '../../linux/errno.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { Firewall } from '../../model/network.js';
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
  const hides = 'ports that such a program serves though no socket shows them';
  return {
    value: {},
    gaps: [notSeen(`BPF sk_lookup programs of namespace ${place.name}, if there are any`, `${name}: bpf(2)`, hides)],
  };
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
