import { BEHIND4, BEHIND6, OWN4, OWN6, PORTS, SOURCES_A4, SOURCES_A6 } from './lab.js';
import type { Random } from './random.js';
import { rareMatch, rareNat, rareSets, rareStatement, rareTable, rareVerdictMap } from './rare.js';
import { RARE_IPSETS, rareXtMatch, rareXtNat, rareXtTables, rareXtTarget } from './rare-iptables.js';

/** A random ruleset as its tools take it, in the order they are run. */
export interface Generated {
  readonly parts: readonly { readonly tool: string; readonly args: readonly string[]; readonly text: string }[];
}

const NETS4 = [
  '10.77.0.0/24',
  '203.0.113.0/24',
  '192.168.0.0/16',
  '10.0.0.0/8',
  '198.51.100.7',
  '203.0.113.5',
  '100.64.0.0/10',
  '0.0.0.0/1',
  '10.78.0.0/24',
] as const;
const NETS6 = [
  '2001:db8:77::/64',
  '2001:db8:ff::/48',
  'fd00::/8',
  '2001:db8:77::2',
  '2001:db8::/32',
  '2001:db8:78::/64',
] as const;

const port = (r: Random): number => r.pick(PORTS);

function portExpression(r: Random): string {
  switch (r.below(6)) {
    case 0:
      return `{ ${[...new Set(r.some(PORTS, 2, 4))].join(', ')} }`;
    case 1:
      return `{ ${port(r)}, 3001-4000 }`;
    case 2:
      return '0-1023';
    case 3:
      return `!= ${port(r)}`;
    case 4:
      return '> 1023';
    default:
      return String(port(r));
  }
}

const ranges4 = ['10.77.0.2', '203.0.113.0-203.0.113.10', '192.168.0.0/16', '198.51.100.0/24', '100.64.1.1'] as const;

/** One nft match. `family` is that of the table. */
function nftMatch(r: Random, family: string, hook: string, sets: readonly string[]): string {
  const v4 = family === 'ip' || (family === 'inet' && r.chance(60));
  const ip = v4 ? 'ip' : 'ip6';
  const nets: readonly string[] = v4 ? NETS4 : NETS6;
  const own: readonly string[] = v4 ? [...OWN4, ...BEHIND4] : [...OWN6, ...BEHIND6];
  const choices: (() => string)[] = [
    () => `${ip} saddr ${r.chance(20) ? '!= ' : ''}${r.pick(nets)}`,
    () =>
      v4
        ? `ip saddr ${r.chance(20) ? '!= ' : ''}{ ${r.some(ranges4, 2, 4).join(', ')} }`
        : `ip6 saddr { ${r.some(NETS6.slice(0, 4), 1, 2).join(', ')} }`,
    () => `${ip} daddr ${r.chance(15) ? '!= ' : ''}${r.pick(own)}`,
    () => `tcp dport ${portExpression(r)}`,
    () => `tcp dport ${portExpression(r)}`,
    () => `udp dport ${portExpression(r)}`,
    () => `meta l4proto ${r.pick(['tcp', 'udp', '{ tcp, udp }', '!= tcp'])}`,
    () => `meta l4proto { tcp, udp } th dport ${portExpression(r)}`,
    () =>
      `ct state ${r.pick(['new', 'invalid', 'established,related', '{ new, untracked }', '!= new', 'untracked', '!= { established, related }'])}`,
    () => `tcp sport ${r.pick(['1024-65535', '< 1024', '30000-45000'])}`,
    () =>
      `tcp flags ${r.pick(['syn', '== syn', '& (fin|syn|rst|ack) == syn', '& (syn|ack) == ack', '!= syn', '! ack'])}`,
    () => `meta mark ${r.pick(['1', '!= 0', '& 0x3 == 0x2', '{ 1, 3 }'])}`,
    () => `fib daddr type ${r.pick(['local', '!= local', '{ local, broadcast }', 'unicast'])}`,
    () => 'meta pkttype host',
  ];
  if (hook !== 'output' && hook !== 'postrouting') {
    choices.push(
      () => `iifname ${r.pick(['"eth0"', '"eth1"', '"lo"', '!= "eth0"', '"eth*"', '{ "eth0", "lo" }'])}`,
      () => `iif ${r.pick(['eth0', 'eth1', 'lo'])}`,
    );
    if (hook !== 'forward') choices.push(() => `fib saddr . iif oif ${r.pick(['missing', 'exists'])}`);
  }
  if (hook === 'forward' || hook === 'postrouting' || hook === 'output')
    choices.push(() => `oifname ${r.pick(['"eth0"', '"eth1"', '"lo"', '!= "eth1"'])}`);
  if (hook === 'output' || hook === 'any')
    choices.push(() => `iifname ${r.pick(['!= "eth0"', '"eth0"', '!= "eth*"'])}`);
  if (hook === 'input' || hook === 'prerouting') choices.push(() => `oifname ${r.pick(['!= "eth1"', '"eth1"'])}`);
  if (hook === 'input' || hook === 'forward') {
    choices.push(
      () => `ct status ${r.pick(['dnat', '& dnat == 0'])}`,
      () => `meta l4proto tcp ct original proto-dst ${port(r)}`,
      () => `ct original ${v4 ? `ip daddr ${r.pick(OWN4)}` : `ip6 daddr ${r.pick(OWN6)}`}`,
      () => `ct mark ${r.pick(['1', '!= 0'])}`,
      () => 'ct direction original',
    );
  }
  if (family === 'inet') choices.push(() => `meta nfproto ${r.pick(['ipv4', 'ipv6'])}`);
  if (v4) {
    choices.push(
      () => 'ip saddr & 255.255.255.0 == 203.0.113.0',
      () => `ip protocol ${r.pick(['tcp', 'udp', '!= tcp'])}`,
      () => `ip saddr . tcp dport { ${r.pick(SOURCES_A4)} . ${port(r)}, 10.77.0.0/24 . 1-1000 }`,
      () => `ip daddr . tcp dport { 10.77.0.1 . ${port(r)}, 10.78.0.2 . ${port(r)} }`,
      () => 'iifname . ip saddr { "eth0" . 10.77.0.2, "eth1" . 10.78.0.2 }',
    );
    for (const set of sets) choices.push(() => set);
  } else
    choices.push(() => `ip6 saddr . tcp dport { ${r.pick(SOURCES_A6)} . ${port(r)}, 2001:db8:77::/64 . ${port(r)} }`);
  return r.pick(choices)();
}

