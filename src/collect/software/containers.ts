import type { Container } from '../../model/listener.js';
import type { Process } from '../../model/process.js';
import type { Host } from '../host.js';
import { type Bundle, bundleOf } from './bundle.js';
import { Root } from './root.js';

const STATE_BYTES_MAX = 4 * 1024 * 1024;
const PODS_MAX = 5_000;

interface Named {
  readonly runtime: string;
  readonly id: string;
  /** Kubernetes: uid of the pod, with dashes. */
  readonly podUid: string | null;
}

const ID = '([0-9a-f]{64})';

/** How runtimes name their cgroups, v1 and v2, with systemd or cgroupfs as manager. The first that fits is meant. */
const PATTERNS: readonly { readonly runtime: string; readonly pattern: RegExp }[] = [
  { runtime: 'containerd', pattern: new RegExp(`cri-containerd[-:]${ID}`) },
  { runtime: 'cri-o', pattern: new RegExp(`crio-${ID}`) },
  { runtime: 'podman', pattern: new RegExp(`libpod-${ID}`) },
  { runtime: 'podman', pattern: new RegExp(`/libpod_parent/(?:libpod-)?${ID}`) },
  { runtime: 'docker', pattern: new RegExp(`docker-${ID}`) },
  { runtime: 'docker', pattern: new RegExp(`/(?:docker|ecs|system\\.slice:docker)/(?:[^/]+/)*${ID}`) },
  { runtime: 'containerd', pattern: new RegExp(`/kubepods[^ ]*/(?:pod[^/]+/)?${ID}`) },
  { runtime: 'containerd', pattern: new RegExp(`/(?:buildkit|actions_job|default|k8s\\.io|moby)/${ID}`) },
  { runtime: 'lxc', pattern: /\/lxc\.payload[./]([^/\n]+)/ },
  { runtime: 'lxc', pattern: /\/lxc\/([^/\n]+)/ },
  { runtime: 'systemd-nspawn', pattern: /\/machine\.slice\/machine-([^/\n]+)\.scope/ },
  { runtime: 'systemd-nspawn', pattern: /\/systemd-nspawn@([^/\n]+)\.service/ },
];

/** What every path that one of `PATTERNS` fits has in it: most processes are in no container, and twelve patterns cost as many times their making. */
const LIKELY = new RegExp(`${ID}|/lxc|/machine\\.slice|/systemd-nspawn@`);

/** Runtime and id that cgroup paths name; null: none. A runtime's own monitor is outside its container. */
export function containerNamed(cgroups: readonly string[]): Named | null {
  for (const line of cgroups) {
    if (!LIKELY.test(line) || /(?:libpod|crio)-conmon-/.test(line)) continue;
    for (const { runtime, pattern } of PATTERNS) {
      const id = pattern.exec(line)?.[1];
      if (id === undefined) continue;
      const uid =
        /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})/
          .exec(line)?.[1]
          ?.replaceAll('_', '-') ?? null;
      return { runtime, id: id.replace(/\\x2d/g, '-'), podUid: uid };
    }
  }
  return null;
}

