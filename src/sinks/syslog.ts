import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { escapeMessage, escapeParam, headerField } from '../lib/escape/syslog.js';
import { sendDatagrams } from '../linux/datagram.js';
import { errnoName } from '../linux/errno.js';
import type { Severity } from '../model/finding.js';
import type { LogMessage } from '../model/message.js';
import { type Courier, reasonOf, Undelivered } from './courier.js';
import type { SyslogTarget } from './target.js';

/** Facility `authpriv`: security messages that not everybody may read (RFC 5424, table 1: 10). */
const FACILITY = 10;
/** RFC 5424, table 2. */
const LEVELS: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5, info: 6 };
/** Names of structured data need an enterprise number; 32473 is the one that anybody may use (RFC 5612). */
const SD_ID = 'earshot@32473';
/** What a receiver of UDP should take (RFC 5426, 3.2), and what any daemon takes otherwise. */
const BYTES_MAX = { udp: 2048, other: 8192 } as const;
const CONNECT_MS = 10_000;
/** Time for a server to close or reset after the last byte. */
const LINGER_MS = 1000;

export const levelOf = (severity: Severity): number => LEVELS[severity];

const priorityOf = (message: LogMessage): number => FACILITY * 8 + LEVELS[message.severity];

/** Whole characters of at most so many bytes. */
function bounded(text: string, bytesMax: number): Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return bytes;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/** A message of RFC 5424, section 6. */
export function rfc5424(message: LogMessage, pid: number, bytesMax: number): Uint8Array {
  const data = message.fields.map(([name, value]) => ` ${name}="${escapeParam(value)}"`).join('');
  const head = `<${priorityOf(message)}>1 ${message.at} ${headerField(message.host, 255)} earshot ${pid} ${message.kind}`;
  const text = escapeMessage(message.text);
  // The byte order mark says that the text is UTF-8 (section 6.4); plain ASCII is itself in any encoding.
  const mark = /^[ -~]*$/.test(text) ? '' : '\ufeff';
  return bounded(`${head} [${SD_ID}${data}] ${mark}${text}`, bytesMax);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** What daemons read at /dev/log: RFC 3164's form without a host. What has no place of its own follows the text as `name="value"`. */
export function local(message: LogMessage, pid: number): Uint8Array {
  const now = new Date(message.at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const stamp = `${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2)} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const data = message.fields.map(([name, value]) => ` ${name}="${escapeParam(value)}"`).join('');
  return bounded(
    `<${priorityOf(message)}>${stamp} earshot[${pid}]: ${message.kind}: ${escapeMessage(message.text)};${data}`,
    BYTES_MAX.other,
  );
}

/** The messages as a target takes them. */
export const encodeFor = (target: SyslogTarget, messages: readonly LogMessage[], pid: number): readonly Uint8Array[] =>
  messages.map((message) =>
    target.transport === 'local'
      ? local(message, pid)
      : rfc5424(message, pid, target.transport === 'udp' ? BYTES_MAX.udp : BYTES_MAX.other),
  );

function sendUdp(host: string, port: number, parts: readonly Uint8Array[], deadline: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(
      () => finish(new Error('no answer from the name server')),
      Math.max(1, deadline - Date.now()),
    );
    const finish = (error: Error | null): void => {
      clearTimeout(timer);
      socket.close();
      if (error === null) resolve();
      else reject(error);
    };
    socket.on('error', finish);
    const next = (index: number): void => {
      const part = parts[index];
      if (part === undefined) finish(null);
      else socket.send(part, port, host, (error) => (error === null ? next(index + 1) : finish(error)));
    };
    next(0);
  });
}

/** Octet counting (RFC 6587, 3.4.1; RFC 5425 asks for it): a message may hold any byte. */
const counted = (parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(parts.flatMap((part) => [Buffer.from(`${part.length} `), part]));

function sendStream(
  target: { readonly transport: 'tcp' | 'tls'; readonly host: string; readonly port: number },
  parts: readonly Uint8Array[],
  deadline: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { host, port } = target;
    // A server is named to itself by its name only (RFC 6066, 3); its certificate is held against the address all the same.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = target.transport === 'tls' ? connectTls({ host, port, ...name }) : connect({ host, port });
    const ready = target.transport === 'tls' ? 'secureConnect' : 'connect';
    let done = false;
    const finish = (error: Error | null): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.destroy();
      if (error === null) resolve();
      else reject(error);
    };
    const timer = setTimeout(
      () => finish(new Error('not taken in time')),
      Math.max(1, Math.min(CONNECT_MS, deadline - Date.now())),
    );
    socket.on('error', finish);
    let flushed = false;
    socket.on('close', () => finish(flushed ? null : new Error('the server closed the connection')));
    socket.once(ready, () =>
      socket.end(counted(parts), () => {
        flushed = true;
        // Syslog answers nothing. A server that read to the end closes, one that refused resets; after a while silence is consent.
        setTimeout(() => finish(null), LINGER_MS);
      }),
    );
    socket.resume();
  });
}

/** A syslog daemon or server. */
export function syslog(target: SyslogTarget): Courier {
  const shown =
    target.transport === 'local'
      ? 'syslog:'
      : `syslog${target.transport === 'udp' ? '' : `+${target.transport}`}://${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  return {
    shown,
    address: shown,
    send: async ({ parts }, deadline) => {
      try {
        if (target.transport === 'local') {
          const errno = await sendDatagrams(target.path, parts);
          if (errno !== 0) throw new Error(`${target.path}: ${errnoName(errno)}`);
        } else if (target.transport === 'udp') await sendUdp(target.host, target.port, parts, deadline);
        else await sendStream({ ...target, transport: target.transport }, parts, deadline);
      } catch (error) {
        throw new Undelivered(shown, reasonOf(error));
      }
    },
  };
}
