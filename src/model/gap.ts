/** Something that could not be seen. A report with gaps says so at its top. */
export interface Gap {
  /** What kind of thing is missing. `internal` is a mistake of earshot's own in one reader. */
  readonly kind:
    | 'owner'
    | 'namespace'
    | 'protocol'
    | 'family'
    | 'firewall'
    | 'route'
    | 'interface'
    | 'capture'
    | 'clients'
    | 'software'
    | 'probe'
    | 'statistics'
    | 'timeout'
    | 'internal';
  /** What was not seen, in a few words a sysadmin understands: `owner of tcp/0.0.0.0:6667@host (inode 4711)`. */
  readonly what: string;
  /** Why, with the errno name where there is one: `EACCES: /proc/1/fd`. */
  readonly why: string;
  /** What may therefore be missing from the report or wrong in it. */
  readonly hides: string;
  /** What to do to see it: a command or a setting. Empty when nothing helps. */
  readonly fix: string;
  /** True when a whole listener may be missing from the report because of it (`--require-complete` fails on these). */
  readonly hidesListeners: boolean;
  /** Inode (nsfs) of the one network namespace it is about; absent: it is about more, or about none. */
  readonly namespace?: number;
}

/** What a reader returns: the value as far as it could be read, and what could not. */
export interface Reading<T> {
  readonly value: T;
  readonly gaps: readonly Gap[];
}
