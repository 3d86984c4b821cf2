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

/** The first line where it is text; what is not reads badly and says nothing to a reader. */
function shown(answer: string | null): string {
  if (answer === null) return '';
  const [line = ''] = answer.split(/[\r\n]/, 1);
  const isText = line !== '' && ![...line].some((one) => one < ' ' && one !== '\t') && !/\\x[0-9a-f]{2}/.test(line);
  return isText ? ` with “${line.slice(0, SHOWN_MAX)}”` : '';
}

/** What was heard, as a sentence; nothing was sent where it was only listened to. */
function heard({ probe, answer }: ProbeAnswer): string {
  if (probe !== 'listen') return `it answered the ${probe} handshake${shown(answer)}`;
  const text = shown(answer);
  return text === ''
    ? 'it sends bytes to whoever connects, which are no greeting that is known'
    : `it greets whoever connects${text}`;
}

/** What it says itself, where `--probe` asked it. */
export const byHandshake: Recogniser = (subject, { snapshot }) => {
  const answers = snapshot.software.probes.filter((answer) => isOf(answer, subject));
  const telling = answers.find((answer) => answer.service !== null) ?? answers.find((answer) => answer.answer !== null);
  const facts: Record<string, string> = {};
  for (const answer of answers) Object.assign(facts, answer.facts);
  if (telling === undefined) {
    const [silent] = answers.filter((answer) => Object.keys(answer.facts).length > 0);
    if (silent === undefined) return null;
    const evidence = [`it did not answer the ${silent.probe} handshake`];
    return { by: 'handshake', service: null, confidence: 'certain', evidence, facts };
  }
  return {
    by: 'handshake',
    service: telling.service,
    product: telling.product,
    version: telling.version,
    confidence: 'certain',
    evidence: [heard(telling)],
    authentication: AUTHENTICATION[facts['authentication'] ?? ''] ?? null,
    encryption: ENCRYPTION[facts['encryption'] ?? ''] ?? null,
    facts,
  };
};
