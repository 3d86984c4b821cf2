import type { Finding, Location } from '../model/finding.js';
import type { Owner } from '../model/listener.js';
import type { Report } from '../model/report.js';

/** A file of the repository that can open a port. */
export interface RepositoryFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly kind: 'compose' | 'dockerfile' | 'unit' | 'inetd';
  readonly text: string;
}

/** The repository in which earshot was started. */
export interface Repository {
  /** Absolute path of its root. */
  readonly root: string;
  /** Absolute path of the folder from which relative file names are meant. */
  readonly folder: string;
  readonly files: readonly RepositoryFile[];
}

/** What a finding is about, as far as a file of the repository can name it. */
interface Subject {
  readonly port: number | null;
  /** It is published by a container engine, or stands in a container. */
  readonly contained: boolean;
  readonly published: boolean;
  readonly units: readonly string[];
}

const ENGINES: readonly string[] = ['docker-proxy', 'rootlessport', 'conmon', 'passt', 'pasta', 'slirp4netns'];

const isEngine = ({ name }: Owner): boolean => name !== null && ENGINES.includes(name);

function subjectsOf(report: Report): ReadonlyMap<string, Subject> {
  const map = new Map<string, Subject>();
  // Under `exec` the command stands for what the image would run.
  const exec = report.collection.source === 'exec';
  for (const { id, port, owners } of [...report.listeners, ...report.published]) {
    const published = id.startsWith('published/') || owners.some(isEngine);
    map.set(id, {
      port,
      published,
      contained: exec || published || owners.some(({ container }) => container !== null),
      units: owners.flatMap(({ unit }) => (unit === null ? [] : [unit, unit.replace(/@[^.]*\./, '@.')])),
    });
  }
  return map;
}

/** Line of a text, from 1, that `holds`; null: none does. */
function lineWhere(text: string, holds: (line: string) => boolean): number | null {
  const index = text.split('\n').findIndex(holds);
  return index < 0 ? null : index + 1;
}

/** A port of the host in a compose file's `ports`: `"8080:80"`, `127.0.0.1:8080-8090:80-90/tcp`, `published: 8080`. */
function publishes(line: string, port: number): boolean {
  const long = /^\s*(?:-\s*)?published:\s*["']?(\d+)(?:-(\d+))?["']?\s*(?:#.*)?$/.exec(line);
  const short =
    /^\s*-\s*["']?(?:(?:\[[0-9a-f:]+\]|[\d.]+):)?(\d+)(?:-(\d+))?:\d+(?:-\d+)?(?:\/\w+)?["']?\s*(?:#.*)?$/i.exec(line);
  const range = long ?? short;
  if (range === null) return false;
  return port >= Number(range[1]) && port <= Number(range[2] ?? range[1]);
}

const exposes = (line: string, port: number): boolean =>
  /^\s*EXPOSE\s/i.test(line) &&
  line
    .trim()
    .split(/\s+/)
    .slice(1)
    .some((word) => Number(word.split('/')[0]) === port);

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The line of a unit that opens the port, else the one that starts the program. */
function unitLine(text: string, port: number | null): number {
  const listens = (line: string): boolean =>
    /^Listen(?:Stream|Datagram|SequentialPacket)=/.test(line) && (port === null || line.trim().endsWith(String(port)));
  return lineWhere(text, listens) ?? lineWhere(text, (line) => /^ExecStart=/.test(line)) ?? 1;
}

/** The place in this file that opened the port of the subject, or null. */
function placeIn(file: RepositoryFile, { port, published, contained, units }: Subject): Location | null {
  const at = (line: number | null, what: string): Location | null =>
    line === null ? null : { file: file.path, repoPath: file.path, line, what };
  switch (file.kind) {
    case 'compose':
      return port === null || !published
        ? null
        : at(
            lineWhere(file.text, (line) => publishes(line, port)),
            'the compose file publishes the port',
          );
    case 'unit':
      return units.includes(nameOf(file.path)) ? at(unitLine(file.text, port), `the unit ${nameOf(file.path)}`) : null;
    case 'dockerfile':
      return port === null || !contained
        ? null
        : at(
            lineWhere(file.text, (line) => exposes(line, port)),
            'the Dockerfile exposes the port',
          );
    case 'inetd':
      return null;
  }
}

/** Path below the root; null: outside. `.` and `..` are resolved. */
function below(root: string, folder: string, file: string): string | null {
  const parts: string[] = [];
  for (const part of (file.startsWith('/') ? file : `${folder}/${file}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const path = `/${parts.join('/')}`;
  const start = root === '/' ? '/' : `${root}/`;
  return path.startsWith(start) && path.length > start.length ? path.slice(start.length) : null;
}

/** A file of the host that the repository holds under the same name: `deploy/etc/inetd.conf` for `/etc/inetd.conf`. */
function copyOf({ file, line }: Location, repository: Repository): { path: string; line: number } | null {
  if (!file.startsWith('/')) return null;
  const tail = file.split('/').slice(-2).join('/');
  const copy = repository.files.find(({ path }) => path === tail || path.endsWith(`/${tail}`) || path === nameOf(file));
  return copy === undefined ? null : { path: copy.path, line: copy.kind === 'unit' ? unitLine(copy.text, null) : line };
}

function located(location: Location, repository: Repository): Location {
  if (location.repoPath !== null) return location;
  const path = below(repository.root, repository.folder, location.file);
  if (path !== null) return { ...location, repoPath: path };
  const copy = copyOf(location, repository);
  return copy === null ? location : { ...location, repoPath: copy.path, line: copy.line };
}

/**
 * The report with the places of its findings in the repository: first the compose file, unit or Dockerfile that opened the port, then
 * what the rules named (a policy's entry, an inetd line), with the path an annotation can point at.
 */
export function placed(report: Report, repository: Repository): Report {
  const subjects = subjectsOf(report);
  const findings = report.findings.map((finding): Finding => {
    const subject = subjects.get(finding.subject);
    const opened = subject === undefined ? [] : repository.files.flatMap((file) => placeIn(file, subject) ?? []);
    const rest = finding.locations.map((location) => located(location, repository));
    const seen = new Set(opened.map(({ repoPath, line }) => `${repoPath}:${line}`));
    return {
      ...finding,
      locations: [...opened, ...rest.filter(({ repoPath, line }) => !seen.has(`${repoPath}:${line}`))],
    };
  });
  return { ...report, findings };
}

/** Path of a file in the repository, for annotations without a better place; null: it lies outside. */
export const repositoryPath = (repository: Repository, file: string): string | null =>
  below(repository.root, repository.folder, file);
