import { UsageError } from '../lib/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { parseSnapshot, readNamed } from './files.js';
import type { AuditFlags } from './flags.js';
import type { Io } from './io.js';
import type { Settings } from './settings.js';

/** Longer than a blink: only then something is said while waiting. */
const BLINK_MS = 700;

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

/** What the live collection shall read, from the settings. */
async function live(settings: Settings, io: Io): Promise<Snapshot> {
  if (io.platform !== 'linux')
    throw new UsageError(
      `a live audit reads the Linux kernel, and this is ${io.platform}`,
      'audit a capture instead: `netstat -an | earshot audit --from -`, or judge a snapshot from a Linux host with --snapshot',
    );
  const { collectLive } = await import('../collect/live.js');
  const { liveHost } = await import('../collect/host.js');
  const { timeoutMs, backend, owners, identity, probe, layers } = settings;
  return withProgress(io, 'earshot: reading this host …', () =>
    collectLive(liveHost(), { timeoutMs, backend, owners, identity, probe, statistics: layers }),
  );
}

async function captured(files: readonly string[], io: Io): Promise<readonly Snapshot[]> {
  const { readCaptures } = await import('./captures.js');
  return readCaptures(files, io);
}

/** The snapshots to judge: this host's, a saved one, or those of captures (several hosts in one file are several). */
export async function readSnapshots(flags: AuditFlags, settings: Settings, io: Io): Promise<readonly Snapshot[]> {
  if (flags.snapshot !== undefined && flags.from !== undefined)
    throw new UsageError('--snapshot and --from both say where the facts come from', 'give one of them');
  if (flags.snapshot !== undefined) return [await parseSnapshot(await readNamed(flags.snapshot, io), flags.snapshot)];
  if (flags.from !== undefined) return captured(flags.from, io);
  return [await live(settings, io)];
}
