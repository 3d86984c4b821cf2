import type { Rank } from '../model/exposure.js';

/** What a rule can speak of. */
export type Subject =
  | 'listener'
  | 'published'
  | 'socket'
  | 'interface'
  | 'route'
  | 'forwarding'
  | 'membership'
  | 'firewall'
  | 'host';

/** Subjects in the order in which their findings stand. */
export const SUBJECTS: readonly Subject[] = [
  'listener',
  'published',
  'socket',
  'interface',
  'route',
  'forwarding',
  'membership',
  'firewall',
  'host',
];

/** One field of a record: what a rule may name. The table below feeds lint, the JSON Schema and docs/rules.md. */
export interface Field {
  readonly name: string;
  readonly type: 'text' | 'number' | 'boolean' | 'address' | 'port';
  /** True: several values; an item holds when one of them matches. */
  readonly many: boolean;
  /** The only values it has; null: open. */
  readonly values: readonly string[] | null;
  readonly doc: string;
}

type Type = Field['type'];
const one = (name: string, type: Type, doc: string, values: readonly string[] | null = null): Field => ({
  name,
  type,
  many: false,
  values,
  doc,
});
const many = (name: string, type: Type, doc: string, values: readonly string[] | null = null): Field => ({
  ...one(name, type, doc, values),
  many: true,
});

