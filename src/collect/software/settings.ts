import { baseName, scriptOf } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Socket } from '../../model/socket.js';
import type { Disguise, ServiceSetting } from '../../model/software.js';
import { type Whole, wholeOf } from './includes.js';
import { type Home, namedBy, Root, rootFor } from './root.js';
import { PORTS, type Ports } from './settings-ports.js';
import { postgresAccess } from './settings-postgres.js';
import { commandOf, REDIS_USUAL, redisOptions, redisTitle, type Told } from './settings-redis.js';
import { SPECIALS, type Special } from './settings-special.js';
import { environmentPorts } from './settings-stores.js';
import type { Line } from './settings-syntax.js';
import { CONFIGURATIONS, type Configuration, type Wanted } from './settings-table.js';

const CONF_BYTES_MAX = 4 * 1024 * 1024;
const SETTINGS_MAX = 20_000;

interface Found extends Whole {
  /** True: the arguments name it; false: it stands where the program looks by default. */
  readonly told: boolean;
}

const absolute = (path: string, process: Process): string =>
  path.startsWith('/') ? path : `${process.cwd ?? ''}/${path}`;

/** Arguments; of a program that has rewritten them to one line (`nginx: master process nginx -c FILE`) the words of that line. */
function wordsOf({ args }: Process): readonly string[] {
  const given = args.filter((word) => word !== '');
  const [title = ''] = given;
  return given.length === 1 && title.includes(' ') ? title.split(' ') : given;
}

/** A word that names a file without an option before it. */
const NAMES_FILE = /\/|\.(?:conf|cnf|cfg|ini|ya?ml|json)$/;

/** Files that the arguments name by one of the options, in their order. */
function* toldIn(process: Process, options: readonly string[]): Iterable<string> {
  const args = wordsOf(process);
  for (const [index, word] of args.entries()) {
    if (index === 0) continue;
    for (const option of options) {
      if (option === '*' && !word.startsWith('-') && NAMES_FILE.test(word)) yield absolute(word, process);
      if (option === '*') continue;
      const next = args[index + 1];
      if (word === option) {
        if (next !== undefined) yield absolute(next, process);
      } else if (
        option.startsWith('--')
          ? word.startsWith(`${option}=`)
          : word.startsWith(option) && word.length > 2 && !option.startsWith('--')
      )
        yield absolute(word.slice(option.length + (option.startsWith('--') ? 1 : 0)), process);
    }
  }
}

/** The first file that the arguments name by one of the options. */
function toldBy(process: Process, options: readonly string[]): string | null {
  for (const path of toldIn(process, options)) return path;
  return null;
}

/** A file, or those of a folder whose names have the ending, in the order in which programs read them. */
function partsOf(
  root: Root,
  path: string,
  ending: string | undefined,
): readonly { readonly path: string; readonly text: string }[] {
  const text = root.readText(path, CONF_BYTES_MAX);
  if (text.ok) return [{ path, text: text.value }];
  if (ending === undefined) return [];
  return root.list(path).flatMap((name) => {
    const part = name.endsWith(ending) ? root.readText(`${path}/${name}`, CONF_BYTES_MAX) : null;
    return part?.ok === true ? [{ path: `${path}/${name}`, text: part.value }] : [];
  });
}

/** The file in its user's home, where there is one. */
function homeFile(root: Root, process: Process, inHome: string | undefined): string | null {
  const home = process.environment?.['HOME'];
  if (inHome === undefined || home?.startsWith('/') !== true) return null;
  const path = `${home}/${inHome}`;
  return root.exists(path) ? path : null;
}

/** File that a variable of its environment names. */
function variableOf({ environment }: Process, variable: Ports['variable']): string | null {
  const named = variable === undefined ? undefined : environment?.[variable.name];
  if (variable === undefined || named === undefined || !named.startsWith('/')) return null;
  return named.endsWith(variable.ending) ? named : `${named}${variable.ending}`;
}

