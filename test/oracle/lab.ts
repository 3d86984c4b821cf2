import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Probe {
  readonly from: 'a' | 'b' | 'h';
  readonly src: string;
  readonly dst: string;
  readonly proto: 'tcp' | 'udp';
  readonly sport: number;
  readonly dport: number;
  /** Interface of `h` where it comes in. */
  readonly in: string;
}

/** `ended`: a rule on output kept it from leaving, with an answer or without. */
export type Seen = 'open' | 'refused' | 'filtered' | 'ended' | `error ${string}`;

type Listen = readonly [proto: string, address: string, port: number, options: Readonly<Record<string, unknown>>];

/** Everything the audited namespace listens on. */
export const LISTENERS_H: readonly Listen[] = [
  ['tcp', '0.0.0.0', 22, {}],
  ['tcp', '::', 80, {}],
  ['tcp', '10.77.0.1', 443, {}],
  ['tcp', '127.0.0.1', 5432, {}],
  ['tcp', '::', 8443, { v6only: 1 }],
  ['tcp', '0.0.0.0', 9000, { device: 'eth1' }],
  ['tcp', '10.78.0.1', 2222, {}],
  ['tcp', '::1', 3000, {}],
  ['tcp', '0.0.0.0', 3128, { transparent: 1 }],
  ['udp', '0.0.0.0', 53, {}],
  ['udp', '::', 161, {}],
  ['udp', '10.77.0.1', 514, {}],
];

/** The namespace behind eth1, which plays a container. */
export const LISTENERS_B: readonly Listen[] = [
  ['tcp', '0.0.0.0', 80, {}],
  ['tcp', '::', 8080, {}],
  ['udp', '::', 53, {}],
];

export const PORTS = [22, 80, 443, 5432, 8443, 9000, 2222, 3000, 8080, 53, 161, 514, 1234] as const;

export const SOURCES_A4 = [
  '10.77.0.2',
  '10.77.0.77',
  '203.0.113.5',
  '198.51.100.7',
  '192.168.5.5',
  '100.64.1.1',
] as const;
export const SOURCES_A6 = ['2001:db8:77::2', '2001:db8:77::77', '2001:db8:ff::5', 'fd00::5'] as const;
export const SOURCES_B4 = ['10.78.0.2'] as const;
export const SOURCES_B6 = ['2001:db8:78::2'] as const;
export const OWN4 = ['10.77.0.1', '10.77.0.3', '10.78.0.1', '127.0.0.1'] as const;
export const OWN6 = ['2001:db8:77::1', '2001:db8:78::1', '::1'] as const;
export const BEHIND4 = ['10.78.0.2'] as const;
export const BEHIND6 = ['2001:db8:78::2'] as const;

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const run = (command: string, args: readonly string[], input = ''): string =>
  execFileSync(command, [...args], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28 });

/** Three namespaces on veth pairs: a (neighbours and the internet) – h (audited) – b (a container). */
export class Lab {
  readonly tag: string;
  private readonly children: ChildProcessWithoutNullStreams[] = [];
  private readonly probers = new Map<string, (line: string) => Promise<string>>();

  constructor() {
    this.tag = `ehr${process.pid.toString(36)}`;
  }

  name(role: string): string {
    return `${this.tag}_${role}`;
  }

  sh(role: string, script: string): string {
    return run('ip', ['netns', 'exec', this.name(role), 'sh', '-ec', script]);
  }

  /** Runs a program of the firewall in the audited namespace, with its input. */
  load(tool: string, args: readonly string[], input: string): void {
    run('ip', ['netns', 'exec', this.name('h'), tool, ...args], input);
  }

  async up(): Promise<void> {
    for (const role of ['a', 'h', 'b']) {
      run('ip', ['netns', 'add', this.name(role)]);
      this.sh(
        role,
        `ip link set lo up
sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=100000
sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0`,
      );
    }
    run('ip', [
      'link',
      'add',
      'eth0',
      'netns',
      this.name('h'),
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      this.name('a'),
    ]);
    run('ip', [
      'link',
      'add',
      'eth1',
      'netns',
      this.name('h'),
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      this.name('b'),
    ]);
    this.sh(
      'h',
      `ip link set eth0 up; ip link set eth1 up
ip addr add 10.77.0.1/24 dev eth0; ip addr add 10.77.0.3/24 dev eth0; ip addr add 10.78.0.1/24 dev eth1
ip addr add 2001:db8:77::1/64 dev eth0 nodad; ip addr add 2001:db8:78::1/64 dev eth1 nodad
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip route add default via 10.77.0.2; ip -6 route add default via 2001:db8:77::2`,
    );
    this.sh(
      'a',
      `ip link set eth0 up
ip addr add 10.77.0.2/24 dev eth0; ip addr add 2001:db8:77::2/64 dev eth0 nodad; ip addr add 10.77.0.77/24 dev eth0; ip addr add 2001:db8:77::77/64 dev eth0 nodad
for s in 203.0.113.5 198.51.100.7 192.168.5.5 100.64.1.1; do ip addr add $s/32 dev eth0; done
for s in 2001:db8:ff::5 fd00::5; do ip addr add $s/128 dev eth0 nodad; done
ip route add default via 10.77.0.1; ip -6 route add default via 2001:db8:77::1`,
    );
    this.sh(
      'b',
      `ip link set eth0 up
ip addr add 10.78.0.2/24 dev eth0; ip addr add 2001:db8:78::2/64 dev eth0 nodad
ip route add default via 10.78.0.1; ip -6 route add default via 2001:db8:78::1`,
    );
    await this.listen('h', LISTENERS_H);
    await this.listen('b', LISTENERS_B);
    this.warm();
  }

