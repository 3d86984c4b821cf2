import type { Root } from './root.js';

/** Files that a configuration includes, together, and how deep they may include others. */
const INCLUDES_MAX = 200;
const DEPTH_MAX = 4;
/** Longer lines name no file. */
const LINE_CHARACTERS_MAX = 4_096;
const LINES_MAX = 100_000;

/** A configuration with everything that it includes, in the places where it does. */
export interface Whole {
  readonly text: string;
  /** Where a line of the text stands, counted from 1; line 0, which no file has, stands in the first file. */
  readonly placeOf: (line: number) => { readonly path: string; readonly line: number };
}

/** A line that does nothing else: redis, MySQL, PostgreSQL, dovecot, OpenSSH; with a colon unbound and nsd. */
const LINE =
  /^[ \t]*!?(?:include|include_dir|include_try|includedir|conf_dir|Include|include-toplevel)(?:[ \t]+|[ \t]*[=:][ \t]*)["']?([^\s;"']+)/;
/** nginx and named: a statement, wherever in a line. */
const STATEMENT = /^[^#]*?(?:^|[\s{;}])include\s+["']?([^\s;"'{}]+)["']?\s*;/;
/** OpenSSH: what a Match of an included file begins ends with that file. */
const MATCH = /^[ \t]*Match[ \t]/im;

/** A file name and a pattern with at most a few stars. */
function fits(name: string, pattern: string): boolean {
  const [start = '', ...rest] = pattern.split('*');
  const end = rest.at(-1) ?? '';
  return name.startsWith(start) && name.endsWith(end) && name.length >= start.length + end.length;
}

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

/** Puts the lines of files together. */
class Assembly {
  readonly #root: Root;
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #lines: string[] = [];
  readonly #places: { readonly path: string; readonly line: number }[] = [];
  #files = 0;

  constructor(root: Root, folder: string, bytesMax: number) {
    this.#root = root;
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  add(path: string, text: string, depth: number): void {
    for (const [index, raw] of text.split('\n').entries()) {
      if (this.#lines.length > LINES_MAX) return;
      const place = { path, line: index + 1 };
      const found = raw.length > LINE_CHARACTERS_MAX ? null : (STATEMENT.exec(raw) ?? LINE.exec(raw));
      const named = found?.[1];
      if (found === null || named === undefined || depth === DEPTH_MAX) {
        this.#put(raw, place);
        continue;
      }
      // What follows a statement in its line comes after what it includes.
      const end = found[0].endsWith(';') ? found[0].length : raw.length;
      this.#put(raw.slice(0, end), place);
      this.#include(named, depth, /^[ \t]*Include\b/.test(raw));
      if (end < raw.length) this.#put(raw.slice(end), place);
    }
  }

  whole(first: string): Whole {
    return {
      text: this.#lines.join('\n'),
      placeOf: (line) => this.#places[line - 1] ?? { path: first, line },
    };
  }

  #put(line: string, place: { readonly path: string; readonly line: number }): void {
    this.#lines.push(line);
    this.#places.push(place);
  }

  #include(named: string, depth: number, endsMatch: boolean): void {
    for (const path of filesOf(this.#root, named.startsWith('/') ? named : `${this.#folder}/${named}`)) {
      if (++this.#files > INCLUDES_MAX) return;
      const part = this.#root.readText(path, this.#bytesMax);
      if (!part.ok) continue;
      const match = endsMatch ? part.value.search(MATCH) : -1;
      this.add(path, match < 0 ? part.value : part.value.slice(0, match), depth + 1);
    }
  }
}

/** Files one after another, each with what its `include` lines name in their places. */
export function wholeOf(
  root: Root,
  files: readonly { readonly path: string; readonly text: string }[],
  bytesMax: number,
): Whole {
  const first = files[0]?.path ?? '';
  const assembly = new Assembly(root, first.slice(0, first.lastIndexOf('/')), bytesMax);
  for (const { path, text } of files) assembly.add(path, text, 0);
  return assembly.whole(first);
}
