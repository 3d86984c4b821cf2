import { type Problem, UsageError } from '../lib/errors.js';
import { loadRe2 } from '../lib/re.js';
import { parseYaml } from '../lib/yaml.js';
import { checkTests } from './check.js';
import { compile, EMPTY_WORLD, type Predicate } from './language/compile.js';
import { parseDetection } from './language/detection.js';
import { itemsOf } from './language/expression.js';

/** Compiles a detection that stands alone, over any fields, without anything shared. */
export async function compileDetection(text: string, file: string): Promise<Predicate> {
  const yaml = parseYaml(text, file);
  const problems: Problem[] = [];
  const detection = parseDetection(yaml.value, [], new Set(), (path, message, hint, key) => {
    problems.push({ place: key === 'key' ? yaml.keyPlace(path) : yaml.place(path), message, hint });
  });
  if (detection !== null) {
    const known = { macros: new Map(), lists: new Map(), re2: await loadRe2() };
    for (const item of itemsOf(detection.expression)) checkTests(item, known, { yaml, path: [] }, problems);
  }
  if (detection === null || problems.length > 0) throw new UsageError(problems);
  return compile(detection.expression, { ...EMPTY_WORLD, re2: await loadRe2() });
}
