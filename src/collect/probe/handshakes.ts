import { dns } from './handshakes/dns.js';
import { fastcgi } from './handshakes/fastcgi.js';
import { http } from './handshakes/http.js';
import { jdwp } from './handshakes/jdwp.js';
import { ldap } from './handshakes/ldap.js';
import { memcached, memcachedDatagram } from './handshakes/memcached.js';
import { mongodb } from './handshakes/mongodb.js';
import { mqtt } from './handshakes/mqtt.js';
import { ntp } from './handshakes/ntp.js';
import { postgresql, postgresqlClear } from './handshakes/postgresql.js';
import { rdp } from './handshakes/rdp.js';
import { redis } from './handshakes/redis.js';
import { smb, smb1 } from './handshakes/smb.js';
import { snmp } from './handshakes/snmp.js';
import { ssdp } from './handshakes/ssdp.js';
import { tftp } from './handshakes/tftp.js';
import { x11 } from './handshakes/x11.js';
import type { Handshake } from './said.js';

/** Services that wait for the other side's first words. To add one: a file in handshakes/ and a line here. */
export const HANDSHAKES: readonly Handshake[] = [
  http,
  redis,
  memcached,
  mongodb,
  postgresql,
  ldap,
  smb,
  rdp,
  mqtt,
  fastcgi,
  jdwp,
  x11,
  memcachedDatagram,
  dns,
  tftp,
  snmp,
  ntp,
  ssdp,
];

/** A second conversation that learns what the first could not, by the first one's name. */
export const SECOND: Readonly<Record<string, Handshake>> = {
  'smb-negotiate': smb1,
  'postgresql-start': postgresqlClear,
};

/** The words for a service; null: there are none. */
export function handshakeFor(service: string, protocol: string): Handshake | null {
  return HANDSHAKES.find((one) => one.transport === protocol && one.services.includes(service)) ?? null;
}
