import type { Recogniser } from '../claim.js';

/** Modules and threads that listen by themselves, and the service they answer with. */
const KERNEL: Readonly<Record<string, string>> = {
  nfsd: 'nfs',
  nfsv4: 'nfs-callback',
  nfs: 'nfs-callback',
  lockd: 'nlockmgr',
  wireguard: 'wireguard',
  vxlan: 'vxlan',
  geneve: 'geneve',
  l2tp: 'l2tp',
  l2tp_core: 'l2tp',
  iscsi_target_mod: 'iscsi',
  ksmbd: 'smb',
  rds_tcp: 'rds',
  rds: 'rds',
  rxrpc: 'afs',
  kafs: 'afs',
  tipc: 'tipc',
  fou: 'gre-in-udp',
  gtp: 'gtp',
  drbd: 'drbd',
  dlm: 'dlm',
  o2net: 'dlm',
  sctp: 'sctp-over-udp',
  esp4: 'ipsec-nat-t',
  xfrm: 'ipsec-nat-t',
};

/** The kernel itself listens, by the positive evidence the collector found. */
export const byKernel: Recogniser = ({ group }) => {
  const owner = group.sockets.find((socket) => socket.kernel)?.kernel;
  if (!owner) return null;
  const module = owner.name.toLowerCase();
  const service = KERNEL[module] ?? KERNEL[module.split(/[^a-z0-9_]/)[0] ?? ''] ?? null;
  return {
    by: 'kernel',
    service,
    product: `Linux ${owner.name}`,
    confidence: 'certain',
    evidence: [`the kernel holds it (${owner.name}): ${owner.evidence}`],
  };
};
