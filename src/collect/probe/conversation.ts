import { formatAddress } from '../../lib/ip/address.js';
import { GREETS, readBanner } from './banners.js';
import type { Manner } from './choose.js';
import { DatagramLine } from './datagrams.js';
import { dial, type Room, socketIn } from './dialling.js';
import { SECOND } from './handshakes.js';
import type { ProbeLimits } from './limits.js';
import { type Line, StreamLine } from './line.js';
import type { Place } from './places.js';
import type { Asked, Handshake, Said } from './said.js';
import { secured } from './secure.js';

/** What came of one listener: `probe` the handshake that was answered, or the last that was tried. */
export interface Outcome {
  readonly probe: string;
  readonly sent: readonly string[];
  /** First bytes heard; empty: not one. */
  readonly first: Buffer;
  readonly said: Said | null;
  /** Why it did not answer as it should; null: it did, or it was not expected to. */
  readonly trouble: string | null;
}

/** One listener and how it is to be treated. */
export interface Task {
  readonly room: Room;
  readonly place: Place;
  readonly manner: Exclude<Manner, { kind: 'leave' }>;
  /** Name that identity is sure of; null: none. */
  readonly service: string | null;
  readonly limits: ProbeLimits;
  /** Ends the conversation wherever it stands. */
  readonly signal: AbortSignal;
}

const TLS_ALERT = 0x15;

const merged = (a: Said | null, b: Said | null, facts: Readonly<Record<string, string>> = {}): Said | null => {
  if (a === null && b === null) return Object.keys(facts).length === 0 ? null : { service: null, facts };
  return {
    ...(a ?? {}),
    ...(b ?? {}),
    service: b?.service ?? a?.service ?? null,
    product: b?.product ?? a?.product ?? null,
    version: b?.version ?? a?.version ?? null,
    facts: { ...a?.facts, ...b?.facts, ...facts },
  };
};

const hostOf = ({ address, port }: Place): string =>
  address.family === 'ipv6' ? `[${formatAddress(address)}]:${port}` : `${formatAddress(address)}:${port}`;

const askedOf = (task: Task, secure: boolean): Asked => ({
  service: task.service,
  host: hostOf(task.place),
  secure,
  answerMs: task.limits.answerMs,
});

/** Why an expected answer did not come, from what did. */
function troubleOf(line: Line, what: string): string {
  if (line.over === 'too much') return `it said more than the limit and nothing that ${what} fits`;
  if (line.first.length > 0) return `what it said is not ${what}`;
  if (line.over === 'reset') return `it broke the connection without a byte (${what})`;
  return line.over === 'closed' ? `it closed the connection without a byte (${what})` : `it did not answer ${what}`;
}

/** Listens to what is said unasked. Null: nothing was, so that somebody may speak. */
async function greeted(line: Line, task: Task, waitMs: number, secure: boolean): Promise<Outcome | null> {
  const known = (heard: Buffer): boolean => readBanner(heard, task.service) !== null;
  const heard = await line.hear(known, waitMs);
  if (heard.length === 0) return null;
  const found = readBanner(heard, task.service);
  const outcome = { sent: line.sent, first: line.first };
  if (found === null) {
    const handshake = task.manner.kind === 'speak' ? task.manner.handshake : null;
    const refusal = handshake?.unasked?.(heard) ?? null;
    return handshake !== null && refusal !== null
      ? { ...outcome, probe: handshake.name, said: refusal, trouble: null }
      : { ...outcome, probe: 'listen', said: null, trouble: troubleOf(line, 'a greeting that is known') };
  }
  const { banner, said } = found;
  // More is learnt only where identity and greeting say the same.
  const agrees = task.service !== null && said.service === task.service;
  const more =
    agrees && banner.follow !== undefined && line.over === null
      ? await banner.follow(line, askedOf(task, secure))
      : null;
  return { ...outcome, probe: banner.name, said: merged(said, more), trouble: null };
}

async function spoken(line: Line, handshake: Handshake, task: Task, secure: boolean): Promise<Outcome> {
  const said = await handshake.speak(line, askedOf(task, secure));
  const silent = said === null && line.first.length === 0 && handshake.silence !== undefined;
  return {
    probe: handshake.name,
    sent: line.sent,
    first: line.first,
    said: silent ? (handshake.silence ?? null) : said,
    trouble: said === null && !silent ? troubleOf(line, handshake.name) : null,
  };
}

const failed = (probe: string, sent: readonly string[], trouble: string): Outcome => ({
  probe,
  sent,
  first: Buffer.alloc(0),
  said: null,
  trouble,
});

/** A conversation over TCP in clear text. */
async function inClear(task: Task): Promise<Outcome> {
  const { room, place, manner, limits, signal } = task;
  const probe = manner.kind === 'speak' ? manner.handshake.name : 'listen';
  const dialled = await dial(room, place, limits.connectMs, signal);
  if (!dialled.ok) return failed(probe, [], dialled.why);
  const line = new StreamLine(dialled.value, limits.bytesMax, signal);
  try {
    const greets = manner.kind === 'listen' && manner.greets;
    const waitMs = manner.kind === 'speak' ? limits.silenceMs : greets ? limits.greetingMs : limits.answerMs;
    const greeting = await greeted(line, task, waitMs, false);
    if (greeting !== null) return greeting;
    if (manner.kind === 'speak') {
      if (line.over !== null) return failed(probe, [], troubleOf(line, probe));
      return await spoken(line, manner.handshake, task, false);
    }
    const isExpected = greets || line.over === 'too much';
    return { ...failed(probe, [], ''), trouble: isExpected ? troubleOf(line, `a greeting of ${task.service}`) : null };
  } finally {
    line.end();
  }
}

