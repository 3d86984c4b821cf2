import type { Host } from '../host.js';
import type { Candidate, FoundNamespace } from './found.js';

const CGROUP_BYTES_MAX = 65_536;
const COMM_BYTES_MAX = 64;
const NAME_CHARACTERS_MAX = 64;
const CONTAINER_ID = /(?:^|[-:/])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/m;
const UNIT = /([^/\n]+\.(?:service|scope))(?:\/|$)/m;
/** Length at which runtimes show the id of a container. */
const SHORT_ID = 12;

/** Name of the container or unit that the lines of /proc/PID/cgroup speak of, else null. */
export function nameInCgroup(cgroup: string): string | null {
  const container = CONTAINER_ID.exec(cgroup)?.[1];
  if (container !== undefined) return container.slice(0, SHORT_ID);
  const lxc = /lxc(?:\.payload\.|\/)([^/\n]+)/.exec(cgroup)?.[1];
  return lxc ?? UNIT.exec(cgroup)?.[1] ?? null;
}

/** What a container of a process is called; null: nothing names it. */
export type ContainerNames = (cgroup: readonly string[], pid: number) => string | null;

/** A name stands after the last `@` of an id, so it holds none. */
const tidy = (name: string): string => name.replaceAll('@', '_').slice(0, NAME_CHARACTERS_MAX);

function nameOf(host: Host, candidate: Candidate, containerName: ContainerNames | null): string {
  if (candidate.netnsName !== null) return tidy(candidate.netnsName);
  const { task } = candidate;
  if (task !== null) {
    const cgroup = host.sync.readText(`/proc/${task.pid}/cgroup`, CGROUP_BYTES_MAX);
    const byCgroup = cgroup.ok ? nameInCgroup(cgroup.value) : null;
    if (byCgroup !== null)
      return tidy((cgroup.ok ? containerName?.(cgroup.value.split('\n'), task.pid) : null) ?? byCgroup);
    const comm = host.sync.readText(`/proc/${task.pid}/comm`, COMM_BYTES_MAX);
    if (comm.ok && comm.value.trim() !== '') return tidy(comm.value.replace(/\n$/, ''));
  }
  const [entrance] = candidate.entrances;
  if (entrance?.kind === 'path' && entrance.foundBy.startsWith('mount '))
    return tidy(entrance.path.slice(entrance.path.lastIndexOf('/') + 1));
  return 'unnamed';
}

/** `host` first, then by name; equal names by inode, told apart as `name`, `name#2`, … */
export function nameNamespaces(
  host: Host,
  candidates: readonly Candidate[],
  hostInode: number | null,
  containerName: ContainerNames | null,
): readonly FoundNamespace[] {
  const named = candidates
    .map((candidate) => ({
      candidate,
      name: candidate.id === hostInode ? 'host' : nameOf(host, candidate, containerName),
    }))
    .sort((a, b) => {
      if ((a.candidate.id === hostInode) !== (b.candidate.id === hostInode))
        return a.candidate.id === hostInode ? -1 : 1;
      if (a.name !== b.name) return a.name < b.name ? -1 : 1;
      return a.candidate.id - b.candidate.id;
    });
  const used = new Map<string, number>();
  return named.map(({ candidate, name }) => {
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    const { id, entrances, procNet, own } = candidate;
    return { id, entrances, procNet, own, name: count === 1 ? name : `${name}#${count}` };
  });
}
