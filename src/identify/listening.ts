import { serviceNamed, servicesAt } from '../lib/services.js';
import type { Service } from '../model/service.js';
import type { Claim, Facts, Subject } from './claim.js';

/** net.ipv4.ip_local_port_range where it was not read, Documentation/networking/ip-sysctl.rst. */
const LOCAL_PORTS_DEFAULT: readonly [number, number] = [32768, 60999];

function localPorts(namespace: number, facts: Facts): readonly [number, number] {
  const network = facts.snapshot.networks.find((one) => one.namespace === namespace);
  const [low, high] = (network?.sysctls['net.ipv4.ip_local_port_range'] ?? '').trim().split(/\s+/).map(Number);
  return low !== undefined && high !== undefined && low > 0 && high >= low ? [low, high] : LOCAL_PORTS_DEFAULT;
}

/** The number stands somewhere in what the process was started with. */
function isInArguments(subject: Subject, port: number): boolean {
  const whole = new RegExp(`(?:^|\\D)${port}(?:\\D|$)`);
  return subject.processes.some((process) => process.args.some((word) => whole.test(word)));
}

/** A daemon whose usual port is of this transport, and that holds no socket on it: then it was moved here. */
function isMovedHere(subject: Subject, service: Service, facts: Facts): boolean {
  const entry = service.name === null || service.confidence === 'port-only' ? null : serviceNamed(service.name);
  const usual = entry?.ports.filter((port) => port.transport === 'udp' && !port.shared) ?? [];
  if (usual.length === 0) return false;
  const holders = new Set(subject.processes.map((process) => process.pid));
  return !facts.snapshot.sockets.some(
    (socket) =>
      socket.protocol === 'udp' &&
      socket.namespace === subject.group.namespace &&
      socket.port !== null &&
      usual.some((port) => port.from <= (socket.port ?? 0) && (socket.port ?? 0) <= port.to) &&
      socket.holders.some((pid) => holders.has(pid)),
  );
}

/**
 * Whether an unconnected UDP socket may merely wait for answers to its owner's own questions: its port is one that the kernel deals out, and
 * nothing says that somebody asked for it.
 */
export function isChosenByKernel(subject: Subject, service: Service, claims: readonly Claim[], facts: Facts): boolean {
  const { group } = subject;
  const { port } = group;
  if ((group.protocol !== 'udp' && group.protocol !== 'udplite') || port === null) return false;
  const [low, high] = localPorts(group.namespace, facts);
  if (port < low || port > high) return false;
  if (servicesAt(group.protocol, port, true).some((entry) => entry.name === service.name)) return false;
  if (claims.some((claim) => claim.doubtsPort === true) && claims.some((claim) => claim.by === 'port')) return false;
  if (group.sockets.length > 1 || group.sockets.some((socket) => socket.kernel)) return false;
  if (
    claims.some(
      (claim) =>
        claim.by === 'activation' || claim.by === 'registration' || claim.by === 'handshake' || claim.by === 'relay',
    )
  )
    return false;
  if (service.facts[`listen.${group.protocol}.${port}`] !== undefined) return false;
  return !isInArguments(subject, port) && !isMovedHere(subject, service, facts);
}