/** A JSON document of foreign making: whatever is asked for is a string, or null. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const at = (json: Json, ...path: readonly (string | number)[]): Json => {
  let here: Json = json;
  for (const key of path) {
    if (here === null || typeof here !== 'object') return null;
    here = (here as { readonly [key: string]: Json })[String(key)] ?? null;
  }
  return here;
};

const text = (json: Json): string | null => (typeof json === 'string' && json !== '' ? json : null);

function readJson(root: Root, path: string): Json {
  const read = root.readText(path, STATE_BYTES_MAX);
  if (!read.ok) return null;
  try {
    return JSON.parse(read.value) as Json;
  } catch {
    return null;
  }
}

type Details = Pick<Container, 'name' | 'image'> & { readonly pod?: string | null };

const DOCKER_FOLDERS = ['/var/lib/docker', '/var/snap/docker/common/var-lib-docker'];

/** A data root that the daemon's command line names: the bundle mounts three files of it into every container. */
function dockerFolderIn({ root, folder }: Bundle): string | null {
  const mounts = at(readJson(root, `${folder}/config.json`), 'mounts');
  for (const mount of Array.isArray(mounts) ? (mounts as readonly Json[]) : []) {
    const source = text(at(mount, 'source')) ?? '';
    const found = /^(\/.+)\/containers\/[0-9a-f]{64}\/(?:hostname|hosts|resolv\.conf)$/.exec(source)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}

function dockerDetails(root: Root, id: string, bundle: () => Bundle | null): Details | null {
  const moved = text(at(readJson(root, '/etc/docker/daemon.json'), 'data-root'));
  const stateIn = (place: Root, folder: string): Details | null => {
    const state = readJson(place, `${folder}/containers/${id}/config.v2.json`);
    if (state === null) return null;
    return { name: text(at(state, 'Name'))?.replace(/^\//, '') ?? null, image: text(at(state, 'Config', 'Image')) };
  };
  for (const folder of [...(moved === null ? [] : [moved]), ...DOCKER_FOLDERS]) {
    const details = stateIn(root, folder);
    if (details !== null) return details;
  }
  const from = bundle();
  const folder = from === null ? null : dockerFolderIn(from);
  return from === null || folder === null ? null : stateIn(from.root, folder);
}

const STORAGE_DRIVERS = ['overlay', 'vfs', 'btrfs', 'zfs'];

/** Podman's and CRI-O's store: every container in one list, its metadata as JSON in a string. */
function storageDetails(root: Root, id: string, homes: readonly string[], bundle: () => Bundle | null): Details | null {
  for (const folder of [
    '/var/lib/containers/storage',
    ...homes.map((home) => `${home}/.local/share/containers/storage`),
  ])
    for (const driver of STORAGE_DRIVERS) {
      const details = storedIn(root, `${folder}/${driver}-containers`, id);
      if (details !== null) return details;
    }
  const from = bundle();
  // `GRAPHROOT/DRIVER-containers/ID/userdata`
  const folder = from === null ? undefined : /^(.+-containers)\/[0-9a-f]{64}\/userdata$/.exec(from.folder)?.[1];
  return from === null || folder === undefined ? null : storedIn(from.root, folder, id);
}

function storedIn(root: Root, folder: string, id: string): Details | null {
  const list = readJson(root, `${folder}/containers.json`);
  if (!Array.isArray(list)) return null;
  const found = (list as readonly Json[]).find((one) => at(one, 'id') === id);
  if (found === undefined) return null;
  let metadata: Json = null;
  try {
    metadata = JSON.parse(text(at(found, 'metadata')) ?? 'null') as Json;
  } catch {
    // A store half written names the container all the same.
  }
  return {
    name: text(at(found, 'names', 0)),
    image: text(at(metadata, 'image-name')),
    pod: text(at(metadata, 'pod-name')),
  };
}

/** An OCI bundle's annotations, where containerd, nerdctl and CRI-O leave names. */
function bundleDetails(root: Root, id: string, bundle: () => Bundle | null): Details | null {
  const folders = root
    .list('/run/containerd/io.containerd.runtime.v2.task')
    .map((namespace) => ({ root, folder: `/run/containerd/io.containerd.runtime.v2.task/${namespace}/${id}` }));
  const known = [...folders, { root, folder: `/run/containers/storage/overlay-containers/${id}/userdata` }];
  const from = known.some((one) => one.root.exists(one.folder)) ? null : bundle();
  for (const one of from === null ? known : [from]) {
    const annotations = at(readJson(one.root, `${one.folder}/config.json`), 'annotations');
    if (annotations === null) continue;
    const first = (...keys: readonly string[]): string | null =>
      keys.map((key) => text(at(annotations, key))).find((value) => value !== null) ?? null;
    const pod = first('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name');
    const namespace = first('io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.pod.namespace');
    return {
      name: first('io.kubernetes.cri.container-name', 'io.kubernetes.container.name', 'nerdctl/name'),
      image: first('io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName', 'nerdctl/image-name'),
      ...(pod === null ? {} : { pod: namespace === null ? pod : `${namespace}/${pod}` }),
    };
  }
  return null;
}

/** The kubelet's log folders say pod and container: `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`, `/var/log/pods/NAMESPACE_POD_UID`. */
function kubeletDetails(root: Root, named: Named): Details | null {
  for (const name of root.list('/var/log/containers').slice(0, PODS_MAX)) {
    const [, pod, namespace, container] = /^([^_]+)_([^_]+)_(.+)-[0-9a-f]{64}\.log$/.exec(name) ?? [];
    if (pod !== undefined && name.endsWith(`-${named.id}.log`))
      return { name: container ?? null, image: null, pod: `${namespace}/${pod}` };
  }
  if (named.podUid === null) return null;
  for (const name of root.list('/var/log/pods').slice(0, PODS_MAX)) {
    const [, namespace, pod, uid] = /^([^_]+)_([^_]+)_(.+)$/.exec(name) ?? [];
    if (uid === named.podUid) return { name: null, image: null, pod: `${namespace}/${pod}` };
  }
  return null;
}

function detailsOf(root: Root, named: Named, homes: readonly string[], pid: number): Details {
  let found: { readonly bundle: Bundle | null } | null = null;
  const bundle = (): Bundle | null => {
    found ??= { bundle: bundleOf(root.host, pid, named.id) };
    return found.bundle;
  };
  const own =
    named.runtime === 'docker'
      ? dockerDetails(root, named.id, bundle)
      : (storageDetails(root, named.id, homes, bundle) ?? bundleDetails(root, named.id, bundle));
  const kubernetes = named.podUid === null && own !== null ? null : kubeletDetails(root, named);
  const pod = own?.pod ?? kubernetes?.pod ?? null;
  return { name: own?.name ?? kubernetes?.name ?? null, image: own?.image ?? null, ...(pod === null ? {} : { pod }) };
}

/** A control group that the user chose for the container (`--cgroup-parent`): its monitor says whose it is. */
function namedByMonitor(root: Root, cgroups: readonly string[], pid: number): Named | null {
  for (const line of cgroups) {
    const id = /\/([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(line)?.[1];
    if (id === undefined) continue;
    const bundle = bundleOf(root.host, pid, id);
    if (bundle === null) return null;
    // Docker's namespace in containerd is called moby; conmon's bundle ends so.
    const runtime = /\/moby\/[^/]+$/.test(bundle.folder) ? 'docker' : 'containerd';
    return { runtime: bundle.folder.endsWith('/userdata') ? 'podman' : runtime, id, podUid: null };
  }
  return null;
}

function containerOf(root: Root, cgroups: readonly string[], homes: readonly string[], pid: number): Container | null {
  const named = containerNamed(cgroups) ?? namedByMonitor(root, cgroups, pid);
  if (named === null) return null;
  return /^(?:lxc|systemd-nspawn)$/.test(named.runtime)
    ? { runtime: named.runtime, id: named.id, name: named.id, image: null }
    : { runtime: named.runtime, id: named.id, ...detailsOf(root, named, homes, pid) };
}

/** What a container of one process is called: its pod or its name; null: it is in none, or nothing names it. */
export function containerName(host: Host, cgroups: readonly string[], pid: number): string | null {
  const container = containerOf(new Root(host, ''), cgroups, [], pid);
  return container?.pod ?? container?.name ?? null;
}

/** Containers of the processes, by pid as text. `homes`: folders of users who may run rootless ones. */
export function readContainers(
  root: Root,
  processes: readonly Process[],
  homes: readonly string[],
): Record<string, Container> {
  const found: Record<string, Container> = {};
  const made = new Map<string, Container | null>();
  for (const process of processes) {
    const cgroups = process.cgroups ?? (process.cgroup === null ? [] : [process.cgroup]);
    const key = cgroups.join('\n');
    let container = made.get(key);
    if (container === undefined) {
      container = containerOf(root, cgroups, homes, process.pid);
      made.set(key, container);
    }
    if (container !== null) found[String(process.pid)] = container;
  }
  return found;
}
