import type { Gap, Reading } from '../../model/gap.js';
import type { Host } from '../host.js';
import type { TaskScan } from '../owners/scan.js';
import type { Candidate, FoundNamespace } from './found.js';
import { otherMountNamespaces, readNamespaceMounts } from './mounts.js';
import { nameNamespaces } from './names.js';

/** Sockets whose namespace is asked for one by one, where the scan did not tell it. */
const SOCKETS_ASKED_MAX = 16_384;
const NAMESPACES_MAX = 10_000;
const NONE: ReadonlySet<number> = new Set();
/** The process or descriptor went away between the scan and the question. */
const GONE = /^(?:ESRCH|EBADF|ENOENT)/;

class Candidates {
  readonly byInode = new Map<number, Candidate>();

  of(id: number): Candidate {
    let found = this.byInode.get(id);
    if (found === undefined) {
      found = { id, entrances: [], procNet: null, own: false, task: null, netnsName: null };
      this.byInode.set(id, found);
    }
    return found;
  }
}

/** Inode of a namespace link (`net:[4026531840]`); null where it cannot be read. */
function namespaceInode(host: Host, path: string): number | null {
  const link = host.sync.readLink(path);
  const inode = link.ok ? /^net:\[(\d+)\]$/.exec(link.value)?.[1] : undefined;
  return inode === undefined ? null : Number(inode);
}

function addTasks(scan: TaskScan, candidates: Candidates): void {
  for (const [id, task] of scan.taskNamespaces) {
    const candidate = candidates.of(id);
    const folder = task.pid === task.tid ? `/proc/${task.pid}` : `/proc/${task.pid}/task/${task.tid}`;
    const foundBy = task.pid === task.tid ? `process ${task.pid}` : `thread ${task.tid}`;
    candidate.task = task;
    candidate.procNet = `${folder}/net`;
    candidate.entrances.push({ kind: 'path', path: `${folder}/ns/net`, foundBy });
  }
}

function addMounts(host: Host, candidates: Candidates, gaps: Gap[]): void {
  const { mounts, why } = readNamespaceMounts(host, 'self');
  if (why !== null) {
    gaps.push({
      kind: 'namespace',
      what: 'network namespaces that only a mount keeps',
      why,
      hides: 'their listeners',
      fix: 'mount /proc',
      hidesListeners: true,
    });
  }
  for (const mount of mounts) {
    const candidate = candidates.of(mount.inode);
    candidate.entrances.push({ kind: 'path', path: mount.path, foundBy: `mount ${mount.path}` });
    candidate.netnsName ??= /^(?:\/var)?\/run\/netns\/([^/]+)$/.exec(mount.path)?.[1] ?? null;
  }
}

/** Mounts that only other mount namespaces show (a container engine with mounts of its own). */
function addOtherMounts(host: Host, scan: TaskScan, candidates: Candidates, gaps: Gap[]): void {
  const residents = new Set<number>();
  for (const task of scan.taskNamespaces.values()) residents.add(task.pid);
  const { pids, cut } = otherMountNamespaces(host, residents);
  for (const pid of pids) {
    for (const mount of readNamespaceMounts(host, String(pid)).mounts) {
      if (candidates.byInode.has(mount.inode)) continue;
      const path = `/proc/${pid}/root${mount.path}`;
      candidates.of(mount.inode).entrances.push({ kind: 'path', path, foundBy: `mount ${mount.path} of ${pid}` });
    }
  }
  if (cut > 0)
    gaps.push({
      kind: 'namespace',
      what: `mounts that only some of ${cut} processes see`,
      why: 'there are too many processes to ask each for its mount namespace',
      hides: 'a network namespace that is mounted there, holds no process and no socket of a process',
      fix: '',
      hidesListeners: false,
    });
}

/** An open nsfs file may be a namespace of any kind: which one, its link says, or the kernel once it is opened (NS_GET_NSTYPE). */
async function addOpenFiles(scan: TaskScan, candidates: Candidates): Promise<void> {
  const unknown = scan.nsfsFiles.filter((file) => !candidates.byInode.has(file.inode));
  if (unknown.length === 0) return;
  const { isNetworkNamespace } = await import('../../linux/namespaces.js');
  for (const file of unknown) {
    const path = `/proc/${file.pid}/task/${file.tid}/fd/${file.fd}`;
    if (!isNetworkNamespace(path)) continue;
    candidates.of(file.inode).entrances.push({ kind: 'path', path, foundBy: `fd ${file.fd} of ${file.pid}` });
  }
}

/** Tells namespaces apart where `ns/net` is refused: each has a /proc/PID/net of its own, whose inodes come from the same counter as nsfs'. */
function procNetInode(host: Host, folder: string): number | null {
  const facts = host.sync.stat(`${folder}/dev`);
  return facts.ok ? facts.value.inode : null;
}

/**
 * Tasks whose namespace the kernel would not tell us: each namespace of theirs that is none of the known ones gets the inode of its
 * /proc/PID/net/dev as its id.
 */
function addUnplaced(host: Host, scan: TaskScan, candidates: Candidates): void {
  if (scan.unplaced.length === 0) return;
  const known = new Set<number | null>([null]);
  for (const { procNet } of candidates.byInode.values()) if (procNet !== null) known.add(procNetInode(host, procNet));
  for (const { pid, tid } of scan.unplaced) {
    const folder = pid === tid ? `/proc/${pid}/net` : `/proc/${pid}/task/${tid}/net`;
    const inode = procNetInode(host, folder);
    if (inode === null || known.has(inode)) continue;
    known.add(inode);
    const candidate = candidates.of(inode);
    candidate.task = { pid, tid };
    candidate.procNet = folder;
  }
}

