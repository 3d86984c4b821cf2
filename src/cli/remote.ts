import type { LogMessage } from '../model/message.js';
import type { Report } from '../model/report.js';
import type { Look } from '../report/format.js';
import { FORMATS, type FormatName } from '../report/formats.js';
import type { Courier, Parcel } from '../sinks/courier.js';
import { OutputLost } from '../sinks/file.js';
import type { OutputTarget } from '../sinks/target.js';

/** A report for somebody beyond this process: a webhook, a system log. */
export interface RemoteOutput {
  /** null: messages, one a finding. */
  readonly format: FormatName | null;
  readonly target: Exclude<OutputTarget, { kind: 'file' }>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  sarif: 'application/sarif+json',
  xml: 'application/xml',
  ndjson: 'application/x-ndjson',
  prom: 'text/plain; version=0.0.4; charset=utf-8',
};

/** Where a token for webhooks is looked for: never on the command line, where every user of the host could read it. */
const TOKEN = 'EARSHOT_WEBHOOK_TOKEN';

async function courierFor(target: RemoteOutput['target'], env: Readonly<Record<string, string | undefined>>) {
  switch (target.kind) {
    case 'webhook':
      return (await import('../sinks/webhook.js')).webhook(target.url, env[TOKEN] ?? null);
    case 'syslog':
      return (await import('../sinks/syslog.js')).syslog(target.target);
    case 'journald':
      return (await import('../sinks/journald.js')).journald(target.path);
  }
}

async function encoded(
  target: RemoteOutput['target'],
  messages: readonly LogMessage[],
): Promise<readonly Uint8Array[]> {
  if (target.kind === 'syslog')
    return (await import('../sinks/syslog.js')).encodeFor(target.target, messages, process.pid);
  const { nativeEntry } = await import('../sinks/journald.js');
  return messages.map(nativeEntry);
}

async function parcelOf(
  output: RemoteOutput,
  reports: readonly Report[],
  look: Look,
  text: () => Promise<string>,
): Promise<Parcel> {
  const { format, target } = output;
  if (format !== null && target.kind === 'webhook')
    return {
      contentType: CONTENT_TYPES[FORMATS[format].extension] ?? 'application/octet-stream',
      parts: [Buffer.from(await text())],
    };
  const { messagesOf } = await import('../report/messages.js');
  const messages = reports.flatMap((report) => messagesOf(report, look.minSeverity));
  return { contentType: 'application/octet-stream', parts: await encoded(target, messages) };
}

async function sent(courier: Courier, parcel: Parcel, spool: string | null): Promise<string | null> {
  const { deliverKept, deliverNow } = await import('../sinks/spool.js');
  if (spool === null) {
    await deliverNow(courier, parcel);
    return null;
  }
  const { lost, waiting, why } = await deliverKept(spool, courier, parcel);
  if (lost.length > 0) throw new OutputLost(courier.shown, lost.join('; '));
  return waiting === 0 ? null : `${why ?? courier.shown}; ${waiting} waiting in ${spool}, sent at the next run`;
}

/**
 * Renders and sends one report. Resolves to what waits for the next run, in words, or null.
 * @param spool folder in which a report waits while its receiver is away; null: there is none, and what is not taken is lost.
 * @throws OutputLost
 */
export async function deliverRemote(
  output: RemoteOutput,
  reports: readonly Report[],
  look: Look,
  spool: string | null,
  env: Readonly<Record<string, string | undefined>>,
  text: () => Promise<string>,
): Promise<string | null> {
  const courier = await courierFor(output.target, env);
  const parcel = await parcelOf(output, reports, look, text);
  const { Undelivered } = await import('../sinks/courier.js');
  try {
    return await sent(courier, parcel, spool);
  } catch (error) {
    if (error instanceof Undelivered)
      throw new OutputLost(error.shown, `${error.why} (with --state it would wait for the next run)`);
    throw error;
  }
}
