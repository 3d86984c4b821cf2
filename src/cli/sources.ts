import type { Wish } from '../collect/live.js';
import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { Snapshot } from '../model/snapshot.js';
import { parseSnapshot, readNamed } from './files.js';
import type { AuditFlags } from './flags.js';
import type { Io } from './io.js';
import type { Settings } from './settings.js';

/** Longer than a blink: only then something is said while waiting. */
const BLINK_MS = 700;
/** Names shown to choose from. */
const NAMES_MAX = 12;

/** Says on a terminal's standard error what is being done, once it takes longer than a blink; the line is gone afterwards. */
async function withProgress<T>(io: Io, text: string, work: () => Promise<T>): Promise<T> {
  if (!io.errIsTerminal) return work();
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    void io.err(text);
  }, BLINK_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (shown) await io.err('\r\u001b[K');
  }
}

/** Whom `--probe` speaks to: of all listeners those that the audit is about. */
async function spokenTo({ narrowing }: Settings): Promise<Exclude<Wish['probe'], false>> {
  const { identify } = await import('../identify/identify.js');
  const { fits } = await import('../gate/narrow.js');
  return (snapshot) => identify(snapshot).filter((listener) => fits(listener, narrowing));
}

/** What the live collection shall read, from the settings. */
async function live(settings: Settings, io: Io): Promise<Snapshot> {
  if (io.platform !== 'linux')
    throw new UsageError(
      `a live audit reads the Linux kernel, and this is ${io.platform}`,
      'audit a capture instead: `netstat -an | earshot audit --from -`, or judge a snapshot from a Linux host with --snapshot',
    );
  const { collectLive } = await import('../collect/live.js');
  const { liveHost } = await import('../collect/host.js');
  const { timeoutMs, backend, owners, identity, layers } = settings;
  const probe = settings.probe ? await spokenTo(settings) : false;
  return withProgress(io, 'earshot: reading this host …', () =>
    collectLive(liveHost(), { timeoutMs, backend, owners, identity, probe, statistics: layers ? true : 'counters' }),
  );
}

async function captured(files: readonly string[], timeoutMs: number, io: Io): Promise<readonly Snapshot[]> {
  const { readCaptures } = await import('./captures.js');
  return readCaptures(files, timeoutMs, io);
}

async function readSource(flags: AuditFlags, settings: Settings, io: Io): Promise<readonly Snapshot[]> {
  if (flags.snapshot !== undefined && flags.from !== undefined)
    throw new UsageError('--snapshot and --from both say where the facts come from', 'give one of them');
  if (flags.snapshot !== undefined) return [await parseSnapshot(await readNamed(flags.snapshot, io), flags.snapshot)];
  if (flags.from !== undefined) return captured(flags.from, settings.timeoutMs, io);
  return [await live(settings, io)];
}

/** The facts with the firewall of the files that --ruleset names. */
async function judgedBy(
  files: readonly string[],
  snapshots: readonly Snapshot[],
  io: Io,
): Promise<readonly Snapshot[]> {
  const [snapshot] = snapshots;
  if (files.length === 0 || snapshot === undefined) return snapshots;
  if (snapshots.length > 1)
    throw new UsageError(`--ruleset is for one host, and there are ${snapshots.length}`, 'split the capture by host');
  const { ownNamespace, withRulesets } = await import('./rulesets.js');
  return [await withRulesets(snapshot, ownNamespace(snapshot), files, io)];
}

/** A namespace that is not there would look like one in which nobody listens. */
function checkNamespaces(names: readonly string[], snapshots: readonly Snapshot[]): void {
  const known = snapshots.flatMap(({ namespaces }) => namespaces);
  const missing = names.filter((name) => !known.some((one) => one.name === name || String(one.id) === name));
  if (missing.length === 0) return;
  const there = [...new Set(known.map((one) => one.name))];
  const found = didYouMean(missing[0] ?? '', there) ?? `there are: ${there.slice(0, NAMES_MAX).join(', ')}`;
  throw new UsageError(`there is no network namespace ${missing.join(', ')}`, found);
}

/** The snapshots to judge: this host's, a saved one, or those of captures (several hosts in one file are several). */
export async function readSnapshots(flags: AuditFlags, settings: Settings, io: Io): Promise<readonly Snapshot[]> {
  const snapshots = await judgedBy(flags.ruleset ?? [], await readSource(flags, settings, io), io);
  checkNamespaces(settings.narrowing.namespaces, snapshots);
  return snapshots;
}
