import { baseName, scriptOf } from '../../lib/interpreters.js';
import type { IdentifiedListener, Owner } from '../../model/listener.js';
import type { Snapshot } from '../../model/snapshot.js';
import { GREETS } from './banners.js';
import { handshakeFor } from './handshakes.js';
import type { Handshake } from './said.js';

/** What may be done with one listener. */
export type Manner =
  /** Not even a connection is made; `why` goes into the log. */
  | { readonly kind: 'leave'; readonly why: string }
  /** It is connected to and listened to; not a byte is sent. */
  | { readonly kind: 'listen'; readonly secure: boolean; readonly greets: boolean }
  /** It is listened to; if it waits, these words are said. */
  | { readonly kind: 'speak'; readonly handshake: Handshake; readonly secure: boolean };

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const SHELLS = words('bindshell rsh rlogin rexec');
const PRINTERS = words('printer-raw lpd');
/** A debugger ends, continues or starts what it holds when its client leaves. */
const DEBUGGERS = words('gdbserver lldb-server delve debugpy xdebug adb');
const FORWARDERS = words('tcp-relay socks http-connect-proxy squid vnc-listen');
/** Controllers take one client at a time, and some stop for a senseless one. */
const MACHINES = words(
  'modbus modbus-tls s7 dnp3 iec104 bacnet iec61850 ethernet-ip opcua profinet ethercat fins codesys dicom',
);
/** They serve one connection, and ours would be it. */
const ONE_SHOT = /^(?:nc|ncat|netcat|nc\.\w+|socat|iperf3?|systemd-socket-activate|x0vncserver-once)$/;
/** Programs that pass requests on to others, whatever they are called for. */
const PROXIES =
  /^(?:haproxy|envoy|traefik|varnishd|squid|tinyproxy|privoxy|hitch|pound|sniproxy|mitmproxy|mitmdump|cloudflared|ssh|autossh|docker-proxy|conmon|rootlessport|rootlesskit|slirp4netns|pasta(?:\.avx2)?|kubectl|systemd-socket-proxyd|redir|rinetd|stunnel[45]?|simpleproxy|websockify|pgbouncer|pgpool|twemproxy|nutcracker|mysqlrouter|proxysql)$/;
/** Ports of such programs where they answer themselves. */
const THEIR_OWN = words('varnish-admin');
const MANAGERS = /^(?:systemd|init|launchd|systemd-executor|dumb-init|tini)$/;
const SUPER_SERVERS =
  /^(?:inetd|xinetd|inetutils-inetd|openbsd-inetd|rlinetd|tcpserver|tcpsvd|udpsvd|s6-.*|ipsvd|micro-inetd|couriertcpd|faucet|onenetd)$/;

/** Ports of raw printing; a process there that is known to be another thing is none. */
const isPrinterPort = (port: number | null): boolean => port !== null && port >= 9100 && port <= 9107;

const programOf = (owner: Owner): string => {
  const script = owner.exe === null ? null : scriptOf(owner.exe, owner.args, owner.name ?? '');
  return script !== null && script.kind === 'applet' ? script.name : baseName(owner.exe ?? owner.name ?? '');
};

/** A socket that only a service manager holds waits for somebody to start its service. */
function isIdle(listener: IdentifiedListener, managers: ReadonlySet<number>): boolean {
  return (
    listener.owners.length > 0 &&
    listener.owners.every((owner) => (owner.pid !== null && managers.has(owner.pid)) || MANAGERS.test(programOf(owner)))
  );
}

/** Where nobody was seen to hold it, a unit or an entry for this port says that it may be waiting. */
function mayBeIdle(
  { owners, port, protocol }: IdentifiedListener,
  { socketUnits, inetd }: Snapshot['software'],
): boolean {
  if (owners.length > 0) return false;
  const ends = new RegExp(`(?:^|[^0-9])${port}$`);
  return (
    socketUnits.some((unit) => unit.listens.some(({ value }) => ends.test(value))) ||
    inetd.some((entry) => !entry.disabled && entry.port === port && entry.protocol.startsWith(protocol))
  );
}

/** A JVM's debugger that stands still until a client comes and goes: suspend=y is what it does unless told otherwise. */
const mayBeSuspended = ({ owners }: IdentifiedListener): boolean =>
  !owners.some(({ args }) => args.some((word) => /jdwp/.test(word) && /suspend=n/.test(word)));

/** Connected clients of an X server: over TCP, or by the server's end of a unix socket. */
function hasClients(listener: IdentifiedListener, snapshot: Snapshot): boolean {
  if ((listener.clients?.count ?? 0) > 0) return true;
  const path = `/tmp/.X11-unix/X${(listener.port ?? 0) - 6000}`;
  return snapshot.sockets.some(
    ({ protocol, state, address }) =>
      protocol === 'unix' && state === 'connected' && (address === path || address === `@${path}`),
  );
}

