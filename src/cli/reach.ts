import type { Command } from 'commander';
import { CollectionError, formatProblem, UsageError } from '../lib/errors.js';
import { toJson } from '../lib/escape/json.js';
import type { Packet } from '../model/packet.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Reach } from '../reach/reach.js';
import { parseSnapshot, readNamed } from './files.js';
import type { Io } from './io.js';
import { forLog } from './log.js';
import { ownNamespace, withRulesets } from './rulesets.js';

/** What `earshot reach` was given, as commander hands it over. */
export interface ReachFlags {
  readonly in?: string;
  readonly netns?: string;
  readonly snapshot?: string;
  /** Files with rulesets that stand in for the firewall that was read. */
  readonly ruleset?: readonly string[];
  /** File with one question a line, `-` for standard input. */
  readonly batch?: string;
  readonly sport?: string;
  readonly json?: boolean;
}

/** Longest batch line that is read. */
const LINE_BYTES_MAX = 65_536;

/** The facts to judge: a saved snapshot, or this host as it is now. */
async function factsOf(flags: ReachFlags, io: Io): Promise<Snapshot> {
  if (flags.snapshot !== undefined) return parseSnapshot(await readNamed(flags.snapshot, io), flags.snapshot);
  if (io.platform !== 'linux') {
    throw new UsageError(
      `reach reads the Linux kernel, and this is ${io.platform}`,
      'judge a snapshot from a Linux host with --snapshot',
    );
  }
  const { collectLive } = await import('../collect/live.js');
  const { liveHost } = await import('../collect/host.js');
  return collectLive(liveHost(), {
    timeoutMs: 60_000,
    backend: 'auto',
    owners: 'auto',
    identity: false,
    probe: false,
    statistics: 'counters',
  });
}

function namespaceOf(snapshot: Snapshot, name: string | undefined): number {
  if (name === undefined) return ownNamespace(snapshot);
  const found = snapshot.namespaces.find((one) => one.name === name || String(one.id) === name);
  if (found !== undefined) return found.id;
  const names = snapshot.namespaces.map((one) => one.name).join(', ');
  throw new UsageError(`there is no namespace ${name}`, `there are: ${names}`);
}

function portOf(text: string, what: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UsageError(`${what} ${text} is no port`, 'expected 0 to 65535');
  return Number(text);
}

/** `SRC DST PROTO/PORT` as a packet. */
export function packetOf(words: readonly string[], flags: ReachFlags): Packet {
  const [source, destination, service] = words;
  const parts = /^([a-z0-9]+)\/(\d+)$/i.exec(service ?? '');
  if (source === undefined || destination === undefined || parts === null || words.length !== 3) {
    throw new UsageError(
      'reach needs SRC DST PROTO/PORT',
      'for example: earshot reach 203.0.113.5 192.0.2.10 tcp/443 --in eth0',
    );
  }
  return {
    source,
    destination,
    protocol: (parts[1] ?? '').toLowerCase(),
    port: portOf(parts[2] ?? '', 'port'),
    sourcePort: flags.sport === undefined ? null : portOf(flags.sport, 'source port'),
    input: flags.in ?? null,
  };
}

/** One line of a batch as a packet; a text says what is wrong with it. */
export function packetOfLine(line: string): Packet | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'expected a JSON object';
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const text = (name: string): string | null => (typeof fields[name] === 'string' ? fields[name] : null);
  const port = (name: string): number | null | undefined => {
    const given = fields[name];
    if (given === undefined || given === null) return null;
    return typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= 65_535 ? given : undefined;
  };
  const [source, destination, protocol] = [text('src'), text('dst'), text('proto')];
  const [dport, sport] = [port('dport'), port('sport')];
  if (source === null || destination === null) return 'expected "src" and "dst", each an address';
  if (protocol === null) return 'expected "proto", a protocol\'s name';
  if (dport === null || dport === undefined) return 'expected "dport", 0 to 65535';
  if (sport === undefined) return '"sport" is no port, 0 to 65535';
  const input = fields['in'] ?? null;
  if (input !== null && typeof input !== 'string') return '"in" is no interface name';
  return { source, destination, protocol: protocol.toLowerCase(), port: dport, sourcePort: sport, input };
}

async function openNamespace(snapshot: Snapshot, namespace: number): Promise<Reach> {
  const { identify } = await import('../identify/identify.js');
  const { openReach } = await import('../reach/reach.js');
  const opened = await openReach(snapshot, identify(snapshot), namespace);
  if ('error' in opened) throw new CollectionError(opened.error);
  return opened;
}

/** `--batch`: one answer a line, in order. A line that cannot be asked is answered with its error, and the exit is 2. */
async function batch(file: string, reach: Reach, io: Io): Promise<number> {
  let code = 0;
  let text = '';
  const lines = (await readNamed(file, io)).split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const packet = line.length > LINE_BYTES_MAX ? 'the line is too long' : packetOfLine(line);
    const answer = typeof packet === 'string' ? { error: packet } : reach.outcome(packet);
    if ('error' in answer) {
      code = 2;
      const place = { file: file === '-' ? 'standard input' : file, line: index + 1, column: 1 };
      await io.err(forLog(`earshot: ${formatProblem({ place, message: answer.error, hint: null })}\n`, io));
    }
    text += `${toJson(answer, 0)}\n`;
    if (text.length > LINE_BYTES_MAX) {
      await io.out(text);
      text = '';
    }
  }
  await io.out(text);
  return code;
}

/** `earshot reach`: what one packet meets, hook by hook, or one JSON line for each question of a batch. */
export async function reach(words: readonly string[], flags: ReachFlags, io: Io): Promise<number> {
  const packet = flags.batch === undefined ? packetOf(words, flags) : null;
  const facts = await factsOf(flags, io);
  const namespace = namespaceOf(facts, flags.netns);
  const snapshot = await withRulesets(facts, namespace, flags.ruleset ?? [], io);
  for (const gap of snapshot.collection.gaps)
    if (gap.kind === 'firewall' && !facts.collection.gaps.includes(gap))
      await io.err(forLog(`earshot: not seen: ${gap.what}: ${gap.why}; ${gap.fix}\n`, io));
  const opened = await openNamespace(snapshot, namespace);
  if (packet === null) return batch(flags.batch ?? '-', opened, io);
  const answer = opened.outcome(packet);
  if ('error' in answer) throw new UsageError(answer.error);
  await io.out(flags.json === true ? `${toJson(answer, 0)}\n` : forLog(opened.story(packet), io));
  return 0;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .argument('[question...]', 'SRC DST PROTO/PORT: source address, destination address, protocol and port')
    .option(
      '--in <interface>',
      'where the packet comes in (default: the interface that leads to SRC; lo for own addresses)',
    )
    .option('--sport <port>', 'source port (default: any)')
    .option('--netns <name>', 'namespace it comes to (default: the one earshot runs in)')
    .option('--snapshot <file>', 'judge a saved snapshot instead of this host')
    .option(
      '--ruleset <file>',
      'judge this ruleset (nft -j list ruleset, iptables-save, ip6tables-save, ipset save) in place of the loaded one; may be given several times',
      (value: string, before?: readonly string[]) => [...(before ?? []), value],
    )
    .option('--batch <file>', 'one JSON question a line (`-`: standard input), one JSON answer a line')
    .option('--json', 'answer one question as JSON')
    .action(async (words: readonly string[], flags: ReachFlags) => {
      done(await reach(words, flags, io));
    });
}
