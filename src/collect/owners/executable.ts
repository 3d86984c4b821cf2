import type { ExeFile, ExeState } from '../../model/process.js';
import type { FileFacts, Host } from '../host.js';

/** The file a process runs from. */
export interface Executable {
  readonly exe: string | null;
  readonly exeState: ExeState;
  readonly exeFile: ExeFile | null;
  /** True: the path is one of the host's root, which the process has left since. */
  readonly exeOutside?: boolean;
  /** Why it could not be read; null: it could, or there is none. */
  readonly why: string | null;
}

const DELETED = ' (deleted)';
/** dpkg's name for the old file while it puts a new one in its place. */
const DPKG_OLD = /\.dpkg-tmp$/;
const WORLD_WRITABLE = 0o002;
const STICKY = 0o1000;
/** As many folders as a path may have (PATH_MAX / 2). */
const FOLDERS_MAX = 2_048;

const same = (one: FileFacts, other: FileFacts): boolean => one.device === other.device && one.inode === other.inode;

/** The path inside the process's own root: /proc/PID/exe shows a chroot's folder in front of it. */
function insideRoot(path: string, root: string | null): string {
  return root !== null && root !== '/' && path.startsWith(`${root}/`) ? path.slice(root.length) : path;
}

/**
 * What /proc/PID/exe says. `deleted` only where nothing stands at the path in the process's own root; another file there means an upgrade
 * replaced it. `root` is the link /proc/PID/root, null where it could not be read; `given` stands before paths of its root: nothing where
 * that is ours.
 */
export function readExecutable(host: Host, pid: number, root: string | null, given: string): Executable {
  const link = host.sync.readLink(`/proc/${pid}/exe`);
  if (!link.ok) {
    const none = link.code === 'ENOENT' || link.code === 'ESRCH';
    return { exe: null, exeState: none ? 'present' : 'unreadable', exeFile: null, why: none ? null : link.why };
  }
  // A path that the kernel calls unreachable begins with no slash.
  const prefix = link.value.startsWith('/') ? given : `/proc/${pid}/root`;
  const running = host.sync.stat(`/proc/${pid}/exe`);
  const facts = running.ok ? running.value : null;
  const whole = insideRoot(link.value, root);
  const at = (path: string): FileFacts | null => {
    const found = host.sync.stat(`${prefix}${path}`);
    return found.ok ? found.value : null;
  };
  const done = (exe: string, exeState: ExeState): Executable => ({
    exe,
    exeState,
    exeFile: facts === null ? null : factsOf(host, prefix, exe, facts),
    why: null,
  });

  const standing = at(whole);
  if (facts !== null && standing !== null && same(facts, standing)) return done(whole, 'present');
  if (isConfined(host, link.value, root, facts))
    return { ...done(link.value, 'present'), exeFile: factsOf(host, '', link.value, facts), exeOutside: true };
  if (isMemfd(host, prefix, link.value, facts)) return done(whole.slice(0, -DELETED.length), 'memfd');
  const path = whole.endsWith(DELETED) ? whole.slice(0, -DELETED.length) : whole;
  const original = path.replace(DPKG_OLD, '');
  if (at(path) !== null || (original !== path && at(original) !== null)) return done(original, 'replaced');
  const looked = host.sync.stat(`${prefix}${path}`);
  if (looked.ok) return done(path, 'replaced');
  if (looked.code === 'ENOENT' || looked.code === 'ENOTDIR')
    return done(path, whole.endsWith(DELETED) ? 'deleted' : elsewhere(facts));
  return { ...done(path, 'unreadable'), why: looked.why };
}

/** A daemon that confined itself to a folder after its start (chroot(2)): the very file stands at that path of the host's root. */
function isConfined(host: Host, path: string, root: string | null, facts: FileFacts | null): facts is FileFacts {
  if (facts === null || root === null || root === '/' || !path.startsWith('/')) return false;
  const outside = host.sync.stat(path);
  return outside.ok && same(facts, outside.value);
}

/** Nothing at the path though the kernel does not call the file deleted: it was mounted over, or its mount is gone. */
const elsewhere = (facts: FileFacts | null): ExeState => (facts === null ? 'unreadable' : 'present');

/** memfd_create(2) files have no folder; a real file `/memfd:x` lies on the root's own device. */
function isMemfd(host: Host, prefix: string, link: string, facts: FileFacts | null): boolean {
  if (!link.startsWith('/memfd:') || !link.endsWith(DELETED)) return false;
  const root = host.sync.stat(`${prefix}/`);
  return facts === null || !root.ok || root.value.device !== facts.device;
}

function factsOf(host: Host, prefix: string, path: string, facts: FileFacts): ExeFile {
  return {
    mode: facts.mode,
    uid: facts.uid,
    gid: facts.gid,
    size: facts.size,
    mtime: facts.mtime,
    device: String(facts.device),
    inode: String(facts.inode),
    pathWritable: path.startsWith('/') && isPathWritable(host, prefix, path),
  };
}

/** A folder on the way that everybody may write, and whose entries everybody may therefore rename (no sticky bit). */
function isPathWritable(host: Host, prefix: string, path: string): boolean {
  const names = path.split('/').slice(1, -1).slice(0, FOLDERS_MAX);
  let folder = '';
  for (const name of ['', ...names]) {
    if (name !== '') folder += `/${name}`;
    const facts = host.sync.stat(`${prefix}${folder}/`);
    if (facts.ok && (facts.value.mode & WORLD_WRITABLE) !== 0 && (facts.value.mode & STICKY) === 0) return true;
  }
  return false;
}
