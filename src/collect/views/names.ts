import type { NetstatNames } from '../../model/netstat.js';
import type { Host } from '../host.js';

const DATABASE_BYTES_MAX = 16 * 1024 * 1024;
/** Most numbers that getent is asked for at once. */
const USERS_ASKED_MAX = 1000;

/** Lines of a database of /etc as words, without comments. */
function entries(host: Host, path: string): readonly (readonly string[])[] {
  const read = host.sync.readText(path, DATABASE_BYTES_MAX);
  if (!read.ok) return [];
  return read.value
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/));
}

/** Where a port has several names, net-tools shows the last of the file. */
function servicesOf(host: Host): NetstatNames['services'] {
  const services: Record<'tcp' | 'udp' | 'raw', Record<number, string>> = { tcp: {}, udp: {}, raw: {} };
  for (const [name = '', portText = ''] of entries(host, '/etc/services')) {
    const [, port, protocol] = /^(\d{1,5})\/(tcp|udp|raw)$/.exec(portText) ?? [];
    if (protocol === 'tcp' || protocol === 'udp' || protocol === 'raw') services[protocol][Number(port)] = name;
  }
  for (const [name = '', number = ''] of entries(host, '/etc/protocols'))
    if (/^\d{1,5}$/.test(number)) services.raw[Number(number)] = name;
  return services;
}

/** `link-local 169.254.0.0`; octets that are left off are zero. */
function networksOf(host: Host): Readonly<Record<string, string>> {
  const networks: Record<string, string> = {};
  for (const [name = '', text = ''] of entries(host, '/etc/networks')) {
    const octets = text.split('.');
    if (octets.length > 4 || octets.some((octet) => !/^\d{1,3}$/.test(octet))) continue;
    const address = [...octets, '0', '0', '0'].slice(0, 4).join('.');
    networks[address] ??= name;
  }
  return networks;
}

function addUsers(lines: readonly string[], users: Record<number, string>): void {
  for (const line of lines) {
    const [name = '', , uid = ''] = line.split(':');
    if (name !== '' && /^\d{1,10}$/.test(uid)) users[Number(uid)] ??= name;
  }
}

/** Names of user ids: /etc/passwd, and for those it lacks the name service (getent), as getpwuid(3) asks it. */
async function usersOf(host: Host, uids: ReadonlySet<number>): Promise<Readonly<Record<number, string>>> {
  const users: Record<number, string> = {};
  const passwd = host.sync.readText('/etc/passwd', DATABASE_BYTES_MAX);
  if (passwd.ok) addUsers(passwd.value.split('\n'), users);
  const unknown = [...uids].filter((uid) => uid >= 0 && users[uid] === undefined).slice(0, USERS_ASKED_MAX);
  if (unknown.length > 0) {
    const ran = await host.run('getent', ['passwd', ...unknown.map(String)]);
    if (ran.ok) addUsers(ran.value.stdout.split('\n'), users);
  }
  return users;
}

/** Names of services, networks and users of this host; `hosts` are added by whoever asks the resolver. */
export async function readNames(host: Host, uids: ReadonlySet<number>): Promise<Omit<NetstatNames, 'hosts'>> {
  return { services: servicesOf(host), networks: networksOf(host), users: await usersOf(host, uids) };
}
