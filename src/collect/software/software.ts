import { baseName, scriptOf } from '../../lib/interpreters.js';
import { isInetd } from '../../lib/starters.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { NetworkNamespace } from '../../model/network.js';
import type { Process } from '../../model/process.js';
import type { Socket } from '../../model/socket.js';
import {
  type InetdEntry,
  NO_SOFTWARE,
  type SocketCgroup,
  type SocketUnit,
  type Software,
} from '../../model/software.js';
import type { Host } from '../host.js';
import { readCgroups } from './cgroups.js';
import { readContainers } from './containers.js';
import { readInetd } from './inetd.js';
import { readPackages } from './packages.js';
import { type Home, homesOf, hostMountOf, namedBy, ROOTS_MAX, Root, rootFor } from './root.js';
import { readRegistrations } from './rpc.js';
import { readSettings } from './settings.js';
import { startedFor } from './started.js';
import { askActive } from './systemctl.js';
import { readSocketUnits } from './systemd.js';
import { readXinetd } from './xinetd.js';

/** What identity starts from: the sockets, those who hold them, the namespaces they are in. */
export interface SoftwareSubjects {
  readonly sockets: readonly Socket[];
  readonly processes: readonly Process[];
  readonly namespaces: readonly NetworkNamespace[];
}

/** What is wanted of identity. */
export interface SoftwareWish {
  /** False (`--no-identity`): nothing is read. */
  readonly identity: boolean;
}

const HEARING = new Set(['listen', 'bound']);

/** Processes that hold a socket which somebody else can reach. */
function holdersOf({ sockets, processes }: SoftwareSubjects): readonly Process[] {
  const pids = new Set<number>();
  for (const socket of sockets) if (HEARING.has(socket.state)) for (const pid of socket.holders) pids.add(pid);
  return processes.filter((process) => pids.has(process.pid));
}

const isManager = (process: Process): boolean =>
  process.exe === null ? process.pid === 1 && process.name === 'systemd' : baseName(process.exe) === 'systemd';

const uidOf = (process: Process): number => process.uid ?? 0;

/** Names of socket units in whose control groups sockets were made, for which `isTheirs` holds. */
function unitsHeld(
  sockets: readonly Socket[],
  cgroups: Readonly<Record<string, SocketCgroup>>,
  isTheirs: (socket: Socket) => boolean,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const socket of sockets) {
    const unit = socket.cgroupId === null ? null : (cgroups[socket.cgroupId]?.unit ?? null);
    if (unit?.endsWith('.socket') === true && isTheirs(socket)) names.add(unit);
  }
  return names;
}

/** Service managers that hold sockets, or could: pid 1 where nobody was seen to hold some. */
async function readUnits(
  host: Host,
  homes: readonly Home[],
  { sockets, processes }: SoftwareSubjects,
  cgroups: Readonly<Record<string, SocketCgroup>>,
): Promise<readonly SocketUnit[]> {
  const units: SocketUnit[] = [];
  const isUnseen = (socket: Socket): boolean =>
    socket.state === 'listen' && socket.holders.length === 0 && !socket.kernel;
  const hostManager = processes.find((process) => process.pid === 1);
  let hostRead = false;
  for (const home of homes)
    for (const process of home.processes) {
      if (!isManager(process)) continue;
      const user = process.args.includes('--user')
        ? { home: process.environment?.['HOME'] ?? null, uid: uidOf(process), name: process.user }
        : null;
      if (process.pid === 1) hostRead = true;
      const held = unitsHeld(sockets, cgroups, ({ holders }) => holders.includes(process.pid));
      const seen = user === null ? home.root : namedBy(home.root, process);
      units.push(...readSocketUnits(seen, process.pid === 1 ? null : process.pid, user, held));
    }
  const root = new Root(host, '');
  const unseen = sockets.some(isUnseen);
  if (
    !hostRead &&
    unseen &&
    (hostManager === undefined || isManager(hostManager)) &&
    root.exists('/run/systemd/system')
  )
    units.push(...readSocketUnits(root, null, null, unitsHeld(sockets, cgroups, isUnseen)));
  // A socket of pid 1 whose control group names no unit, as under cgroup v1, may be one that no file names.
  const isUnnamed = ({ holders, port, state, cgroupId }: Socket): boolean =>
    state === 'listen' &&
    port !== null &&
    holders.includes(1) &&
    (cgroupId === null || cgroups[cgroupId]?.unit == null);
  const isWorthAsking = unseen || (hostRead && sockets.some(isUnnamed));
  if (!isWorthAsking || !units.some((unit) => unit.managerPid === null)) return units;
  const active = await askActive(root);
  if (active === null) return units;
  const known = new Set(units.filter(({ managerPid }) => managerPid === null).map(({ name }) => name));
  const more = [...active].flatMap(([name, isActive]) => (isActive && !known.has(name) ? [name] : []));
  const all =
    more.length === 0
      ? units
      : [...units, ...readSocketUnits(root, null, null, more).filter(({ name }) => !known.has(name))];
  return all.map((unit) =>
    unit.managerPid === null ? { ...unit, active: active.get(unit.name) ?? unit.active } : unit,
  );
}