/** Namespaces in which a socket lives that somebody holds, although nothing else of it is left. */
async function addSockets(scan: TaskScan, candidates: Candidates, gaps: Gap[]): Promise<void> {
  const bySocket = scan.sockets.byNamespace();
  for (const [id, held] of bySocket) {
    if (candidates.byInode.has(id)) continue;
    candidates.of(id).entrances.push({ kind: 'socket', held, foundBy: `socket ${held.fd} of ${held.pid}` });
  }
  if (bySocket.size > 0) return;
  const { namespaceOfSocket, closeDescriptor } = await import('../../linux/namespaces.js');
  const refused: string[] = [];
  const all = scan.sockets.unshown(NONE, SOCKETS_ASKED_MAX + 1);
  if (all.length > SOCKETS_ASKED_MAX) {
    const said = `there are more than ${SOCKETS_ASKED_MAX}, and without BPF each must be asked by itself`;
    gaps.push(unaskedSockets(scan.sockets.count - SOCKETS_ASKED_MAX, said));
  }
  for (const held of all.slice(0, SOCKETS_ASKED_MAX)) {
    const found = namespaceOfSocket(held.tid, held.fd);
    if (!found.ok) {
      if (!GONE.test(found.why)) refused.push(found.why);
      continue;
    }
    closeDescriptor(found.value.descriptor);
    if (candidates.byInode.has(found.value.inode)) continue;
    candidates.of(found.value.inode).entrances.push({
      kind: 'socket',
      held,
      foundBy: `socket ${held.fd} of ${held.pid}`,
    });
  }
  if (refused.length > 0) gaps.push(unaskedSockets(refused.length, refused[0] ?? ''));
}

function unaskedSockets(count: number, why: string): Gap {
  return {
    kind: 'namespace',
    what: `the network namespace of ${count} held socket${count === 1 ? '' : 's'}`,
    why,
    hides: 'a namespace, with its listeners, that only these sockets keep',
    fix: 'run as root with CAP_SYS_PTRACE',
    hidesListeners: true,
  };
}

/** The namespace called `host`: that of a kernel thread, else of pid 1; null: neither is told. */
function hostInode(host: Host): number | null {
  const second = host.sync.readText('/proc/2/status', 16_384);
  const isKernelThread = second.ok && /^Name:\tkthreadd$/m.test(second.value) && /^PPid:\t0$/m.test(second.value);
  const ofKernel = isKernelThread ? namespaceInode(host, '/proc/2/ns/net') : null;
  return ofKernel ?? namespaceInode(host, '/proc/1/ns/net');
}

/** As `hostInode`, told by /proc/1/net where `ns/net` is refused. */
function hostInodeAmong(host: Host, candidates: Candidates, own: number | null): number | null {
  const told = hostInode(host);
  if (told !== null) return told;
  const first = procNetInode(host, '/proc/1/net');
  if (first === null) return own;
  for (const { id, procNet } of candidates.byInode.values())
    if (procNet !== null && procNetInode(host, procNet) === first) return id;
  return own;
}

/**
 * Every network namespace of the host: of processes and threads, of nsfs mounts, of open nsfs files, of sockets that outlived the rest.
 * The one called `host` comes first, the others by name. `mayCall` false: system calls cannot be made, so what needs them is left out.
 */
export async function findNamespaces(
  host: Host,
  scan: TaskScan,
  mayCall: boolean,
): Promise<Reading<readonly FoundNamespace[]>> {
  const gaps: Gap[] = [];
  const candidates = new Candidates();
  const own = namespaceInode(host, '/proc/self/ns/net');
  if (own !== null) {
    const candidate = candidates.of(own);
    candidate.own = true;
    candidate.entrances.push({ kind: 'path', path: '/proc/self/ns/net', foundBy: 'self' });
    candidate.procNet = '/proc/self/net';
  }
  addTasks(scan, candidates);
  if (own !== null) candidates.of(own).procNet = '/proc/self/net';
  addUnplaced(host, scan, candidates);
  addMounts(host, candidates, gaps);
  addOtherMounts(host, scan, candidates, gaps);
  if (mayCall) {
    await addOpenFiles(scan, candidates);
    await addSockets(scan, candidates, gaps);
  }
  const all = [...candidates.byInode.values()];
  if (all.length > NAMESPACES_MAX) {
    gaps.push({
      kind: 'namespace',
      what: `${all.length - NAMESPACES_MAX} network namespaces`,
      why: `more than ${NAMESPACES_MAX} on one host`,
      hides: 'their listeners',
      fix: '',
      hidesListeners: true,
    });
  }
  const first = hostInodeAmong(host, candidates, own);
  const elsewhere = all.some(({ id, task }) => task !== null && id !== first);
  const containers = elsewhere ? await import('../software/containers.js') : null;
  const named = nameNamespaces(
    host,
    all.slice(0, NAMESPACES_MAX),
    first,
    containers === null ? null : (cgroups, pid) => containers.containerName(host, cgroups, pid),
  );
  return { value: named, gaps };
}
