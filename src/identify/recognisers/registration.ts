import { baseName } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Recogniser } from '../claim.js';
import { programNamed } from '../programs.js';

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

const RPC_SERVICES: ReadonlySet<string> = new Set(['rpcbind', 'rpc', ...Object.values(RPC)]);

/** Whether a program is known that speaks nothing over RPC. */
function speaksNoRpc({ exe }: Process): boolean {
  const services = exe === null ? [] : (programNamed(baseName(exe))?.services ?? []);
  return services.length > 0 && !services.some((name) => RPC_SERVICES.has(name));
}

/** rpcbind's own list: which program was registered for the port. It keeps the entries of programs that ended, and knows no addresses. */
export const byRegistration: Recogniser = ({ group, processes }, { snapshot }) => {
  const found = snapshot.software.rpc.find(
    (entry) =>
      entry.namespace === group.namespace &&
      entry.port === group.port &&
      entry.protocol === group.protocol &&
      entry.port !== null,
  );
  if (found === undefined) return null;
  const name = found.name === null ? `program ${found.program}` : `${found.name} (program ${found.program})`;
  const evidence = `rpcbind lists ${name} version ${found.version} at ${found.protocol} port ${found.port}`;
  if (processes.length > 0 && processes.every(speaksNoRpc))
    return {
      by: 'registration',
      service: null,
      confidence: 'likely',
      evidence: [`${evidence}, but this listener’s program does not speak RPC`],
    };
  return {
    by: 'registration',
    service: RPC[found.program] ?? 'rpc',
    product: found.name,
    confidence: 'certain',
    evidence: [evidence],
  };
};
