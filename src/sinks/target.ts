import { statSync } from 'node:fs';
import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';

/** Where a syslog message goes: this host's own daemon, or a server. */
export type SyslogTarget =
  | { readonly transport: 'local'; readonly path: string }
  | { readonly transport: 'udp' | 'tcp' | 'tls'; readonly host: string; readonly port: number };

/** What `-o` names. */
export type OutputTarget =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'webhook'; readonly url: URL }
  | { readonly kind: 'syslog'; readonly target: SyslogTarget }
  | { readonly kind: 'journald'; readonly path: string };

const LOCAL_SYSLOG = '/dev/log';
/** systemd-journald's native socket (systemd, JOURNAL_NATIVE_PROTOCOL). */
const JOURNAL = '/run/systemd/journal/socket';

const SCHEMES = ['https', 'http', 'syslog', 'syslog+tcp', 'syslog+tls', 'journald'] as const;
/** RFC 5426 and 5425; for plain TCP 514 is what daemons listen on, though RFC 6587 assigns none. */
const PORTS = { syslog: 514, 'syslog+tcp': 514, 'syslog+tls': 6514 } as const;

/** A scheme as `-o` knows it; a path that holds a colon further on (`reports/a:b`) has none. */
const schemeOf = (text: string): string | null =>
  /^([a-z][a-z0-9+.-]*):(?=\/\/|$)/i.exec(text)?.[1]?.toLowerCase() ?? null;

/** True when the text is no path, so nothing may be joined before it. */
export const isAddress = (text: string): boolean => schemeOf(text) !== null;

/** True for a target that makes messages of its own from a report, one a finding, so that no format need stand before it. */
export const makesMessages = (text: string): boolean => {
  const scheme = schemeOf(text);
  return scheme === 'journald' || (scheme?.startsWith('syslog') ?? false);
};

function urlOf(text: string, example: string): URL {
  try {
    const url = new URL(text);
    if (url.hostname !== '') return url;
  } catch {
    // Said below, with what an address looks like.
  }
  throw new UsageError(`-o ${text}: is no address`, `write ${example}`);
}

function syslogOf(text: string, scheme: keyof typeof PORTS): SyslogTarget {
  if (/^syslog:(?:\/\/)?$/i.test(text)) return { transport: 'local', path: LOCAL_SYSLOG };
  const { hostname, port, pathname, search } = urlOf(text, `${scheme}://host:514`);
  if (pathname.length > 1 || search !== '')
    throw new UsageError(`-o ${text}: a syslog server has a host and a port and nothing else`, `${scheme}://host:514`);
  const transport = scheme === 'syslog' ? 'udp' : scheme === 'syslog+tcp' ? 'tcp' : 'tls';
  return { transport, host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? PORTS[scheme] : Number(port) };
}

function local(path: string, text: string, what: string, hint: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true)
    throw new UsageError(`-o ${text}: no ${what} listens here (${path})`, hint);
}

/**
 * Reads what stands after `-o`.
 * @throws UsageError for an address that is none, or a local daemon that does not run.
 */
export function outputTarget(text: string): OutputTarget {
  const scheme = schemeOf(text);
  if (scheme === null) return { kind: 'file', path: text };
  switch (scheme) {
    case 'http':
    case 'https':
      return { kind: 'webhook', url: urlOf(text, 'https://host/path') };
    case 'syslog':
    case 'syslog+tcp':
    case 'syslog+tls': {
      const target = syslogOf(text, scheme);
      if (target.transport === 'local') local(target.path, text, 'syslog daemon', 'name a server: syslog://host:514');
      return { kind: 'syslog', target };
    }
    case 'journald':
      local(JOURNAL, text, 'systemd-journald', 'use syslog: or a file');
      return { kind: 'journald', path: JOURNAL };
    default:
      throw new UsageError(
        `-o ${text}: earshot cannot write to ${scheme}:`,
        didYouMean(scheme, SCHEMES) ?? `a file, or one of ${SCHEMES.map((name) => `${name}:`).join(' ')}`,
      );
  }
}