function fileOf(
  root: Root,
  process: Process,
  options: readonly string[],
  places: readonly string[],
  {
    inFolder,
    inHome,
    variable,
    several,
  }: Pick<Ports, 'inFolder' | 'inHome' | 'variable'> & Pick<Special, 'several'> = {},
): Found | null {
  const named = toldBy(process, options) ?? variableOf(process, variable) ?? homeFile(root, process, inHome);
  const told = named === null || inFolder === undefined ? named : `${named.replace(/\/$/, '')}/${inFolder}`;
  const from = told === null || places.includes(told) ? root : namedBy(root, process);
  for (const path of told === null ? places : [told]) {
    const paths = told === null || several === undefined ? [path] : [...new Set(toldIn(process, options))];
    const parts = paths.flatMap((one) => partsOf(from, one, told === null ? undefined : several));
    if (parts.length > 0) return { ...wholeOf(from, parts, CONF_BYTES_MAX), told: told !== null };
  }
  return null;
}

function inFile(found: Found, line: number): Pick<ServiceSetting, 'file' | 'line'> {
  const place = found.placeOf(line);
  return { file: place.path, line: place.line };
}

const YES = /^(?:yes|true|on|1|y)$/i;

function factValue(wanted: Wanted, line: Line | undefined): string | null {
  if (line === undefined) return wanted.otherwise;
  if (wanted.kind === 'secret') return line.value === '' ? 'unset' : 'set';
  if (wanted.kind === 'flag') return YES.test(line.value) ? 'yes' : 'no';
  return line.value === '' ? 'yes' : line.value;
}

/** Facts of a configuration with keys; none where the file is the default one and speaks of another port than this process has. */
function plain(
  configuration: Configuration,
  found: Found,
  pid: number,
  ports: ReadonlySet<number>,
): readonly ServiceSetting[] {
  const lines = configuration.parse(found.text);
  const pick = (key: string): Line | undefined =>
    configuration.first === true ? lines.find((line) => line.key === key) : lines.findLast((line) => line.key === key);
  const port =
    configuration.port === null ? configuration.usual : Number(pick(configuration.port)?.value ?? configuration.usual);
  if (!found.told && !ports.has(port)) return [];
  const settings: ServiceSetting[] = [];
  for (const wanted of configuration.wanted) {
    const line = pick(wanted.key);
    const value = factValue(wanted, line);
    if (value !== null)
      settings.push({
        pid,
        service: configuration.service,
        name: wanted.fact,
        value,
        ...inFile(found, line?.line ?? 0),
      });
  }
  return settings;
}

const special = (one: Pick<Special, 'service' | 'read'>, found: Found, pid: number): readonly ServiceSetting[] =>
  one
    .read(found.text)
    .map(({ name, value, line }) => ({ pid, service: one.service, name, value, ...inFile(found, line) }));

/** pg_hba.conf beside postgresql.conf, or where that says. */
function postgres(home: Root, process: Process): readonly ServiceSetting[] {
  const root = namedBy(home, process);
  const config = process.args.find((word) => word.startsWith('config_file='))?.slice('config_file='.length);
  const data = toldBy(process, ['-D']);
  const path = config ?? (data === null ? null : `${data}/postgresql.conf`);
  if (path === null) return [];
  const text = root.readText(path, CONF_BYTES_MAX);
  const said = text.ok ? /^[ \t]*hba_file[ \t]*=[ \t]*'([^'\n]+)'/m.exec(text.value)?.[1] : undefined;
  const hba = said ?? `${path.slice(0, path.lastIndexOf('/'))}/pg_hba.conf`;
  const rules = root.readText(hba, CONF_BYTES_MAX);
  return rules.ok
    ? postgresAccess(rules.value).map(({ name, value, line }) => ({
        pid: process.pid,
        service: 'postgresql',
        name,
        value,
        file: hba,
        line,
      }))
    : [];
}

/** What the ports of a program with several are; a file at its default place that several programs share is read for each alike. */
function portsOf(root: Root, process: Process, program: string, rest: Process): readonly ServiceSetting[] {
  const file = `/proc/${process.pid}/environ`;
  const told = environmentPorts(program, process.environment ?? {}).map((fact) => ({
    pid: process.pid,
    service: program,
    ...fact,
    file,
  }));
  const read = PORTS.flatMap((one) => {
    if (!one.programs.test(program) || (one.word !== undefined && !process.args.includes(one.word))) return [];
    const found = fileOf(root, one.behind === true ? rest : process, one.options, one.places, one);
    return found === null ? [] : special(one, found, process.pid);
  });
  return [...told, ...read];
}

