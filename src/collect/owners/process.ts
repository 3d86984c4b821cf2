import { decodeText } from '../../lib/bytes.js';
import type { Gap } from '../../model/gap.js';
import type { Process } from '../../model/process.js';
import type { Host } from '../host.js';
import { Root } from '../software/root.js';
import { withArgumentFiles } from './argument-files.js';
import { readExecutable } from './executable.js';
import { redactArguments } from './redact.js';
import { cgroupPath, unitOf } from './unit.js';
import { UserNames } from './users.js';

const STAT_BYTES_MAX = 8_192;
const STATUS_BYTES_MAX = 65_536;
const CGROUP_BYTES_MAX = 262_144;
/** Arguments and environment together may take 6 MiB (execve(2)). */
const STRINGS_BYTES_MAX = 8 * 1024 * 1024;
/** … of which so much is looked at. */
const LOOKED_BYTES = 262_144;
const ARGS_MAX = 256;
const ARG_CHARACTERS_MAX = 1_024;
const CGROUPS_MAX = 16;
const ANCESTORS_MAX = 16;
const PF_KTHREAD = 0x0020_0000;
const NAMED_MAX = 5;

/** Variables that identity needs; every other one stays unread. Their values are redacted like arguments. */
const ENVIRONMENT: ReadonlySet<string> = new Set([
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
  'PWD',
  'HOME',
  'container',
  'KUBERNETES_SERVICE_HOST',
  'NODE_OPTIONS',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'CATALINA_BASE',
  'PGDATA',
  'EJABBERD_CONFIG_PATH',
  'RABBITMQ_CONFIG_FILE',
  'RABBITMQ_NODE_PORT',
  'RABBITMQ_DIST_PORT',
  'ETCD_LISTEN_CLIENT_URLS',
  'ETCD_LISTEN_PEER_URLS',
  'ETCD_LISTEN_METRICS_URLS',
]);

interface Stat {
  readonly name: string;
  readonly ppid: number;
  readonly kernelThread: boolean;
  readonly startTicks: string;
}

/** Fields 2, 4, 9 and 22 of proc_pid_stat(5). The name may hold anything, also `)`. */
function parseStat(text: string): Stat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = text.slice(close + 2).split(' ');
  return {
    name: text.slice(open + 1, close),
    ppid: Number(fields[1] ?? 0),
    kernelThread: (Number(fields[6] ?? 0) & PF_KTHREAD) !== 0,
    startTicks: fields[19] ?? '0',
  };
}

/** Zero-terminated strings of at most `LOOKED_BYTES`; one that was cut there is left out, because half a secret is not recognised. */
function parseStrings(bytes: Uint8Array): { readonly texts: readonly string[]; readonly cut: boolean } {
  const looked = bytes.subarray(0, LOOKED_BYTES);
  const cut = bytes.length > LOOKED_BYTES;
  const texts: string[] = [];
  let start = 0;
  for (let end = looked.indexOf(0); end >= 0; end = looked.indexOf(0, start)) {
    texts.push(decodeText(looked.subarray(start, end)));
    start = end + 1;
  }
  // A process that set its own title may have left no zero at the end.
  if (!cut && start < looked.length) texts.push(decodeText(looked.subarray(start)));
  while (texts.length > 1 && texts.at(-1) === '') texts.pop();
  return { texts, cut };
}

/** Reads processes of one host; remembers what many of them share. */
export class ProcessReader {
  readonly #host: Host;
  readonly #users: UserNames;
  readonly #stats = new Map<number, Stat | null>();
  #mount: { readonly inode: number | null } | null = null;
  readonly #unreadable: { readonly pid: number; readonly name: string; readonly why: string }[] = [];

  constructor(host: Host) {
    this.#host = host;
    this.#users = new UserNames(host);
  }

