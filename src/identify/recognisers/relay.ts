import { baseName, scriptOf } from '../../lib/interpreters.js';
import type { Process } from '../../model/process.js';
import type { Claim, Facts, Recogniser, Subject } from '../claim.js';

/** Where a relay passes on to: `address` a host, IP or unix path. */
export interface Target {
  readonly address: string;
  readonly port: number | null;
}

/** `HOST:PORT`, `[V6]:PORT`, `PORT` (of loopback), `/path`, `@name`; null where it is none of these. */
export function targetOf(text: string): Target | null {
  if (text.startsWith('/') || text.startsWith('@')) return { address: text, port: null };
  const [, v6, host, port] = /^(?:\[([0-9a-f:.%\w]+)\]:|([^:\s[\]]*):)?(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65535) return null;
  const address = v6 ?? host ?? '';
  return { address: address === '' || address === '*' ? '127.0.0.1' : address, port: Number(port) };
}

/** Value of `-option VALUE`, `--option VALUE` or `--option=VALUE`. */
function optionOf(args: readonly string[], ...names: readonly string[]): string | null {
  for (const [index, word] of args.entries()) {
    for (const name of names) {
      if (word === name) return args[index + 1] ?? null;
      if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
    }
  }
  return null;
}

/** What a relay's command line says of one of its ports; `service`: it answers itself (SOCKS). */
interface Passing {
  readonly target: Target | null;
  readonly how: string;
  readonly service?: string;
  readonly encryption?: 'tls';
  /** It only keeps the port from others: nobody reads from this socket. */
  readonly keeps?: true;
}

const dockerProxy = (args: readonly string[]): Passing | null => {
  const address = optionOf(args, '-container-ip');
  const port = Number(optionOf(args, '-container-port'));
  if (address === null || !Number.isInteger(port)) return null;
  return {
    target: { address, port },
    how: `passes port ${optionOf(args, '-host-port')} on to the container at ${address} port ${port}`,
  };
};

/** `[BIND:]PORT:HOST:HOSTPORT` of ssh's -L, where PORT is the listener's. */
function forwardOf(spec: string, port: number): Target | null {
  const parts = spec.match(/\[[^\]]*\]|[^:]+/g) ?? [];
  if (parts.length === 2 && spec.startsWith(String(port)) && (parts[1] ?? '').startsWith('/'))
    return { address: parts[1] ?? '', port: null };
  const [to = '', host = '', from] = [...parts].reverse();
  return Number(from) === port && /^\d+$/.test(to) ? { address: host.replace(/^\[|\]$/g, ''), port: Number(to) } : null;
}

/** Values of an option given several times, attached or not. */
function* valuesOf(args: readonly string[], option: string): Iterable<string> {
  for (const [index, word] of args.entries()) {
    if (word === option || (word.endsWith(option.slice(1)) && /^-[A-Za-z]+$/.test(word))) yield args[index + 1] ?? '';
    else if (word.startsWith(option) && word.length > option.length) yield word.slice(option.length);
  }
}

/** Values of one setting of ssh_config(5) that stand on the command line: `-o DynamicForward=1080`. */
function* settingsOf(args: readonly string[], key: string): Iterable<string> {
  for (const setting of valuesOf(args, '-o')) {
    const [, name = '', value = ''] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/.exec(setting) ?? [];
    if (name.toLowerCase() === key.toLowerCase()) yield value;
  }
}

function sshClient(args: readonly string[], port: number): Passing {
  const local = [...settingsOf(args, 'LocalForward')].map((spec) => spec.trim().replace(/\s+/, ':'));
  for (const spec of [...valuesOf(args, '-L'), ...local]) {
    const target = forwardOf(spec, port);
    if (target !== null)
      return {
        target: null,
        how: `forwards it through an SSH connection to ${target.address}${target.port === null ? '' : ` port ${target.port}`} (-L ${spec}), as seen from the other end`,
      };
  }
  for (const spec of [...valuesOf(args, '-D'), ...settingsOf(args, 'DynamicForward')])
    if (targetOf(spec)?.port === port)
      return { target: null, how: `is a SOCKS proxy through an SSH connection (-D ${spec})`, service: 'socks' };
  return { target: null, how: 'forwards it through an SSH connection' };
}

