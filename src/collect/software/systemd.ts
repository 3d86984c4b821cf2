import type { SocketUnit } from '../../model/software.js';
import type { Root } from './root.js';
import { expanded, type Manager, nameOf, SYSTEM_MANAGER, type UnitName } from './specifiers.js';
import { lastOf, listOf, parseUnitFile, splitWords, type UnitLine } from './unit-file.js';

/** Folders of system units, most trusted first (systemd.unit(5)). */
const SYSTEM_FOLDERS = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/run/systemd/generator.early',
  '/etc/systemd/system',
  '/run/systemd/system',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator.late',
];

const UNIT_BYTES_MAX = 256 * 1024;
/** Socket units of one manager. */
export const UNITS_MAX = 1_000;
const DROP_INS_MAX = 50;

const LISTENS = [
  'ListenStream',
  'ListenDatagram',
  'ListenSequentialPacket',
  'ListenNetlink',
  'ListenFIFO',
  'ListenSpecial',
  'ListenMessageQueue',
  'ListenUSBFunction',
];

/** `foo-bar-baz.socket` also takes drop-ins of `foo-bar-.socket.d` and `foo-.socket.d`. */
function prefixesOf({ prefix, kind }: UnitName): readonly string[] {
  const parts = prefix.split('-').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, parts.length - index).join('-')}-.${kind}`);
}

/** One manager's units: the folders it reads, listed once. */
class Units {
  readonly #root: Root;
  readonly #folders: readonly { readonly path: string; readonly names: ReadonlySet<string> }[];

  constructor(root: Root, folders: readonly string[]) {
    this.#root = root;
    this.#folders = folders
      .map((path) => ({ path, names: new Set(root.list(path)) }))
      .filter((folder) => folder.names.size > 0);
  }

  /** Names of socket units: files, the instances that somebody wants, and `more` that are known to be held. */
  socketNames(more: Iterable<string>): readonly string[] {
    const names = new Set<string>(more);
    for (const folder of this.#folders)
      for (const entry of folder.names) {
        if (entry.endsWith('.socket') && !entry.endsWith('@.socket')) names.add(entry);
        else if (/\.(?:wants|requires|upholds)$/.test(entry))
          for (const wanted of this.#root.list(`${folder.path}/${entry}`))
            if (wanted.endsWith('.socket')) names.add(wanted);
      }
    return [...names]
      .filter((name) => !this.#isAlias(name))
      .sort()
      .slice(0, UNITS_MAX);
  }

  /** A link to a unit of another name that is there too: systemd knows it by that one. */
  #isAlias(name: string): boolean {
    const folder = this.#folders.find(({ names }) => names.has(name));
    const target = folder === undefined ? null : this.#root.linkOf(folder.path, name);
    if (target === null) return false;
    const real = target.slice(target.lastIndexOf('/') + 1);
    const { prefix, instance } = nameOf(name);
    return (
      real !== name &&
      real.endsWith('.socket') &&
      !(instance !== null && real === `${prefix}@.socket`) &&
      this.#folders.some(({ names }) => names.has(real))
    );
  }

  /** Lines of a unit with its drop-ins, in the order they count; null: there is none, or it is masked. */
  linesOf(name: UnitName): readonly UnitLine[] | null {
    const template = name.instance === null ? null : `${name.prefix}@.${name.kind}`;
    const lines = this.#fragment(name.full) ?? (template === null ? null : this.#fragment(template));
    if (lines === null) return null;
    return [
      ...lines,
      ...this.#dropIns([name.full, ...(template === null ? [] : [template]), ...prefixesOf(name), name.kind]),
    ];
  }

  #fragment(file: string): readonly UnitLine[] | null {
    for (const folder of this.#folders) {
      if (!folder.names.has(file)) continue;
      const text = this.#root.readText(`${folder.path}/${file}`, UNIT_BYTES_MAX);
      // A link to /dev/null masks the unit: no regular file, so it cannot be read.
      return text.ok && text.value !== '' ? parseUnitFile(text.value, `${folder.path}/${file}`) : null;
    }
    return null;
  }

  #dropIns(names: readonly string[]): readonly UnitLine[] {
    const files = new Map<string, string>();
    for (const name of names)
      for (const folder of this.#folders) {
        if (!folder.names.has(`${name}.d`)) continue;
        for (const file of this.#root.list(`${folder.path}/${name}.d`).slice(0, DROP_INS_MAX))
          if (file.endsWith('.conf') && !files.has(file)) files.set(file, `${folder.path}/${name}.d/${file}`);
      }
    const lines: UnitLine[] = [];
    for (const [, path] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const text = this.#root.readText(path, UNIT_BYTES_MAX);
      if (text.ok) lines.push(...parseUnitFile(text.value, path));
    }
    return lines;
  }
}

/** The unit that a socket starts: `Service=`, or its own name; with Accept=yes an instance of a template for each connection. */
function serviceName(socket: UnitName, lines: readonly UnitLine[], accept: boolean): string {
  const told = lastOf(lines, 'Socket', 'Service')?.value ?? '';
  if (told !== '') return told;
  if (accept) return `${socket.prefix}@${socket.instance ?? ''}.service`;
  return socket.instance === null ? `${socket.prefix}.service` : `${socket.prefix}@${socket.instance}.service`;
}

/** Words of the first ExecStart=, without the prefixes that say how it is run; `@` gives the command another first argument. */
function commandOf(lines: readonly UnitLine[], name: UnitName, manager: Manager): readonly string[] {
  const start = listOf(lines, 'Service', ['ExecStart'])[0];
  if (start === undefined) return [];
  const [, prefix = '', rest = ''] = /^([-@:+!|]*)(.*)$/s.exec(expanded(start.value, name, manager)) ?? [];
  const [exe = '', ...words] = splitWords(rest);
  return prefix.includes('@') ? [exe, ...words.slice(1)] : [exe, ...words];
}

/** Places to listen at; an empty line of any kind forgets those of all kinds before it (systemd.socket(5)). */
function listensOf(lines: readonly UnitLine[]): readonly UnitLine[] {
  const listens = lines.filter(({ section, key }) => section === 'Socket' && LISTENS.includes(key));
  return listens.slice(listens.findLastIndex(({ value }) => value === '') + 1);
}

const YES = /^(?:1|yes|true|on|y|t)$/i;

function socketUnit(full: string, units: Units, managerPid: number | null, manager: Manager): SocketUnit | null {
  const name = nameOf(full);
  const lines = units.linesOf(name);
  if (lines === null) return null;
  const listens = listensOf(lines);
  const [first] = listens;
  if (first === undefined) return null;
  const accept = YES.test(lastOf(lines, 'Socket', 'Accept')?.value ?? '');
  const service = nameOf(serviceName(name, lines, accept));
  const serviceLines = units.linesOf(service);
  return {
    name: full,
    file: first.file,
    line: first.line,
    listens: listens.map(({ key, value }) => ({ directive: key, value: expanded(value, name, manager) })),
    accept,
    service: serviceLines === null ? null : service.full,
    exec: serviceLines === null ? [] : commandOf(serviceLines, service, manager),
    bindToDevice: lastOf(lines, 'Socket', 'BindToDevice')?.value ?? null,
    bindIpv6Only: lastOf(lines, 'Socket', 'BindIPv6Only')?.value ?? null,
    active: null,
    managerPid,
  };
}

/** A user whose manager it is. */
export interface ManagersUser {
  readonly home: string | null;
  readonly uid: number;
  readonly name: string | null;
}

/** Folders of a user's own units. */
const ownFolders = (home: string | null, runtime: string): readonly string[] => [
  ...(home === null ? [] : [`${home}/.config/systemd/user.control`]),
  `${runtime}/systemd/user.control`,
  `${runtime}/systemd/transient`,
  `${runtime}/systemd/generator.early`,
  ...(home === null ? [] : [`${home}/.config/systemd/user`]),
  '/etc/systemd/user',
  `${runtime}/systemd/user`,
  '/run/systemd/user',
  `${runtime}/systemd/generator`,
  ...(home === null ? [] : [`${home}/.local/share/systemd/user`]),
  '/usr/local/lib/systemd/user',
  '/usr/local/share/systemd/user',
  '/usr/lib/systemd/user',
  '/usr/share/systemd/user',
  `${runtime}/systemd/generator.late`,
];

/**
 * Socket units of a service manager, from its unit files. `managerPid` null: pid 1, whether or not it was seen. `held`: names of units that
 * it is known to hold, which no file need name (an instance that was started by hand).
 */
export function readSocketUnits(
  root: Root,
  managerPid: number | null,
  user: ManagersUser | null,
  held: Iterable<string> = [],
): readonly SocketUnit[] {
  const manager: Manager =
    user === null
      ? SYSTEM_MANAGER
      : { runtime: `/run/user/${user.uid}`, uid: user.uid, user: user.name, home: user.home };
  const units = new Units(root, user === null ? SYSTEM_FOLDERS : ownFolders(user.home, manager.runtime));
  const found: SocketUnit[] = [];
  for (const name of units.socketNames(held)) {
    const unit = socketUnit(name, units, managerPid, manager);
    if (unit !== null) found.push(unit);
  }
  return found;
}

/** What a system service starts, and where that stands; null: there is no such unit, or it starts nothing. */
export function readService(
  root: Root,
  full: string,
): { readonly exec: readonly string[]; readonly file: string; readonly line: number } | null {
  const name = nameOf(full);
  const lines = new Units(root, SYSTEM_FOLDERS).linesOf(name);
  const start = lines === null ? undefined : listOf(lines, 'Service', ['ExecStart'])[0];
  return lines === null || start === undefined
    ? null
    : { exec: commandOf(lines, name, SYSTEM_MANAGER), file: start.file, line: start.line };
}
