import type { Recogniser } from '../claim.js';

/** ONC RPC program numbers (IANA's registry, /etc/rpc) and the service of the one list they are. */
const RPC: Readonly<Record<number, string>> = {
  100000: 'rpcbind',
  100003: 'nfs',
  100004: 'nis',
  100005: 'mountd',
  100007: 'nis',
  100009: 'nis',
  100011: 'rquotad',
  100020: 'nlockmgr',
  100021: 'nlockmgr',
  100024: 'status',
  100028: 'nis',
  100069: 'nis',
  100227: 'nfs',
};

/** rpcbind's own list: which program was registered for the port. */
export const byRegistration: Recogniser = ({ group }, { snapshot }) => {
  const found = snapshot.software.rpc.find(
    (entry) =>
      entry.namespace === group.namespace &&
      entry.port === group.port &&
      entry.protocol === group.protocol &&
      entry.port !== null,
  );
  if (found === undefined) return null;
  const name = found.name === null ? `program ${found.program}` : `${found.name} (program ${found.program})`;
  return {
    by: 'registration',
    service: RPC[found.program] ?? 'rpc',
    product: found.name,
    confidence: 'certain',
    evidence: [`rpcbind lists ${name} version ${found.version} at ${found.protocol} port ${found.port}`],
  };
};
