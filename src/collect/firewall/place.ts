import type { Host, Look, Ran, RunLimits } from '../host.js';

/** The network namespace whose firewall is read, and the ways to it. */
export interface FirewallPlace {
  /** Its name in the report. */
  readonly name: string;
  /** A descriptor of the namespace, open in this process while the firewall is read; null: ours, or none could be opened. */
  readonly descriptor: number | null;
  /** True: it is the one we are in. */
  readonly own: boolean;
  /** `/proc/PID/net` of a task in it; null: none. */
  readonly procNet: string | null;
}

/**
 * Runs a program inside the namespace. nsenter(1) enters it in a process of its own: this process never starts anything while it stands in
 * another namespace.
 */
export function runInside(
  host: Host,
  place: FirewallPlace,
  command: string,
  args: readonly string[],
  limits: RunLimits = {},
): Promise<Look<Ran>> {
  if (place.own || !host.live) return host.run(command, args, limits);
  if (place.descriptor === null)
    return Promise.resolve({ ok: false, code: 'EACCES', why: `EACCES: namespace ${place.name} cannot be entered` });
  const path = `/proc/${process.pid}/fd/${place.descriptor}`;
  return host.run('nsenter', [`--net=${path}`, '--', command, ...args], limits);
}

/** How `complaint` says that a program is missing. */
export const NOT_INSTALLED = /not installed/;

/** A program that did not do what it should: what it said, on one line. null: all well. */
export function complaint(command: string, ran: Look<Ran>): string | null {
  if (!ran.ok) return ran.code === 'ENOENT' ? `the program ${command} is not installed` : ran.why;
  if (ran.value.status === 0) return null;
  const said = ran.value.stderr.trim().split('\n')[0] ?? '';
  // nsenter's own words when it finds no program to start.
  if (/failed to execute .*No such file/.test(said)) return `the program ${command} is not installed`;
  return `${command}: ${said === '' ? `status ${ran.value.status ?? 'of a signal'}` : said}`;
}
