import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { liveHost } from '../../src/collect/host.js';
import { collectLive } from '../../src/collect/live.js';
import { closeDoor, openDoor, vantageIn } from '../../src/collect/namespaces/access.js';
import { readNamespace } from '../../src/collect/namespaces/read.js';
import { identify } from '../../src/identify/identify.js';
import type { Because } from '../../src/model/exposure.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Ruleset } from '../../src/model/network.js';
import type { PacketOutcome } from '../../src/model/packet.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { openReach, type Reach } from '../../src/reach/reach.js';
import { type Asked, audited } from './audit.js';
import { type Generated, generate, varyRouting } from './generate.js';
import {
  BEHIND4,
  BEHIND6,
  type Lab,
  OWN4,
  OWN6,
  PORTS,
  type Probe,
  type Seen,
  SOURCES_A4,
  SOURCES_A6,
  SOURCES_B4,
  SOURCES_B6,
} from './lab.js';
import { type Random, randomOf } from './random.js';
import { disagreement, endsOf, Tracer } from './trace.js';

/** What a run of the fuzzer counted. */
export interface Tally {
  probes: number;
  rulesets: number;
  notLoaded: number;
  conditional: number;
  /** Why answers were conditional: the first condition of each, without numbers, and how often. */
  reasons: Map<string, number>;
  forwarded: number;
  wrong: string[];
  traced: number;
  untraced: string[];
  /** Rows of exposures held against `reach`, and those that contradict it or the kernel. */
  rows: number;
  contradictions: string[];
}

const emptyTally = (): Tally => ({
  probes: 0,
  rulesets: 0,
  notLoaded: 0,
  conditional: 0,
  reasons: new Map(),
  forwarded: 0,
  wrong: [],
  traced: 0,
  untraced: [],
  rows: 0,
  contradictions: [],
});

/** The reasons of a tally, the most frequent first. */
export const reasonsText = ({ reasons }: Tally): string =>
  [...reasons]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 12)
    .map(([text, count]) => `\n  ${count} × ${text}`)
    .join('');

const PROBES_PER_RULESET = 120;
const TRACED_PER_RULESET = 40;
/** Loaded machines answer late: what seems wrong is asked again, alone and patiently. */
const WAIT_SECONDS = 0.12;
const PATIENT_SECONDS = [1.3, 2.5, 4] as const;

let nextPort = 20_000;

function sourcePort(): number {
  nextPort = nextPort >= 60_000 ? 20_000 : nextPort + 1;
  return nextPort;
}

function randomProbe(r: Random): Probe {
  const v6 = r.chance(35);
  const proto = r.chance(75) ? 'tcp' : 'udp';
  const dport = r.pick(PORTS);
  const common = { proto, dport, sport: sourcePort() } as const;
  const roll = r.below(10);
  const own: readonly string[] = (v6 ? OWN6 : OWN4).filter((one) => !one.startsWith('127') && one !== '::1');
  if (roll < 5)
    return { ...common, from: 'a', src: r.pick<string>(v6 ? SOURCES_A6 : SOURCES_A4), dst: r.pick(own), in: 'eth0' };
  if (roll < 7)
    return {
      ...common,
      from: 'a',
      src: r.pick<string>(v6 ? SOURCES_A6 : SOURCES_A4),
      dst: r.pick<string>(v6 ? BEHIND6 : BEHIND4),
      in: 'eth0',
    };
  if (roll < 9)
    return { ...common, from: 'b', src: r.pick<string>(v6 ? SOURCES_B6 : SOURCES_B4), dst: r.pick(own), in: 'eth1' };
  const dst = r.pick<string>(v6 ? OWN6 : OWN4);
  return { ...common, from: 'h', src: dst, dst, in: 'lo' };
}

