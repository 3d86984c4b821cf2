import type { SocketUnit } from '../../model/software.js';
import type { Root } from './root.js';
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

/** Folders of user units that every user's manager reads, beside those in its home. */
const USER_FOLDERS = ['/etc/systemd/user', '/run/systemd/user', '/usr/local/lib/systemd/user', '/usr/lib/systemd/user'];

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

/** `foo@bar.socket`: prefix `foo`, instance `bar`. */
interface UnitName {
  readonly full: string;
  readonly prefix: string;
  readonly instance: string | null;
  readonly kind: string;
}

function nameOf(full: string): UnitName {
  const dot = full.lastIndexOf('.');
  const stem = full.slice(0, dot);
  const at = stem.indexOf('@');
  return {
    full,
    prefix: at < 0 ? stem : stem.slice(0, at),
    instance: at < 0 ? null : stem.slice(at + 1),
    kind: full.slice(dot + 1),
  };
}

const unescaped = (text: string): string =>
  text
    .replaceAll('-', '/')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Specifiers that a socket or its command may hold; others stay as they stand. */
function expanded(text: string, name: UnitName, runtime: string): string {
  return text.replace(/%(.)/g, (whole, letter: string) => {
    switch (letter) {
      case '%':
        return '%';
      case 'i':
        return name.instance ?? '';
      case 'I':
        return unescaped(name.instance ?? '');
      case 'n':
        return name.full;
      case 'N':
        return name.full.slice(0, name.full.lastIndexOf('.'));
      case 'p':
      case 'P':
        return name.prefix;
      case 't':
        return runtime;
      default:
        return whole;
    }
  });
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

  /** Names of socket units: files, and the instances that somebody wants. */
  socketNames(): readonly string[] {
    const names = new Set<string>();
    for (const folder of this.#folders)
      for (const entry of folder.names) {
        if (entry.endsWith('.socket') && !entry.endsWith('@.socket')) names.add(entry);
        else if (/\.(?:wants|requires|upholds)$/.test(entry))
          for (const wanted of this.#root.list(`${folder.path}/${entry}`))
            if (wanted.endsWith('.socket')) names.add(wanted);
      }
    return [...names].sort().slice(0, UNITS_MAX);
  }

  /** Lines of a unit with its drop-ins, in the order they count; null: there is none, or it is masked. */
  linesOf(name: UnitName): readonly UnitLine[] | null {
    const template = name.instance === null ? null : `${name.prefix}@.${name.kind}`;
    const lines = this.#fragment(name.full) ?? (template === null ? null : this.#fragment(template));
    if (lines === null) return null;
    return [...lines, ...this.#dropIns([name.full, ...(template === null ? [] : [template]), name.kind])];
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
function commandOf(lines: readonly UnitLine[], name: UnitName, runtime: string): readonly string[] {
  const start = listOf(lines, 'Service', ['ExecStart'])[0];
  if (start === undefined) return [];
  const [, prefix = '', rest = ''] = /^([-@:+!|]*)(.*)$/s.exec(expanded(start.value, name, runtime)) ?? [];
  const [exe = '', ...words] = splitWords(rest);
  return prefix.includes('@') ? [exe, ...words.slice(1)] : [exe, ...words];
}

const YES = /^(?:1|yes|true|on|y|t)$/i;

function socketUnit(full: string, units: Units, managerPid: number | null, runtime: string): SocketUnit | null {
  const name = nameOf(full);
  const lines = units.linesOf(name);
  if (lines === null) return null;
  const listens = listOf(lines, 'Socket', LISTENS);
  const [first] = listens;
  if (first === undefined) return null;
  const accept = YES.test(lastOf(lines, 'Socket', 'Accept')?.value ?? '');
  const service = nameOf(serviceName(name, lines, accept));
  const serviceLines = units.linesOf(service);
  return {
    name: full,
    file: first.file,
    line: first.line,
    listens: listens.map(({ key, value }) => ({ directive: key, value: expanded(value, name, runtime) })),
    accept,
    service: serviceLines === null ? null : service.full,
    exec: serviceLines === null ? [] : commandOf(serviceLines, service, runtime),
    bindToDevice: lastOf(lines, 'Socket', 'BindToDevice')?.value ?? null,
    bindIpv6Only: lastOf(lines, 'Socket', 'BindIPv6Only')?.value ?? null,
    active: null,
    managerPid,
  };
}

/** Socket units of a service manager, from its unit files. `managerPid` null: pid 1, whether or not it was seen. */
export function readSocketUnits(
  root: Root,
  managerPid: number | null,
  user: { readonly home: string | null; readonly uid: number } | null,
): readonly SocketUnit[] {
  const runtime = user === null ? '/run' : `/run/user/${user.uid}`;
  const own =
    user === null
      ? []
      : [
          ...(user.home === null
            ? []
            : [`${user.home}/.config/systemd/user`, `${user.home}/.local/share/systemd/user`]),
          `${runtime}/systemd/user`,
          `${runtime}/systemd/transient`,
        ];
  const units = new Units(root, user === null ? SYSTEM_FOLDERS : [...own, ...USER_FOLDERS]);
  const found: SocketUnit[] = [];
  for (const name of units.socketNames()) {
    const unit = socketUnit(name, units, managerPid, runtime);
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
    : { exec: commandOf(lines, name, '/run'), file: start.file, line: start.line };
}

/** Bytes of `systemctl show` that are read. */
const SHOWN_BYTES_MAX = 4 * 1024 * 1024;

/** Which socket units systemd holds right now, by name; null: it could not be asked. */
export async function askActive(root: Root): Promise<ReadonlyMap<string, boolean> | null> {
  const ran = await root.host.run('systemctl', ['show', '--property=Id,ActiveState', '--no-pager', '*.socket'], {
    timeoutMs: 5_000,
    bytesMax: SHOWN_BYTES_MAX,
  });
  if (!ran.ok || ran.value.status !== 0) return null;
  const active = new Map<string, boolean>();
  for (const block of ran.value.stdout.split('\n\n')) {
    const id = /^Id=(.+)$/m.exec(block)?.[1];
    const state = /^ActiveState=(.+)$/m.exec(block)?.[1];
    if (id !== undefined && state !== undefined) active.set(id, state === 'active');
  }
  return active;
}
