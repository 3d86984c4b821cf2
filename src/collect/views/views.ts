import type { InternetProtocol, NetstatFacts } from '../../model/netstat.js';
import type { Host } from '../host.js';
import { sysDevices, withCounters } from './devices.js';
import { readGroupRows } from './groups.js';
import { type Complaints, type Families, noSupport, readInternet, type Strictness } from './internet.js';
import { readPrograms } from './programs.js';
import { readRoutes, readRoutes6 } from './routes.js';
import { readSctp } from './sctp.js';
import { readGroups, readPairs } from './statistics.js';
import { readUnix } from './unix.js';

/** What a view needs; the rest is not read. */
export interface ViewWish {
  readonly internet: readonly InternetProtocol[];
  readonly sctp: boolean;
  readonly families: Families;
  readonly strictness: Strictness;
  /** Say which families of net-tools' are not shown here. */
  readonly tellOthers: boolean;
  readonly unix: boolean;
  readonly programs: boolean;
  readonly statistics: boolean;
  readonly routes: boolean;
  readonly interfaces: boolean;
  readonly groups: boolean;
  /** Effective user id, for what is said when processes are hidden. */
  readonly uid: number | null;
}

async function readInterfaces(host: Host, complain: (why: string) => void): Promise<NetstatFacts['interfaces']> {
  let devices: ReturnType<typeof sysDevices> | string = 'the host is a recorded one';
  if (host.live)
    try {
      const { ownDevices } = await import('./own.js');
      devices = ownDevices();
    } catch (error) {
      // koffi does not load here: /sys tells most of it.
      devices = error instanceof Error ? error.message : String(error);
    }
  if (typeof devices !== 'string') return withCounters(host, devices, complain);
  complain(`earshot: IPv4 addresses are not shown: ${devices.split('\n')[0]}`);
  return withCounters(host, sysDevices(host), complain);
}

/** Families that net-tools asks for after unix. */
const OTHERS = ['AF IPX', 'AF AX25', 'AF X25', 'AF NETROM', 'AF ROSE'];

/** The kernel's tables of our own network namespace, as far as a view wants them. */
export async function readViews(host: Host, wish: ViewWish): Promise<NetstatFacts> {
  const complaints: Complaints = { texts: [], missing: false };
  const complain = (why: string): void => {
    complaints.texts.push(why);
  };
  const { families, strictness } = wish;
  const programs = wish.programs ? readPrograms(host, wish.uid, complain) : {};
  const internet = (protocol: InternetProtocol) => readInternet(host, protocol, families, strictness, complaints);
  const tcp = wish.internet.filter((protocol) => protocol === 'tcp').map(internet);
  const sctp = wish.sctp ? readSctp(host, families, strictness, complaints) : null;
  const others = wish.internet.filter((protocol) => protocol !== 'tcp').map(internet);
  if (wish.tellOthers) complaints.texts.push(...OTHERS.map(noSupport));
  return {
    internet: [...tcp, ...others],
    sctp,
    unix: wish.unix ? readUnix(host, complain) : [],
    programs,
    statistics: wish.statistics ? readGroups(host, complain) : [],
    statistics6: wish.statistics ? readPairs(host, 'snmp6', complain) : [],
    sctpStatistics: wish.statistics ? readPairs(host, 'sctp/snmp', complain) : [],
    routes: wish.routes ? readRoutes(host, complain) : [],
    routes6: wish.routes ? readRoutes6(host, complain) : [],
    interfaces: wish.interfaces ? await readInterfaces(host, complain) : [],
    memberships: wish.groups ? readGroupRows(host, families, complain) : [],
    complaints: complaints.texts,
    missing: complaints.missing,
  };
}
