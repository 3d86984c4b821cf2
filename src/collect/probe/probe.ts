import { performance } from 'node:perf_hooks';
import { decodeText } from '../../lib/bytes.js';
import { withNamespace } from '../../linux/namespaces.js';
import { NETLINK_SOCK_DIAG, NetlinkSocket } from '../../linux/netlink/socket.js';
import type { Gap, Reading } from '../../model/gap.js';
import type { IdentifiedListener } from '../../model/listener.js';
import type { Network } from '../../model/network.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { ProbeAnswer } from '../../model/software.js';
import { type Manner, mannerOf, type Surroundings } from './choose.js';
import { converse, type Outcome } from './conversation.js';
import type { Room } from './dialling.js';
import { PROBE_LIMITS, type ProbeLimits } from './limits.js';
import { misled } from './misled.js';
import { type Place, placesOf } from './places.js';

/** A namespace that may be entered: its inode, and its descriptor (null: our own). */
export interface Entry {
  readonly id: number;
  readonly descriptor: number | null;
}

/** Characters of an answer that a snapshot keeps. */
const ANSWER_MAX = 512;

/** Every room that opens; others give no answers, and a gap for each listener. */
function openRooms(entries: readonly Entry[]): ReadonlyMap<number, Room> {
  const rooms = new Map<number, Room>();
  for (const { id, descriptor } of entries) {
    const open = (): NetlinkSocket | number => NetlinkSocket.open(NETLINK_SOCK_DIAG);
    const opened = descriptor === null ? { ok: true as const, value: open() } : withNamespace(descriptor, open);
    if (!opened.ok || typeof opened.value === 'number') continue;
    opened.value.prepare(false);
    rooms.set(id, { descriptor, diag: opened.value });
  }
  return rooms;
}

const answerOf = (listener: IdentifiedListener, probe: string, sent: string, startMs: number | null): ProbeAnswer => ({
  protocol: listener.protocol,
  address: listener.address ?? '',
  port: listener.port ?? 0,
  namespace: listener.namespace.id,
  device: listener.device,
  probe,
  sent,
  service: null,
  product: null,
  version: null,
  answer: null,
  facts: {},
  durationMs: startMs === null ? 0 : Math.round(performance.now() - startMs),
});

/** What loopback is let do, strangers may not be: only what is asked for is certain. */
function seenByStrangers(facts: Readonly<Record<string, string>>, place: Place): Readonly<Record<string, string>> {
  if (!place.kinder || facts['authentication'] !== 'none') return facts;
  const { authentication: _, ...others } = facts;
  return { ...others, 'authentication.loopback': 'none' };
}

function recorded(listener: IdentifiedListener, outcome: Outcome, place: Place, startMs: number): ProbeAnswer {
  const { said, first } = outcome;
  const sent = outcome.sent.length === 0 ? 'nothing: it was only listened to' : outcome.sent.join(', then ');
  return {
    ...answerOf(listener, outcome.probe, sent, startMs),
    service: said?.service ?? null,
    product: said?.product ?? null,
    version: said?.version ?? null,
    answer: first.length === 0 ? null : (said?.shown ?? decodeText(first)).slice(0, ANSWER_MAX),
    facts: seenByStrangers(said?.facts ?? {}, place),
  };
}

const gapOf = (listener: IdentifiedListener, probe: string, why: string, fix = ''): Gap => ({
  kind: 'probe',
  what: `answer of ${listener.id} to ${probe}`,
  why,
  hides: 'what it says itself, and whether it lets strangers in',
  fix,
  hidesListeners: false,
});

/** One round of probing: what it may cost, and what came of it. */
class Round {
  readonly answers: ProbeAnswer[] = [];
  readonly gaps: Gap[] = [];
  readonly #around: Surroundings;
  readonly #rooms: ReadonlyMap<number, Room>;
  readonly #limits: ProbeLimits;
  readonly #networks: ReadonlyMap<number, Network>;
  readonly #endMs: number;

