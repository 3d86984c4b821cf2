import type { Owner } from '../model/listener.js';
import type { Step } from './rule.js';

/** Units that a command stops, starts or restarts by name (systemctl(1)); patterns and placeholders are none. */
const UNIT = /(?<![\w@.*/{-])[A-Za-z0-9][\w@.-]*?(?=\.(?:service|socket)(?![\w/]))/g;
/** What a package manager takes away: `apt-get purge a b`, `dnf remove a`, `apk del a`. */
const REMOVED = /\b(?:apt-get (?:purge|remove)|(?:dnf|yum) remove|apk del)((?: [\w.+-]+)+)/g;
const SUPER_SERVER = /inetd/;
/** A word of two letters stands in too many others. */
const WORD_LENGTH_MIN = 3;
/** Shorter names stand by chance in the middle of others: `ftpd` in `vsftpd`. */
const INSIDE_LENGTH_MIN = 6;

const plain = (name: string): string => name.toLowerCase().replace(/@.*$/, '').replace(/^in\./, '');
const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Units and packages that a command speaks of. */
function named(command: string): { readonly units: readonly string[]; readonly packages: readonly string[] } {
  const packages = [...command.matchAll(REMOVED)]
    .flatMap(([, list = '']) => list.trim().split(' '))
    .filter((name) => !name.startsWith('-'));
  const inetd = /\bupdate-inetd\b/.test(command) ? ['inetd'] : [];
  return { units: [...(command.match(UNIT) ?? []), ...inetd].map(plain), packages: packages.map(plain) };
}

/** All names that an owner goes by. Under inetd what answers is the program, and what starts it is inetd. */
function namesOf(owner: Owner): readonly string[] {
  const program = owner.inetd?.program ?? owner.exe;
  return [
    program === null ? null : base(program),
    ...(owner.inetd === null ? [owner.script, ...owner.parents, ...owner.args] : []),
    owner.name,
    owner.unit,
    owner.package?.name ?? null,
  ]
    .filter((name): name is string => name !== null)
    .map(plain)
    .filter((name) => name.length >= WORD_LENGTH_MIN);
}

const tokens = (name: string): readonly string[] =>
  name.split(/[^a-z]+/).filter((token) => token.length >= WORD_LENGTH_MIN && !COMMON.includes(token));
/** Words of names that say nothing of the program. */
const COMMON = [
  'server',
  'service',
  'daemon',
  'common',
  'core',
  'systemd',
  'main',
  'node',
  'usr',
  'share',
  'local',
  'etc',
  'var',
  'run',
  'opt',
  'tmp',
  'home',
  'conf',
  'config',
  'sbin',
  'bin',
  'lib',
  'the',
  'java',
  'python',
];

/** Whether two names can be of one program: one stands in the other (`ssh`, `sshd`), or they share a word (`nfs-server`, `nfs-common`). */
function related(one: string, other: string): boolean {
  if (one === other) return true;
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (short.length >= INSIDE_LENGTH_MIN ? long.includes(short) : long.startsWith(short)) return true;
  const words = tokens(other);
  return tokens(one).some((word) => words.includes(word));
}

const isKnown = (owner: Owner): boolean =>
  owner.kind === 'process' && owner.exe !== null && owner.pid !== 1 && owner.name !== 'systemd';

/**
 * Whether a step can be about what holds the listener. A step that stops or removes something by name suits an owner that goes by such a name;
 * where an owner is not known, or nothing is named, every step suits. A super server is stopped only where it is the owner.
 */
export function suits(step: Step, owners: readonly Owner[]): boolean {
  if (owners.length === 0 || !owners.every(isKnown)) return true;
  const { units, packages } = named(step.command);
  if (units.length + packages.length === 0) return true;
  return owners.some((owner) => {
    const own = namesOf(owner);
    const isOwn = (name: string): boolean => own.some((each) => related(name, each));
    const isStarter = (unit: string): boolean => SUPER_SERVER.test(unit);
    if (owner.inetd !== null) return units.some(isStarter) || (units.length === 0 && packages.some(isOwn));
    return [...units.filter((unit) => !isStarter(unit)), ...packages].some(isOwn);
  });
}

const INETD_LINE: Step = {
  what: "Take its line out of inetd's file; what else inetd starts stays",
  command: "sed -i '{line}s/^/#/' {file} && kill -HUP {pid}",
  undo: "sed -i '{line}s/^#//' {file} && kill -HUP {pid}",
};
const UNIT_STOP: Step = {
  what: 'Stop the unit that holds it, and keep it from starting',
  command: 'systemctl disable --now {unit}',
  undo: 'systemctl enable --now {unit}',
};
const PROCESS_END: Step = {
  what: 'End {process}, which holds it; what started it may start it again',
  command: 'kill {pid}',
  undo: '',
};

/** The step that closes a listener whatever its program is, told by who holds it. null: nobody in particular does. */
export function closing(owners: readonly Owner[]): Step | null {
  const [owner] = owners;
  if (owner === undefined || !isKnown(owner) || owner.container !== null) return null;
  if (owner.inetd !== null) return owner.name?.startsWith('xinetd') === true ? null : INETD_LINE;
  if (owner.unit?.endsWith('.service')) return /^user@/.test(owner.unit) ? PROCESS_END : UNIT_STOP;
  return owner.pid === null ? null : PROCESS_END;
}

/** True: it says by name what it stops or removes. */
export const isNamed = (step: Step): boolean => {
  const { units, packages } = named(step.command);
  return units.length + packages.length > 0;
};

/** True: it names a line of inetd's file, which is better than any step of a rule. */
export const isInetdLine = (step: Step): boolean => step === INETD_LINE;