const rejects = (family: string): readonly string[] => {
  const all = ['reject', 'meta l4proto tcp reject with tcp reset'];
  if (family === 'inet') return [...all, 'reject with icmpx admin-prohibited', 'reject with icmpx host-unreachable'];
  return family === 'ip'
    ? [...all, 'reject with icmp host-prohibited']
    : [...all, 'reject with icmpv6 admin-prohibited'];
};

function nftVerdict(r: Random, family: string, hook: string, users: readonly string[]): string {
  const canReject = hook === 'input' || hook === 'forward' || hook === 'output';
  switch (r.below(12)) {
    case 0:
    case 1:
    case 2:
      return 'accept';
    case 3:
    case 4:
      return r.chance(50) ? 'counter drop' : 'drop';
    case 5:
      return canReject ? r.pick(rejects(family)) : 'drop';
    case 6:
      return 'return';
    case 7:
    case 8:
      return users.length === 0 ? 'accept' : `jump ${r.pick(users)}`;
    case 9:
      return users.length === 0 ? 'drop' : `goto ${r.pick(users)}`;
    case 10:
      return `meta mark set ${r.pick(['1', '2', '3', 'meta mark | 0x2'])}`;
    default:
      return hook === 'input' || hook === 'forward' ? `ct mark set ${r.pick(['1', 'meta mark'])}` : 'counter';
  }
}

