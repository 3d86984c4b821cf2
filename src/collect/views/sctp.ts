import { formatGroups, parseIPv6 } from '../../lib/ip/address.js';
import type { SctpAssociation, SctpEndpoint, SctpTables } from '../../model/netstat.js';
import type { Host } from '../host.js';
import { type Complaints, type Families, type Strictness, tellMissing } from './internet.js';
import { fieldsOf, readTable, signed } from './table.js';

/** An address as /proc/net/sctp has it: dotted quad or eight full groups; the primary one has an asterisk before it. */
function addressOf(text: string): string {
  const bare = text.replace(/^\*/, '');
  const value = parseIPv6(bare.toLowerCase());
  if (value === null) return bare;
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  return formatGroups(groups);
}

/** `ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS`, net/sctp/proc.c. */
export function parseEndpoint(line: string): SctpEndpoint {
  const [, , , state, , port, uid, inode, ...addresses] = fieldsOf(line);
  return {
    state: Number(state),
    port: Number(port),
    uid: signed(Number(uid)),
    inode: Number(inode),
    addresses: addresses.map(addressOf),
  };
}

/** `ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT …`, net/sctp/proc.c. */
export function parseAssociation(line: string): SctpAssociation {
  const [before = '', after = ''] = line.split('<->');
  const [, , , state, , , , send, receive, uid, inode, localPort, foreignPort, ...local] = fieldsOf(before);
  const [foreign = ''] = after.split('\t');
  return {
    state: Number(state),
    receiveQueue: Number(receive),
    sendQueue: Number(send),
    uid: signed(Number(uid)),
    inode: Number(inode),
    localPort: Number(localPort),
    foreignPort: Number(foreignPort),
    local: local.map(addressOf),
    foreign: fieldsOf(foreign).map(addressOf),
  };
}

/** Endpoints and associations; null: the protocol is not loaded. */
export function readSctp(
  host: Host,
  families: Families,
  strictness: Strictness,
  complaints: Complaints,
): SctpTables | null {
  if (!families.ipv4) return null;
  const endpoints = readTable(host, '/proc/net/sctp/eps', 1);
  if (endpoints === null || typeof endpoints === 'string') {
    tellMissing('AF INET (sctp)', strictness, complaints);
    return null;
  }
  const associations = readTable(host, '/proc/net/sctp/assocs', 1);
  return {
    endpoints: endpoints.map(parseEndpoint),
    associations: Array.isArray(associations) ? associations.map(parseAssociation) : [],
  };
}