const PROTOCOLS = ['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'unix', 'vsock', 'raw', 'packet'];
const RANK_WORDS: readonly Rank[] = ['none', 'local', 'loopback', 'container', 'vm', 'link', 'private', 'public'];

/** Fields of every record, whatever its subject. */
const COMMON: readonly Field[] = [
  one('id', 'text', 'Id of the subject, as in the report (`tcp/0.0.0.0:23@host`).'),
  one('source', 'text', 'Where the facts come from.', ['live', 'capture', 'exec']),
  many('host.platforms', 'text', 'Distribution and those it is like (`debian`, `ubuntu`, `rhel`, `alpine`).'),
  one('host.os', 'text', 'Name of the system, as os-release has it.'),
  one('host.kernel', 'text', 'Kernel release.'),
  one('host.hostname', 'text', 'Host name.'),
];

const NAMESPACE: readonly Field[] = [
  one(
    'namespace.name',
    'text',
    'Network namespace: `host`, or the name of the netns, container, unit or first process.',
  ),
  one('namespace.id', 'number', 'Inode of the network namespace.'),
];

const SERVICE: readonly Field[] = [
  one('service.name', 'text', 'What answers: a service name, its IANA name or an alias.'),
  one('service.product', 'text', 'Product, where seen (`OpenSSH`).'),
  one('service.version', 'text', 'Version, where seen.'),
  one(
    'service.confidence',
    'text',
    'How sure that is: activation, package or handshake; a name that could lie; the port number alone.',
    ['certain', 'likely', 'port-only'],
  ),
  one(
    'service.package.manager',
    'text',
    'Package manager of the program that another one starts (inetd, a socket unit).',
  ),
  one('service.package.name', 'text', 'Package of that program.'),
  one('service.package.version', 'text', 'Version of that package.'),
  many('service.evidence', 'text', 'Sentences, each with the fact that says so.'),
  one('service.disagreement', 'text', 'Where two facts name different services; null: nowhere.'),
  one('service.relayTo.address', 'address', 'Where a relay passes it on to.'),
  one('service.relayTo.port', 'port', 'Port a relay passes it on to.'),
  one('service.relayTo.listener', 'text', 'Id of the listener a relay passes it on to.'),
  one('service.authentication', 'text', '`none`: seen to let a stranger in; `required`: seen to ask; null: not seen.', [
    'none',
    'required',
  ]),
  one('service.encryption', 'text', '`tls` as seen, `cleartext` as seen or by the protocol; null: not seen.', [
    'tls',
    'cleartext',
  ]),
  one('service.facts.*', 'text', 'A fact from a configuration file or handshake (`service.facts.ftp.anonymous`).'),
];

const EXPOSURE: readonly Field[] = [
  one('exposure.widest', 'text', 'Widest zone that can deliver a first packet.', RANK_WORDS),
  one('exposure.access', 'text', 'unix: who may connect, in words (`everybody`, `root only`, `group docker`).'),
  one('exposure.ipv6Wider', 'boolean', 'True: dual-stack, and a wider zone reaches it over IPv6 than over IPv4.'),
  many('exposure.zones.zone', 'text', 'Names of the zones judged, yours too.'),
  many('exposure.zones.rank', 'text', 'Their ranks.', RANK_WORDS),
  many('exposure.zones.interface', 'text', 'Interfaces where the packet would enter.'),
  many('exposure.zones.addresses', 'address', 'Local addresses the row speaks of.'),
  many('exposure.zones.reachable', 'text', 'The answers.', ['yes', 'no', 'conditional']),
  many('exposure.zones.sources', 'text', 'Source prefixes.'),
  many('exposure.zones.conditions', 'text', 'Conditions, in words.'),
  many('exposure.reachableFrom', 'text', 'Names of the zones whose answer is `yes`.'),
];

const OWNERS: readonly Field[] = [
  many('owners.kind', 'text', 'Who holds it.', ['process', 'kernel']),
  many('owners.pid', 'number', 'Process id.'),
  many(
    'owners.name',
    'text',
    'Name of the process (comm, up to 15 bytes; proof of nothing), or kernel module or thread.',
  ),
  many('owners.exe', 'text', 'Path of the executable.'),
  many('owners.exeState', 'text', 'State of that file: `replaced` is an upgrade, `deleted` is not.', [
    'present',
    'replaced',
    'deleted',
    'memfd',
    'unreadable',
  ]),
  many('owners.script', 'text', 'What an interpreter was told to run.'),
  many('owners.args', 'text', 'Arguments, secrets redacted.'),
  many('owners.user', 'text', 'User name.'),
  many('owners.uid', 'number', 'User id.'),
  many('owners.unit', 'text', 'systemd unit.'),
  many('owners.inetd.program', 'text', 'Program that inetd or xinetd starts.'),
  many('owners.inetd.file', 'text', 'File of the inetd entry.'),
  many('owners.inetd.line', 'number', 'Line of the inetd entry.'),
  many('owners.container.runtime', 'text', 'Container runtime (`docker`).'),
  many('owners.container.id', 'text', 'Container id.'),
  many('owners.container.name', 'text', 'Container name.'),
  many('owners.container.image', 'text', 'Container image.'),
  many('owners.container.pod', 'text', 'Kubernetes pod.'),
  many('owners.package.manager', 'text', 'Package manager (`dpkg`, `rpm`, `apk`).'),
  many('owners.package.name', 'text', 'Package of the executable.'),
  many('owners.package.version', 'text', 'Version of that package.'),
  many('owners.package.modified', 'boolean', 'True: the file is not the one the package brought; null: not checked.'),
  many('owners.parents', 'text', 'Names of the processes that started it, nearest first.'),
  many('owners.exeWritable', 'boolean', 'True: anybody may write or replace the executable; null: not looked at.'),
  many('owners.posesAsKernel', 'boolean', "True: a process with an executable wears a kernel thread's name."),
  many('owners.setuid', 'boolean', 'True: the executable has the setuid or setgid bit; null: not looked at.'),
  many('owners.capabilities', 'text', 'Effective capabilities by name; `all` for all of them.'),
  many('owners.sandbox', 'text', 'What confines it.', [
    'seccomp',
    'no-new-privileges',
    'user-namespace',
    'pid-namespace',
    'mount-namespace',
    'chroot',
  ]),
];

const LISTENER: readonly Field[] = [
  one('protocol', 'text', 'Transport or family.', PROTOCOLS),
  one('family', 'text', '`dual`: an IPv6 socket that takes IPv4 too.', ['ipv4', 'ipv6', 'dual', 'unknown']),
  one('address', 'address', 'Address it is bound to (`0.0.0.0`, `::`), path or `@name` (unix), CID (vsock).'),
  many('addresses', 'address', 'Further addresses (SCTP).'),
  many('means', 'address', 'The addresses a wildcard stands for on this host.'),
  one('wildcard', 'boolean', 'True: bound to all addresses (`0.0.0.0`, `::`, vsock `any`).'),
  one('port', 'port', 'Port number.'),
  many('portCandidates', 'port', 'Ports a service name of a capture may stand for.'),
  one('cut', 'text', 'What a capture cut off.', ['address', 'port']),
  one('device', 'text', 'Interface it is bound to.'),
  one('listening', 'text', '`possible`: unconnected UDP on a port the kernel chose.', ['certain', 'possible']),
  one('mptcp', 'boolean', 'True: MPTCP.'),
  one('ipProtocol', 'text', 'raw: protocol keyword or number (`icmp`).'),
  one('etherType', 'text', 'packet: `all`, or hex.'),
  ...NAMESPACE,
  ...OWNERS,
  one('ownersComplete', 'boolean', 'False: a process that was not searched could hold it too.'),
  one('clients.count', 'number', 'Established connections; null: not counted.'),
  many('clients.addresses', 'address', 'Peers of the established connections.'),
  one('clients.truncated', 'boolean', 'True: the list of peers was cut.'),
  one('queue.used', 'number', 'Connections waiting in the accept queue.'),
  one('queue.max', 'number', 'Most connections that may wait.'),
  one('queue.full', 'boolean', 'True: more wait than may (the kernel drops new ones).'),
  one('sockets', 'number', 'Sockets in the group.'),
  one('file.mode', 'text', 'unix: permission bits in octal (`0666`).'),
  one('file.user', 'text', 'unix: owner of the file.'),
  one('file.group', 'text', 'unix: group of the file.'),
  ...SERVICE,
  ...EXPOSURE,
];

const PUBLISHED: readonly Field[] = [
  one('protocol', 'text', 'Transport.', PROTOCOLS),
  one('family', 'text', 'Address family.', ['ipv4', 'ipv6']),
  one('address', 'address', 'Address whose packets are taken.'),
  one('wildcard', 'boolean', 'True: for all addresses.'),
  one('port', 'port', 'Port, or first port.'),
  one('portEnd', 'port', 'Last port of a range.'),
  ...NAMESPACE,
  one('via.kind', 'text', 'What takes them.', ['rule', 'policy', 'routing']),
  one('via.backend', 'text', 'Which firewall.', ['nft', 'legacy']),
  one('via.table', 'text', 'Table of the rule.'),
  one('via.chain', 'text', 'Chain of the rule.'),
  one('via.rule', 'text', 'The rule, as text.'),
  one('via.verdict', 'text', '`dnat`, `redirect`, `tproxy`, …'),
  one('target.address', 'address', 'Where they go.'),
  one('target.port', 'port', 'Port they go to.'),
  one('target.portEnd', 'port', 'Last port they go to.'),
  one('target.namespace', 'text', 'Namespace they go to; null: not found on this host.'),
  one('target.listener', 'text', 'Id of the listener that gets them; null: none seen.'),
  ...OWNERS,
  ...SERVICE,
  ...EXPOSURE,
];

const SOCKET: readonly Field[] = [
  one('protocol', 'text', 'Transport or family.', PROTOCOLS),
  one('family', 'text', 'Address family.', ['ipv4', 'ipv6']),
  one('state', 'text', 'What it does.', ['listen', 'bound', 'connected']),
  one('address', 'address', 'Local address, path or name.'),
  one('port', 'port', 'Local port.'),
  one('peer.address', 'address', 'Address of the peer.'),
  one('peer.port', 'port', 'Port of the peer.'),
  one('device', 'text', 'Interface it is bound to.'),
  one('v6only', 'boolean', 'IPV6_V6ONLY.'),
  one('transparent', 'boolean', 'IP_TRANSPARENT.'),
  one('uid', 'number', 'User id of its creator.'),
  one('mark', 'number', 'SO_MARK.'),
  one('queues.receive', 'number', 'Bytes received and not read.'),
  one('queues.send', 'number', 'Bytes sent and not acknowledged.'),
  one('mptcp', 'boolean', 'True: MPTCP.'),
  one('ipProtocol', 'text', 'raw: protocol keyword or number.'),
  one('etherType', 'text', 'packet: `all`, or hex.'),
  one('type', 'text', 'packet and unix: type of socket.', ['stream', 'dgram', 'seqpacket', 'raw']),
  many('owners.name', 'text', 'Names of the processes that hold it.'),
  many('owners.exe', 'text', 'Their executables.'),
  many('owners.user', 'text', 'Their users.'),
  many('owners.unit', 'text', 'Their systemd units.'),
  ...NAMESPACE,
];

const INTERFACE: readonly Field[] = [
  one('name', 'text', 'Name of the interface.'),
  one('kind', 'text', 'Kind of link (`veth`, `bridge`, `tun`, `loopback`); null: hardware.'),
  many('flags', 'text', 'Flags (`up`, `promisc`, `multicast`), as ip(8) names them.'),
  one('up', 'boolean', 'True: it is up.'),
  one('mtu', 'number', 'MTU in bytes.'),
  one('mac', 'address', 'Hardware address.'),
  many('addresses', 'address', 'Its IP addresses.'),
  one('promiscuity', 'number', 'How many listen to all traffic; 0: nobody.'),
  one('master', 'text', 'Bridge, bond or VRF it belongs to.'),
  one('bridgePort', 'boolean', 'True: its master is a bridge (which makes it promiscuous by itself).'),
  one('linkUnseen', 'boolean', 'True: its peer stands in a namespace that was not found.'),
  one('xdp', 'boolean', 'True: an XDP program is attached.'),
  many('tc', 'text', 'tc filters at its entrance and its exit, in words.'),
  one('packets.received', 'number', 'Packets received.'),
  one('packets.sent', 'number', 'Packets sent.'),
  one('errors.received', 'number', 'Receive errors.'),
  one('errors.sent', 'number', 'Send errors.'),
  one('errors.receivedPerMillion', 'number', 'Receive errors for each million of packets.'),
  one('errors.sentPerMillion', 'number', 'Send errors for each million of packets.'),
  one('drops.received', 'number', 'Received packets dropped.'),
  one('drops.sent', 'number', 'Packets dropped before they were sent.'),
  one('drops.receivedPerMillion', 'number', 'Received packets dropped, of each million.'),
  ...NAMESPACE,
];

const ROUTE: readonly Field[] = [
  one('family', 'text', 'Address family.', ['ipv4', 'ipv6']),
  one('table', 'number', 'Routing table: 254 main, 255 local.'),
  one('type', 'text', 'Type of route (`unicast`, `blackhole`, `local`).'),
  one('destination', 'text', 'Destination prefix.'),
  one('default', 'boolean', 'True: a default route.'),
  one('gateway', 'address', 'Gateway.'),
  one('interface', 'text', 'Interface it leaves by.'),
  one('preferredSource', 'address', 'Preferred source address.'),
  one('metric', 'number', 'Metric.'),
  one('protocol', 'text', 'Who set it (`kernel`, `static`, `dhcp`, `ra`, `redirect`).'),
  one('scope', 'text', 'Scope (`link`, `global`, `host`).'),
  many('flags', 'text', 'Flags.'),
  ...NAMESPACE,
];

const FORWARDING: readonly Field[] = [
  one('ipv4', 'boolean', 'True: it forwards IPv4.'),
  one('ipv6', 'boolean', 'True: it forwards IPv6.'),
  one('filtered', 'boolean', 'True: a rule or a drop policy stands on the forward hook; null: firewall not read.'),
  one('filteredIPv4', 'boolean', 'The same, for IPv4.'),
  one('filteredIPv6', 'boolean', 'The same, for IPv6.'),
  one('masquerades', 'boolean', "True: a rule gives others' connections this host's address; null: firewall not read."),
  one('interfaces', 'number', 'Interfaces that are up, loopback not counted.'),
  ...NAMESPACE,
];

const MEMBERSHIP: readonly Field[] = [
  one('interface', 'text', 'Interface.'),
  one('family', 'text', 'Address family.', ['ipv4', 'ipv6']),
  one('group', 'address', 'Multicast group.'),
  one('users', 'number', 'How many joined.'),
  ...NAMESPACE,
];

const POLICIES = ['accept', 'drop', 'none'];
const FIREWALL: readonly Field[] = [
  one('read', 'boolean', 'False: the firewall, or a table of it, could not be read.'),
  one('present', 'boolean', 'True: there is a base chain that packets for this host or through it pass.'),
  one('rules', 'number', 'Rules in all rulesets.'),
  one('inputRules', 'number', 'Rules in the chains at the input hook.'),
  one(
    'inputPolicy',
    'text',
    'What becomes of what no rule decides at the input hook: the policy, or a last rule that takes all; `none`: no chain there; `drop` if one of them drops or rejects.',
    POLICIES,
  ),
  one('inputPolicyIPv4', 'text', 'The same, for IPv4.', POLICIES),
  one('inputPolicyIPv6', 'text', 'The same, for IPv6.', POLICIES),
  one(
    'inputChain',
    'text',
    'A chain of nftables at the input hook that accepts what no rule decides: `inet filter input`.',
  ),
  one('forwardPolicy', 'text', 'Policy at the forward hook.', POLICIES),
  one('outputPolicy', 'text', 'Policy at the output hook.', POLICIES),
  many('backends', 'text', 'What is in use.', ['nft', 'legacy']),
  one('unreadTables', 'number', 'Tables whose rules could not be read.'),
  ...NAMESPACE,
];

const HOST: readonly Field[] = [
  one('listeners', 'number', 'Listeners in all namespaces.'),
  one('publicListeners', 'number', 'Listeners whose widest zone is `public`.'),
  one('namespaces', 'number', 'Network namespaces.'),
  one('interfaces', 'number', 'Interfaces of the host namespace that are up, loopback not counted.'),
  one('collectedAsRoot', 'boolean', 'True: the collector ran as root; null: a capture.'),
  one('sysctls.*', 'text', 'A sysctl of the host namespace as read (`sysctls.net.ipv4.conf.all.rp_filter`).'),
  one('counters.*', 'number', 'A protocol counter of the host namespace (`counters.TcpExt.ListenOverflows`).'),
  one('resets.sent', 'number', 'TCP resets sent by the host namespace since boot.'),
  one('resets.received', 'number', 'Connections that a reset ended.'),
  one('resets.sentPerMillion', 'number', 'Resets sent for each million of segments received.'),
];

const OWN: Readonly<Record<Subject, readonly Field[]>> = {
  listener: LISTENER,
  published: PUBLISHED,
  socket: SOCKET,
  interface: INTERFACE,
  route: ROUTE,
  forwarding: FORWARDING,
  membership: MEMBERSHIP,
  firewall: FIREWALL,
  host: HOST,
};

/** Fields of the records of a subject. */
export const fieldsOf = (subject: Subject): readonly Field[] => [...COMMON, ...OWN[subject]];

/** The field of that name, or the open family (`service.facts.*`) that it belongs to; null: there is none. */
export function findField(subject: Subject, name: string): Field | null {
  for (const field of fieldsOf(subject)) {
    if (field.name === name) return field;
    if (field.name.endsWith('.*') && name.startsWith(field.name.slice(0, -1)) && name.length >= field.name.length)
      return field;
  }
  return null;
}

/** True for subjects that somebody can connect to: their severity may depend on the exposure. */
export const isExposed = (subject: Subject): boolean => subject === 'listener' || subject === 'published';
