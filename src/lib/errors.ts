/** A place in a file the user wrote; line and column start at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing the user got wrong. */
export interface Problem {
  readonly place: Place | null;
  /** What is wrong. */
  readonly message: string;
  /** What was expected or what to do; null: the message says it all. */
  readonly hint: string | null;
}

/** `file:line:column: message (hint)`, or without the place. */
export function formatProblem(problem: Problem): string {
  const at = problem.place ? `${problem.place.file}:${problem.place.line}:${problem.place.column}: ` : '';
  return `${at}${problem.message}${problem.hint === null ? '' : ` (${problem.hint})`}`;
}

/** The user did something wrong: exit 2, all problems printed at once, no stack trace. */
export class UsageError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[] | string, hint: string | null = null) {
    const list = typeof problems === 'string' ? [{ place: null, message: problems, hint }] : problems;
    super(list.map(formatProblem).join('\n'));
    this.name = 'UsageError';
    this.problems = list;
  }
}

/** Nothing could be collected at all: exit 4. */
export class CollectionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CollectionError';
  }
}

/** Standard output takes no more bytes, and not because its reader went away (a full disk): exit 4. */
export class StreamLost extends Error {
  constructor(why: string) {
    super(`standard output was lost while writing: ${why}`);
    this.name = 'StreamLost';
  }
}
