/** What is taken of Node's `Stats`. */
interface Stats {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isSocket(): boolean;
  isFIFO(): boolean;
}

/** Facts of a file, as stat(2) has them. */
export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'link' | 'socket' | 'fifo' | 'device';
  /** Permission bits with setuid, setgid and sticky, e.g. 0o4755. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Device number as stat(2) packs it. */
  readonly device: number;
  readonly inode: number;
  /** Seconds since 1970, whole. */
  readonly mtime: number;
  /** Time of the last change of the inode, seconds since 1970, whole. */
  readonly ctime: number;
}

function kindOf(stats: Stats): FileFacts['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isSocket()) return 'socket';
  return stats.isFIFO() ? 'fifo' : 'device';
}

export function factsOf(stats: Stats): FileFacts {
  return {
    kind: kindOf(stats),
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    device: stats.dev,
    inode: stats.ino,
    mtime: Math.floor(stats.mtimeMs / 1000),
    ctime: Math.floor(stats.ctimeMs / 1000),
  };
}
