import { basename, dirname } from 'node:path';
import { type Place, type Problem, UsageError } from '../lib/errors.js';
import { parseYaml, type YamlFile } from '../lib/yaml.js';
import { isMap } from './language/detection.js';
import { type Mistake, validateFile } from './validate.js';

/** A rule file as it was read. */
export interface PackFile {
  /** As the user would name it. */
  readonly file: string;
  readonly text: string;
}

/**
 * Opens what a user or an `extends` names: a file, the YAML files of a folder, those of an npm package. `from` is the folder of the file that
 * names it. Throws UsageError where it cannot.
 */
export type OpenPack = (name: string, from: string) => Promise<readonly PackFile[]>;

/** Keys of a rule file that earshot.yaml may have too. */
const AGREEMENT_KEYS = ['overrides', 'policy', 'waivers'];
const FILES_MAX = 1000;

/** A parsed and valid rule file. */
export interface Source {
  readonly yaml: YamlFile;
  /** Its sound parts; entries with a fault are null. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Name of its pack: `pack`, else the file's name. */
  readonly pack: string;
}

const startOf = (file: string): Place => ({ file, line: 1, column: 1 });

/** What nothing else in a part can be judged without. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  rules: ['id', 'subject'],
  overrides: ['rule'],
  waivers: ['rule', 'expires'],
};

/** The parts of a file that the schema found no fault with, so that all their mistakes can be told at once. A faulty entry is null. */
function sound(value: Source['value'], mistakes: readonly Mistake[]): Source['value'] {
  const usable = (key: string, index: number, entry: unknown): boolean =>
    isMap(entry) &&
    (NEEDED[key] ?? []).every(
      (name) =>
        typeof entry[name] === 'string' &&
        !mistakes.some(({ path }) => path[0] === key && path[1] === index && path[2] === name),
    );
  const whole: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) {
    if (Array.isArray(part))
      whole[key] = part.map((each: unknown, index) => (key === 'extends' || usable(key, index, each) ? each : null));
    else if (isMap(part) && !(key === 'policy' && mistakes.some(({ path }) => path[0] === key))) whole[key] = part;
    else if (typeof part === 'string') whole[key] = part;
  }
  return whole;
}

function read(file: PackFile, problems: Problem[], only: readonly string[] | null): Source | null {
  try {
    const whole = parseYaml(file.text, file.file);
    if (whole.value === null) return null;
    const picked =
      only !== null && isMap(whole.value)
        ? Object.fromEntries(Object.entries(whole.value).filter(([key]) => only.includes(key)))
        : whole.value;
    const yaml: YamlFile = { ...whole, value: picked };
    const mistakes = validateFile(yaml);
    problems.push(...mistakes.map(({ problem }) => problem));
    if (!isMap(picked)) return null;
    const { pack } = picked;
    return {
      yaml,
      value: sound(picked, mistakes),
      pack: typeof pack === 'string' ? pack : basename(file.file).replace(/\.ya?ml$/, ''),
    };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

/** Reads files and everything they extend, once each, in an order that does not depend on who names whom first. */
export async function readSources(
  files: readonly PackFile[],
  config: PackFile | null,
  open: OpenPack,
  problems: Problem[],
): Promise<readonly Source[]> {
  const done = new Map<string, Source | null>();
  const visit = async (file: PackFile, trail: readonly string[]): Promise<void> => {
    if (trail.includes(file.file)) {
      const round = [...trail.slice(trail.indexOf(file.file)), file.file].join(' → ');
      problems.push({
        place: startOf(file.file),
        message: `packs extend each other: ${round}`,
        hint: 'take one `extends` away',
      });
      return;
    }
    if (done.has(file.file)) return;
    if (done.size >= FILES_MAX) throw new UsageError(`more than ${FILES_MAX} rule files`, 'name fewer');
    const source = read(file, problems, null);
    done.set(file.file, source);
    const wanted = source?.value['extends'];
    if (source === null || !Array.isArray(wanted)) return;
    for (const [index, name] of wanted.entries()) {
      const place = source.yaml.place(['extends', index]);
      for (const next of await opened(String(name), dirname(file.file), place, open, problems))
        await visit(next, [...trail, file.file]);
    }
  };
  for (const file of files) await visit(file, []);
  const sources = [...done.values()].filter((source) => source !== null);
  sources.sort((a, b) => (a.yaml.file < b.yaml.file ? -1 : 1));
  const agreed = config === null ? null : read(config, problems, AGREEMENT_KEYS);
  return agreed === null ? sources : [...sources, agreed];
}

async function opened(
  name: string,
  from: string,
  place: Place,
  open: OpenPack,
  problems: Problem[],
): Promise<readonly PackFile[]> {
  try {
    return await open(name, from);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push(...error.problems.map((problem) => ({ ...problem, place: problem.place ?? place })));
    return [];
  }
}
