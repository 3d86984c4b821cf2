import type { Evidence } from '../model/finding.js';

/** What a field of a rule is to a reader; a field without a word here stands as it is. */
const LABELS: Readonly<Record<string, string>> = {
  address: 'address',
  port: 'port',
  protocol: 'protocol',
  device: 'interface',
  'namespace.name': 'network namespace',
  'service.name': 'service',
  'service.product': 'product',
  'service.version': 'version',
  'service.confidence': 'how sure the service is',
  'service.disagreement': 'facts that disagree',
  'service.authentication': 'authentication',
  'service.encryption': 'encryption',
  'exposure.widest': 'widest zone that can reach it',
  'exposure.access': 'who may connect',
  'exposure.zones.reachable': 'answer',
  'owners.kind': 'kind of owner',
  'owners.name': 'program',
  'owners.exe': 'executable',
  'owners.exeState': 'state of the executable',
  'owners.exeWritable': 'anybody may replace the executable',
  'owners.script': 'script',
  'owners.args': 'arguments',
  'owners.user': 'user',
  'owners.uid': 'user id',
  'owners.unit': 'unit',
  'owners.posesAsKernel': "wears a kernel thread's name",
  'owners.setuid': 'setuid or setgid executable',
  'owners.capabilities': 'capabilities',
  'owners.sandbox': 'confined by',
  'owners.container.runtime': 'container runtime',
  'owners.container.name': 'container',
  'owners.container.image': 'container image',
  'owners.package.name': 'package',
  'owners.package.version': 'package version',
  'service.package.name': 'package of what answers',
  'service.package.version': 'its version',
  ownersComplete: 'every possible owner was searched',
  'clients.count': 'connections now',
  'file.mode': 'mode of the socket file',
  'file.user': 'owner of the socket file',
  'file.group': 'group of the socket file',
  listening: 'listening',
  family: 'address family',
  read: 'the firewall could be read',
  present: 'the firewall has rules',
  inputPolicy: 'policy for what arrives',
  inputPolicyIPv4: 'policy for what arrives by IPv4',
  inputPolicyIPv6: 'policy for what arrives by IPv6',
  forwardPolicy: 'policy for what passes through',
  inputChain: 'chain that lets in the rest',
  inputRules: 'rules for what arrives',
  unreadTables: 'tables that could not be read',
  backends: 'firewalls in use',
  filtered: 'forwarded traffic is filtered',
  filteredIPv4: 'forwarded IPv4 is filtered',
  filteredIPv6: 'forwarded IPv6 is filtered',
  ipv4: 'forwards IPv4',
  ipv6: 'forwards IPv6',
  masquerades: 'masquerades',
  interfaces: 'interfaces that are up',
  promiscuity: 'how many listen to all traffic',
  linkUnseen: 'its other end was not seen',
  xdp: 'has an XDP program',
  'errors.receivedPerMillion': 'receive errors of a million packets',
  'drops.receivedPerMillion': 'dropped of a million packets',
};

const FACTS = 'service.facts.';

/** A piece of evidence in words: what was looked at, what it was, and what made it count where that says more. */
export function evidenceWords({ field, value, why }: Evidence): {
  readonly what: string;
  readonly value: string;
  readonly why: string;
} {
  // A field of a rule may have any name, `constructor` too.
  const label = Object.hasOwn(LABELS, field) ? LABELS[field] : undefined;
  const what = label ?? (field.startsWith(FACTS) ? field.slice(FACTS.length) : field);
  if (value === 'null') return { what, value: 'unknown', why: why === 'is not there' ? '' : why };
  return { what, value, why: why === `is ${value}` ? '' : why };
}
