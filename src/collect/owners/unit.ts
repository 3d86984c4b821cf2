const UNIT = /^[^/]+\.(service|scope|socket|mount|swap|automount|timer|path|target|device)$/;
const USER_MANAGER = /^user@[0-9]+\.service$/;

/** systemd puts `_` before a name that would clash with a file of the cgroup itself (cg_escape). */
const unescaped = (component: string): string => (component.startsWith('_') ? component.slice(1) : component);

/** The first component that is no slice, if it is a unit: below it a unit may arrange its own groups. */
function firstUnit(components: readonly string[]): { readonly name: string; readonly below: readonly string[] } | null {
  const at = components.findIndex((component) => !component.endsWith('.slice'));
  const name = components[at];
  return name !== undefined && UNIT.test(name) ? { name, below: components.slice(at + 1) } : null;
}

/**
 * The systemd unit that a cgroup path names; null: none. Below a user's manager (`user@1000.service`) it is the user's own unit.
 * A container's scope stands for everything in it, whatever units an init inside has.
 */
export function unitOf(cgroup: string): string | null {
  const components = cgroup
    .replace(/ \(deleted\)$/, '')
    .split('/')
    .filter((component) => component !== '' && component !== '..')
    .map(unescaped);
  const outer = firstUnit(components);
  if (outer === null) return null;
  if (!USER_MANAGER.test(outer.name)) return outer.name;
  const inner = firstUnit(outer.below);
  return inner === null || inner.name === 'init.scope' ? outer.name : inner.name;
}

/** The path that names units, from the lines of /proc/PID/cgroup: systemd's own hierarchy where v1 is mounted, else v2. null: neither. */
export function cgroupPath(lines: readonly string[]): string | null {
  const pathOf = (start: RegExp): string | undefined => lines.find((line) => start.test(line))?.replace(start, '');
  const systemd = pathOf(/^[0-9]+:name=systemd:/);
  const unified = pathOf(/^0::/);
  return systemd !== undefined && (unified === undefined || unified === '/') ? systemd : (unified ?? null);
}