  /** Neighbours learn each other, so that no first packet waits for ARP or ND. */
  private warm(): void {
    this.sh(
      'a',
      'for d in 10.77.0.1 10.77.0.3 10.78.0.2; do ping -qc1 -W1 $d >/dev/null || true; done; for d in 2001:db8:77::1 2001:db8:78::2; do ping -qc1 -W1 $d >/dev/null || true; done',
    );
    this.sh('b', 'ping -qc1 -W1 10.78.0.1 >/dev/null || true; ping -qc1 -W1 2001:db8:78::1 >/dev/null || true');
    for (const [role, device, macOf, addresses] of [
      ['h', 'eth0', 'a', [...SOURCES_A4, ...SOURCES_A6]],
      ['h', 'eth1', 'b', [...SOURCES_B4, ...SOURCES_B6]],
      ['a', 'eth0', 'h', ['10.77.0.1', '10.77.0.3', '2001:db8:77::1']],
      ['b', 'eth0', 'h', ['10.78.0.1', '2001:db8:78::1']],
    ] as const) {
      const peer = device === 'eth1' || role === 'b' ? (role === 'b' ? 'eth1' : 'eth0') : 'eth0';
      const mac = this.sh(
        macOf,
        `cat /sys/class/net/${peer}/address 2>/dev/null || ip -o link show ${peer} | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/'`,
      ).trim();
      const known = this.sh(macOf, `ip -o link show ${peer}`).match(/ether ([0-9a-f:]+)/)?.[1] ?? mac;
      this.sh(
        role,
        addresses
          .map((address) => `ip neigh replace ${address} lladdr ${known} dev ${device} nud permanent`)
          .join('\n'),
      );
    }
  }

  private async listen(role: string, listeners: readonly Listen[]): Promise<void> {
    const child = spawn('ip', [
      'netns',
      'exec',
      this.name(role),
      'python3',
      here('./server.py'),
      JSON.stringify(listeners),
    ]);
    this.children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.value !== 'ready') throw new Error(`the listeners in ${role} did not start`);
  }

  private prober(role: string): (line: string) => Promise<string> {
    let ask = this.probers.get(role);
    if (ask === undefined) {
      const child = spawn('ip', ['netns', 'exec', this.name(role), 'python3', here('./prober.py')]);
      this.children.push(child);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      ask = async (line) => {
        child.stdin.write(`${line}\n`);
        const answer = await lines.next();
        return String(answer.value);
      };
      this.probers.set(role, ask);
    }
    return ask;
  }

  /** Sends probes that all come from one role at once. */
  async send(probes: readonly Probe[], waitSeconds: number): Promise<readonly Seen[]> {
    const answers: Seen[] = Array<Seen>(probes.length).fill('filtered');
    for (const role of ['a', 'b', 'h'] as const) {
      const chosen = probes.flatMap((probe, i) => (probe.from === role ? [{ probe, i }] : []));
      if (chosen.length === 0) continue;
      const line = JSON.stringify({ probes: chosen.map(({ probe }) => probe), wait: waitSeconds });
      const seen = JSON.parse(await this.prober(role)(line)) as Seen[];
      for (const [at, { i }] of chosen.entries()) answers[i] = seen[at] ?? 'filtered';
    }
    return answers;
  }

  flush(): void {
    this.sh('h', 'conntrack -F >/dev/null 2>&1 || true');
    this.sh('b', 'conntrack -F >/dev/null 2>&1 || true');
  }

  /** Removes every rule of the audited namespace. */
  clear(): void {
    this.sh(
      'h',
      `nft flush ruleset
for t in iptables-legacy ip6tables-legacy; do
  n=$([ $t = iptables-legacy ] && echo /proc/net/ip_tables_names || echo /proc/net/ip6_tables_names)
  for table in $(cat $n 2>/dev/null); do $t -t $table -F; $t -t $table -X; for c in $($t -t $table -S | sed -n 's/^-P \\([A-Z]*\\) .*/\\1/p'); do $t -t $table -P $c ACCEPT; done; done
done
ipset destroy 2>/dev/null || true`,
    );
  }

  down(): void {
    for (const child of this.children) child.kill('SIGKILL');
    for (const role of ['a', 'h', 'b']) {
      try {
        run('ip', ['netns', 'del', this.name(role)]);
      } catch {
        // It was never made.
      }
    }
  }
}
