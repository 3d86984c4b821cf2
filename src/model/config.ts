import type { Severity } from './finding.js';

/** A zone of the user's own, or a built-in one given an interface. */
export interface ConfigZone {
  /** Interface where its packets enter. */
  readonly interface?: string;
  /** Source prefixes that belong to it. */
  readonly from?: readonly string[];
  /** Built-in zone it ranks as; `private` where not said. */
  readonly rank?: 'container' | 'vm' | 'link' | 'private' | 'public';
}

/** A report to write: a format, and where it goes. */
export interface ConfigOutput {
  /** Format of the report; absent only for syslog and journald, which get messages of their own. */
  readonly format?: string;
  /** A file, or an address: https://host/path, syslog:, syslog://host:514, syslog+tcp://, syslog+tls://, journald:. Absent: standard output; one format may go without. */
  readonly file?: string;
}

/**
 * earshot.yaml: found upwards from the working directory, then in /etc/earshot. Every key is named as the flag that does the same;
 * a flag on the command line beats the file.
 */
export interface Config {
  /** Reports to write, as -f and -o do. */
  readonly outputs?: readonly ConfigOutput[];
  /** Exit with 1 when a new finding is at or above this severity; `none`: never. Default high. */
  readonly 'fail-on'?: 'critical' | 'high' | 'medium' | 'low' | 'info' | 'none';
  /** Known findings fail the run too. */
  readonly 'fail-on-known'?: boolean;
  /** What the reports show; JSON always holds everything. Default info. */
  readonly 'min-severity'?: Severity;
  /** Exit with 3 when something that could hide a listener was not seen. */
  readonly 'require-complete'?: boolean;
  /** Deadline of the whole audit in seconds; what it cuts off is a gap. Default 60. */
  readonly timeout?: number;
  /** Where sockets are read from; auto chooses per protocol and namespace. */
  readonly backend?: 'auto' | 'netlink' | 'proc';
  /** How owners are found; auto chooses by what is allowed and by how many processes there are. */
  readonly owners?: 'auto' | 'bpf' | 'proc';
  /** Find out what stands behind sockets (packages, units, containers, configurations). Default true. */
  readonly identity?: boolean;
  /** Speak to this host's own listeners, harmlessly, to learn what they are. Default false. */
  readonly probe?: boolean;
  /** Only these ports or port ranges (`22`, `8000-8100`). */
  readonly port?: readonly (number | string)[];
  /** Only these network namespaces, by name or inode. */
  readonly netns?: readonly (number | string)[];
  /** Only these containers, by name or id. */
  readonly container?: readonly string[];
  /** Only these systemd units. */
  readonly unit?: readonly string[];
  /** Rule packs of your own: files, folders or npm packages, read beside the built-in pack. */
  readonly rules?: readonly string[];
  /** Use the built-in pack. Default true. */
  readonly builtin?: boolean;
  /** Agreed state: what is in it, no worse than there, is known. */
  readonly baseline?: string;
  /** Report to compare with; the run fails only on what is not in it. */
  readonly 'compare-to'?: string;
  /** Folder that keeps the history of runs. */
  readonly state?: string;
  /** Say nothing and exit 0 when nothing changed. */
  readonly 'quiet-if-unchanged'?: boolean;
  /** File mode of written reports, octal text. Default 0600 (prometheus 0644). */
  readonly mode?: string;
  /** Zones of your own; a built-in zone may be given an interface. */
  readonly zones?: Readonly<Record<string, ConfigZone>>;
  /** This host's private addresses are published one-to-one by a NAT in front of it, so outsiders reach them. Default false. */
  readonly 'one-to-one-nat'?: boolean;
  /** Changes to rules of the packs: see docs/rules.md. */
  readonly overrides?: readonly Readonly<Record<string, unknown>>[];
  /** Which listeners may be there: see docs/rules.md. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** Accepted findings: see docs/rules.md. */
  readonly waivers?: readonly Readonly<Record<string, unknown>>[];
}
