import { baseName, scriptOf } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Socket } from '../../model/socket.js';
import type { Disguise, ServiceSetting } from '../../model/software.js';
import { type Home, namedBy, Root, rootFor } from './root.js';
import { environmentPorts, PORTS, type Ports } from './settings-ports.js';
import { postgresAccess } from './settings-postgres.js';
import { commandOf, REDIS_USUAL, redisOptions, redisTitle, type Told } from './settings-redis.js';
import { SPECIALS, type Special } from './settings-special.js';
import type { Line } from './settings-syntax.js';
import { CONFIGURATIONS, type Configuration, type Wanted } from './settings-table.js';

const CONF_BYTES_MAX = 4 * 1024 * 1024;
/** Files that a configuration includes, together. */
const INCLUDES_MAX = 200;
const SETTINGS_MAX = 20_000;

interface Found {
  readonly path: string;
  readonly text: string;
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

/** File that the arguments name by one of the options. */
function toldBy(process: Process, options: readonly string[]): string | null {
  const args = wordsOf(process);
  for (const [index, word] of args.entries()) {
    if (index === 0) continue;
    for (const option of options) {
      if (option === '*' && !word.startsWith('-') && word.includes('/')) return absolute(word, process);
      if (option === '*') continue;
      if (word === option) return args[index + 1] === undefined ? null : absolute(args[index + 1] ?? '', process);
      if (
        option.startsWith('--')
          ? word.startsWith(`${option}=`)
          : word.startsWith(option) && word.length > 2 && !option.startsWith('--')
      )
        return absolute(word.slice(option.length + (option.startsWith('--') ? 1 : 0)), process);
    }
  }
  return null;
}

/** Longer lines name no file. */
const LINE_CHARACTERS_MAX = 4_096;

const INCLUDE =
  /^[ \t]*!?(?:include|include_dir|include_try|includedir|conf_dir|Include)(?:[ \t]+|[ \t]*=[ \t]*)["']?([^\s;"']+)/;

/** Files that a pattern with stars in its last part, a file or a folder stands for. */
function filesOf(root: Root, path: string): readonly string[] {
  const slash = path.lastIndexOf('/');
  const pattern = path.slice(slash + 1);
  const folder = path.slice(0, slash);
  if (!pattern.includes('*')) return [path, ...root.list(path).map((name) => `${path}/${name}`)];
  return root
    .list(folder)
    .filter((name) => fits(name, pattern))
    .map((name) => `${folder}/${name}`);
}

/** Text with the files that its `include` lines name put at its end; one level, as distributions use it. */
function withIncludes(root: Root, text: string, folder: string): string {
  const parts = [text];
  for (const line of text.split('\n')) {
    const named = line.length > LINE_CHARACTERS_MAX ? undefined : INCLUDE.exec(line)?.[1];
    if (named === undefined) continue;
    for (const path of filesOf(root, named.startsWith('/') ? named : `${folder}/${named}`).slice(
      0,
      INCLUDES_MAX - parts.length,
    )) {
      const part = root.readText(path, CONF_BYTES_MAX);
      if (part.ok) parts.push(part.value);
    }
  }
  return parts.join('\n');
}

/** A file name and a pattern with at most a few stars. */
function fits(name: string, pattern: string): boolean {
  const [start = '', ...rest] = pattern.split('*');
  const end = rest.at(-1) ?? '';
  return name.startsWith(start) && name.endsWith(end) && name.length >= start.length + end.length;
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
  { inFolder, variable }: Pick<Ports, 'inFolder' | 'variable'> = {},
): Found | null {
  const named = toldBy(process, options) ?? variableOf(process, variable);
  const told = named === null || inFolder === undefined ? named : `${named.replace(/\/$/, '')}/${inFolder}`;
  const from = told === null || places.includes(told) ? root : namedBy(root, process);
  for (const path of told === null ? places : [told]) {
    const text = from.readText(path, CONF_BYTES_MAX);
    if (text.ok)
      return { path, text: withIncludes(from, text.value, path.slice(0, path.lastIndexOf('/'))), told: told !== null };
  }
  return null;
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
        file: found.path,
        line: line?.line ?? 0,
      });
  }
  return settings;
}

const special = (one: Pick<Special, 'service' | 'read'>, found: Found, pid: number): readonly ServiceSetting[] =>
  one
    .read(found.text)
    .map(({ name, value, line }) => ({ pid, service: one.service, name, value, file: found.path, line }));

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
function portsOf(root: Root, process: Process, program: string): readonly ServiceSetting[] {
  const file = `/proc/${process.pid}/environ`;
  const told = environmentPorts(process.environment ?? {}).map((fact) => ({
    pid: process.pid,
    service: program,
    ...fact,
    file,
  }));
  const read = PORTS.flatMap((one) => {
    if (!one.programs.test(program) || (one.word !== undefined && !process.args.includes(one.word))) return [];
    const found = fileOf(root, process, one.options, one.places, one);
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

function ofProcess(root: Root, process: Process, ports: ReadonlySet<number>): readonly ServiceSetting[] {
  if (process.exe === null || scriptOf(process.exe, process.args, process.name) !== null) return [];
  const program = baseName(process.exe);
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
    const found = fileOf(root, process, one.options, one.places);
    if (found !== null) settings.push(...special(one, found, process.pid));
  }
  return [...settings, ...portsOf(root, process, program)];
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
