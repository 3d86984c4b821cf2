import { type CapturedSocket, type Row, SKIP, UNREAD } from './dialect.js';
import { localOf, peerOf } from './endpoint.js';
import { ipProtocolOf } from './ip-protocols.js';
import { field, type JsonObject, textField } from './json-fields.js';

/** Address families and protocols of listening_ports and process_open_sockets (Linux' and macOS' AF_INET6). */
const AF_INET = 2;
const AF_INET6 = new Set([10, 30, 23]);
const AF_UNIX = 1;
const AF_PACKET = 17;
const TRANSPORTS: Readonly<Record<number, CapturedSocket['protocol']>> = {
  6: 'tcp',
  17: 'udp',
  132: 'sctp',
  136: 'udplite',
};

/** A row of osquery, bare (osqueryi --json) or wrapped as a differential log has it. null: it is none. */
export function osqueryRow(object: JsonObject): Row | null {
  const columns = field(object, 'columns');
  if (typeof columns === 'object' && columns !== null && !Array.isArray(columns) && 'action' in object) {
    if (textField(object, 'action') === 'removed') return SKIP;
    return osqueryRow({ ...(columns as JsonObject), hostIdentifier: field(object, 'hostIdentifier') });
  }
  if (!('pid' in object) || !('port' in object || 'local_port' in object)) return null;
  if (!('protocol' in object) || !('address' in object || 'local_address' in object)) return withoutColumns(object);
  const family = familyOf(object);
  const number = Number(textField(object, 'protocol'));
  const pid = Number(textField(object, 'pid'));
  const name = textField(object, 'name') || textField(object, 'process_name');
  const owners = pid > 0 ? [{ pid, name: name === '' ? null : name, user: null }] : [];
  const inode = Number(textField(object, 'socket'));
  const shared = {
    established: false,
    v6only: null,
    owners,
    ownerColumn: owners.length > 0 ? ('shown' as const) : ('hidden' as const),
  };
  const facts = inode > 0 ? { inode } : {};
  if (family === AF_UNIX) {
    const path = textField(object, 'path');
    return socketRow({
      ...shared,
      protocol: 'unix',
      family: null,
      state: 'listen',
      local: nowhere(path === '' ? null : path),
      peer: null,
      facts,
    });
  }
  if (family === AF_PACKET)
    return socketRow({
      ...shared,
      protocol: 'packet',
      family: null,
      state: 'bound',
      local: nowhere(null),
      peer: null,
      facts: {
        ...facts,
        etherType: number === 3 || number === 0 ? 'all' : `0x${number.toString(16).padStart(4, '0')}`,
      },
    });
  if (family !== AF_INET && !AF_INET6.has(family)) return SKIP;
  return internet(object, family === AF_INET ? 'ipv4' : 'ipv6', number, shared, facts);
}

/** `family`, where it was selected; else what the address is. */
function familyOf(object: JsonObject): number {
  const told = textField(object, 'family');
  if (told !== '') return Number(told);
  const address = textField(object, 'address') || textField(object, 'local_address');
  if (address === '') return textField(object, 'path') === '' ? 0 : AF_UNIX;
  return address.includes(':') ? 10 : AF_INET;
}

/** A query that joined processes and chose few columns. */
const withoutColumns = (object: JsonObject): Row => ({
  kind: 'gap',
  gap: {
    kind: 'protocol',
    what: `port ${textField(object, 'port') || textField(object, 'local_port')} of ${textField(object, 'name') || 'a process'} (pid ${textField(object, 'pid')})`,
    why: 'the query chose neither its protocol nor its address, or only one of them',
    hides: 'whether and where it listens',
    fix: 'query `SELECT * FROM listening_ports`',
    hidesListeners: true,
  },
});

const nowhere = (address: string | null): CapturedSocket['local'] => ({
  address,
  port: null,
  device: null,
  mapped: false,
});
const socketRow = (socket: CapturedSocket): Row => ({ kind: 'socket', socket });

function internet(
  object: JsonObject,
  family: 'ipv4' | 'ipv6',
  number: number,
  shared: Pick<CapturedSocket, 'v6only' | 'owners' | 'ownerColumn'>,
  facts: NonNullable<CapturedSocket['facts']>,
): Row {
  const protocol = TRANSPORTS[number] ?? 'raw';
  const address = textField(object, 'address') || textField(object, 'local_address');
  const port = textField(object, 'port') || textField(object, 'local_port');
  if (!/^-?\d+$/.test(port)) return UNREAD;
  const end = localOf(
    { host: address, service: protocol === 'raw' ? '*' : port, scope: null, bracketed: false, width: 0 },
    protocol,
    family,
  );
  if (end === null) return UNREAD;
  const remote = textField(object, 'remote_address');
  const remotePort = textField(object, 'remote_port');
  const hasPeer = remotePort !== '' && remotePort !== '0';
  const state = textField(object, 'state').toUpperCase();
  if (protocol === 'tcp' && state !== '' && state !== 'LISTEN' && !hasPeer) return SKIP;
  return socketRow({
    ...shared,
    protocol,
    family: end.family,
    state: hasPeer ? 'connected' : protocol === 'tcp' || protocol === 'sctp' ? 'listen' : 'bound',
    established: hasPeer && protocol === 'tcp' && (state === '' || state === 'ESTABLISHED'),
    local: protocol === 'raw' ? { ...end.local, port: null } : end.local,
    peer: hasPeer
      ? peerOf({ host: remote, service: remotePort, scope: null, bracketed: false, width: 0 }, protocol, family)
      : null,
    facts: { ...facts, ...(protocol === 'raw' ? { ipProtocol: ipProtocolOf(String(number)) } : {}) },
  });
}