/** A session of sshd holds only what its client asked for. */
function sshdSession(process: Process, port: number, address: string | null): Passing | null {
  const title = process.args[0] ?? '';
  const session = /^sshd(?:-session)?: (?!\/)(?!.*\[listener\])/.test(title) || process.name === 'sshd-session';
  if (!session) return null;
  // X11UseLocalhost is sshd's default: a port that others can reach was asked for with -R.
  const isLoopback = address === '::1' || address?.startsWith('127.') === true;
  if (port >= 6010 && port <= 6063 && isLoopback)
    return { target: null, how: 'is a session that passes X11 on to its client’s display', service: 'x11' };
  return {
    target: null,
    how: 'is a session: its client asked for this port with -R, and what answers stands at the client’s end',
  };
}

const SOCAT_LISTEN =
  /^(?:tcp|tcp4|tcp6|udp|udp4|udp6|sctp|openssl|ssl|unix|abstract|vsock|dccp)[\w-]*(?:-l(?:isten)?|-recv(?:from)?|-datagram)\b|^ssl-l|^openssl-listen/i;

function socat(args: readonly string[], port: number): Passing | null {
  const addresses = args
    .slice(1)
    .filter((word) => /^[a-z0-9-]+:/i.test(word) || word === '-' || /^(?:stdio|pipe)$/i.test(word));
  const here = addresses.findIndex((word) => SOCAT_LISTEN.test(word) && new RegExp(`:${port}(?:,|$)`).test(word));
  const other = addresses[here === 0 ? 1 : 0];
  if (here < 0 || other === undefined) return null;
  const outside = /^(?:openssl|ssl)/i.test(addresses[here] ?? '') ? ({ encryption: 'tls' } as const) : {};
  const [, kind = '', rest = ''] = /^([a-z0-9-]+)(?::([^,]*))?/i.exec(other) ?? [];
  const verb = kind.toLowerCase();
  if (/^(?:exec|system|shell)$/.test(verb))
    return {
      target: null,
      how: `starts “${rest}” for each connection`,
      service: /(?:^|\/)(?:ba|da|z|k|c|a)?sh\b/.test(rest) ? 'bindshell' : '',
    };
  if (/^(?:unix|abstract|gopen)/.test(verb))
    return {
      target: { address: verb.startsWith('abstract') ? `@${rest}` : rest, port: null },
      how: `passes on to ${rest}`,
    };
  const target = /^(?:tcp|udp|openssl|ssl|sctp)/.test(verb) ? targetOf(rest) : null;
  return target === null
    ? { target: null, how: `joins it with ${kind}`, service: '' }
    : { target, how: `passes on to ${rest}`, ...outside };
}

/** `nc -l -p 21 -e /bin/sh`, `ncat --exec`. */
function netcat(args: readonly string[]): Passing | null {
  const run = optionOf(args, '-e', '-c', '--exec', '--sh-exec');
  const listens = args.some((word) => /^-[a-zA-Z46]*l/.test(word) || word === '--listen');
  if (run === null && listens)
    return optionOf(args, '--proxy-type') === 'http'
      ? { target: null, how: 'answers as an HTTP proxy (--proxy-type http)', service: 'http-connect-proxy' }
      : null;
  if (run === null) {
    const [host = '', to = ''] = args.slice(-2);
    const target = args.length > 2 && !host.startsWith('-') ? targetOf(`${host}:${to}`) : null;
    return target === null ? null : { target, how: `passes on to ${host} port ${to}` };
  }
  return {
    target: null,
    how: `starts “${run}” for whoever connects`,
    service: /(?:^|\/)(?:ba|da|z|k|c|a)?sh\b/.test(run) ? 'bindshell' : '',
  };
}