/** What Redis was started with stands above its file: the unit's command where a title stands over the arguments. */
function redis(
  root: Root,
  process: Process,
): { readonly process: Process; readonly settings: readonly ServiceSetting[]; readonly hasFile: boolean } {
  const command = commandOf(root, process);
  const of = (told: readonly Told[], file: string, line: number): readonly ServiceSetting[] =>
    told.map((one) => ({ pid: process.pid, service: 'redis', ...one, file, line }));
  const title = of(redisTitle(process), `/proc/${process.pid}/cmdline`, 1);
  if (command === null) return { process, settings: title, hasFile: true };
  const options = of(redisOptions(command.words), command.file, command.line);
  const real = { ...process, args: command.words };
  // Without a file in its arguments it reads none, also where one stands at the usual place.
  const hasFile = toldBy(real, ['*']) !== null;
  const usual = hasFile ? [] : of(REDIS_USUAL, command.file, 0);
  return { process: real, settings: [...title, ...options, ...usual], hasFile };
}

/**
 * The program whose configuration a process reads, and the process with that program's own arguments: an executable, or the class that a Java
 * virtual machine runs. Other scripts can be called as anybody likes. null: none.
 */
function programOf(process: Process): { readonly program: string; readonly rest: Process } | null {
  if (process.exe === null) return null;
  const script = scriptOf(process.exe, process.args, process.name);
  if (script === null) return { program: baseName(process.exe), rest: process };
  if (script.language !== 'java' || script.kind !== 'module') return null;
  const name = script.name.slice(script.name.lastIndexOf('/') + 1);
  return { program: name, rest: { ...process, args: [name, ...script.rest] } };
}

function ofProcess(root: Root, process: Process, ports: ReadonlySet<number>): readonly ServiceSetting[] {
  const running = programOf(process);
  if (running === null) return [];
  const { program, rest } = running;
  if (program === 'postgres' || program === 'postmaster') return postgres(root, process);
  const settings: ServiceSetting[] = [];
  const started = /^(?:redis|valkey|keydb)-/.test(program) ? redis(root, process) : null;
  settings.push(...(started?.settings ?? []));
  for (const configuration of CONFIGURATIONS) {
    if (!configuration.programs.test(program) || started?.hasFile === false) continue;
    const found = fileOf(root, started?.process ?? process, configuration.options, configuration.places);
    if (found !== null) settings.push(...plain(configuration, found, process.pid, ports));
  }
  for (const one of SPECIALS) {
    if (!one.programs.test(program)) continue;
    const found = fileOf(root, process, one.options, one.places, one);
    if (found !== null) settings.push(...special(one, found, process.pid));
  }
  return [...settings, ...portsOf(root, process, program, rest)];
}

/** What the configurations of the services behind sockets say, each read in its process's own root. Secrets are only `set` or `unset`. */
export function readSettings(
  homes: readonly Home[],
  sockets: readonly Socket[],
  disguises: Readonly<Record<string, Disguise>>,
  hostMount: number | null,
): readonly ServiceSetting[] {
  const ports = new Map<number, Set<number>>();
  for (const socket of sockets)
    for (const pid of socket.port === null ? [] : socket.holders) {
      const own = ports.get(pid) ?? new Set<number>();
      own.add(socket.port ?? 0);
      ports.set(pid, own);
    }
  const settings: ServiceSetting[] = [];
  for (const { root, processes } of homes)
    for (const process of processes) {
      if (settings.length > SETTINGS_MAX) return settings;
      const disguise = disguises[String(process.pid)];
      const real = disguise === undefined ? process : { ...process, exe: disguise.path };
      const own = ports.get(process.pid) ?? new Set<number>();
      const told = ofProcess(rootFor(root, process, hostMount), real, own);
      // One that confined itself read its file before it did, or finds it inside.
      const isElsewhere = told.length === 0 && process.exeOutside === true;
      settings.push(...(isElsewhere ? ofProcess(new Root(root.host, ''), real, own) : told));
    }
  return settings;
}
