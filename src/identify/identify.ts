import { baseName } from '../lib/interpreters.js';
import type { IdentifiedListener, Owner } from '../model/listener.js';
import type { Process } from '../model/process.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Clients, Socket } from '../model/socket.js';
import type { ServiceSetting } from '../model/software.js';
import type { Claim, Facts, Subject } from './claim.js';
import { type Group, groupSockets } from './group.js';
import { bindId, uniqueIds } from './ids.js';
import { isChosenByKernel } from './listening.js';
import { Meanings } from './means.js';
import { OwnerBook, realExe } from './owners.js';
import { RECOGNISERS } from './recognise.js';
import { followRelays } from './relays.js';
import { weigh } from './weigh.js';

/** Peers that a listener shows, at most. */
const CLIENTS_SHOWN_MAX = 50;

/** Sockets of one group are told the connections of their port; equal answers are the same connections seen twice. */
function clientsOf(sockets: readonly Socket[]): Clients | null {
  const [first, ...others] = sockets.flatMap(({ clients }) => (clients === null ? [] : [clients]));
  if (first === undefined) return null;
  const counted = new Map<string, Clients>();
  if (others.length === 0) counted.set('', first);
  else for (const clients of [first, ...others]) counted.set(JSON.stringify(clients), clients);
  const addresses = new Set<string>();
  let count = 0;
  let truncated = false;
  for (const clients of counted.values()) {
    count += clients.count;
    truncated ||= clients.truncated;
    for (const address of clients.addresses) addresses.add(address);
  }
  return {
    count,
    addresses: [...addresses].slice(0, CLIENTS_SHOWN_MAX),
    truncated: truncated || addresses.size > CLIENTS_SHOWN_MAX,
  };
}

function queueOf(sockets: readonly Socket[]): IdentifiedListener['queue'] {
  let used = 0;
  let max: number | null = 0;
  let shown = false;
  for (const { queue } of sockets) {
    if (queue === null) continue;
    shown = true;
    used += queue.used;
    max = max === null || queue.max === null ? null : max + queue.max;
  }
  return shown ? { used, max } : null;
}

function fileOf(sockets: readonly Socket[]): IdentifiedListener['file'] {
  const file = sockets.find((socket) => socket.file)?.file;
  if (!file) return null;
  if (!file.present) return { mode: '0000', user: null, group: null, present: false };
  return {
    mode: file.mode.toString(8).padStart(4, '0'),
    user: file.user ?? String(file.uid),
    group: file.group ?? String(file.gid),
    ...(file.pathOpen ? {} : { pathOpen: false }),
    ...(file.accessList === undefined ? {} : { accessList: file.accessList }),
  };
}

/** An MPTCP socket and its TCP twin have one inode and are one socket. */
const socketCount = (sockets: readonly Socket[]): number =>
  new Set(sockets.map((socket, index) => socket.inode ?? `#${index}`)).size;

const isService = ({ unit, exe }: Owner): boolean =>
  unit?.endsWith('.service') === true && baseName(exe ?? '') !== 'systemd';

/** What activation knows of the one that holds the socket: the unit or inetd entry that this listener comes from. A service that runs keeps its unit. */
function withActivation(owners: readonly Owner[], claims: readonly Claim[]): readonly Owner[] {
  const unit = claims.find((claim) => claim.unit)?.unit ?? null;
  const inetd = claims.find((claim) => claim.inetd)?.inetd ?? null;
  if (unit === null && inetd === null) return owners;
  return owners.map((owner) =>
    owner.kind === 'process'
      ? {
          ...owner,
          unit: unit !== null && isService(owner) ? owner.unit : (unit ?? owner.unit),
          inetd: inetd ?? owner.inetd,
        }
      : owner,
  );
}

function subjectOf(group: Group, names: ReadonlyMap<number, string>, book: OwnerBook, snapshot: Snapshot): Subject {
  const owners = book.ownersOf(group.sockets);
  const processes: Process[] = [];
  for (const { pid } of owners) {
    const process = pid === null ? null : book.process(pid);
    if (process === null) continue;
    const exe = realExe(process, snapshot);
    processes.push(exe === process.exe ? process : { ...process, exe });
  }
  return {
    group,
    namespace: names.get(group.namespace) ?? (group.namespace === 0 ? 'host' : `net:${group.namespace}`),
    owners,
    processes,
  };
}

/** What a listener is beside its service. */
function described(
  id: string,
  subject: Subject,
  claims: readonly Claim[],
  means: readonly string[],
): Omit<IdentifiedListener, 'service' | 'listening'> {
  const { group } = subject;
  const [first] = group.sockets;
  return {
    id,
    protocol: group.protocol,
    family: group.family,
    address: group.address,
    ...(first?.addresses === undefined ? {} : { addresses: first.addresses }),
    means,
    port: group.port,
    ...(first?.portCandidates === undefined ? {} : { portCandidates: first.portCandidates }),
    ...(first?.cut === undefined ? {} : { cut: first.cut }),
    device: group.device,
    ...(group.sockets.some((socket) => socket.mptcp === true) ? { mptcp: true } : {}),
    ...(group.ipProtocol === null ? {} : { ipProtocol: group.ipProtocol }),
    ...(group.etherType === null ? {} : { etherType: group.etherType }),
    namespace: { id: group.namespace, name: subject.namespace },
    owners: withActivation(subject.owners, claims),
    ownersComplete: group.sockets.every((socket) => socket.holdersComplete),
    clients: clientsOf(group.sockets),
    queue: queueOf(group.sockets),
    sockets: socketCount(group.sockets),
    file: fileOf(group.sockets),
  };
}

function claimsOf(subject: Subject, facts: Facts): readonly Claim[] {
  const claims: Claim[] = [];
  for (const recognise of RECOGNISERS) {
    const claim = recognise(subject, facts);
    if (claim !== null) claims.push(claim);
  }
  return claims;
}

/** Settings by the processes they speak of. */
function settingsBook({ software }: Snapshot): Facts['settingsOf'] {
  const byPid = new Map<number, ServiceSetting[]>();
  for (const setting of software.settings) {
    const there = byPid.get(setting.pid);
    if (there === undefined) byPid.set(setting.pid, [setting]);
    else there.push(setting);
  }
  return (processes) => processes.flatMap(({ pid }) => byPid.get(pid) ?? []);
}

/** What listens on the host, and who stands behind it: sockets taken together as listeners, each with its owners and its service. Pure. */
export function identify(snapshot: Snapshot): readonly IdentifiedListener[] {
  const book = new OwnerBook(snapshot);
  const names = new Map(snapshot.namespaces.map(({ id, name }) => [id, name]));
  const groups = groupSockets(
    snapshot.sockets,
    snapshot.namespaces.map(({ id }) => id),
  );
  const facts: Facts = { snapshot, process: (pid) => book.process(pid), settingsOf: settingsBook(snapshot) };
  const meanings = new Meanings(snapshot.networks);
  const subjects = groups.map((group) => subjectOf(group, names, book, snapshot));
  const ids = uniqueIds(subjects.map(({ group, namespace }) => `${bindId(group)}@${namespace}`));
  const listeners = subjects.map((subject, index): IdentifiedListener => {
    const claims = claimsOf(subject, facts);
    const service = weigh(subject, claims);
    return {
      ...described(ids[index] ?? '', subject, claims, meanings.of(subject.group)),
      listening: isChosenByKernel(subject, service, claims, facts) ? 'possible' : 'certain',
      service,
    };
  });
  return followRelays(listeners, snapshot);
}