/** `[BIND:]HOSTPORT[-END]:[ADDRESS:]TARGETPORT[-END][/PROTOCOL]`, as rootlesskit, kubectl, podman and pasta have it. */
const PUBLISHED = /(?:^|[:/])(\d{1,5})(?:-(\d{1,5}))?:(?:[^:]*:)?(\d{1,5})(?:-\d{1,5})?(?:\/\w+)?$/;

/** The specification that holds the port, and where it leads; a bare port leads to the same one. */
function publishedBy(specs: Iterable<string>, port: number, address: string): Passing | null {
  for (const spec of specs) {
    const [, from, end, to] = PUBLISHED.exec(spec) ?? [];
    const low = Number(from);
    if (from !== undefined && low <= port && port <= Number(end ?? from)) {
      const target = Number(to) + port - low;
      return { target: { address, port: target }, how: `passes it on to port ${target} (${spec})` };
    }
    if (spec === String(port)) return { target: { address, port }, how: `passes it on to the same port (${spec})` };
  }
  return null;
}

function kubectl(args: readonly string[], port: number): Passing | null {
  const at = args.indexOf('port-forward');
  if (at < 0) return null;
  const what = args.slice(at + 1).find((word) => !word.startsWith('-') && !/^[\d:.]+$/.test(word)) ?? 'a pod';
  const published = publishedBy(args.slice(at + 1), port, what);
  return published === null
    ? { target: null, how: `forwards to ${what}` }
    : { target: published.target, how: `forwards to ${what}: ${published.how}` };
}

/** Two endpoints on the command line, listening one first: redir, simpleproxy, 6tunnel, websockify and their kin. */
function endpoints(args: readonly string[], port: number): Passing | null {
  const named = optionOf(args, '--caddr', '-R', '--target', '--remote', '--backend', '--connect', '--to');
  const remote = Number(optionOf(args, '--cport'));
  const target = named === null ? null : (targetOf(named) ?? (remote > 0 ? { address: named, port: remote } : null));
  if (target !== null) return { target, how: `passes on to ${target.address} port ${target.port}` };
  const words = args.slice(1).filter((word) => !word.startsWith('-'));
  const here = words.findIndex((word) => targetOf(word)?.port === port);
  const next = words[here + 1];
  if (here < 0 || next === undefined) return null;
  const after = words[here + 2];
  const split =
    /^\d{1,5}$/.test(after ?? '') && !/^\d+$/.test(next) ? { address: next, port: Number(after) } : targetOf(next);
  return split === null ? null : { target: split, how: `passes on to ${split.address} port ${split.port}` };
}

function socketProxy(args: readonly string[]): Passing | null {
  const last = args.slice(1).findLast((word) => !word.startsWith('-'));
  const target = last === undefined ? null : targetOf(last);
  return target === null ? null : { target, how: `passes on to ${last}` };
}

