import type { IdentifiedListener } from '../model/listener.js';

/** What an audit is narrowed to; an empty list: not narrowed by that. */
export interface Narrowing {
  /** Inclusive port ranges. */
  readonly ports: readonly (readonly [number, number])[];
  /** Names or inodes of network namespaces. */
  readonly namespaces: readonly string[];
  /** Names, ids or id prefixes (12 digits and more) of containers. */
  readonly containers: readonly string[];
  /** systemd units, with or without `.service`. */
  readonly units: readonly string[];
}

const ID_PREFIX_MIN = 12;

const portFits = (port: number | null, ranges: Narrowing['ports']): boolean =>
  ranges.length === 0 || (port !== null && ranges.some(([low, high]) => port >= low && port <= high));

/** True when one of the names is that of the namespace, or its inode. */
export const isAsked = (namespace: IdentifiedListener['namespace'], names: readonly string[]): boolean =>
  names.includes(namespace.name) || names.includes(String(namespace.id));

function containerFits(listener: IdentifiedListener, names: readonly string[]): boolean {
  if (names.length === 0) return true;
  return listener.owners.some(({ container }) =>
    names.some(
      (name) =>
        container !== null &&
        (container.name === name ||
          container.id === name ||
          (name.length >= ID_PREFIX_MIN && container.id.startsWith(name))),
    ),
  );
}

const unitFits = (listener: IdentifiedListener, units: readonly string[]): boolean =>
  units.length === 0 ||
  listener.owners.some(
    ({ unit }) => unit !== null && units.some((name) => unit === name || unit === `${name}.service`),
  );

/** True when the listener is among what the audit was narrowed to. */
export const fits = (listener: IdentifiedListener, narrowing: Narrowing): boolean =>
  portFits(listener.port, narrowing.ports) &&
  (narrowing.namespaces.length === 0 || isAsked(listener.namespace, narrowing.namespaces)) &&
  containerFits(listener, narrowing.containers) &&
  unitFits(listener, narrowing.units);

/** True when nothing was narrowed. */
export const isWhole = (narrowing: Narrowing): boolean =>
  narrowing.ports.length + narrowing.namespaces.length + narrowing.containers.length + narrowing.units.length === 0;
