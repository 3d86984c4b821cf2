/** `foo@bar.socket`: prefix `foo`, instance `bar`. */
export interface UnitName {
  readonly full: string;
  readonly prefix: string;
  readonly instance: string | null;
  readonly kind: string;
}

export function nameOf(full: string): UnitName {
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

/** Whose manager reads a unit: what its specifiers stand for. */
export interface Manager {
  /** `/run`, or a user's `/run/user/UID`. */
  readonly runtime: string;
  readonly uid: number;
  readonly user: string | null;
  readonly home: string | null;
}

export const SYSTEM_MANAGER: Manager = { runtime: '/run', uid: 0, user: 'root', home: '/root' };

const unescaped = (text: string): string =>
  text
    .replaceAll('-', '/')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Folders of the system's manager, and of a user's below the home (systemd.unit(5), Specifiers). */
const FOLDERS: Readonly<Record<string, { readonly system: string; readonly user: string }>> = {
  E: { system: '/etc', user: '/.config' },
  S: { system: '/var/lib', user: '/.config' },
  C: { system: '/var/cache', user: '/.cache' },
  L: { system: '/var/log', user: '/.config/log' },
};

function meaning(letter: string, name: UnitName, manager: Manager): string | null {
  const folder = FOLDERS[letter];
  if (folder !== undefined)
    return manager.runtime === '/run' ? folder.system : manager.home === null ? null : `${manager.home}${folder.user}`;
  switch (letter) {
    case '%':
      return '%';
    case 'i':
      return name.instance ?? '';
    case 'I':
      return unescaped(name.instance ?? '');
    case 'f':
      return `/${unescaped(name.instance ?? name.prefix).replace(/^\//, '')}`;
    case 'n':
      return name.full;
    case 'N':
      return name.full.slice(0, name.full.lastIndexOf('.'));
    case 'p':
      return name.prefix;
    case 'P':
      return unescaped(name.prefix);
    case 'j':
      return name.prefix.slice(name.prefix.lastIndexOf('-') + 1);
    case 'J':
      return unescaped(name.prefix.slice(name.prefix.lastIndexOf('-') + 1));
    case 't':
      return manager.runtime;
    case 'T':
      return '/tmp';
    case 'V':
      return '/var/tmp';
    case 'U':
      return String(manager.uid);
    case 'u':
      return manager.user;
    case 'h':
      return manager.home;
    default:
      return null;
  }
}

/** Specifiers that a socket or its command may hold; those that are not known stay as they stand. */
export const expanded = (text: string, name: UnitName, manager: Manager): string =>
  text.replace(/%(.)/g, (whole, letter: string) => meaning(letter, name, manager) ?? whole);
