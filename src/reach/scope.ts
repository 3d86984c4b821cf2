import { parseAddress, unmapped } from '../lib/ip/address.js';
import { unreachable } from '../lib/unreachable.js';
import type { Exposure, Rank, ZoneExposure } from '../model/exposure.js';
import type { IdentifiedListener } from '../model/listener.js';

/** The condition of every answer that rests on the bind alone. */
export const FIREWALL_NOT_SEEN = 'firewall not seen';

const within = (value: bigint, network: bigint, length: number, bits: number): boolean =>
  value >> BigInt(bits - length) === network >> BigInt(bits - length);

/** The built-in zone of an address taken by itself: 127/8 and ::1, link-local, RFC 1918 + CGNAT (RFC 6598) + ULA, else public. */
export function rankOfAddress(text: string): Rank {
  const parsed = parseAddress(text.split('%')[0] ?? text);
  if (parsed === null) return 'public';
  const { family, value } = unmapped(parsed);
  if (family === 'ipv4') {
    if (within(value, 0x7f000000n, 8, 32)) return 'loopback';
    if (within(value, 0xa9fe0000n, 16, 32)) return 'link';
    const isPrivate =
      within(value, 0x0a000000n, 8, 32) ||
      within(value, 0xac100000n, 12, 32) ||
      within(value, 0xc0a80000n, 16, 32) ||
      within(value, 0x64400000n, 10, 32);
    return isPrivate ? 'private' : 'public';
  }
  if (value === 1n) return 'loopback';
  if (within(value, 0xfe80n << 112n, 10, 128)) return 'link';
  return within(value, 0xfcn << 120n, 7, 128) ? 'private' : 'public';
}

const row = (rank: Rank, reachable: ZoneExposure['reachable'], conditions: readonly string[]): ZoneExposure => ({
  zone: rank,
  rank,
  interface: null,
  addresses: null,
  reachable,
  sources: [],
  conditions,
  because: [],
});

/** Who may connect to a unix socket, in words. */
function unixAccess(listener: IdentifiedListener): string {
  if (listener.address === null || listener.address.startsWith('@')) return 'everybody in this network namespace';
  if (listener.file === null) return 'not seen';
  if (listener.file.present === false) return 'nobody: its file is gone';
  const mode = Number.parseInt(listener.file.mode, 8);
  const owner = listener.file.user ?? 'its owner';
  // Connecting needs search permission for every folder on the way (unix(7)).
  if (listener.file.pathOpen === false && (mode & 0o022) !== 0)
    return 'root only, and who may search the folders above it';
  if ((mode & 0o002) !== 0) return 'everybody';
  const { users, groups } = listener.file.accessList ?? { users: [], groups: [] };
  const listed = [...users, ...groups.map((group) => `group ${group}`)];
  if ((mode & 0o020) !== 0 && listener.file.group !== null && listener.file.group !== owner)
    listed.unshift(`group ${listener.file.group}`);
  const first = owner === 'root' ? 'root' : `root and ${owner}`;
  if (listed.length > 0) return `${first}, and ${listed.join(', ')}`;
  return owner === 'root' ? 'root only' : first;
}

/** A file that was renamed is reached by a name that nobody can look up; an open descriptor of it is no path either. */
const FILE_GONE = 'its file is no longer at that path; whoever knows another name of it can connect';

/** Exposure of what no IP packet reaches (unix, vsock, raw, packet); undefined: an IP listener. */
export function exposureWithoutRoutes(listener: IdentifiedListener): Exposure | null | undefined {
  switch (listener.protocol) {
    case 'unix':
      return {
        widest: 'local',
        zones: [listener.file?.present === false ? row('local', 'conditional', [FILE_GONE]) : row('local', 'yes', [])],
        access: unixAccess(listener),
      };
    case 'vsock':
      return { widest: 'vm', zones: [row('vm', 'yes', [])] };
    case 'raw':
    case 'packet':
      return null;
    case 'tcp':
    case 'udp':
    case 'udplite':
    case 'sctp':
    case 'dccp':
      return undefined;
    default:
      return unreachable(listener.protocol);
  }
}

/** Exposure as the bind alone gives it, where the firewall was not judged (DESIGN, Zones). */
export function exposureOfBind(listener: IdentifiedListener): Exposure | null {
  const other = exposureWithoutRoutes(listener);
  if (other !== undefined) return other;
  const wildcard = listener.address === null || listener.address === '0.0.0.0' || listener.address === '::';
  const rank = listener.device === 'lo' ? 'loopback' : wildcard ? 'public' : rankOfAddress(listener.address);
  const zone = rank === 'loopback' ? row(rank, 'yes', []) : row(rank, 'conditional', [FIREWALL_NOT_SEEN]);
  return { widest: rank, zones: [zone] };
}