const out = (lab: Lab, command: string): string => {
  try {
    return execFileSync('ip', ['netns', 'exec', lab.name('h'), 'sh', '-c', command], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  } catch {
    return '';
  }
};

/** The rulesets of the audited namespace, read by the tools themselves. */
function rulesets(lab: Lab): readonly Ruleset[] {
  const all: Ruleset[] = [];
  const add = (format: Ruleset['format'], command: string): void => {
    const text = out(lab, command);
    if (text.trim() !== '') all.push({ format, text, origin: command });
  };
  add('nft-json', 'nft -j list ruleset');
  add('nft-hooks', 'nft list chains');
  add('iptables-nft-save', 'iptables-nft-save 2>/dev/null');
  add('ip6tables-nft-save', 'ip6tables-nft-save 2>/dev/null');
  add('iptables-legacy-save', 'grep -q . /proc/net/ip_tables_names && iptables-legacy-save');
  add('ip6tables-legacy-save', 'grep -q . /proc/net/ip6_tables_names && ip6tables-legacy-save');
  add('ipset-save', 'ipset save 2>/dev/null');
  return all;
}

export async function snapshotOf(): Promise<Snapshot> {
  return collectLive(liveHost(), {
    timeoutMs: 60_000,
    backend: 'auto',
    owners: 'auto',
    identity: false,
    probe: false,
    statistics: false,
    firewall: false,
  });
}

/** The same snapshot with routes, rules and sysctls of the audited namespace as they are now; nothing else of a host is varied. */
function rerouted(lab: Lab, base: Snapshot): Snapshot {
  const id = base.namespaces.find((one) => one.name === lab.name('h'))?.id ?? 0;
  const path = `/run/netns/${lab.name('h')}`;
  const namespace = {
    id,
    name: lab.name('h'),
    entrances: [{ kind: 'path', path, foundBy: path } as const],
    procNet: null,
    own: false,
  };
  const door = openDoor(namespace);
  const vantage = door.ok ? vantageIn(namespace, door.value) : door;
  if (!vantage.ok) throw new Error(vantage.why);
  const wish = {
    host: liveHost(),
    namespace,
    vantage: vantage.value,
    refused: '',
    backend: 'netlink',
    known: [],
  } as const;
  const { network } = readNamespace(wish);
  vantage.value.close();
  if (door.ok) closeDoor(door.value);
  if (network === null) throw new Error('the routes could not be read');
  const { routes, policyRules, sysctls, localTable } = network;
  const now = { routes, policyRules, sysctls, ...(localTable === undefined ? {} : { localTable }) };
  return { ...base, networks: base.networks.map((one) => (one.namespace === id ? { ...one, ...now } : one)) };
}

interface Evaluator {
  readonly reach: Reach;
  readonly snapshot: Snapshot;
  readonly listeners: readonly IdentifiedListener[];
  readonly namespace: number;
}

/** The evaluator over the lab, with the rules as they are loaded now. */
async function evaluator(lab: Lab, base: Snapshot): Promise<Evaluator> {
  const namespace = base.namespaces.find((one) => one.name === lab.name('h'))?.id ?? 0;
  const other = base.namespaces.find((one) => one.name === lab.name('b'))?.id ?? 0;
  const loaded = rulesets(lab);
  const none = { read: true, rulesets: [], unreadTables: [] };
  const snapshot: Snapshot = {
    ...base,
    networks: base.networks
      .filter((network) => network.namespace === namespace || network.namespace === other)
      .map((network) => ({
        ...network,
        firewall: network.namespace === namespace ? { ...none, rulesets: loaded } : none,
      })),
  };
  const listeners = identify(snapshot);
  const reach = await openReach(snapshot, listeners, namespace);
  if ('error' in reach) throw new Error(reach.error);
  return { reach, snapshot, listeners, namespace };
}

function predicted(reach: Reach, probe: Probe): PacketOutcome {
  const answer = reach.outcome({
    source: probe.src,
    destination: probe.dst,
    protocol: probe.proto,
    port: probe.dport,
    sourcePort: probe.sport,
    input: probe.in,
  });
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}

const EXPECTED: Readonly<Partial<Record<PacketOutcome['outcome'], Seen>>> = {
  open: 'open',
  closed: 'refused',
  rejected: 'refused',
  filtered: 'filtered',
};

/** True: what was seen is what the prediction means. */
const agrees = (answer: PacketOutcome, seen: Seen): boolean =>
  seen === 'ended' ? answer.outcome === 'filtered' || answer.outcome === 'rejected' : EXPECTED[answer.outcome] === seen;

const text = (probe: Probe): string =>
  `${probe.src}:${probe.sport} > ${probe.dst} ${probe.proto}/${probe.dport} in ${probe.in}`;

/** Lines that a tool does not take are left out, so many at most. */
const LEFT_OUT_MAX = 24;
const PLACES = [/^\/dev\/stdin:(\d+):/m, /\bline:? (\d+)/] as const;

/** Loads a part without the lines that its tool refuses; false: it refuses more than lines. */
function loadPart(lab: Lab, { tool, args, text: input }: Generated['parts'][number]): boolean {
  const lines = input.split('\n');
  for (let left = 0; left <= LEFT_OUT_MAX; left++) {
    try {
      lab.load(tool, args, lines.join('\n'));
      return true;
    } catch (error) {
      const said = String(error);
      const number = PLACES.map((place) => Number(place.exec(said)?.[1])).find((one) => one > 0);
      if (process.env['EARSHOT_FUZZ_SHOW'] === '3')
        console.error(`left out: ${lines[(number ?? 0) - 1]}: ${said.slice(0, 300)}`);
      // Only rules are left out: what is wrong with a table as a whole stays wrong.
      if (number === undefined || !/^(?: {2}(?!type )|-A )/.test(lines[number - 1] ?? '')) return false;
      lines.splice(number - 1, 1);
    }
  }
  return false;
}

function load(lab: Lab, generated: Generated): boolean {
  lab.clear();
  return generated.parts.every((part) => loadPart(lab, part));
}

async function measure(
  lab: Lab,
  probes: readonly Probe[],
  answers: readonly PacketOutcome[],
): Promise<readonly { probe: Probe; seen: Seen; answer: PacketOutcome }[]> {
  lab.flush();
  const seen = await lab.send(probes, WAIT_SECONDS);
  const bad = probes.flatMap((probe, i) => {
    const answer = answers[i];
    const got = seen[i];
    if (answer === undefined || got === undefined) return [];
    return EXPECTED[answer.outcome] === undefined || isExplained(probe, answer, got) ? [] : [{ probe, answer }];
  });
  const still: { probe: Probe; seen: Seen; answer: PacketOutcome }[] = [];
  for (const { probe, answer } of bad) {
    const got = await insisted(lab, probe, answer);
    if (got !== null) still.push({ probe, seen: got, answer });
  }
  return still;
}

/** True: what was seen is what the answer means, or what stands between the two is known and another question. */
function isExplained(probe: Probe, answer: PacketOutcome, got: Seen): boolean {
  if (agrees(answer, got)) return true;
  // A packet that DNAT sends back to its own sender cannot be answered; whether it can is another question.
  if (probe.from === 'b' && answer.because.some((because) => because.verdict === 'dnat')) return true;
  if (got !== 'filtered') return false;
  if (answer.conditions.some((condition) => condition.startsWith('the answer'))) return true;
  // Errors of routing are rate-limited per sender (ip_error), so one may stay out.
  return answer.outcome === 'rejected' && answer.because.some((because) => because.kind === 'routing');
}

/** Asks a probe again, alone, more patiently each time; what the kernel says every time, or null where it agreed once. */
async function insisted(lab: Lab, probe: Probe, answer: PacketOutcome): Promise<Seen | null> {
  let last: Seen | null = null;
  for (const seconds of PATIENT_SECONDS) {
    lab.flush();
    const [got] = await lab.send([{ ...probe, sport: sourcePort() }], seconds);
    if (got === undefined || isExplained(probe, answer, got)) return null;
    last = got;
  }
  return last;
}

const shown = (because: Because): string =>
  `${because.family} ${because.table} ${because.chain} ${because.handle ?? because.number ?? ''} ${because.rule} → ${because.verdict}`;

/** One ruleset: loaded, asked and probed. */
async function oneRuleset(lab: Lab, base: Snapshot, seed: number, tally: Tally, traced: boolean): Promise<void> {
  const r = randomOf(seed);
  const generated = generate(r);
  if (!load(lab, generated)) {
    tally.notLoaded++;
    return;
  }
  const say = (what: string): void => {
    if (process.env['EARSHOT_FUZZ_SHOW'] === '2') console.error(`seed ${seed}: ${what}`);
  };
  say('loaded');
  if (process.env['EARSHOT_FUZZ_SHOW'] === '3')
    console.error(generated.parts.map((part) => `${part.tool} ${part.args.join(' ')}\n${part.text}`).join('\n'));
  const routing = varyRouting(r);
  if (routing !== null) lab.sh('h', routing.set.join('\n'));
  try {
    await askAll(lab, routing === null ? base : rerouted(lab, base), r, seed, tally, traced);
  } finally {
    if (routing !== null) lab.sh('h', routing.undo.join('\n'));
  }
}

/** Predicts and probes under the rules and routes that stand. */
async function askAll(lab: Lab, base: Snapshot, r: Random, seed: number, tally: Tally, traced: boolean): Promise<void> {
  const say = (what: string): void => {
    if (process.env['EARSHOT_FUZZ_SHOW'] === '2') console.error(`seed ${seed}: ${what}`);
  };
  const { reach, snapshot, listeners, namespace } = await evaluator(lab, base);
  say('read');
  const probes = Array.from({ length: PROBES_PER_RULESET }, () => randomProbe(r));
  const answers = probes.map((probe) => predicted(reach, probe));
  say('predicted');
  tally.rulesets++;
  tally.probes += probes.length;
  for (const answer of answers) {
    if (answer.outcome !== 'conditional') continue;
    tally.conditional++;
    const reason = (answer.conditions[0] ?? 'no condition').replace(/\d+/g, 'N');
    tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
  }
  tally.forwarded += answers.filter((answer) => answer.outcome === 'forwarded').length;
  for (const { probe, seen, answer } of await measure(lab, probes, answers)) {
    if (process.env['EARSHOT_FUZZ_SHOW'] !== undefined)
      console.error(
        `seed ${seed}: WRONG ${text(probe)}: kernel ${seen}, we ${answer.outcome}; ${answer.because.map(shown).join(' | ')}`,
      );
    tally.wrong.push(
      `seed ${seed}: ${text(probe)}: the kernel says ${seen}, we say ${answer.outcome}\n    ${answer.because.map(shown).join('\n    ')}`,
    );
  }
  const rows = await audited(snapshot, listeners, reach, namespace);
  tally.rows += rows.count;
  for (const one of rows.contradictions) tally.contradictions.push(`seed ${seed}: ${one}`);
  tally.contradictions.push(...(await sendRows(lab, rows.asked, r)).map((one) => `seed ${seed}: ${one}`));
  if (process.env['EARSHOT_FUZZ_SHOW'] !== undefined)
    for (const one of rows.contradictions.slice(0, 3)) console.error(`seed ${seed}: ${one}`);
  if (traced) await traceSome(lab, reach, probes, seed, tally);
}

/** Rows of exposures that are sent as packets, of each ruleset. */
const ROWS_SENT = 40;
const FROM: Readonly<Record<string, Probe['from']>> = { eth0: 'a', eth1: 'b', lo: 'h' };
const SENDABLE: ReadonlySet<string> = new Set([
  ...SOURCES_A4,
  ...SOURCES_A6,
  ...SOURCES_B4,
  ...SOURCES_B6,
  ...OWN4,
  ...OWN6,
]);

/** Asks again, more patiently each time. */
async function opened(lab: Lab, probe: Probe): Promise<Seen> {
  let last: Seen = 'filtered';
  for (const seconds of PATIENT_SECONDS) {
    lab.flush();
    last = (await lab.send([{ ...probe, sport: sourcePort() }], seconds))[0] ?? 'filtered';
    if (last === 'open') break;
  }
  return last;
}

/** Real packets for rows that say yes or no: what of them the kernel does otherwise. */
async function sendRows(lab: Lab, asked: readonly Asked[], r: Random): Promise<readonly string[]> {
  const fit = asked.filter(({ source, destination, input }) => {
    const loops = destination.startsWith('127.') || destination === '::1';
    return SENDABLE.has(source) && (input === 'lo' || !loops);
  });
  const chosen = r.some(fit, ROWS_SENT, ROWS_SENT).map((one) => ({
    one,
    probe: {
      from: FROM[one.input] ?? 'a',
      src: one.source,
      dst: one.destination,
      proto: one.protocol,
      sport: sourcePort(),
      dport: one.port,
      in: one.input,
    } satisfies Probe,
  }));
  lab.flush();
  const seen = await lab.send(
    chosen.map(({ probe }) => probe),
    WAIT_SECONDS,
  );
  const wrong: string[] = [];
  for (const [i, { one, probe }] of chosen.entries()) {
    // That somebody else answers at the same port does not make a row wrong that says no; an answer that is lost does not either.
    if (one.row.reachable !== 'yes' || isExplained(probe, one.answer, 'filtered')) continue;
    // What is led out of this host goes to a container that stood where the ruleset was recorded; nobody is there to answer.
    if (one.answer.outcome === 'forwarded') continue;
    const got = seen[i] === 'open' ? 'open' : await opened(lab, probe);
    if (got !== 'open') wrong.push(`${one.subject}: ${text(probe)}: the row says yes, the kernel ${got}`);
  }
  return wrong;
}

/** Sends some probes again under `nft monitor trace`, and compares the rules it names with those we cite. */
async function traceSome(lab: Lab, reach: Reach, probes: readonly Probe[], seed: number, tally: Tally): Promise<void> {
  const chosen = probes.slice(0, TRACED_PER_RULESET).map((probe) => ({ ...probe, sport: sourcePort() }));
  lab.flush();
  const tracer = new Tracer(lab);
  try {
    await tracer.taken(120);
    await lab.send(chosen, WAIT_SECONDS);
    const ends = endsOf(await tracer.taken(120), chosen);
    for (const probe of chosen) {
      const answer = predicted(reach, probe);
      const ended = ends.get(probe.sport);
      if (ended === undefined || answer.outcome === 'conditional') continue;
      tally.traced++;
      const wrong = disagreement(ended, answer.because);
      if (wrong === null) continue;
      tally.untraced.push(`seed ${seed}: ${text(probe)} (${answer.outcome}): ${wrong}`);
      if (process.env['EARSHOT_FUZZ_SHOW'] !== undefined) console.error(`UNTRACED ${tally.untraced.at(-1)}`);
    }
  } finally {
    tracer.stop();
  }
}

/** Runs until `probes` are sent; ruleset number n is made from `seed + n`, so a failure is made again by its own seed alone. */
export async function fuzz(
  lab: Lab,
  seed: number,
  probes: number,
  onProgress: (tally: Tally) => void = () => {},
): Promise<Tally> {
  const tally = emptyTally();
  const base = await snapshotOf();
  for (let n = 0; tally.probes < probes; n++) {
    await oneRuleset(lab, base, seed + n, tally, n % 3 === 0);
    onProgress(tally);
  }
  return tally;
}

/** How a recorded ruleset is loaded: file of fixtures/rulesets/FOLDER and the program that takes it. */
const LOADERS = [
  ['iptables-nft-save.txt', 'iptables-nft-restore', []],
  ['ip6tables-nft-save.txt', 'ip6tables-nft-restore', []],
  ['iptables-legacy-save.txt', 'iptables-legacy-restore', []],
  ['ip6tables-legacy-save.txt', 'ip6tables-legacy-restore', []],
  ['nft.json', 'nft', ['-j', '-f']],
] as const;

/** Loads the ruleset that a real firewall left, and probes it. */
export async function probeRecorded(lab: Lab, folder: string, probes: number): Promise<Tally> {
  const tally = emptyTally();
  const pathOf = (name: string): string =>
    fileURLToPath(new URL(`../../fixtures/rulesets/${folder}/${name}`, import.meta.url));
  const read = (name: string): string => {
    try {
      return readFileSync(pathOf(name), 'utf8');
    } catch {
      return '';
    }
  };
  const present = LOADERS.filter(([name]) => read(name) !== '');
  // What iptables made is loaded by iptables; nft's JSON shows it with opaque parts that do not load again.
  const byIptables = present.filter(([name]) => name !== 'nft.json');
  lab.clear();
  for (const [name, tool, args] of byIptables.length > 0 ? byIptables : present) {
    // nft reads JSON from a file only, not from a socket.
    if (tool === 'nft') lab.load(tool, [...args, pathOf(name)], '');
    else lab.load(tool, args, read(name));
  }
  tally.rulesets++;
  const r = randomOf(folder.length);
  const base = await snapshotOf();
  while (tally.probes < probes) await askAll(lab, base, r, 0, tally, true);
  return tally;
}