function readSuperServers(homes: readonly Home[], hostMount: number | null, gaps: Gap[]): readonly InetdEntry[] {
  const entries: InetdEntry[] = [];
  for (const home of homes)
    for (const process of home.processes) {
      if (process.exe === null) continue;
      const script = scriptOf(process.exe, process.args, process.name);
      const name = script?.kind === 'applet' ? script.name : baseName(process.exe);
      if (!isInetd(name)) continue;
      const root = namedBy(rootFor(home.root, process, hostMount), process);
      const args = script?.kind === 'applet' ? [name, ...script.rest] : process.args;
      const read =
        name === 'xinetd'
          ? readXinetd(root, args, process.cwd, process.pid)
          : readInetd(root, name, args, process.cwd, process.pid);
      if (read.length === 0)
        gaps.push({
          kind: 'software',
          what: `configuration of ${name} (pid ${process.pid})`,
          why: 'no entry could be read from the files it was started with',
          hides: 'what its ports start',
          fix: 'run as root, or name the file in its arguments with an absolute path',
          hidesListeners: false,
        });
      entries.push(...read);
    }
  return entries;
}

/** Homes of users who hold sockets: rootless containers keep their names there. */
function userHomes(root: Root, processes: readonly Process[]): readonly string[] {
  const uids = new Set(processes.map((process) => process.uid).filter((uid) => uid !== null && uid >= 1000));
  if (uids.size === 0) return [];
  const passwd = root.readText('/etc/passwd', 4 * 1024 * 1024);
  if (!passwd.ok) return [];
  const homes: string[] = [];
  for (const line of passwd.value.split('\n')) {
    const [, , uid, , , home] = line.split(':');
    if (home?.startsWith('/') === true && uids.has(Number(uid))) homes.push(home);
  }
  return homes;
}

/** What the host's files say of the software behind its sockets. Each part that cannot be read is left out or a gap; nothing is changed. */
export async function readSoftware(
  host: Host,
  subjects: SoftwareSubjects,
  wish: SoftwareWish,
): Promise<Reading<Software>> {
  if (!wish.identity) return { value: NO_SOFTWARE, gaps: [] };
  const gaps: Gap[] = [];
  const holders = holdersOf(subjects);
  const hostMount = hostMountOf(subjects.processes);
  const found = homesOf(host, holders, hostMount);
  const homes = found.slice(0, ROOTS_MAX);
  if (found.length > homes.length)
    gaps.push({
      kind: 'software',
      what: `packages and settings in ${found.length - homes.length} further roots`,
      why: `more than ${ROOTS_MAX} mount namespaces hold sockets`,
      hides: 'packages, units and settings of the listeners there',
      fix: 'narrow the audit (--netns, --container)',
      hidesListeners: false,
    });
  const root = new Root(host, '');
  const managers = new Set(holders.filter(isManager).map(({ pid }) => pid));
  const cgroups = readCgroups(root, subjects.sockets, managers);
  const socketUnits = await readUnits(host, homes, subjects, cgroups);
  const inetd = readSuperServers(homes, hostMount, gaps);
  const commands = startedFor(subjects.sockets, holders, socketUnits, inetd);
  const { packages, scripts, disguises, started, mainClasses } = readPackages(homes, commands);
  return {
    value: {
      socketUnits,
      inetd,
      packages,
      scriptPackages: scripts,
      disguises,
      ...(Object.keys(started).length === 0 ? {} : { startedPackages: started }),
      ...(Object.keys(mainClasses).length === 0 ? {} : { mainClasses }),
      cgroups,
      containers: readContainers(root, holders, userHomes(root, holders)),
      rpc: await readRegistrations(root, subjects.sockets, holders),
      settings: readSettings(homes, subjects.sockets, disguises, hostMount),
      probes: [],
    },
    gaps,
  };
}
