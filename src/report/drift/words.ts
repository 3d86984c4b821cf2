import { unreachable } from '../../lib/unreachable.js';
import type { Change, Drift } from '../../model/drift.js';
import { becauseWords, count, listed, minuteOf } from '../words.js';

/** A change in words: a mark that a glance understands, a sentence, and what stands behind it. Plain text, escaped by each format. */
export interface ChangeWords {
  readonly mark: '+' | '-' | '~';
  readonly title: string;
  readonly details: readonly string[];
}

const who = (owners: readonly string[]): string => (owners.length === 0 ? 'nobody seen' : listed(owners));

const named = (service: string | null): string => (service === null ? '' : ` (${service})`);

const DIRECTION = {
  widened: 'can be heard by more',
  narrowed: 'can be heard by fewer',
  changed: 'can be heard by others',
} as const;

function wordsOf(change: Change): ChangeWords {
  switch (change.kind) {
    case 'listener-new':
      return {
        mark: '+',
        title: `${change.subject}${named(change.service)} listens now`,
        details: [
          `held by ${who(change.owners)}`,
          ...(change.widest === null ? [] : [`heard as far as: ${change.widest}`]),
        ],
      };
    case 'listener-gone':
      return {
        mark: '-',
        title: `${change.subject}${named(change.service)} no longer listens`,
        details: [`was held by ${who(change.owners)}`],
      };
    case 'owner':
      return {
        mark: '~',
        title: `${change.subject} is in other hands`,
        details: [`was: ${who(change.before)}`, `is:  ${who(change.after)}`],
      };
    case 'executable':
      return {
        mark: '~',
        title: `${change.subject} runs another executable`,
        details: [`was: ${who(change.before)}`, `is:  ${who(change.after)}`],
      };
    case 'service':
      return {
        mark: '~',
        title: `${change.subject} is another service`,
        details: [`was: ${change.before ?? 'unknown'}`, `is:  ${change.after ?? 'unknown'}`],
      };
    case 'exposure':
      return {
        mark: '~',
        title: `${change.subject} ${DIRECTION[change.direction]}`,
        details: [
          ...change.before.map((line) => `was: ${line}`),
          ...change.after.map((line) => `is:  ${line}`),
          ...change.because.map((because) => `by ${becauseWords(because)}`),
        ],
      };
    case 'finding-new':
      return {
        mark: '+',
        title: `${change.severity.toUpperCase()} finding: ${change.title}`,
        details: [`${change.subject}, rule ${change.ruleId}`],
      };
    case 'finding-gone':
      return {
        mark: '-',
        title: `${change.severity.toUpperCase()} finding is gone: ${change.title}`,
        details: [`${change.subject}, rule ${change.ruleId}`],
      };
    case 'finding-worse':
    case 'finding-better':
      return {
        mark: '~',
        title: `Finding is ${change.kind === 'finding-worse' ? 'worse' : 'milder'}: ${change.title}`,
        details: [`${change.subject}, rule ${change.ruleId}: was ${change.before}, is ${change.after}`],
      };
    case 'gap-new':
      return { mark: '+', title: `Not seen any more: ${change.what}`, details: [change.why] };
    case 'gap-gone':
      return { mark: '-', title: `Seen again: ${change.what}`, details: [] };
    default:
      return unreachable(change);
  }
}

/** The page of a drift: a head line, from when to when, and the changes. */
export function driftWords(drift: Drift): {
  readonly head: string;
  readonly span: string;
  readonly changes: readonly ChangeWords[];
} {
  const { from, to, changes } = drift;
  const host = from.host === to.host ? to.host : `${from.host} → ${to.host}`;
  return {
    head: `${host}: ${changes.length === 0 ? 'nothing changed' : count(changes.length, 'change')}`,
    span: `from ${minuteOf(from.at)} to ${minuteOf(to.at)}`,
    changes: changes.map(wordsOf),
  };
}
