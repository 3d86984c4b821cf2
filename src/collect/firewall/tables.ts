import { decodeText } from '../../lib/bytes.js';
import { errnoName } from '../../linux/errno.js';
import { withNamespace } from '../../linux/namespaces.js';
import { dumpTables, rulesetGeneration } from '../../linux/netlink/nftables.js';
import { NETLINK_NETFILTER, NetlinkSocket } from '../../linux/netlink/socket.js';
import { type Host, unameOf } from '../host.js';
import { complaint, type FirewallPlace, runInside } from './place.js';

const NAMES_BYTES_MAX = 4_096;
const MODULES_BYTES_MAX = 4 * 1024 * 1024;
/** The kernel has no nf_tables at all: EINVAL of nfnetlink, EPROTONOSUPPORT of socket(2). */
const NO_SUCH_SUBSYSTEM: ReadonlySet<string> = new Set(['EINVAL', 'EOPNOTSUPP', 'EPROTONOSUPPORT', 'EAFNOSUPPORT']);

/** Which tables there are, or why that is not known. */
export type Known<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** A table of nf_tables as its user writes it. */
export interface Table {
  readonly family: string;
  readonly name: string;
  /** nft's words; `dormant`: its chains hang nowhere, so no packet meets them. */
  readonly flags: readonly string[];
}

/** nf_tables of one namespace, asked without starting a program. */
export interface NftState {
  readonly tables: readonly Table[];
  /** The ruleset's generation now; null: not told. */
  generation(): number | null;
  close(): void;
}

/**
 * Asking would make the kernel load nf_tables where it is a module that is not loaded; then there are no tables, and nothing is asked.
 * Built in, it is in neither place, and asking is harmless.
 */
function isUnloadedModule(host: Host): boolean {
  const loaded = host.sync.stat('/sys/module/nf_tables');
  if (loaded.ok) return false;
  const modules = host.sync.readText('/proc/modules', MODULES_BYTES_MAX);
  if (!modules.ok || /^nf_tables /m.test(modules.value)) return false;
  const folder = host.sync.list(`/lib/modules/${unameOf(host).kernel}/kernel/net/netfilter`);
  return folder.ok && folder.value.some((name) => /^nf_tables\.ko(\.|$)/.test(name));
}

function openInside(place: FirewallPlace): NetlinkSocket | string {
  const opened = ((): ReturnType<typeof NetlinkSocket.open> | string => {
    if (place.own) return NetlinkSocket.open(NETLINK_NETFILTER);
    if (place.descriptor === null) return 'EACCES: the namespace cannot be entered';
    const entered = withNamespace(place.descriptor, () => NetlinkSocket.open(NETLINK_NETFILTER));
    return entered.ok ? entered.value : entered.why;
  })();
  return typeof opened === 'number' ? `${errnoName(-opened)}: socket(NETLINK_NETFILTER)` : opened;
}

const NO_TABLES: NftState = { tables: [], generation: () => null, close: () => undefined };

/** Tables of nf_tables. The caller closes what it gets. */
export function nftTables(host: Host, place: FirewallPlace): Known<NftState> {
  if (isUnloadedModule(host)) return { ok: true, value: NO_TABLES };
  const socket = openInside(place);
  if (typeof socket === 'string')
    return NO_SUCH_SUBSYSTEM.has(socket.split(':')[0] ?? '')
      ? { ok: true, value: NO_TABLES }
      : { ok: false, why: socket };
  socket.prepare(false);
  const { tables, end } = dumpTables(socket);
  if (end.kind === 'refused') {
    socket.close();
    const name = errnoName(end.errno);
    return NO_SUCH_SUBSYSTEM.has(name)
      ? { ok: true, value: NO_TABLES }
      : { ok: false, why: `${name}: list of nf_tables` };
  }
  return {
    ok: true,
    value: {
      tables: tables.map(({ family, name, flags }) => ({ family, name: decodeText(name), flags })),
      generation: () => rulesetGeneration(socket),
      close: () => socket.close(),
    },
  };
}

/** Tables of legacy iptables and ip6tables. */
export interface LegacyTables {
  readonly ip: Known<readonly string[]>;
  readonly ip6: Known<readonly string[]>;
}

const FAMILIES = ['ip', 'ip6'] as const;
const fileOf = (folder: string, family: 'ip' | 'ip6'): string => `${folder}/${family}_tables_names`;
const linesOf = (text: string): readonly string[] => text.split('\n').filter(Boolean);

/** Tables that legacy iptables has made, by the kernel's own list: asking iptables itself would create them. */
export async function legacyTables(host: Host, place: FirewallPlace): Promise<LegacyTables> {
  const folder = place.own || !host.live ? '/proc/self/net' : place.procNet;
  if (folder === null) return legacyTablesInside(host, place);
  const [ip, ip6] = FAMILIES.map((family): Known<readonly string[]> => {
    const names = host.sync.readText(fileOf(folder, family), NAMES_BYTES_MAX);
    if (names.ok) return { ok: true, value: linesOf(names.value) };
    return names.code === 'ENOENT' ? { ok: true, value: [] } : { ok: false, why: names.why };
  });
  return { ip: ip ?? NONE, ip6: ip6 ?? NONE };
}

const NONE: Known<readonly string[]> = { ok: true, value: [] };

/** A namespace in which no task lives has no /proc/PID/net: one tail(1), which names its files, is sent there. */
async function legacyTablesInside(host: Host, place: FirewallPlace): Promise<LegacyTables> {
  const there = FAMILIES.filter((family) => host.sync.stat(fileOf('/proc/self/net', family)).ok);
  if (there.length === 0) return { ip: NONE, ip6: NONE };
  // /dev/null as a second file: with one alone there would be no headings.
  const files = [...there.map((family) => fileOf('/proc/self/net', family)), '/dev/null'];
  const ran = await runInside(host, place, 'tail', ['-n', '+1', ...files], { bytesMax: NAMES_BYTES_MAX });
  const wrong = complaint('tail', ran);
  if (!ran.ok || wrong !== null) {
    const unknown: Known<readonly string[]> = { ok: false, why: wrong ?? 'EIO' };
    return { ip: unknown, ip6: unknown };
  }
  const parts = ran.value.stdout.split(/^==> (.*) <==$/m);
  const under = (family: 'ip' | 'ip6'): Known<readonly string[]> => {
    const at = parts.indexOf(fileOf('/proc/self/net', family));
    return { ok: true, value: at < 0 ? [] : linesOf(parts[at + 1] ?? '') };
  };
  return { ip: under('ip'), ip6: under('ip6') };
}
