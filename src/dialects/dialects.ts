import { bsd } from './bsd.js';
import { bsdInterfaces } from './bsd-interfaces.js';
import { bsdRoutes } from './bsd-routes.js';
import type { Dialect } from './dialect.js';
import { fuser } from './fuser.js';
import { ifconfig } from './ifconfig.js';
import { json } from './json.js';
import { linuxGroups, procIgmp } from './linux-groups.js';
import { linuxInterfaces } from './linux-interfaces.js';
import { linuxRoutes } from './linux-routes.js';
import { lsof } from './lsof.js';
import { lsofFields } from './lsof-fields.js';
import { netTools } from './net-tools.js';
import { nmapLines } from './nmap.js';
import { nmapXml } from './nmap-xml.js';
import { powershellCsv } from './powershell.js';
import { powershellList, powershellTable } from './powershell-screen.js';
import { procNet } from './proc-net.js';
import { procNetTables } from './proc-net-tables.js';
import { sockstat } from './sockstat.js';
import { solaris } from './solaris.js';
import { ss } from './ss.js';
import { linuxStatistics, windowsStatistics } from './statistics.js';
import { windows } from './windows.js';
import { windowsRoutes } from './windows-routes.js';

/**
 * Every dialect, those whose rows have the narrowest shape first. To add one: its file, and its line here; then a capture in fixtures/dialects
 * with its records.
 */
export const DIALECTS: readonly Dialect[] = [
  netTools,
  ss,
  procNet,
  procNetTables,
  procIgmp,
  lsof,
  lsofFields,
  fuser,
  bsd,
  sockstat,
  solaris,
  windows,
  linuxRoutes,
  linuxInterfaces,
  ifconfig,
  linuxGroups,
  linuxStatistics,
  bsdRoutes,
  bsdInterfaces,
  windowsRoutes,
  windowsStatistics,
  powershellCsv,
  powershellTable,
  powershellList,
  json,
  nmapLines,
  nmapXml,
];
