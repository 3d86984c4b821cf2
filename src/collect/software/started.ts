import { baseName, scriptOf } from '../../lib/interpreters.js';
import { startsFromCommandLine } from '../../lib/starters.js';
import type { Process } from '../../model/process.js';
import type { Socket } from '../../model/socket.js';
import type { InetdEntry, SocketUnit } from '../../model/software.js';
import type { Root } from './root.js';

/** Paths of programs that one process starts, which a package is looked for. */
const PATHS_MAX = 256;
/** Words of a command that can be its program: before it stand wrappers (tcpd, env) and their options. */
const WORDS_MAX = 8;
/** Where a command is looked for that is named without a folder. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** Words of commands by the pid of who starts them: inetd's, the service manager's, tcpserver's. */
export type Started = ReadonlyMap<number, readonly (readonly string[])[]>;

/** What is started for ports that somebody listens on. */
export function startedFor(
  sockets: readonly Socket[],
  holders: readonly Process[],
  units: readonly SocketUnit[],
  inetd: readonly InetdEntry[],
): Started {
  const ports = new Set(sockets.flatMap(({ port }) => port ?? []));
  const commands = new Map<number, (readonly string[])[]>();
  const starts = (pid: number, words: readonly string[]): void => {
    const own = commands.get(pid);
    if (own === undefined) commands.set(pid, [words]);
    else if (own.length < PATHS_MAX) own.push(words);
  };
  for (const unit of units)
    if (unit.listens.some(({ value }) => ports.has(Number(/(\d{1,5})$/.exec(value)?.[1]))))
      starts(unit.managerPid ?? 1, unit.exec);
  for (const { disabled, internal, port, pid, program, args } of inetd)
    if (!disabled && !internal && port !== null && ports.has(port)) starts(pid ?? 1, [program, ...args]);
  for (const process of holders) {
    const script = process.exe === null ? null : scriptOf(process.exe, process.args, process.name);
    const name = script?.kind === 'applet' ? script.name : baseName(process.exe ?? '');
    // socat's `EXEC:/usr/sbin/telnetd,pty` is a command in one word.
    if (startsFromCommandLine(name))
      starts(
        process.pid,
        process.args.slice(1).flatMap((word) => word.replace(/^\w+:(?=\/)/, '').split(/[\s,]/)),
      );
  }
  return commands;
}

/** Files that the words of a command can mean. */
export function filesOf(root: Root, words: readonly string[]): readonly string[] {
  const files = words.filter((word) => word.startsWith('/')).slice(0, WORDS_MAX);
  const names = words.slice(0, WORDS_MAX).filter((word) => /^[\w][\w.+-]*$/.test(word) && !/^\d+$/.test(word));
  const found = names.flatMap(
    (name) => FOLDERS.map((folder) => `${folder}/${name}`).find((path) => root.exists(path)) ?? [],
  );
  return [...new Set([...files, ...found])];
}
