import type { InternetProtocol } from '../model/netstat.js';

/** What was asked for, as net-tools counts its flags. */
export interface NetstatFlags {
  readonly view: 'sockets' | 'routes' | 'interfaces' | 'statistics' | 'masqueraded';
  readonly all: boolean;
  readonly listening: boolean;
  /** How often `-e` was given. */
  readonly extend: number;
  readonly programs: boolean;
  readonly timers: boolean;
  readonly wide: boolean;
  readonly verbose: boolean;
  readonly numericHosts: boolean;
  readonly numericPorts: boolean;
  readonly numericUsers: boolean;
  /** `-N`: names of hardware; in routing tables net-tools then shows numbers. */
  readonly symbolic: boolean;
  /** Address families in the order given: `inet`, `inet6`, `unix`. */
  readonly families: readonly Family[];
  readonly tcp: boolean;
  readonly udp: boolean;
  readonly udplite: boolean;
  readonly raw: boolean;
  readonly sctp: boolean;
  readonly groups: boolean;
  /** `-C`: the routing cache; `-F`: the table. */
  readonly cache: boolean;
  readonly fib: boolean;
}

export type Family = 'inet' | 'inet6' | 'unix';

/** Tables of a run of `netstat` without -r, -i, -s and -M. */
export interface SocketPlan {
  readonly protocols: readonly InternetProtocol[];
  readonly sctp: boolean;
  readonly groups: boolean;
  readonly unix: boolean;
  /** True: the heading of the Internet tables is printed. */
  readonly internet: boolean;
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean };
  /** What is said where a table is missing. */
  readonly strictness: { readonly tell: boolean; readonly fail: boolean };
  /** -v without any protocol or family: families that are not shown here are told of, as net-tools tells of those its kernel lacks. */
  readonly tellOthers: boolean;
}

/** Protocols that -s counts, where some were named. */
export interface Counted {
  readonly tcp: boolean;
  readonly udp: boolean;
  readonly raw: boolean;
  readonly sctp: boolean;
}

const namesProtocol = (flags: NetstatFlags): boolean =>
  flags.tcp || flags.udp || flags.udplite || flags.raw || flags.sctp;

/** Naming a family alone, or -s alone, means every protocol. */
export function countedBy(flags: NetstatFlags): Counted {
  if (!namesProtocol(flags)) return { tcp: true, udp: true, raw: true, sctp: true };
  const { tcp, udp, raw, sctp } = flags;
  return { tcp, udp, raw, sctp };
}

/** Which tables the flags mean: with none named, all of them. */
export function planOf(flags: NetstatFlags): SocketPlan {
  const inet = flags.families.includes('inet');
  const inet6 = flags.families.includes('inet6');
  const unix = flags.families.includes('unix');
  const everyProtocol = (inet || inet6) && !namesProtocol(flags);
  const named = namesProtocol(flags) || everyProtocol || flags.groups || unix;
  const takes = (flag: boolean): boolean => !named || everyProtocol || flag;
  const protocols: readonly (readonly [InternetProtocol, boolean])[] = [
    ['tcp', flags.tcp],
    ['udp', flags.udp],
    ['udplite', flags.udplite],
    ['raw', flags.raw],
  ];
  const eitherFamily = !inet && !inet6;
  return {
    protocols: protocols.filter(([, flag]) => takes(flag)).map(([protocol]) => protocol),
    sctp: takes(flags.sctp),
    groups: flags.groups,
    unix: !named || unix,
    internet: !named || everyProtocol || namesProtocol(flags),
    families: { ipv4: eitherFamily || inet, ipv6: eitherFamily || inet6 },
    tellOthers: flags.verbose && !named,
    strictness: { tell: !everyProtocol && (named || flags.verbose), fail: !everyProtocol && named },
  };
}