  constructor(
    snapshot: Snapshot,
    listeners: readonly IdentifiedListener[],
    rooms: ReadonlyMap<number, Room>,
    limits: ProbeLimits,
  ) {
    this.#rooms = rooms;
    this.#limits = limits;
    this.#around = {
      snapshot,
      managers: new Set(snapshot.software.socketUnits.flatMap(({ managerPid }) => managerPid ?? [])),
      others: new Map(listeners.map((listener) => [listener.id, listener])),
    };
    this.#networks = new Map(snapshot.networks.map((network) => [network.namespace, network]));
    this.#endMs = performance.now() + limits.totalMs;
  }

  async ask(listener: IdentifiedListener): Promise<void> {
    const manner = mannerOf(listener, this.#around);
    if (manner.kind === 'leave') {
      this.answers.push(answerOf(listener, 'none', `nothing: ${manner.why}`, null));
      return;
    }
    const network = this.#networks.get(listener.namespace.id) ?? null;
    const led = listener.protocol === 'udp' ? misled(network) : null;
    const room = this.#rooms.get(listener.namespace.id);
    const places = placesOf(listener, network);
    const probe = manner.kind === 'speak' ? manner.handshake.name : 'listen';
    if (performance.now() >= this.#endMs)
      this.gaps.push(
        gapOf(listener, probe, 'the time for probing was over', 'narrow the audit with --port or --netns'),
      );
    else if (room === undefined)
      this.gaps.push(gapOf(listener, probe, 'its namespace could not be entered', 'run as root'));
    else if (led !== null) this.gaps.push(gapOf(listener, probe, led.why, led.fix));
    else if (places.length === 0) this.gaps.push(gapOf(listener, probe, 'it has no address that can be spoken to'));
    else await this.#converse(listener, manner, room, places, probe);
  }

  /** At the first place where it can be reached. */
  async #converse(
    listener: IdentifiedListener,
    manner: Exclude<Manner, { kind: 'leave' }>,
    room: Room,
    places: readonly Place[],
    probe: string,
  ): Promise<void> {
    const startMs = performance.now();
    const { service } = listener;
    const name = service.confidence === 'port-only' ? null : service.name;
    const leftMs = Math.min(this.#limits.listenerMs, this.#endMs - startMs);
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)));
    for (const place of places) {
      const outcome = await converse({ room, place, manner, service: name, limits: this.#limits, signal });
      const reached = outcome.sent.length > 0 || outcome.first.length > 0 || outcome.trouble === null;
      if (!reached && place !== places.at(-1)) continue;
      this.answers.push(recorded(listener, outcome, place, startMs));
      if (outcome.trouble !== null) {
        const late = signal.aborted ? 'it kept us longer than the limit for one listener: ' : '';
        this.gaps.push(gapOf(listener, probe, `${late}${outcome.trouble}`));
      }
      return;
    }
  }
}

const isAsked = ({ protocol, port, cut }: IdentifiedListener): boolean =>
  (protocol === 'tcp' || protocol === 'udp') && port !== null && cut === undefined;

/** The first gaps one by one, the others counted. */
function bounded(gaps: readonly Gap[], max: number): readonly Gap[] {
  const rest = gaps.length - max;
  const [first] = gaps;
  if (rest <= 0 || first === undefined) return gaps;
  const more: Gap = { ...first, what: `answers of ${rest} further listeners`, why: 'as those before' };
  return [...gaps.slice(0, max), more];
}

/**
 * Speaks to this host's own listeners, each from within its own namespace, with words that fit what identity says of it (`listeners`, which
 * come from `snapshot`); some are only listened to, some left alone (docs/probe.md). Every listener that is a TCP or UDP port has an entry in
 * the log or a gap.
 */
export async function probeListeners(
  snapshot: Snapshot,
  listeners: readonly IdentifiedListener[],
  entries: readonly Entry[],
  limits: ProbeLimits = PROBE_LIMITS,
): Promise<Reading<readonly ProbeAnswer[]>> {
  const rooms = openRooms(entries);
  const round = new Round(snapshot, listeners, rooms, limits);
  const asked = listeners.filter(isAsked);
  const order = new Map(
    asked.map(({ protocol, address, port, namespace, device }, index) => [
      `${namespace.id} ${protocol} ${address} ${port} ${device}`,
      index,
    ]),
  );
  try {
    const next = asked.values();
    // As many workers as may speak at a time take listeners from one queue.
    const work = async (): Promise<void> => {
      for (const listener of next) await round.ask(listener);
    };
    await Promise.all(Array.from({ length: Math.min(limits.atOnceMax, asked.length) }, work));
  } finally {
    for (const { diag } of rooms.values()) diag.close();
  }
  const place = ({ namespace, protocol, address, port, device }: ProbeAnswer): number =>
    order.get(`${namespace} ${protocol} ${address} ${port} ${device}`) ?? 0;
  return {
    value: round.answers.sort((a, b) => place(a) - place(b)),
    gaps: bounded(
      round.gaps.sort((a, b) => (a.what < b.what ? -1 : 1)),
      limits.gapsMax,
    ),
  };
}
