import { audit } from '../../audit.js';
import { UsageError } from '../../lib/errors.js';
import { didYouMean } from '../../lib/nearest.js';
import { type Explanation, explainRule, ruleNamed, showTree } from '../../rules/rules.js';
import type { AuditFlags } from '../flags.js';
import type { Io } from '../io.js';
import { lineForLog } from '../log.js';
import { settingsOf } from '../settings.js';
import { setupOf } from '../setup.js';
import { readSnapshots } from '../sources.js';

/** Subjects shown where none is named: those that match, or the nearest ones. */
const SHOWN_MAX = 5;
const NEAREST_SHOWN = 2;

/** Whether `word` names a subject: its id, the id without its namespace, a port, or PROTOCOL/PORT. */
function isMeant(subject: string, word: string): boolean {
  const bare = subject.slice(0, subject.lastIndexOf('@'));
  const [, protocol, port] = /^(?:published\/)?([a-z]+)\/.*:(\d+)(?:%[^@]*)?$/.exec(bare) ?? [];
  return subject === word || bare === word || (port !== undefined && (word === port || word === `${protocol}/${port}`));
}

async function print({ subject, holds, severity, tree, excepted }: Explanation, io: Io): Promise<void> {
  const unicode = io.outIsTerminal ? io.env['TERM'] !== 'linux' && io.env['TERM'] !== 'dumb' : true;
  const outcome = holds ? `matches (${severity})` : tree.holds ? 'matches, but an exception holds' : 'does not match';
  await io.out(lineForLog(`${subject}: ${outcome}`, io));
  for (const line of await showTree(tree, unicode, '  ')) await io.out(lineForLog(line, io));
  for (const exception of excepted)
    for (const line of await showTree(exception, unicode, '  exception: ')) await io.out(lineForLog(line, io));
  await io.out('\n');
}

/** `earshot rules explain ID [LISTENER]`. */
export async function explainRules(id: string, listener: string | null, flags: AuditFlags, io: Io): Promise<number> {
  const settings = await settingsOf(flags, io);
  const { setup } = await setupOf(settings, [], io);
  const rule = await ruleNamed(setup.rules, id);
  for (const snapshot of await readSnapshots(flags, settings, io)) {
    const { listeners, published } = await audit(snapshot, setup);
    const all = await explainRule(setup.rules, rule, { snapshot, listeners, published });
    const named = listener === null ? null : all.filter(({ subject }) => isMeant(subject, listener));
    if (named?.length === 0)
      throw new UsageError(
        `there is no ${rule.subject} "${listener}" here`,
        didYouMean(
          String(listener),
          all.map(({ subject }) => subject),
        ) ?? 'name its id, as in the report, its port, or PROTOCOL/PORT',
      );
    const matching = all.filter(({ holds }) => holds);
    const shown =
      named !== null
        ? named.slice(0, SHOWN_MAX)
        : matching.length > 0
          ? matching.slice(0, SHOWN_MAX)
          : all.slice(0, NEAREST_SHOWN);
    if (named === null)
      await io.out(
        `${rule.id} matches ${matching.length} of ${all.length} (${rule.subject})${matching.length === 0 && shown.length > 0 ? '; nearest:' : ''}\n\n`,
      );
    for (const explanation of shown) await print(explanation, io);
  }
  return 0;
}