  /** null: there is no such process (any more). */
  read(pid: number): Process | null {
    const stat = this.#stat(pid);
    if (stat === null) return null;
    const root = this.#link(pid, 'root');
    const ownRoot = this.#hasOwnRoot(pid, root);
    const mnt = this.#namespace(pid, 'mnt');
    const prefix = !ownRoot && mnt !== null && mnt === this.#ourMount() ? '' : `/proc/${pid}/root`;
    const executable = readExecutable(this.#host, pid, root, prefix);
    if (executable.why !== null && !stat.kernelThread)
      this.#unreadable.push({ pid, name: stat.name, why: executable.why });
    const { why, ...exe } = executable;
    const found: Process = {
      pid,
      ppid: stat.ppid > 0 ? stat.ppid : null,
      name: stat.name,
      ...exe,
      ...(stat.kernelThread ? { exeState: 'present' } : {}),
      ...this.#arguments(pid),
      ...this.#status(pid),
      startTicks: stat.startTicks,
      ...this.#cgroup(pid),
      ancestors: this.#ancestors(stat),
      namespaces: {
        net: this.#namespace(pid, 'net'),
        pid: this.#namespace(pid, 'pid'),
        mnt,
        user: this.#namespace(pid, 'user'),
      },
      ownRoot,
      kernelThread: stat.kernelThread,
      cwd: this.#link(pid, 'cwd'),
      ...this.#environment(pid),
    };
    const args = withArgumentFiles(new Root(this.#host, prefix), found);
    return args === found.args ? found : { ...found, args: args.map((text) => text.slice(0, ARG_CHARACTERS_MAX)) };
  }

  /** One gap for all processes whose executable could not be looked at. */
  gaps(): readonly Gap[] {
    const [first] = this.#unreadable;
    if (first === undefined) return [];
    const count = this.#unreadable.length;
    const names = this.#unreadable.slice(0, NAMED_MAX).map(({ pid, name }) => `${name} (${pid})`);
    return [
      {
        kind: 'owner',
        what: `executables of ${count === 1 ? 'one process' : `${count} processes`}: ${names.join(', ')}${count > NAMED_MAX ? `, and ${count - NAMED_MAX} more` : ''}`,
        why: first.why,
        hides: 'which program and package it is, and whether its file was deleted or replaced',
        fix: 'run as root; where root is refused too, allow CAP_SYS_PTRACE',
        hidesListeners: false,
      },
    ];
  }

  #stat(pid: number): Stat | null {
    const known = this.#stats.get(pid);
    if (known !== undefined) return known;
    const text = this.#host.sync.readText(`/proc/${pid}/stat`, STAT_BYTES_MAX);
    const stat = text.ok ? parseStat(text.value) : null;
    this.#stats.set(pid, stat);
    return stat;
  }

  #link(pid: number, name: string): string | null {
    const link = this.#host.sync.readLink(`/proc/${pid}/${name}`);
    return link.ok ? link.value : null;
  }

  #namespace(pid: number, kind: string): number | null {
    const digits = /^[a-z]+:\[([0-9]{1,15})\]$/.exec(this.#link(pid, `ns/${kind}`) ?? '')?.[1];
    return digits === undefined ? null : Number(digits);
  }

  #arguments(pid: number): Pick<Process, 'args' | 'argsTruncated'> {
    const bytes = this.#host.sync.readBytes(`/proc/${pid}/cmdline`, STRINGS_BYTES_MAX);
    if (!bytes.ok) return bytes.code === 'EFBIG' ? { args: [], argsTruncated: true } : { args: [] };
    if (bytes.value.length === 0) return { args: [] };
    const { texts, cut } = parseStrings(bytes.value);
    const redacted = redactArguments(texts.slice(0, ARGS_MAX));
    const truncated = cut || texts.length > ARGS_MAX || redacted.some((text) => text.length > ARG_CHARACTERS_MAX);
    return {
      args: redacted.map((text) => text.slice(0, ARG_CHARACTERS_MAX)),
      ...(truncated ? { argsTruncated: true } : {}),
    };
  }

  #status(pid: number): Pick<Process, 'uid' | 'user' | 'capEff' | 'seccomp' | 'noNewPrivs'> {
    const status = this.#host.sync.readText(`/proc/${pid}/status`, STATUS_BYTES_MAX);
    const field = (pattern: RegExp): string | null => (status.ok ? (pattern.exec(status.value)?.[1] ?? null) : null);
    const number = (pattern: RegExp): number | null => {
      const digits = field(pattern);
      return digits === null ? null : Number(digits);
    };
    const uid = number(/^Uid:\t[0-9]+\t([0-9]+)/m);
    const noNewPrivs = number(/^NoNewPrivs:\t([01])$/m);
    return {
      uid,
      user: uid === null ? null : this.#users.name(uid),
      capEff: field(/^CapEff:\t([0-9a-f]+)$/m),
      seccomp: number(/^Seccomp:\t([0-9])$/m),
      noNewPrivs: noNewPrivs === null ? null : noNewPrivs === 1,
    };
  }

  #cgroup(pid: number): Pick<Process, 'cgroup' | 'cgroups' | 'unit'> {
    const text = this.#host.sync.readText(`/proc/${pid}/cgroup`, CGROUP_BYTES_MAX);
    if (!text.ok) return { cgroup: null, unit: null };
    const cgroups = text.value.split('\n').filter((line) => line !== '');
    const cgroup = cgroupPath(cgroups);
    return { cgroup, cgroups: cgroups.slice(0, CGROUPS_MAX), unit: cgroup === null ? null : unitOf(cgroup) };
  }

  #ancestors(stat: Stat): Process['ancestors'] {
    const ancestors: { pid: number; name: string }[] = [];
    for (let { ppid } = stat; ppid > 0 && ancestors.length < ANCESTORS_MAX; ) {
      const parent = this.#stat(ppid);
      if (parent === null || ancestors.some(({ pid }) => pid === ppid)) break;
      ancestors.push({ pid: ppid, name: parent.name });
      ppid = parent.ppid;
    }
    return ancestors;
  }

  /** Mount namespace of this very process: files of others in it are looked at by their plain paths, which costs less. */
  #ourMount(): number | null {
    this.#mount ??= { inode: this.#host.live ? this.#namespace(process.pid, 'mnt') : null };
    return this.#mount.inode;
  }

  /** Compares the folders themselves: a mount namespace of its own (PrivateTmp) may still have the host's root. */
  #hasOwnRoot(pid: number, root: string | null): boolean {
    const own = this.#host.sync.stat(`/proc/${pid}/root/`);
    const host = this.#host.sync.stat('/');
    if (!own.ok || !host.ok) return root !== null && root !== '/';
    return own.value.device !== host.value.device || own.value.inode !== host.value.inode;
  }

  #environment(pid: number): Pick<Process, 'environment'> {
    const bytes = this.#host.sync.readBytes(`/proc/${pid}/environ`, STRINGS_BYTES_MAX);
    if (!bytes.ok) return {};
    const found: Record<string, string> = {};
    for (const text of parseStrings(bytes.value).texts) {
      const at = text.indexOf('=');
      const name = text.slice(0, at);
      if (at > 0 && ENVIRONMENT.has(name))
        found[name] = redactArguments([text.slice(at + 1)])
          .join('')
          .slice(0, ARG_CHARACTERS_MAX);
    }
    return Object.keys(found).length > 0 ? { environment: found } : {};
  }
}
