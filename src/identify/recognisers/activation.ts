import { baseName, scriptOf } from '../../lib/interpreters.js';
import { formatAddress, parseAddress } from '../../lib/ip/address.js';
import { serviceNamed } from '../../lib/services.js';
import { isInetd, startsFromCommandLine } from '../../lib/starters.js';
import type { Process } from '../../model/process.js';
import type { InetdEntry, SocketUnit } from '../../model/software.js';
import type { Claim, Facts, Recogniser, Subject } from '../claim.js';
import type { Group } from '../group.js';
import { programNamed, serviceAt } from '../programs.js';
import { isWrapper, unwrapped } from '../wrappers.js';
import { upstreamVersion } from './program.js';
import { passingOf } from './relay.js';

const SHELL = /^(?:ba|da|z|k|mk|c|tc|a)?sh$/;

/** What `sh -c 'exec /usr/sbin/telnetd'` becomes; a line that asks more of the shell stays as it is. */
function simpleCommand(words: readonly string[]): readonly string[] {
  const script = SHELL.test(baseName(words[0] ?? '')) ? scriptOf(words[0] ?? '', words, '') : null;
  const line = script?.code?.trim() ?? '';
  if (line === '' || /[|;&<>`$()'"\\*?\n]/.test(line)) return words;
  const inner = line.split(/\s+/);
  return unwrapped(inner[0] === 'exec' ? inner.slice(1) : inner);
}

/** Folders of commands that are named without one. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** A claim of activation with what is known of the file that will answer, which process `pid` starts. */
function withPackage(claim: Claim, path: string, pid: number, { snapshot }: Facts): Claim {
  const all = snapshot.software.startedPackages;
  const paths = path.startsWith('/') ? [path] : FOLDERS.map((folder) => `${folder}/${path}`);
  const found = all === undefined ? undefined : paths.find((one) => all[`${pid}:${one}`] !== undefined);
  const brought = found === undefined ? undefined : all?.[`${pid}:${found}`];
  if (brought === undefined || claim.service === 'tcp-relay') return claim;
  const version = brought.version === null ? '' : ` ${brought.version}`;
  return {
    ...claim,
    version: upstreamVersion(brought.version),
    package: brought,
    evidence: [...claim.evidence, `${found} is of ${brought.manager} package ${brought.name}${version}`],
  };
}

/** What a command that activation starts answers with at this listener. */
function started(
  command: readonly string[],
  group: Group,
): {
  readonly service: string | null;
  readonly product: string;
  readonly sure: boolean;
  /** File that answers. */
  readonly path: string;
  readonly claim: Partial<Claim>;
} {
  const words = simpleCommand(unwrapped(command));
  const exe = words[0] ?? '';
  const script = scriptOf(exe, words, '');
  const name = script === null ? baseName(exe) : script.name;
  const path = script?.path ?? exe;
  const passing = passingOf(name, script === null ? words : [name, ...script.rest], group.port ?? 0, null);
  if (passing !== null && passing.service !== '')
    return {
      service: passing.service ?? 'tcp-relay',
      product: name,
      sure: true,
      path,
      claim: { relayTo: passing.target },
    };
  // A shell that is given nothing to run runs what whoever connects types.
  if (script === null && SHELL.test(name)) return { service: 'bindshell', product: name, sure: true, path, claim: {} };
  const program =
    programNamed(name) ?? (script?.kind === 'module' ? programNamed(script.name.split('.')[0] ?? '') : null);
  const choice = program === null ? null : serviceAt(program.services, group);
  return {
    service: choice?.service ?? null,
    product: script?.kind === 'applet' ? `BusyBox ${name}` : (program?.product ?? name),
    sure: choice?.only ?? false,
    path,
    claim: {},
  };
}

/** One `ListenStream=` and its kin, as systemd.socket(5) reads them: whether it makes this listener. A device that is not seen (/proc/net) is any. */
export function listensHere(unit: SocketUnit, group: Group): boolean {
  const isDeviceSeen = group.device !== null || group.sockets.some(({ source }) => source === 'netlink');
  if (unit.bindToDevice !== null && isDeviceSeen && unit.bindToDevice !== group.device) return false;
  return unit.listens.some(({ directive, value }) => {
    const stream = directive === 'ListenStream';
    const datagram = directive === 'ListenDatagram';
    if (value.startsWith('/') || value.startsWith('@'))
      return group.protocol === 'unix' && group.address === value.replace(/^\/var\/run\//, '/run/');
    const vsock = /^vsock(?:-stream|-dgram|-seqpacket)?:(\d*):(\d+)$/.exec(value);
    if (vsock !== null) return group.protocol === 'vsock' && group.port === Number(vsock[2]);
    if (
      !(stream && (group.protocol === 'tcp' || group.protocol === 'sctp')) &&
      !(datagram && (group.protocol === 'udp' || group.protocol === 'udplite'))
    )
      return false;
    const [, v6, v4, port] = /^(?:\[([^\]%]+)(?:%[^\]]*)?\]:|([^:]+):)?(\d{1,5})$/.exec(value) ?? [];
    if (Number(port) !== group.port) return false;
    const host = v6 ?? v4;
    if (host === undefined) return group.address === '::' || group.address === '0.0.0.0';
    const parsed = parseAddress(host);
    return parsed !== null && formatAddress(parsed) === group.address;
  });
}

/**
 * Whether the unit's manager holds the socket, as it does for as long as the unit is active, also while its service runs; `unseen` where nobody
 * was seen to hold it, or not everybody who could.
 */
function heldBy(unit: SocketUnit, subject: Subject): 'yes' | 'no' | 'unseen' {
  if (unit.active === false) return 'no';
  if (subject.owners.length === 0) return 'unseen';
  const manager = unit.managerPid ?? 1;
  if (subject.owners.some(({ pid }) => pid === manager)) return 'yes';
  const isSearched = subject.group.sockets.every(({ holdersComplete }) => holdersComplete);
  const isItsOwn = subject.owners.some(
    (owner) => owner.unit !== null && (owner.unit === unit.service || owner.unit === unit.name),
  );
  return !isSearched && isItsOwn ? 'unseen' : 'no';
}

/** The unit in whose control group the socket was made, where that is a socket unit; null: not seen. */
function unitOfSockets({ group }: Subject, { snapshot }: Facts): string | null {
  for (const { cgroupId } of group.sockets) {
    const unit = cgroupId === null ? undefined : snapshot.software.cgroups?.[cgroupId]?.unit;
    if (unit?.endsWith('.socket') === true) return unit;
  }
  return null;
}

function bySocketUnit(subject: Subject, facts: Facts): Claim | null {
  const made = unitOfSockets(subject, facts);
  for (const unit of facts.snapshot.software.socketUnits) {
    if (made === null ? !listensHere(unit, subject.group) : unit.name !== made) continue;
    const held = heldBy(unit, subject);
    if (held === 'no' || (held === 'unseen' && subject.group.namespace !== (facts.snapshot.namespaces[0]?.id ?? 0)))
      continue;
    const { service, product, path, claim } = started(unit.exec, subject.group);
    const isSure = held === 'yes' || unit.active === true;
    const command = unit.exec.length === 0 ? 'a command that was not found' : unit.exec.join(' ');
    const starts = unit.service === null ? 'a unit that was not found' : `${unit.service}: ${command}`;
    const said: Claim = {
      by: 'activation',
      service,
      product: unit.exec.length === 0 ? null : product,
      confidence: isSure ? 'certain' : 'likely',
      evidence: [
        isSure
          ? `${unit.name} (${unit.file}:${unit.line}) holds the socket for systemd and starts ${starts}`
          : `it is a socket of ${unit.name} (${unit.file}:${unit.line}), which starts ${starts}; who holds it was not seen`,
      ],
      unit: unit.name,
      ...claim,
    };
    return withPackage(said, path, unit.managerPid ?? 1, facts);
  }
  return null;
}

function superServer(subject: Subject): Process | null {
  for (const process of subject.processes) {
    if (process.exe === null) continue;
    const script = scriptOf(process.exe, process.args, process.name);
    if (isInetd(script?.kind === 'applet' ? script.name : baseName(process.exe))) return process;
  }
  return null;
}

function serves(entry: InetdEntry, subject: Subject, server: Process): boolean {
  const { group } = subject;
  if (entry.disabled || entry.port !== group.port) return false;
  if (entry.pid !== undefined && entry.pid !== null && entry.pid !== server.pid) return false;
  const isXinetd = baseName(server.exe ?? '') === 'xinetd';
  if ((entry.kind === 'xinetd') !== isXinetd) return false;
  const transport = /^(tcp|udp|sctp|dccp|udplite)/.exec(entry.protocol.replace(/^rpc\//, ''))?.[1];
  if (transport !== group.protocol) return false;
  return (
    entry.address === null ||
    entry.address === '*' ||
    entry.address === group.address ||
    parseAddress(entry.address) === null
  );
}

/** Services that a super server answers itself, by the names of inetd.conf and xinetd's ids. */
const internalService = (name: string): string | null =>
  serviceNamed(name.replace(/-(?:stream|dgram)$/, ''))?.name ?? null;

function byInetd(subject: Subject, facts: Facts): Claim | null {
  const server = superServer(subject);
  if (server === null) return null;
  const kind = baseName(server.exe ?? '');
  const entry = facts.snapshot.software.inetd.find((one) => serves(one, subject, server));
  if (entry === undefined)
    return {
      by: 'activation',
      service: null,
      product: kind,
      confidence: 'likely',
      evidence: [`process ${server.pid} (${server.exe}) is a super server, and no entry that was read names this port`],
    };
  const place = `${entry.file}:${entry.line}`;
  const inetd = { program: entry.program, file: entry.file, line: entry.line };
  const common = { by: 'activation', confidence: 'certain', inetd } as const;
  if (entry.redirect !== null) {
    const { address, port } = entry.redirect;
    return {
      ...common,
      service: 'tcp-relay',
      product: kind,
      relayTo: entry.redirect,
      evidence: [`${place} makes ${kind} redirect it to ${address} port ${port}`],
    };
  }
  if (entry.internal)
    return {
      ...common,
      service: internalService(entry.service),
      product: kind,
      evidence: [`${place} makes ${kind} answer ${entry.service} itself`],
    };
  const named = baseName(entry.program);
  const command = isWrapper(named)
    ? entry.args
    : [
        entry.program,
        ...(baseName(entry.args[0] ?? '') === named || /^(?:busybox|toybox)/.test(named)
          ? entry.args.slice(1)
          : entry.args),
      ];
  const { service, product, path, claim } = started(command.length === 0 ? [entry.program] : command, subject.group);
  const byName = service === null ? (serviceNamed(entry.service)?.name ?? null) : null;
  const evidence = [
    `${place} makes ${kind} start ${command.join(' ')} for it${entry.user === null ? '' : ` as ${entry.user}`}`,
  ];
  if (byName !== null) evidence.push(`that entry is for the service ${entry.service}`);
  const said: Claim = {
    ...common,
    service: service ?? byName,
    confidence: service === null ? 'likely' : 'certain',
    product,
    evidence,
    ...claim,
  };
  return withPackage(said, path, server.pid, facts);
}

/** Options of systemd-socket-activate(1) whose value stands in the next word. */
const ACTIVATE_VALUED = /^(?:-l|--listen|-E|--setenv|--fdname)$/;

/** The command of systemd-socket-activate(1), where one of its several sockets has this port. */
function activated(args: readonly string[], port: number): readonly string[] | null {
  const first = args.findIndex(
    (word, index) => index > 0 && !word.startsWith('-') && !ACTIVATE_VALUED.test(args[index - 1] ?? ''),
  );
  const isHere = args.slice(1, first).some((word) => new RegExp(`(?:^|[:=l])${port}$`).test(word));
  return first < 0 || !isHere ? null : args.slice(first);
}

function commandOf(name: string, args: readonly string[], port: number): readonly string[] | null {
  if (name === 'socat') {
    const run = args.find((word) => /^(?:exec|system):/i.test(word))?.replace(/^\w+:/, '');
    return run === undefined ? null : (run.split(',')[0] ?? '').replace(/^["']|["']$/g, '').split(' ');
  }
  if (/^nc/.test(name)) {
    const at = args.findIndex((word) => /^(?:-e|-c|--exec|--sh-exec)$/.test(word));
    return at < 0 ? null : (args[at + 1] ?? '').split(' ');
  }
  if (name === 'systemd-socket-activate') return activated(args, port);
  const at = args.findIndex(
    (word, index) => index > 0 && (word === String(port) || word.endsWith(`:${port}`) || serviceNamed(word) !== null),
  );
  const first = args.findIndex((word, index) => index > at && !word.startsWith('-'));
  return at < 0 || first < 0 ? null : args.slice(first);
}

function byCommandLine(subject: Subject, facts: Facts): Claim | null {
  const { port } = subject.group;
  for (const process of subject.processes) {
    if (process.exe === null || port === null) continue;
    const script = scriptOf(process.exe, process.args, process.name);
    const name = script?.kind === 'applet' ? script.name : baseName(process.exe);
    if (!startsFromCommandLine(name)) continue;
    const command = commandOf(name, script?.kind === 'applet' ? [name, ...script.rest] : process.args, port);
    if (command === null) continue;
    const { service, product, path, claim } = started(command, subject.group);
    if (service === null) continue;
    const said: Claim = {
      by: 'activation',
      service,
      product,
      confidence: 'certain',
      evidence: [`process ${process.pid} (${process.exe}) starts ${command.join(' ')} for each connection`],
      ...claim,
    };
    return withPackage(said, path, process.pid, facts);
  }
  return null;
}

/** A configuration that starts a program for each connection at this port (stunnel's `exec`): facts `exec.PROTOCOL.PORT`. */
function byConfiguration(subject: Subject, facts: Facts): Claim | null {
  const { protocol, port } = subject.group;
  const settings = facts.settingsOf(subject.processes);
  const setting = settings.find(({ name }) => name === `exec.${protocol}.${port}`);
  if (setting === undefined) return null;
  const { service, product, claim } = started(setting.value.split(/\s+/), subject.group);
  return {
    by: 'activation',
    service,
    product,
    confidence: 'certain',
    evidence: [`${setting.file}:${setting.line} makes ${setting.service} start ${setting.value} for each connection`],
    encryption: settings.some(({ name }) => name === `tls.${protocol}.${port}`) ? 'tls' : null,
    ...claim,
  };
}

/** Where nobody was seen to hold it: the unit in whose control group the socket was made. */
function byCgroup(subject: Subject, facts: Facts): Claim | null {
  if (subject.owners.length > 0) return null;
  for (const { cgroupId } of subject.group.sockets) {
    const group = cgroupId === null ? undefined : facts.snapshot.software.cgroups?.[cgroupId];
    if (group === undefined || group.unit === null) continue;
    const { service, product, claim } = started(group.exec, subject.group);
    const starts =
      group.exec.length === 0 ? '' : `, which ${group.file}:${group.line} makes start ${group.exec.join(' ')}`;
    return {
      by: 'activation',
      service,
      product: group.exec.length === 0 ? null : product,
      confidence: 'likely',
      evidence: [`it was made in the control group of ${group.unit}${starts}; who holds it was not seen`],
      ...claim,
    };
  }
  return null;
}

/** Who will answer where the holder of the socket only waits: systemd socket units, inetd and xinetd entries, tcpserver and its kin. */
export const byActivation: Recogniser = (subject, facts) =>
  bySocketUnit(subject, facts) ??
  byInetd(subject, facts) ??
  byConfiguration(subject, facts) ??
  byCommandLine(subject, facts) ??
  byCgroup(subject, facts);