function nftRule(r: Random, family: string, hook: string, users: readonly string[], sets: readonly string[]): string {
  if (r.chance(8)) {
    const jump = users.length === 0 ? 'drop' : `jump ${r.pick(users)}`;
    if (r.chance(40)) return rareVerdictMap(r, jump);
    return r.pick([
      `tcp dport vmap { ${port(r)} : accept, 3001-4000 : drop }`,
      `tcp dport vmap { 22 : accept, 443-9000 : ${jump} }`,
      'ct state vmap { established : accept, related : accept, invalid : drop }',
      ...(family === 'ip6'
        ? []
        : [
            `ip saddr vmap { 10.77.0.0/24 : accept, 203.0.113.0/24 : ${jump}, 198.51.100.7 : drop }`,
            `ip saddr . tcp dport vmap { 203.0.113.5 . ${port(r)} : accept, 198.51.100.7 . 1-1000 : drop }`,
          ]),
      'meta l4proto vmap { tcp : continue, udp : accept }',
    ]);
  }
  const matches = Array.from({ length: r.below(3) + (r.chance(85) ? 1 : 0) }, () => nftMatch(r, family, hook, sets));
  // Two implicit protocols in one rule are an error of nft's.
  const seen = new Set<string>();
  const kept = matches.filter((match) => {
    const key =
      /^(tcp|udp|meta l4proto|ip protocol)/.test(match) || / (tcp|th) /.test(match) || /fib daddr/.test(match)
        ? 'l4'
        : /^ip6? /.test(match) || /ct original ip/.test(match) || match.includes('nfproto')
          ? 'l3'
          : match;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const l4 = kept.some((match) => /(tcp|udp|th|l4proto)/.test(match));
  const rare = [...(r.chance(25) ? [rareMatch(r)] : []), ...(r.chance(10) ? [rareStatement(r)] : [])];
  const verdict = nftVerdict(r, family, hook, users);
  const conflicts = l4 && verdict.startsWith('meta l4proto tcp reject');
  return [...kept, ...rare, conflicts ? 'drop' : verdict].join(' ');
}

const LETS_BACK = 'ct state established,related accept';
/** Neighbour discovery and ICMP errors stay possible, so that what is measured is the rule and not a missing neighbour. */
const LETS_ICMP = 'meta l4proto { icmp, ipv6-icmp } accept';

function nftTable(r: Random, index: number): string {
  const family = r.pick(['inet', 'inet', 'ip', 'ip6']);
  const table = `t${index}`;
  const users = Array.from({ length: r.below(4) }, (_, i) => `u${i}`);
  const sets = family === 'ip6' ? [] : ['ip saddr @s1', 'ip saddr != @s1', 'ip saddr . tcp dport @s2', 'tcp dport @s3'];
  const lines = [`table ${family} ${table} {`];
  if (family !== 'ip6') {
    lines.push(
      ` set s1 { type ipv4_addr; flags interval; elements = { ${r.some(['203.0.113.0/24', '10.77.0.64/26', '192.168.5.5', '100.64.0.0-100.64.255.255'], 1, 3).join(', ')} }; }`,
      ` set s2 { type ipv4_addr . inet_service; elements = { 203.0.113.5 . ${port(r)}, 10.77.0.2 . ${port(r)} }; }`,
      ` set s3 { type inet_service; flags interval; elements = { ${port(r)}, 3001-4000 }; }`,
    );
  }
  lines.push(...rareSets(r, family));
  const hooks = r.some(['input', 'input', 'forward', 'prerouting', 'output', 'nat'], 1, 4);
  const used = new Set<string>();
  // User chains call later ones only, so that no loop arises. They may hang below any hook.
  for (const [i, user] of users.entries()) {
    lines.push(` chain ${user} {`);
    for (let n = r.below(4) + 1; n > 0; n--) lines.push(`  ${nftRule(r, family, 'any', users.slice(0, i), sets)}`);
    lines.push(' }');
  }
  for (const hook of hooks) {
    if (used.has(hook)) continue;
    used.add(hook);
    if (hook === 'nat') lines.push(...nftNat(r, family));
    else {
      const priority = hook === 'prerouting' ? r.pick([-300, -150]) : r.pick([-10, 0, 0, 5, 10, 50]);
      const policy = hook === 'prerouting' || r.chance(60) ? 'accept' : 'drop';
      lines.push(
        ` chain ${hook} {`,
        `  type filter hook ${hook} priority ${priority}; policy ${policy};`,
        `  ${LETS_ICMP}`,
      );
      if (priority > -200) lines.push(`  ${LETS_BACK}`);
      if (priority === -300 && r.chance(30))
        lines.push(`  iifname "eth0" ${family === 'ip6' ? '' : 'ip daddr 10.77.0.1 '}tcp dport ${port(r)} notrack`);
      if (priority === -300) lines.push('  iifname "eth1" accept');
      for (let n = r.below(7) + 1; n > 0; n--) lines.push(`  ${nftRule(r, family, hook, users, sets)}`);
      lines.push(' }');
    }
  }
  lines.push('}');
  return lines.join('\n');
}

function nftNat(r: Random, family: string): readonly string[] {
  const ip = family === 'inet' ? ' ip' : '';
  const v4 = family !== 'ip6';
  const to = v4 ? '10.78.0.2' : '2001:db8:78::2';
  const bracket = v4 ? to : `[${to}]`;
  const ip6 = family === 'inet' ? ' ip6' : '';
  const dnat = v4 ? `dnat${ip} to` : `dnat${ip6} to`;
  const rules = [
    `tcp dport ${port(r)} ${dnat} ${bracket}:${r.pick([80, 8080, 1234])}`,
    `tcp dport ${port(r)} ${dnat} ${bracket}`,
    `tcp dport ${port(r)} redirect to :${r.pick([22, 80, 443, 5432])}`,
    `udp dport ${port(r)} redirect to :53`,
    `iifname "eth0" tcp dport { ${r.some(PORTS, 2, 3).join(', ')} } ${dnat} ${bracket}:8080`,
    `tcp dport ${port(r)} accept`,
    ...(v4
      ? [
          `dnat${ip} to tcp dport map { 1234 : ${to}, ${port(r) === 1234 ? 22 : 443} : 10.77.0.3 }`,
          `ip saddr 203.0.113.0/24 tcp dport ${port(r)} dnat${ip} to 127.0.0.1:5432`,
          `ip daddr 10.77.0.3 tcp dport 1-65535 dnat${ip} to 10.78.0.2`,
        ]
      : []),
  ];
  return [
    ' chain nat {',
    `  type nat hook prerouting priority ${r.pick([-100, -100, -90])}; policy accept;`,
    ...r.some([...rules, ...rareNat(r, v4, family === 'inet')], 1, 5).map((rule) => `  ${rule}`),
    ' }',
  ];
}

function iptMatch(r: Random, v6: boolean, hook: string): string {
  const nets: readonly string[] = v6 ? NETS6 : NETS4;
  const own: readonly string[] = v6 ? OWN6 : [...OWN4, ...BEHIND4];
  const not = r.chance(15) ? '! ' : '';
  const choices = [
    `${not}-s ${r.pick(nets)}`,
    `-d ${r.pick(own)}`,
    `-p tcp -m tcp ${not}--dport ${port(r)}`,
    `-p tcp -m tcp --dport ${port(r)}`,
    `-p udp -m udp --dport ${r.pick([53, 161, 514])}`,
    `-p tcp -m multiport --dports ${r.some(PORTS, 2, 4).join(',')},3001:4000`,
    `-p tcp -m tcp --dport 1:1023`,
    `-m conntrack ${not}--ctstate ${r.pick(['NEW', 'INVALID', 'NEW,UNTRACKED', 'RELATED,ESTABLISHED', ...(hook === 'PREROUTING' ? [] : ['DNAT', 'RELATED,ESTABLISHED,DNAT'])])}`,
    `-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN`,
    `-m mark ${not}--mark ${r.pick(['0x1', '0x2/0x2', '0x0'])}`,
    `-m addrtype --dst-type LOCAL`,
    ...(v6
      ? []
      : [
          `-m iprange --src-range 203.0.113.0-203.0.113.9`,
          `-m addrtype ${not}--dst-type LOCAL,BROADCAST`,
          `-m set ${not}--match-set ehrset src`,
          '-m set --match-set ehrports src,dst',
        ]),
    ...(hook === 'INPUT' || hook === 'FORWARD'
      ? [`-p tcp -m conntrack --ctorigdstport ${port(r)}`, '-m connmark --mark 0x1']
      : []),
    ...(hook === 'OUTPUT' || hook === 'user' ? [] : [`${not}-i ${r.pick(['eth0', 'eth1', 'lo', 'eth+'])}`]),
    ...(hook === 'FORWARD' || hook === 'OUTPUT' ? [`${not}-o ${r.pick(['eth0', 'eth1', 'lo'])}`] : []),
  ];
  return r.chance(20) ? rareXtMatch(r, v6, hook) : r.pick(choices);
}

function iptTarget(r: Random, v6: boolean, table: string, hook: string, users: readonly string[]): string {
  if (r.chance(10)) return rareXtTarget(r, table);
  const roll = r.below(10);
  if (roll < 3) return '-j ACCEPT';
  if (roll < 5) return '-j DROP';
  if (roll === 5) {
    if (table !== 'filter') return '-j DROP';
    return r.pick([
      '-j REJECT',
      `-p tcp -j REJECT --reject-with tcp-reset`,
      v6 ? '-j REJECT --reject-with icmp6-adm-prohibited' : '-j REJECT --reject-with icmp-host-prohibited',
    ]);
  }
  if (roll === 6) return '-j RETURN';
  if (roll === 7)
    return table === 'mangle'
      ? `-j MARK ${r.pick(['--set-xmark 0x1/0xffffffff', '--set-xmark 0x2/0x2'])}`
      : '-j ACCEPT';
  if (users.length === 0) return hook === 'INPUT' ? '-j DROP' : '-j ACCEPT';
  return `${r.chance(75) ? '-j' : '-g'} ${r.pick(users)}`;
}

function iptRule(r: Random, v6: boolean, table: string, chain: string, hook: string, users: readonly string[]): string {
  const matches = Array.from({ length: r.below(2) + (r.chance(80) ? 1 : 0) }, () => iptMatch(r, v6, hook));
  const seen = new Set<string>();
  const kept = matches.filter((match) => {
    const key = match.includes('-p ')
      ? '-p'
      : (/(-[a-z] )/.exec(match)?.[1] ?? match) + (/-m (\S+)/.exec(match)?.[1] ?? '');
    if (seen.has(key) || (key === '-p' && seen.has('-p'))) return false;
    seen.add(key);
    return true;
  });
  let target = iptTarget(r, v6, table, hook, users);
  if (target.startsWith('-p tcp') && kept.some((match) => match.includes('-p '))) target = '-j DROP';
  return `-A ${chain} ${[...kept, target].join(' ')}`;
}

function iptTables(r: Random, v6: boolean): string {
  const icmp = v6 ? '-p ipv6-icmp' : '-p icmp';
  const users = Array.from({ length: r.below(3) }, (_, i) => `c${i}`);
  const lines = ['*filter'];
  const policy = (): string => (r.chance(65) ? 'ACCEPT' : 'DROP');
  lines.push(
    `:INPUT ${policy()} [0:0]`,
    `:FORWARD ${policy()} [0:0]`,
    ':OUTPUT ACCEPT [0:0]',
    ...users.map((user) => `:${user} - [0:0]`),
  );
  for (const chain of ['INPUT', 'FORWARD']) {
    lines.push(`-A ${chain} ${icmp} -j ACCEPT`, `-A ${chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`);
    for (let n = r.below(7); n > 0; n--) lines.push(iptRule(r, v6, 'filter', chain, chain, users));
  }
  for (const [i, user] of users.entries())
    for (let n = r.below(3) + 1; n > 0; n--) lines.push(iptRule(r, v6, 'filter', user, 'user', users.slice(0, i)));
  lines.push('COMMIT');
  if (r.chance(40)) {
    lines.push(
      '*mangle',
      ':PREROUTING ACCEPT [0:0]',
      ':INPUT ACCEPT [0:0]',
      ':FORWARD ACCEPT [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      ':POSTROUTING ACCEPT [0:0]',
    );
    lines.push(`-A PREROUTING ${icmp} -j ACCEPT`, '-A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT');
    for (let n = r.below(4) + 1; n > 0; n--) lines.push(iptRule(r, v6, 'mangle', 'PREROUTING', 'PREROUTING', []));
    lines.push('COMMIT');
  }
  if (r.chance(50)) lines.push(...iptNat(r, v6));
  if (r.chance(25)) lines.push(...rareXtTables(r));
  return `${lines.join('\n')}\n`;
}

function iptNat(r: Random, v6: boolean): readonly string[] {
  const to = v6 ? '[2001:db8:78::2]' : '10.78.0.2';
  const rules = [
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j DNAT --to-destination ${to}:${r.pick([80, 8080])}`,
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j REDIRECT --to-ports ${r.pick([22, 80, 5432])}`,
    `-A PREROUTING -i eth0 -p udp -m udp --dport ${port(r)} -j REDIRECT --to-ports 53`,
    `-A PREROUTING -p tcp -m tcp --dport ${port(r)} -j ACCEPT`,
    '-A PREROUTING -m addrtype --dst-type LOCAL -j PUB',
  ];
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':INPUT ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ':PUB - [0:0]',
    ...r.some([...rules, ...rareXtNat(r, v6)], 1, 5),
    '-A PUB -i eth1 -j RETURN',
    `-A PUB ! -i eth1 -p tcp -m tcp --dport ${port(r)} -j DNAT --to-destination ${to}:80`,
    'COMMIT',
  ];
}

const IPSETS = `create ehrset hash:net family inet
add ehrset 203.0.113.0/24
add ehrset 10.77.0.64/26
add ehrset 203.0.113.5/32 nomatch
create ehrports hash:ip,port family inet
add ehrports 10.77.0.2,tcp:22
add ehrports 203.0.113.5,tcp:80
add ehrports 203.0.113.5,udp:53
`;

/** Chains on the device itself, before every other hook. */
function ingressTable(r: Random): string {
  const rules = [
    `ip saddr ${r.pick(NETS4)} drop`,
    `tcp dport ${port(r)} drop`,
    `ip6 saddr ${r.pick(NETS6)} drop`,
    `udp dport ${port(r)} counter`,
    `ip daddr 10.77.0.3 tcp dport { ${r.some(PORTS, 2, 3).join(', ')} } drop`,
    `meta mark set ${r.pick([1, 2])}`,
    'meta protocol ip ip saddr 203.0.113.5 accept',
  ];
  const chosen = r.some(rules, 1, 3).map((rule) => `  ${rule}`);
  const [family, type] = r.pick([
    ['netdev', 'filter hook ingress device "eth0" priority 0; policy accept;'],
    ['inet', 'filter hook ingress device "eth0" priority -5; policy accept;'],
  ]);
  return `table ${family} nd {\n chain i {\n  type ${type}\n${chosen.join('\n')}\n }\n}\n`;
}

/** A random ruleset of one or several kinds. */
export function generate(r: Random): Generated {
  const parts: { tool: string; args: readonly string[]; text: string }[] = [];
  const ipt = (kind: 'nft' | 'legacy'): void => {
    if (parts.every((part) => part.tool !== 'ipset'))
      parts.push({ tool: 'ipset', args: ['restore', '-exist'], text: IPSETS + RARE_IPSETS });
    parts.push({ tool: `iptables-${kind}-restore`, args: [], text: iptTables(r, false) });
    if (r.chance(60)) parts.push({ tool: `ip6tables-${kind}-restore`, args: [], text: iptTables(r, true) });
  };
  const nft = (tables: number): void => {
    for (let i = 0; i < tables; i++) parts.push({ tool: 'nft', args: ['-f', '-'], text: nftTable(r, i) });
  };
  switch (r.below(6)) {
    case 0:
    case 1:
      nft(1);
      break;
    case 2:
      nft(r.below(2) + 2);
      break;
    case 3:
      ipt('nft');
      break;
    case 4:
      ipt('legacy');
      break;
    default:
      ipt(r.pick(['nft', 'legacy']));
      nft(1);
  }
  if (r.chance(20)) parts.push({ tool: 'nft', args: ['-f', '-'], text: ingressTable(r) });
  if (r.chance(15)) parts.push({ tool: 'nft', args: ['-f', '-'], text: rareTable(r) });
  if (r.chance(15)) parts.push(proxyRules(r, r.pick(['nft', 'legacy'])));
  return { parts };
}

/** Commands that change how the audited namespace routes, and those that undo them. */
export interface Routing {
  readonly set: readonly string[];
  readonly undo: readonly string[];
}

const SYSCTLS = [
  'net.ipv4.conf.all.rp_filter=1',
  'net.ipv4.conf.eth0.rp_filter=1',
  'net.ipv4.conf.eth0.rp_filter=2',
  'net.ipv4.conf.eth0.forwarding=0',
  'net.ipv4.conf.eth1.forwarding=0',
  'net.ipv6.conf.all.forwarding=0',
  'net.ipv4.conf.all.route_localnet=1',
  'net.ipv4.conf.eth0.route_localnet=1',
  'net.ipv4.conf.all.accept_local=1',
] as const;

const DEFAULTS = [
  'sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.all.route_localnet=0 net.ipv4.conf.eth0.route_localnet=0 net.ipv4.conf.all.accept_local=0',
  'sysctl -qw net.ipv4.conf.eth0.forwarding=1 net.ipv4.conf.eth1.forwarding=1 net.ipv6.conf.all.forwarding=1',
];

/** Routes and rules with the command that takes them away; `ROUTE`s are for source or destination, whatever a probe makes of them. */
const ROUTES = [
  'route {} blackhole 198.51.100.7',
  'route {} unreachable 203.0.113.5',
  'route {} prohibit 192.168.5.5',
  'route {} 100.64.1.1 via 10.78.0.2',
  'route {} blackhole 10.78.0.2 metric 1',
  'route {} local 10.78.0.0/24 dev lo',
  'route {} unreachable 10.78.0.2/32',
  'rule {} from 203.0.113.0/24 prohibit',
  'rule {} from 198.51.100.0/24 to 10.78.0.0/24 blackhole',
  'rule {} iif eth0 to 10.78.0.0/24 unreachable',
  'rule {} fwmark 2 lookup 100',
  'rule {} fwmark 1/1 lookup 101',
  'rule {} from 10.77.0.0/24 lookup 100 suppress_prefixlength 0',
  '-6 route {} blackhole 2001:db8:78::2/128',
  '-6 route {} unreachable fd00::/8',
  '-6 rule {} from 2001:db8:ff::/48 prohibit',
  '-6 rule {} iif eth0 to 2001:db8:78::/64 blackhole',
] as const;

/** Now and then routing is not what an address plan makes of it. */
export function varyRouting(r: Random): Routing | null {
  if (!r.chance(40)) return null;
  const sysctls = r.some(SYSCTLS, 0, 2).map((one) => `sysctl -qw ${one}`);
  const routes = r.some(ROUTES, 0, 3);
  const tables = [
    'ip route replace 10.78.0.0/24 dev eth1 table 100',
    'ip route replace unreachable 10.78.0.2 table 100',
    'ip route replace local 0.0.0.0/0 dev lo table 101',
  ];
  return {
    set: [...tables, ...sysctls, ...routes.map((one) => `ip ${one.replace('{}', 'add')}`)],
    undo: [
      ...DEFAULTS,
      ...routes.map((one) => `ip ${one.replace('{}', 'del')} 2>/dev/null || true`),
      'ip route flush table 100 2>/dev/null || true',
      'ip route flush table 101 2>/dev/null || true',
    ],
  };
}

/** A transparent proxy: a mark, a route that makes marked packets local, and the statement that picks the socket. */
export function proxyRules(
  r: Random,
  kind: 'nft' | 'legacy',
): { readonly tool: string; readonly args: readonly string[]; readonly text: string } {
  const dport = port(r);
  if (kind === 'nft') {
    const to = r.pick(['to :3128', 'to 127.0.0.1:3128', 'to :1234', '']);
    const rule =
      to === '' ? `tcp dport ${dport} meta mark set 1` : `tcp dport ${dport} tproxy ${to} meta mark set 1 accept`;
    return {
      tool: 'nft',
      args: ['-f', '-'],
      text: `table ip px {\n chain p {\n  type filter hook prerouting priority -140; policy accept;\n  iifname "eth0" ${rule}\n }\n}\n`,
    };
  }
  const on = r.pick(['--on-port 3128 --on-ip 127.0.0.1', '--on-port 3128', '--on-port 1234']);
  const text = `*mangle\n-A PREROUTING -i eth0 -p tcp -m tcp --dport ${dport} -j TPROXY ${on} --tproxy-mark 0x1/0x1\nCOMMIT\n`;
  return { tool: 'iptables-legacy-restore', args: ['--noflush'], text };
}
