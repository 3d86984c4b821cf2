import { amqp } from './handshakes/amqp.js';
import { cassandra } from './handshakes/cassandra.js';
import { dns } from './handshakes/dns.js';
import { epmd } from './handshakes/epmd.js';
import { fastcgi } from './handshakes/fastcgi.js';
import { http } from './handshakes/http.js';
import { ipmi } from './handshakes/ipmi.js';
import { jdwp } from './handshakes/jdwp.js';
import { kafka } from './handshakes/kafka.js';
import { ldap } from './handshakes/ldap.js';
import { memcached, memcachedDatagram } from './handshakes/memcached.js';
import { mongodb } from './handshakes/mongodb.js';
import { mqtt } from './handshakes/mqtt.js';
import { mssql } from './handshakes/mssql.js';
import { mumble } from './handshakes/mumble.js';
import { ntp } from './handshakes/ntp.js';
import { postgresql, postgresqlClear } from './handshakes/postgresql.js';
import { QUESTIONS_ASKED } from './handshakes/questions.js';
import { rdp } from './handshakes/rdp.js';
import { redis } from './handshakes/redis.js';
import { smb, smb1 } from './handshakes/smb.js';
import { snmp } from './handshakes/snmp.js';
import { ssdp } from './handshakes/ssdp.js';
import { stun, stunDatagram } from './handshakes/stun.js';
import { tftp } from './handshakes/tftp.js';
import { x11 } from './handshakes/x11.js';
import { xmpp } from './handshakes/xmpp.js';
import { zabbix } from './handshakes/zabbix.js';
import type { Handshake, Said } from './said.js';

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
  amqp,
  cassandra,
  epmd,
  ipmi,
  kafka,
  mssql,
  mumble,
  xmpp,
  stun,
  stunDatagram,
  zabbix,
  ...QUESTIONS_ASKED,
];

/** A second conversation, by the first one's name: it learns what the first could not, where what that one learnt makes it worth it. */
export const SECOND: Readonly<
  Record<string, { readonly handshake: Handshake; readonly when: (said: Said) => boolean }>
> = {
  'smb-negotiate': { handshake: smb1, when: () => true },
  'postgresql-start': { handshake: postgresqlClear, when: ({ facts }) => facts?.['postgresql.tls'] === 'offered' },
};

/** The words for a service; null: there are none. */
export function handshakeFor(service: string, protocol: string): Handshake | null {
  return HANDSHAKES.find((one) => one.transport === protocol && one.services.includes(service)) ?? null;
}
