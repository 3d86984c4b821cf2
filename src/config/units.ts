/** Where an installed earshot puts its files, and what stands in them. */
export const PATHS = {
  service: '/etc/systemd/system/earshot.service',
  timer: '/etc/systemd/system/earshot.timer',
  cron: '/etc/cron.d/earshot',
} as const;

/** How the program is called: Node and the entry, each an absolute path. */
export interface Program {
  readonly node: string;
  readonly entry: string;
}

/** systemd.syntax(7): blanks, quotes, `%` and `$` in a word of a command. */
const unitWord = (word: string): string =>
  `"${word.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/%/g, '%%').replace(/\$/g, '$$$$')}"`;

/** Capabilities of a whole audit, and what each is for. `earshot doctor` tells the same. */
export const CAPABILITIES: readonly { readonly name: string; readonly bit: number; readonly why: string }[] = [
  { name: 'CAP_SYS_PTRACE', bit: 19, why: "other users' descriptors and executables in /proc" },
  {
    name: 'CAP_DAC_READ_SEARCH',
    bit: 2,
    why: 'socket files, unit files and configurations that only their owners may read',
  },
  { name: 'CAP_SYS_ADMIN', bit: 21, why: 'looking into other network namespaces (setns)' },
  { name: 'CAP_NET_ADMIN', bit: 12, why: 'reading the firewall, socket marks' },
  { name: 'CAP_NET_RAW', bit: 13, why: 'reading iptables-legacy, which opens a raw socket' },
  { name: 'CAP_BPF', bit: 39, why: 'finding owners fast on busy hosts' },
  { name: 'CAP_PERFMON', bit: 38, why: 'the same, for the iterator over open files' },
];

/**
 * The nightly audit as a sandboxed service. What a sandbox usually hides is what this audit is about, so some walls stay down, each with
 * its reason beside it.
 */
export const serviceUnit = ({
  node,
  entry,
}: Program): string => `# earshot: the nightly audit. Installed by \`earshot init --systemd\`, removed by \`earshot init --remove\`.
[Unit]
Description=Audit of what this host lets others hear
Documentation=man:earshot(8)
After=network.target

[Service]
Type=oneshot
ExecStart=${unitWord(node)} ${unitWord(entry)} audit --state /var/lib/earshot --quiet-if-unchanged --color never
# 1: findings, 3: incomplete. The audit itself went well.
SuccessExitStatus=1 3
StateDirectory=earshot
StateDirectoryMode=0700
UMask=0077
Nice=10
IOSchedulingClass=idle
TimeoutStartSec=5min

# Reading needs these, and no more.
CapabilityBoundingSet=${CAPABILITIES.map((capability) => capability.name).join(' ')}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service bpf kcmp pidfd_getfd
SystemCallErrorNumber=EPERM
# Entering network namespaces is the only use of namespaces.
RestrictNamespaces=net
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
# It speaks to nobody. A webhook or syslog server needs an IPAddressAllow= of its own.
IPAddressDeny=any

# Left off, because each hides a part of what is to be audited, or stops Node:
# MemoryDenyWriteExecute  Node compiles JavaScript and ends at once
# PrivateNetwork          the network is what is looked at
# PrivateUsers, ProtectProc, ProcSubset   hide processes and their owners
# PrivateTmp              hides sockets and programs in /tmp
`;

export const timerUnit = (): string => `# earshot: when the nightly audit runs.
[Unit]
Description=Nightly audit of what this host lets others hear

[Timer]
OnCalendar=*-*-* 03:00:00
RandomizedDelaySec=30min
Persistent=yes

[Install]
WantedBy=timers.target
`;

/** crontab(5) reads \`%\` as a line end. */
const cronWord = (word: string): string => `'${word.replaceAll("'", "'\\''").replaceAll('%', '\\%')}'`;

export const cronFile = ({
  node,
  entry,
}: Program): string => `# earshot: the nightly audit. Installed by \`earshot init --cron\`, removed by \`earshot init --remove\`.
# cron mails what is printed; a quiet night prints nothing.
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
7 3 * * * root ${cronWord(node)} ${cronWord(entry)} audit --state /var/lib/earshot --quiet-if-unchanged --color never
`;