/** What a command line that relays says of the port; null where the program is no relay, `target: null` where it does not say. */
export function passingOf(
  program: string,
  args: readonly string[],
  port: number,
  process: Process | null,
  address: string | null = null,
): Passing | null {
  switch (program) {
    case 'docker-proxy':
      return dockerProxy(args);
    case 'systemd-socket-proxyd':
      return socketProxy(args);
    case 'ssh':
    case 'autossh':
    case 'dbclient':
    case 'plink':
      return sshClient(args, port);
    case 'sshd':
    case 'sshd-session':
      return process === null ? null : sshdSession(process, port, address);
    case 'socat':
      return socat(args, port);
    case 'nc':
    case 'nc.traditional':
    case 'nc.openbsd':
    case 'ncat':
    case 'netcat':
      return netcat(args);
    case 'kubectl':
    case 'oc':
      return kubectl(args, port);
    case 'rootlesskit':
      return publishedBy(valuesOf(args, '-p'), port, 'the rootless namespace');
    case 'pasta':
    case 'pasta.avx2':
    case 'passt':
    case 'passt.avx2':
      return publishedBy(
        [...valuesOf(args, '-t'), ...valuesOf(args, '-u'), ...valuesOf(args, '--tcp-ports')].flatMap((word) =>
          word.split(','),
        ),
        port,
        'the namespace it serves',
      );
    case 'redir':
    case 'simpleproxy':
    case '6tunnel':
    case 'tcpproxy':
    case 'websockify':
    case 'balance':
    case 'tcptunnel':
    case 'pen':
      return endpoints(args, port);
    case 'sslsplit':
    case 'udptunnel':
      return endpoints(args, port);
    case 'hts':
      return endpoints(['', `--target=${optionOf(args, '-F', '--forward-port') ?? ''}`], port);
    case 'hitch':
      return endpoints(['', `--backend=${optionOf(args, '-b', '--backend') ?? ''}`], port);
    case 'twistd-portforward':
      return endpoints(
        ['', `--caddr=${optionOf(args, '-h', '--host') ?? ''}`, `--cport=${optionOf(args, '-d', '--dest_port') ?? ''}`],
        port,
      );
    case 'conmon':
      return {
        target: null,
        how: `keeps the port for the container ${optionOf(args, '-n') ?? optionOf(args, '-c') ?? ''}: rules lead there what comes for it`,
        keeps: true,
      };
    case 'rootlessport':
    case 'rootlessport-child':
    case 'slirp4netns':
      return { target: null, how: 'passes it on to a rootless container' };
    default:
      return null;
  }
}

/** A configuration that passes this port on (haproxy, nginx stream, stunnel, rinetd): facts `relay.PROTOCOL.PORT`. */
function configured(subject: Subject, facts: Facts): Claim | null {
  const { protocol, port } = subject.group;
  const settings = facts.settingsOf(subject.processes);
  const setting = settings.find((one) => one.name === `relay.${protocol}.${port}`);
  const target = setting === undefined ? null : targetOf(setting.value);
  if (setting === undefined || target === null) return null;
  return {
    by: 'relay',
    service: 'tcp-relay',
    product: setting.service,
    confidence: 'certain',
    evidence: [`${setting.file}:${setting.line} passes it on to ${setting.value}`],
    encryption: settings.some((one) => one.name === `tls.${protocol}.${port}`) ? 'tls' : null,
    relayTo: target,
  };
}

/** Listeners that only pass on: docker-proxy, ssh's forwards, socat, systemd-socket-proxyd and others. */
export const byRelay: Recogniser = (subject, facts) => {
  const { port } = subject.group;
  const found = configured(subject, facts);
  if (found !== null) return found;
  // What a configuration says of this very port stands above what the program usually does.
  const own = `listen.${subject.group.protocol}.${port}`;
  if (facts.settingsOf(subject.processes).some(({ name }) => name === own)) return null;
  for (const process of subject.processes) {
    if (process.exe === null || port === null) continue;
    const script = scriptOf(process.exe, process.args, process.name);
    const program = script === null ? baseName(process.exe) : script.name;
    const args = script === null ? process.args : [program, ...script.rest];
    const passing = passingOf(program, args, port, process, subject.group.address);
    if (passing === null || passing.service === '') continue;
    const packaged = facts.snapshot.software.packages[String(process.pid)] !== undefined;
    const evidence = [`process ${process.pid} (${process.exe}) ${passing.how}`];
    if (passing.keeps === true) {
      const confidence = packaged ? 'certain' : 'likely';
      return { by: 'relay', service: null, product: program, confidence, evidence, excludesPort: true };
    }
    return {
      by: 'relay',
      service: passing.service ?? 'tcp-relay',
      product: program,
      confidence: packaged ? 'certain' : 'likely',
      evidence,
      relayTo: passing.target,
      encryption: passing.encryption ?? null,
    };
  }
  return null;
};
