import type { Gap } from '../../model/gap.js';
import type { NetworkNamespace } from '../../model/network.js';
import type { FoundHolders } from '../owners/owners.js';
import type { Draft } from './draft.js';

/** Sockets that are named one by one; the rest are counted. */
const NAMED_MAX = 20;
/** Where the search itself was incomplete they have one reason: so many are named in one gap. */
const TOGETHER_MAX = 5;

/** As the id of its listener, as far as a socket tells it. */
function placeOf(socket: Draft, namespace: string): string {
  const address =
    socket.family === 'ipv6' && socket.mapped !== true ? `[${socket.address}]` : (socket.address ?? 'any');
  const what =
    socket.protocol === 'packet'
      ? `${socket.device ?? 'any'}:${socket.etherType}`
      : socket.protocol === 'raw'
        ? `${address}:${socket.ipProtocol}`
        : socket.port === null
          ? address
          : `${address}:${socket.port}`;
  return `${socket.protocol}/${what}@${namespace}`;
}

function whyUnseen(found: FoundHolders | null): string {
  if (found === null) return 'owners could not be searched';
  const [carrier] = found.carriers;
  const carried = `it may be among the descriptors in flight in the unix socket of process ${carrier?.pid}`;
  if (!found.complete) {
    const closed = 'a process that could not be searched may hold it';
    return carrier === undefined ? closed : `${closed}, or ${carried}`;
  }
  if (carrier !== undefined) return `no process holds it; ${carried}`;
  return "no process holds it: it is the kernel's own in a way that earshot does not know, or it is being passed between processes";
}

/** Sockets that somebody can reach and of which no owner was seen. */
export function unownedGaps(
  sockets: readonly Draft[],
  namespaces: readonly NetworkNamespace[],
  found: FoundHolders | null,
): readonly Gap[] {
  const unowned = sockets.filter(
    (socket) =>
      socket.state !== 'connected' &&
      socket.holders.length === 0 &&
      (socket.kernel ?? null) === null &&
      socket.port !== 0,
  );
  const names = new Map(namespaces.map((namespace) => [namespace.id, namespace.name]));
  const why = whyUnseen(found);
  const placed = (socket: Draft): string =>
    `${placeOf(socket, names.get(socket.namespace) ?? '')}${socket.inode === null ? '' : ` (inode ${socket.inode})`}`;
  if (found?.complete === true || unowned.length === 1) {
    const gaps = unowned.slice(0, NAMED_MAX).map((socket): Gap => {
      const gap = gapOf(`owner of ${placed(socket)}`, why);
      return { ...gap, namespace: socket.namespace };
    });
    const more = unowned.length - gaps.length;
    return more > 0 ? [...gaps, gapOf(`owners of ${more} more sockets`, why)] : gaps;
  }
  if (unowned.length === 0) return [];
  const some = unowned.slice(0, TOGETHER_MAX).map(placed).join(', ');
  const rest = unowned.length > TOGETHER_MAX ? `, and ${unowned.length - TOGETHER_MAX} more` : '';
  return [gapOf(`owners of ${unowned.length} sockets: ${some}${rest}`, why)];
}

const gapOf = (what: string, why: string): Gap => ({
  kind: 'owner',
  what,
  why,
  hides: 'which program answers there, its user, unit and package',
  fix: 'run as root on the host itself, or look again in a moment',
  hidesListeners: false,
});