const HELLO = 'a TLS ClientHello';

/** Whether TLS 1.0 or 1.1 is still spoken: a conversation of its own. */
async function oldTls(task: Task): Promise<Readonly<Record<string, string>>> {
  const dialled = await dial(task.room, task.place, task.limits.connectMs, task.signal);
  if (!dialled.ok) return {};
  const session = await secured(dialled.value, task.limits.answerMs, task.signal, true);
  if (!session.ok) {
    dialled.value.destroy();
    return { 'tls.old-versions': 'refused' };
  }
  // The session owns the socket now: Node crashes where a socket is destroyed under a session that is asked something afterwards.
  const version = session.stream.getProtocol() ?? '';
  session.stream.destroy();
  return { 'tls.old-versions': version };
}

/** TLS first, then what speaks inside it. */
async function inTls(task: Task): Promise<Outcome> {
  const { room, place, manner, limits, service, signal } = task;
  const probe = manner.kind === 'speak' ? `tls, ${manner.handshake.name}` : 'tls';
  const dialled = await dial(room, place, limits.connectMs, signal);
  if (!dialled.ok) return failed(probe, [], dialled.why);
  const session = await secured(dialled.value, limits.answerMs, signal);
  if (!session.ok) {
    dialled.value.destroy();
    return failed(probe, [HELLO], session.why);
  }
  const old = oldTls(task);
  const line = new StreamLine(session.stream, limits.bytesMax, signal);
  let inside: Outcome | null = null;
  try {
    const first = service !== null && GREETS.has(service) ? limits.greetingMs : limits.silenceMs;
    inside = await greeted(line, task, manner.kind === 'speak' ? 0 : first, true);
    if (inside === null && manner.kind === 'speak') inside = await spoken(line, manner.handshake, task, true);
  } finally {
    line.end();
  }
  const facts = { ...session.facts, ...(await old) };
  const versions = [facts['tls.version'], facts['tls.old-versions']].filter((one) => one?.startsWith('TLS'));
  return {
    probe: inside === null ? 'tls' : `tls, ${inside.probe}`,
    sent: [HELLO, ...(inside?.sent ?? []), 'a ClientHello that offers TLS 1.0 and 1.1 only'],
    first: inside?.first ?? Buffer.alloc(0),
    said: merged(null, inside?.said ?? null, { ...facts, 'tls.versions': versions.join(' ') }),
    trouble: inside?.trouble ?? null,
  };
}

async function second(task: Task, outcome: Outcome): Promise<Outcome> {
  const next = SECOND[outcome.probe];
  if (next === undefined || outcome.said === null || !next.when(outcome.said)) return outcome;
  const { handshake } = next;
  const more = await inClear({ ...task, manner: { kind: 'speak', handshake, secure: false } });
  const silence = more.said === null && handshake.silence !== undefined ? handshake.silence : null;
  return {
    ...outcome,
    sent: [...outcome.sent, ...more.sent],
    said: merged(outcome.said, more.said ?? silence),
  };
}

async function overTcp(task: Task): Promise<Outcome> {
  const { manner } = task;
  if (manner.secure) return inTls(task);
  const outcome = await inClear(task);
  const wantsTls =
    manner.kind === 'speak' &&
    manner.handshake.alsoSecure === true &&
    outcome.said === null &&
    outcome.sent.length > 0 &&
    (outcome.first.length === 0 || outcome.first[0] === TLS_ALERT || /HTTPS? /.test(outcome.first.toString('latin1')));
  if (!wantsTls) return second(task, outcome);
  // A second try is not waited for as long as a first one.
  const limits = { ...task.limits, answerMs: task.limits.answerMs / 2 };
  const inside = await inTls({ ...task, limits });
  const sent = [...outcome.sent, ...inside.sent];
  return inside.said === null ? { ...outcome, sent } : { ...inside, sent };
}

async function overUdp(task: Task): Promise<Outcome> {
  const { manner, room, place, limits, signal } = task;
  if (manner.kind !== 'speak') return failed('listen', [], 'datagrams are not sent unasked');
  const { handshake } = manner;
  const opened = socketIn(room, place, 'udp');
  if (!opened.ok) return failed(handshake.name, [], opened.why);
  const line = new DatagramLine(opened.value, place, handshake.anyPort === true, limits.bytesMax, signal);
  try {
    return await spoken(line, handshake, task, false);
  } finally {
    line.end();
  }
}

/** Speaks with one listener at one place, as its manner says. Never longer than a few waits of the limits. */
export const converse = (task: Task): Promise<Outcome> =>
  task.manner.kind === 'speak' && task.manner.handshake.transport === 'udp' ? overUdp(task) : overTcp(task);
