import type { ProbeAnswer } from '../../model/software.js';
import type { Recogniser, Subject } from '../claim.js';

function isOf(answer: ProbeAnswer, { group }: Subject): boolean {
  return (
    answer.namespace === group.namespace &&
    answer.protocol === group.protocol &&
    answer.port === group.port &&
    answer.address === group.address &&
    answer.device === group.device
  );
}

const AUTHENTICATION: Readonly<Record<string, 'none' | 'required'>> = { none: 'none', required: 'required' };
const ENCRYPTION: Readonly<Record<string, 'tls' | 'cleartext'>> = { tls: 'tls', cleartext: 'cleartext' };

/** Characters of an answer that evidence shows. */
const SHOWN_MAX = 80;

/** What it says itself, where `--probe` asked it. */
export const byHandshake: Recogniser = (subject, { snapshot }) => {
  const answers = snapshot.software.probes.filter((answer) => isOf(answer, subject));
  const telling = answers.find((answer) => answer.service !== null) ?? answers.find((answer) => answer.answer !== null);
  if (telling === undefined) return null;
  const facts: Record<string, string> = {};
  for (const answer of answers) Object.assign(facts, answer.facts);
  const said = telling.answer === null ? '' : ` with “${telling.answer.slice(0, SHOWN_MAX)}”`;
  return {
    by: 'handshake',
    service: telling.service,
    product: telling.product,
    version: telling.version,
    confidence: 'certain',
    evidence: [`it answered the ${telling.probe} handshake${said}`],
    authentication: AUTHENTICATION[facts['authentication'] ?? ''] ?? null,
    encryption: ENCRYPTION[facts['encryption'] ?? ''] ?? null,
    facts,
  };
};
