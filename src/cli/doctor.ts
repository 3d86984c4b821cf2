import type { Command } from 'commander';
import { liveHost } from '../collect/host.js';
import { CAPABILITIES } from '../config/units.js';
import { escapeTerminal, guardLog } from '../lib/escape/terminal.js';
import type { Gap } from '../model/gap.js';
import type { Snapshot } from '../model/snapshot.js';
import { type AuditFlags, addCollectFlags } from './flags.js';
import type { Io } from './io.js';
import { ciOf } from './log.js';
import { settingsOf } from './settings.js';
import { readSnapshots } from './sources.js';

/** Effective capabilities of this process; null: not known. */
function effective(): bigint | null {
  const status = liveHost().sync.readText('/proc/self/status', 65_536);
  const hex = status.ok ? /^CapEff:\s*([0-9a-f]+)/m.exec(status.value)?.[1] : undefined;
  return hex === undefined ? null : BigInt(`0x${hex}`);
}

const line = (good: boolean, what: string, why: string): string =>
  `${good ? 'ok     ' : 'missing'}  ${what.padEnd(22)} ${why}\n`;

function capabilityLines(): { text: string; missing: readonly string[] } {
  const held = effective();
  const has = (bit: number): boolean => held !== null && ((held >> BigInt(bit)) & 1n) === 1n;
  const missing = CAPABILITIES.filter((capability) => !has(capability.bit)).map((capability) => capability.name);
  return { text: CAPABILITIES.map(({ name, bit, why }) => line(has(bit), name, why)).join(''), missing };
}

/** Running with these capabilities and no more, instead of as root. */
function howToGrant(missing: readonly string[]): string {
  if (missing.length === 0) return '';
  const words = CAPABILITIES.map(({ name }) => name).join(' ');
  const lower = CAPABILITIES.map(({ name }) => `+${name.slice(4).toLowerCase()}`).join(',');
  return `
To grant them without being root (they end with the command):
  sudo setpriv --reuid="$(id -u)" --regid="$(id -g)" --init-groups --inh-caps ${lower} --ambient-caps ${lower} -- earshot
In a systemd unit:
  AmbientCapabilities=${words}
`;
}

const gapText = (gap: Gap): string =>
  escapeTerminal(`${gap.hidesListeners ? '!' : '-'} ${gap.what}: ${gap.why}`) +
  `\n  hides:   ${escapeTerminal(gap.hides)}\n${gap.fix === '' ? '' : `  to see:  ${escapeTerminal(gap.fix)}\n`}`;

function gapsText({ collection, namespaces, sockets }: Snapshot): string {
  const listening = sockets.filter((socket) => socket.state !== 'connected').length;
  const head = `\nA trial audit read ${namespaces.length} network ${namespaces.length === 1 ? 'namespace' : 'namespaces'} and ${listening} listening sockets. `;
  if (collection.gaps.length === 0) return `${head}Nothing was left unseen.\n`;
  return `${head}Not seen:\n${collection.gaps.map(gapText).join('')}`;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addCollectFlags(command)
    .addHelpText('after', '\nExit: 0 an audit would see every listener, 3 it would not.')
    .action(async (flags: AuditFlags) => {
      const settings = await settingsOf(flags, io);
      const [snapshot] = await readSnapshots({}, settings, io);
      const { text, missing } = capabilityLines();
      const hidden = snapshot === undefined || snapshot.collection.gaps.some((gap) => gap.hidesListeners);
      const page = `earshot on Node ${process.version}, ${io.platform} ${process.arch}, user ${io.uid ?? 'unknown'}\n\n${text}${howToGrant(missing)}${
        snapshot === undefined ? '' : gapsText(snapshot)
      }\n${hidden ? 'An audit would not be complete: listeners may be missing.' : 'An audit would see every listener.'}\n`;
      await io.out(guardLog(page, ciOf(io.env)));
      done(hidden ? 3 : 0);
    });
}
