import { UsageError } from '../../lib/errors.js';
import { toJson } from '../../lib/escape/json.js';
import { loadRulesParsed, matchDetection, ruleNamed, tryRecord } from '../../rules/rules.js';
import { readNamed } from '../files.js';
import type { Io } from '../io.js';
import { type RuleFlags, requestOf } from './request.js';

export interface MatchFlags extends RuleFlags {
  readonly records?: string;
  readonly batch?: string;
}

type Json = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** One line of a batch: a detection and a record in, what became of them out. */
async function matchLine(line: string): Promise<Json> {
  const asked = parse(line);
  if (asked === undefined) return { error: 'the line is no JSON' };
  if (!isMap(asked)) return { error: 'the line is no JSON object' };
  const { detection, record } = asked;
  if (typeof detection !== 'string') return { error: '"detection" is not the YAML text of a detection' };
  if (!isMap(record)) return { error: '"record" is no JSON object' };
  return matchDetection(detection, record);
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');

async function batch(file: string, io: Io): Promise<number> {
  for (const line of linesOf(await readNamed(file, io))) await io.out(`${toJson(await matchLine(line), 0)}\n`);
  return 0;
}

/** `earshot rules match`: one JSON object a line, in the order of the records. */
export async function matchCommand(name: string | null, flags: MatchFlags, io: Io): Promise<number> {
  if (flags.batch !== undefined) {
    if (name !== null || flags.records !== undefined)
      throw new UsageError('--batch brings its own detections', 'leave RULE and --records away');
    return batch(flags.batch, io);
  }
  if (name === null) throw new UsageError('which rule?', 'earshot rules match RULE --records FILE');
  const isFile = /\.ya?ml$/.test(name);
  const { ruleSet, parsed } = await loadRulesParsed(await requestOf(flags, isFile ? [name] : [], io));
  const rules = isFile ? parsed.map(({ rule }) => rule) : [await ruleNamed(ruleSet, name)];
  const lines = linesOf(await readNamed(flags.records ?? '-', io));
  for (const [index, line] of lines.entries()) {
    const record = parse(line);
    if (!isMap(record))
      throw new UsageError([
        {
          place: { file: flags.records ?? '-', line: index + 1, column: 1 },
          message: 'this line is no JSON object',
          hint: 'records stand one a line',
        },
      ]);
    for (const rule of rules) {
      const { match, severity } = await tryRecord(ruleSet, rule, record);
      await io.out(`${toJson({ rule: rule.id, match, severity }, 0)}\n`);
    }
  }
  return 0;
}