/** Programs that end, or start over, when the client that came last has gone. */
function endsWithItsClient(listener: IdentifiedListener, snapshot: Snapshot): string | null {
  const { name } = listener.service;
  const args = listener.owners.flatMap((owner) => owner.args);
  const programs = listener.owners.map(programOf);
  if (programs.includes('x11vnc') && !args.some((word) => /^-{1,2}(?:forever|many|loop|shared-forever)/.test(word)))
    return 'x11vnc ends when its client has gone, unless it was started with -forever';
  if (name === 'x11' && args.includes('-terminate'))
    return 'an X server with -terminate ends when its last client has gone';
  if (name === 'x11' && !args.includes('-noreset') && !hasClients(listener, snapshot))
    return 'it has no client, and an X server starts over when its last client has gone, unless it was started with -noreset';
  return null;
}

/** What one listener is judged by, beside itself. */
export interface Surroundings {
  readonly snapshot: Snapshot;
  /** Process ids of service managers. */
  readonly managers: ReadonlySet<number>;
  /** All listeners, by id. */
  readonly others: ReadonlyMap<string, IdentifiedListener>;
}

const isSure = ({ confidence }: IdentifiedListener['service']): boolean =>
  confidence === 'certain' || confidence === 'likely';

/** What it is called for makes it a thing to leave alone, whoever holds it. */
function byName(name: string | null): string | null {
  if (name === null) return null;
  if (FORWARDERS.has(name)) return 'it passes on to somebody else, who would answer';
  if (SHELLS.has(name)) return 'a shell runs what it is told';
  if (PRINTERS.has(name)) return 'a printer prints what it is sent';
  if (DEBUGGERS.has(name)) return 'a debugger lets its program go when its client leaves';
  return MACHINES.has(name) ? 'a machine hangs on it' : null;
}

/** Who holds it makes it a thing to leave alone, whatever it is called. */
function byHolder({ owners, service, protocol }: IdentifiedListener): string | null {
  const programs = owners.map(programOf);
  if (service.name === 'netcat' || programs.some((program) => ONE_SHOT.test(program)))
    return 'it may serve one connection only, and ours would be it';
  if (programs.some((program) => PROXIES.test(program)) && !(isSure(service) && THEIR_OWN.has(service.name ?? '')))
    return 'the program passes on to others';
  if (programs.some((program) => program === 'sshd' || program === 'sshd-session') && service.name !== 'ssh')
    return 'a session of sshd passes on to its client';
  if (owners.length > 0 && owners.every(({ kind }) => kind === 'kernel')) return 'the kernel itself answers';
  if (programs.some((program) => SUPER_SERVERS.test(program)) || owners.some(({ inetd }) => inetd !== null)) {
    if (!isSure(service)) return 'a connection would start a program that is not known';
    if (protocol === 'udp') return 'a datagram would start its service';
  }
  return null;
}

/** A VNC server over IPv6, where no address is to spare: one that would hold it against ours that we leave early. */
const holdsGrudge = ({ service, family }: IdentifiedListener): boolean =>
  service.name === 'vnc' && family !== 'ipv4' && family !== 'dual';

/** Why nobody is to be addressed there at all; null: it may be connected to. */
function reasonToLeave(listener: IdentifiedListener, { snapshot, managers }: Surroundings): string | null {
  const { service, port, listening } = listener;
  if (isIdle(listener, managers)) return 'only the service manager holds it: a connection would start the service';
  if (mayBeIdle(listener, snapshot.software))
    return 'nobody was seen to hold it, and a connection could start its service';
  if (service.relayTo !== null) return 'it passes on to somebody else, who would answer';
  const why = byName(service.name) ?? byHolder(listener);
  if (why !== null) return why;
  if (isPrinterPort(port) && !isSure(service))
    return 'a printer listens there more often than anything else, and prints what it is sent';
  if (service.name === 'jdwp' && mayBeSuspended(listener))
    return 'its JVM may stand still until a debugger comes and leaves (suspend=y)';
  if (holdsGrudge(listener)) return 'a VNC server blocks an address that leaves early too often';
  if (listening === 'possible') return 'a port that the kernel chose is a client’s more often than a service’s';
  return endsWithItsClient(listener, snapshot);
}

/** TLS put before a listener of this host: the one behind is heard through it, if it may be heard itself. */
function isWrapping({ owners, service }: IdentifiedListener, around: Surroundings): boolean {
  const behind = around.others.get(service.relayTo?.listener ?? '');
  return (
    behind !== undefined &&
    service.encryption === 'tls' &&
    owners.length > 0 &&
    owners.every((owner) => /^stunnel\d?$/.test(programOf(owner))) &&
    reasonToLeave(behind, around) === null
  );
}

/** By identity: whom to leave alone, whom to hear, whom to ask. */
export function mannerOf(listener: IdentifiedListener, around: Surroundings): Manner {
  if (isWrapping(listener, around)) return { kind: 'listen', secure: true, greets: true };
  const why = reasonToLeave(listener, around);
  if (why !== null) return { kind: 'leave', why };
  const { service, protocol } = listener;
  const name = isSure(service) ? service.name : null;
  const secure = isSure(service) && service.encryption === 'tls' && name !== 'ssh';
  const handshake = name === null ? null : handshakeFor(name, protocol);
  if (handshake !== null) return { kind: 'speak', handshake, secure };
  if (protocol === 'udp')
    return { kind: 'leave', why: name === null ? 'what it is is not known' : `nothing is asked of ${name}` };
  return { kind: 'listen', secure, greets: name !== null && GREETS.has(name) };
}
