import { scriptOf } from '../lib/interpreters.js';
import type { Owner } from '../model/listener.js';
import type { Process } from '../model/process.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ShownOwner, Socket } from '../model/socket.js';
import { capabilityNames } from './capabilities.js';

/** Names that the kernel gives its threads and no program has by itself. */
const KERNEL_THREAD_NAME =
  /^\[?(?:kworker\/|ksoftirqd\/|kthreadd|migration\/|rcu_(?:gp|par_gp|preempt|sched|bh|tasks)|rcuo[bps]\/|kswapd\d|khugepaged|kdevtmpfs|kauditd|khungtaskd|oom_reaper|kcompactd\d|ksmd|kblockd|kintegrityd|watchdogd|watchdog\/|irq\/|jbd2\/|scsi_eh_\d|scsi_tmf_\d|cpuhp\/|kthrotld|mm_percpu_wq|slub_flushwq|inet_frag_wq|idle_inject\/|xfs-|kpsmoused|ipv6_addrconf|kstrp|ata_sff|edac-poller|kdmflush)/;

/** A userland process that calls itself as kernel threads are called: by `comm`, or by a title in brackets as ps shows them. */
function posesAsKernel(process: Process): boolean {
  if (process.kernelThread || (process.exe === null && process.exeState === 'unreadable')) return false;
  const title = process.args[0] ?? '';
  return KERNEL_THREAD_NAME.test(process.name) || (/^\[[^\]]+\]$/.test(title) && !process.kernelThread);
}

/** PROC_USER_INIT_INO and PROC_PID_INIT_INO, linux/proc_ns.h: the namespaces the kernel starts with. */
const INITIAL_USER_NAMESPACE = 4026531837;
const INITIAL_PID_NAMESPACE = 4026531836;

function sandboxOf(process: Process, init: Process | null): readonly string[] {
  const { user, pid, mnt } = process.namespaces;
  const hostMount = init?.namespaces.mnt ?? null;
  const ownMount = mnt !== null && hostMount !== null && mnt !== hostMount;
  const parts: string[] = [];
  if (process.seccomp !== null && process.seccomp > 0) parts.push('seccomp');
  if (process.noNewPrivs === true) parts.push('no-new-privileges');
  if (user !== null && user !== INITIAL_USER_NAMESPACE) parts.push('user-namespace');
  if (pid !== null && pid !== INITIAL_PID_NAMESPACE) parts.push('pid-namespace');
  if (ownMount) parts.push('mount-namespace');
  else if (process.ownRoot && mnt !== null && mnt === hostMount) parts.push('chroot');
  return parts;
}

const NOBODY: Owner = {
  kind: 'process',
  pid: null,
  name: null,
  exe: null,
  exeState: null,
  script: null,
  args: [],
  user: null,
  uid: null,
  unit: null,
  inetd: null,
  container: null,
  package: null,
  parents: [],
  exeWritable: null,
  posesAsKernel: false,
  setuid: null,
  capabilities: null,
  sandbox: [],
};

/** Path of what really runs: another one than the executable's where that is a copy, or a link's target. */
export const realExe = (process: Process, snapshot: Snapshot): string | null =>
  snapshot.software.disguises?.[String(process.pid)]?.path ?? process.exe;

/** Package of what really runs: of the script where one is told, unless that script is a file that no package brought. */
function packageOf(process: Process, script: ReturnType<typeof scriptOf>, snapshot: Snapshot): Owner['package'] {
  const key = String(process.pid);
  const own = snapshot.software.packages[key] ?? null;
  if (script === null) return own;
  return snapshot.software.scriptPackages?.[key] ?? (script.path === null ? own : null);
}

function ownerOfProcess(process: Process, snapshot: Snapshot, init: Process | null): Owner {
  const file = process.exeFile;
  const isOnlyCalled = snapshot.software.disguises?.[String(process.pid)]?.kind === 'name-only';
  const script = isOnlyCalled ? null : scriptOf(realExe(process, snapshot), process.args, process.name);
  return {
    kind: 'process',
    pid: process.pid,
    name: process.name,
    exe: process.exe,
    exeState: process.exeState,
    script: script?.shown ?? null,
    args: process.args,
    user: process.user,
    uid: process.uid,
    unit: process.unit,
    inetd: null,
    container: snapshot.software.containers[String(process.pid)] ?? null,
    package: packageOf(process, script, snapshot),
    parents: process.ancestors.map((parent) => parent.name),
    exeWritable: file === null ? null : (file.mode & 0o002) !== 0 || file.pathWritable,
    posesAsKernel: posesAsKernel(process),
    setuid: file === null ? null : (file.mode & 0o6000) !== 0,
    capabilities: capabilityNames(process.capEff),
    sandbox: sandboxOf(process, init),
  };
}

const ownerShown = (shown: ShownOwner): Owner => ({
  ...NOBODY,
  pid: shown.pid,
  name: shown.name,
  user: shown.user,
  exe: shown.exe ?? null,
  unit: shown.unit ?? null,
});

/** Makes the owners of listeners; one process is made into an owner once, however many sockets it holds. */
export class OwnerBook {
  readonly #byPid: ReadonlyMap<number, Process>;
  readonly #snapshot: Snapshot;
  readonly #made = new Map<number, Owner>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    this.#byPid = new Map(snapshot.processes.map((process) => [process.pid, process]));
  }

  process(pid: number): Process | null {
    return this.#byPid.get(pid) ?? null;
  }

  #owner(pid: number): Owner {
    const there = this.#made.get(pid);
    if (there !== undefined) return there;
    const process = this.process(pid);
    const owner = process === null ? { ...NOBODY, pid } : ownerOfProcess(process, this.#snapshot, this.process(1));
    this.#made.set(pid, owner);
    return owner;
  }

  /** Everybody who holds one of the sockets: processes by pid, then the kernel, then what a capture shows. */
  ownersOf(sockets: readonly Socket[]): readonly Owner[] {
    const pids = new Set<number>();
    const kernel = new Set<string>();
    const shown = new Map<string, Owner>();
    for (const socket of sockets) {
      for (const pid of socket.holders) pids.add(pid);
      if (socket.kernel) kernel.add(socket.kernel.name);
      for (const owner of socket.shown ?? [])
        if (owner.pid === null || !pids.has(owner.pid))
          shown.set(JSON.stringify([owner.pid, owner.name, owner.user, owner.exe]), ownerShown(owner));
    }
    return [
      ...[...pids].sort((a, b) => a - b).map((pid) => this.#owner(pid)),
      ...[...kernel].sort().map((name): Owner => ({ ...NOBODY, kind: 'kernel', name })),
      ...shown.values(),
    ];
  }
}
