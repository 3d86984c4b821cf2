import type { Gap } from '../model/gap.js';
import type { CapturedSocket } from './dialect.js';

/** What no text of netstat and its kin shows; said once a snapshot. */
export function whatCapturesLack(source: string): readonly Gap[] {
  return [
    {
      kind: 'firewall',
      what: 'firewall of the captured host',
      why: `${source} does not show it`,
      hides: 'whether packets reach what listens: exposure is the scope of the bind',
      fix: 'run `earshot audit` on the host, or `earshot collect` there and judge its snapshot here',
      hidesListeners: false,
    },
    {
      kind: 'namespace',
      what: 'other network namespaces of the captured host (containers, VRFs, jails, zones)',
      why: `${source} shows the namespace it ran in`,
      hides: 'listeners of containers and ports published to them',
      fix: 'capture in each of them, or run `earshot audit` on the host',
      hidesListeners: true,
    },
  ];
}

/** Of Linux' tools only ss shows the interface that a socket is bound to. */
export function deviceGaps(source: string, os: string, sockets: readonly CapturedSocket[]): readonly Gap[] {
  const bound = sockets.some((socket) => socket.protocol !== 'unix' && socket.state !== 'connected');
  if (os !== 'Linux' || !bound || /\bss\b/.test(source)) return [];
  return [
    {
      kind: 'capture',
      what: 'interfaces that sockets are bound to (SO_BINDTODEVICE)',
      why: `${source} does not show them`,
      hides: 'that a socket on a wildcard address hears one interface only',
      fix: 'capture `ss -anp` too',
      hidesListeners: false,
    },
  ];
}

/** Owners: never shown, or hidden by a dash. */
export function ownerGaps(source: string, sockets: readonly CapturedSocket[]): readonly Gap[] {
  const heard = sockets.filter((socket) => socket.state !== 'connected');
  if (heard.length === 0) return [];
  const shown = heard.filter((socket) => socket.ownerColumn === 'shown').length;
  const hidden = heard.filter((socket) => socket.ownerColumn === 'hidden').length;
  const gaps: Gap[] = [];
  if (shown === 0 && hidden === 0)
    gaps.push({
      kind: 'owner',
      what: 'owners of all sockets',
      why: `${source} was not asked for processes, or cannot show them`,
      hides: 'which program listens: services are told by their port alone',
      fix: 'capture again as root with processes (`netstat -anp`, `ss -anp`, `netstat -anob` on Windows)',
      hidesListeners: false,
    });
  else if (shown < heard.length)
    gaps.push({
      kind: 'owner',
      what: `owners of ${heard.length - shown} of ${heard.length} sockets that listen`,
      why: 'the capture names no process for them: it was made without privilege, the kernel holds them, or a process of another pid namespace does',
      hides: 'which program listens there',
      fix: 'capture again as root',
      hidesListeners: false,
    });
  return gaps;
}

/** Transports without a row look the same whether there is no socket or nobody asked. */
export function protocolGaps(source: string, sockets: readonly CapturedSocket[]): readonly Gap[] {
  if (sockets.length === 0)
    return [
      {
        kind: 'protocol',
        what: 'sockets of the captured host',
        why: `${source} lists no sockets`,
        hides: 'every listener',
        fix: 'capture `netstat -an` (or `ss -anp`) too',
        hidesListeners: true,
      },
    ];
  const absent = (['tcp', 'udp'] as const).filter(
    (protocol) => !sockets.some((socket) => socket.protocol === protocol),
  );
  return absent.map((protocol) => ({
    kind: 'protocol',
    what: `${protocol} sockets of the captured host`,
    why: `the capture has no ${protocol} row: there is none, or it was not asked for`,
    hides: `${protocol} listeners`,
    fix: 'capture all protocols (`netstat -an`, `ss -anp`)',
    hidesListeners: true,
  }));
}

/** IPv6 wildcards whose IPV6_V6ONLY no column shows. */
export function familyGaps(sockets: readonly CapturedSocket[]): readonly Gap[] {
  const open = sockets.filter(
    (socket) =>
      socket.family === 'ipv6' &&
      socket.local.address === '::' &&
      socket.v6only === null &&
      !socket.local.mapped &&
      socket.state !== 'connected' &&
      socket.protocol !== 'raw',
  ).length;
  if (open === 0) return [];
  return [
    {
      kind: 'family',
      what: `whether ${open} sockets bound to [::] take IPv4 too`,
      why: 'the capture does not show IPV6_V6ONLY',
      hides: 'whether they can be reached over IPv4',
      fix: 'on Linux `ss -anpe` shows v6only',
      hidesListeners: false,
    },
  ];
}

/** Values that columns cut off. */
export function cutGaps(sockets: readonly CapturedSocket[]): readonly Gap[] {
  const cut = sockets.filter((socket) => socket.local.cut !== undefined);
  const heard = cut.filter((socket) => socket.state !== 'connected');
  if (heard.length === 0) return [];
  const named = heard.slice(0, 5).map((socket) => `${socket.protocol} ${socket.local.address ?? ''}`);
  return [
    {
      kind: 'capture',
      what: `whole addresses or ports of ${heard.length} sockets (${named.join(', ')}${heard.length > 5 ? ', …' : ''})`,
      why: 'their column is full, so the end may be cut off',
      hides: 'the exact address or port they listen on',
      fix: 'capture with wide columns: `netstat -anW` (Linux, FreeBSD), `netstat -anl` (macOS)',
      hidesListeners: false,
    },
  ];
}

/** Names that stand for no single port. */
export function portNameGaps(sockets: readonly CapturedSocket[]): readonly Gap[] {
  const names = new Map<string, readonly number[]>();
  for (const { local, state } of sockets)
    if (state !== 'connected' && local.port === null && local.portName !== undefined)
      names.set(local.portName, local.portCandidates ?? []);
  if (names.size === 0) return [];
  const words = [...names]
    .slice(0, 10)
    .map(([name, ports]) => (ports.length === 0 ? name : `${name} (${ports.join(' or ')})`));
  return [
    {
      kind: 'capture',
      what: `port numbers behind ${names.size === 1 ? 'the name' : 'the names'} ${words.join(', ')}`,
      why: 'a name may stand for several ports, and services files differ between systems',
      hides: 'the port they listen on',
      fix: 'capture numbers instead of names: add -n',
      hidesListeners: false,
    },
  ];
}
