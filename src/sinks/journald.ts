import { visible } from '../lib/escape/visible.js';
import { sendDatagrams } from '../linux/datagram.js';
import { errnoName } from '../linux/errno.js';
import type { LogMessage } from '../model/message.js';
import { type Courier, Undelivered } from './courier.js';
import { levelOf } from './syslog.js';

/** Same for every message of one kind, so that `journalctl MESSAGE_ID=…` finds them (systemd.journal-fields(7)); drawn once. */
const MESSAGE_IDS: Readonly<Record<LogMessage['kind'], string>> = {
  finding: '2f0d9a7c1b5e4c0f8f6a3d1c7e5b9a41',
  gap: '7b1c5e2d9f3a4d6e8c0b2a4f6d8e1c53',
  summary: 'c4e8a1f6d2b74903a5c7e9f1b3d5f760',
};

/** One field of journald's native protocol: `NAME=value` and a line end. No value of ours holds one, since all text is made visible. */
const line = (name: string, value: string): string => `${name}=${visible(value)}\n`;

/** A message of the native protocol (systemd, JOURNAL_NATIVE_PROTOCOL): fields one a line in one datagram. */
export function nativeEntry(message: LogMessage): Uint8Array {
  const fields = message.fields.map(([name, value]) => line(`EARSHOT_${name.toUpperCase()}`, value));
  return Buffer.from(
    [
      line('MESSAGE', message.text),
      line('PRIORITY', String(levelOf(message.severity))),
      line('SYSLOG_IDENTIFIER', 'earshot'),
      line('MESSAGE_ID', MESSAGE_IDS[message.kind]),
      line('EARSHOT_KIND', message.kind),
      line('EARSHOT_HOST', message.host),
      line('EARSHOT_AT', message.at),
      ...fields,
    ].join(''),
  );
}

/** The journal of this host. */
export function journald(path: string): Courier {
  return {
    shown: 'journald:',
    address: 'journald:',
    send: async ({ parts }) => {
      const errno = await sendDatagrams(path, parts);
      if (errno !== 0) throw new Undelivered('journald:', `${path}: ${errnoName(errno)}`);
    },
  };
}
