import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../lib/errors.js';
import { openFile } from '../sinks/file.js';
import { snapshotText } from './files.js';
import { type AuditFlags, addCollectFlags } from './flags.js';
import type { Io } from './io.js';
import { settingsOf } from './settings.js';
import { readSnapshots } from './sources.js';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addCollectFlags(command)
    .option('-o, --output <file>', 'file for the snapshot (default: standard output)')
    .option(
      '--from <file>',
      'make it from a capture (`-`: standard input); may be given several times',
      (value: string, before?: readonly string[]) => [...(before ?? []), value],
    )
    .action(async (flags: AuditFlags & { readonly output?: string }) => {
      const settings = await settingsOf(flags, io);
      const sink = flags.output === undefined ? null : openFile(resolve(io.cwd, flags.output), settings.mode ?? 0o600);
      let written = false;
      try {
        const snapshots = await readSnapshots(flags, settings, io);
        const [snapshot] = snapshots;
        if (snapshot === undefined || snapshots.length > 1)
          throw new UsageError(
            `a snapshot is of one host, and there are ${snapshots.length}`,
            'split the capture by host',
          );
        const text = snapshotText(snapshot);
        written = true;
        if (sink === null) await io.out(text);
        else sink.write(text);
        done(0);
      } finally {
        if (sink !== null && !written) sink.discard();
      }
    });
}
