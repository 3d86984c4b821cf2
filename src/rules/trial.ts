import { type Problem, UsageError } from '../lib/errors.js';
import { compileRegex, loadRe2 } from '../lib/re.js';
import { parseYaml } from '../lib/yaml.js';
import { compile, EMPTY_WORLD, type Predicate, regexFlags, regexSource } from './language/compile.js';
import { parseDetection } from './language/detection.js';
import { type Expression, itemsOf } from './language/expression.js';

/** Compiles a detection that stands alone, over any fields, without anything shared. */
export async function compileDetection(text: string, file: string): Promise<Predicate> {
  const yaml = parseYaml(text, file);
  const problems: Problem[] = [];
  const detection = parseDetection(yaml.value, [], new Set(), (path, message, hint, key) => {
    problems.push({ place: key === 'key' ? yaml.keyPlace(path) : yaml.place(path), message, hint });
  });
  if (detection !== null) await checkParts(detection.expression, problems);
  if (detection === null || problems.length > 0) throw new UsageError(problems);
  return compile(detection.expression, { ...EMPTY_WORLD, re2: await loadRe2() });
}

async function checkParts(expression: Expression, problems: Problem[]): Promise<void> {
  for (const item of itemsOf(expression))
    for (const test of item.tests) {
      if (test.kind === 'list')
        problems.push({ place: null, message: `there is no list "${test.name}" here`, hint: 'write the values' });
      if (test.kind !== 're') continue;
      try {
        compileRegex(regexSource(test), regexFlags(test.flags), await loadRe2());
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        problems.push({ place: null, message: `${item.key}: ${JSON.stringify(test.source)}: ${why}`, hint: null });
      }
    }
}
