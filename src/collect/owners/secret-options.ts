/**
 * Options that carry a secret though their name does not say so, by program (base name, lower case), as their man pages have them.
 * `separate`: the next argument is the secret. `attached`: the rest of the same argument is. `pair`: a user, a separator and the secret.
 */
export interface SecretOptions {
  readonly separate?: readonly string[];
  readonly attached?: readonly string[];
  readonly pair?: readonly string[];
  /** … but only where this word is among the arguments (`docker login`). */
  readonly onlyWith?: string;
}

const MYSQL: SecretOptions = { attached: ['-p'] };
const SNMP: SecretOptions = { separate: ['-A', '-X', '-c', '-Z', '-K', '-k'], attached: ['-A', '-X', '-c', '-Z'] };
const LDAP: SecretOptions = { separate: ['-w'], attached: ['-w'] };
const SMB: SecretOptions = { pair: ['-U', '--user'] };
const REGISTRY: SecretOptions = { onlyWith: 'login', separate: ['-p'], attached: ['-p'] };
const SHADOWSOCKS: SecretOptions = { separate: ['-k'], attached: ['-k'] };
const ARCHIVE: SecretOptions = { attached: ['-p', '-hp'] };
const MQTT: SecretOptions = { separate: ['-P'], attached: ['-P'] };

const TABLE: Readonly<Record<string, SecretOptions>> = {
  mysql: MYSQL,
  mysqldump: MYSQL,
  mysqladmin: MYSQL,
  mysqlimport: MYSQL,
  mysqlcheck: MYSQL,
  mysqlbinlog: MYSQL,
  mysqlslap: MYSQL,
  mysqld_safe: MYSQL,
  mariadb: MYSQL,
  'mariadb-dump': MYSQL,
  'mariadb-admin': MYSQL,
  'mariadb-binlog': MYSQL,
  xtrabackup: MYSQL,
  mydumper: { separate: ['-p'], attached: ['-p'] },
  sshpass: { separate: ['-p'], attached: ['-p'] },
  'redis-cli': { separate: ['-a'] },
  'valkey-cli': { separate: ['-a'] },
  'keydb-cli': { separate: ['-a'] },
  'redis-benchmark': { separate: ['-a'] },
  redis_exporter: { separate: ['-redis.password'] },
  mongo: { separate: ['-p'] },
  mongosh: { separate: ['-p'] },
  mongodump: { separate: ['-p'] },
  mongorestore: { separate: ['-p'] },
  curl: { pair: ['-u', '--user', '-U', '--proxy-user'], separate: ['--oauth2-bearer', '-b', '--cookie'] },
  wget: { separate: ['--http-passwd', '--proxy-passwd'] },
  http: { pair: ['-a', '--auth'] },
  https: { pair: ['-a', '--auth'] },
  ab: { pair: ['-A', '-P'] },
  lftp: { pair: ['-u'] },
  ncftp: { separate: ['-p'] },
  ncftpput: { separate: ['-p'] },
  ncftpget: { separate: ['-p'] },
  ldapsearch: LDAP,
  ldapmodify: LDAP,
  ldapadd: LDAP,
  ldapdelete: LDAP,
  ldapwhoami: LDAP,
  ldappasswd: { separate: ['-w', '-s', '-a'], attached: ['-w', '-s', '-a'] },
  smbclient: SMB,
  rpcclient: SMB,
  smbget: SMB,
  net: SMB,
  wmic: SMB,
  winexe: SMB,
  snmpget: SNMP,
  snmpwalk: SNMP,
  snmpbulkwalk: SNMP,
  snmpset: SNMP,
  snmptrap: SNMP,
  snmptrapd: SNMP,
  docker: REGISTRY,
  podman: REGISTRY,
  nerdctl: REGISTRY,
  'ss-server': SHADOWSOCKS,
  'ss-local': SHADOWSOCKS,
  'ss-redir': SHADOWSOCKS,
  ssserver: SHADOWSOCKS,
  sslocal: SHADOWSOCKS,
  '7z': ARCHIVE,
  '7za': ARCHIVE,
  '7zr': ARCHIVE,
  rar: ARCHIVE,
  unrar: ARCHIVE,
  zip: { separate: ['-P'], attached: ['-P'] },
  unzip: { separate: ['-P'], attached: ['-P'] },
  mosquitto_pub: MQTT,
  mosquitto_sub: MQTT,
  mosquitto_rr: MQTT,
  sqlcmd: { separate: ['-P'], attached: ['-P'] },
  bcp: { separate: ['-P'], attached: ['-P'] },
  isql: { separate: ['-P'], attached: ['-P'] },
  tsql: { separate: ['-P'], attached: ['-P'] },
  cqlsh: { separate: ['-p'], attached: ['-p'] },
  ipmitool: { separate: ['-P', '-k', '-y'], attached: ['-P'] },
  plink: { separate: ['-pw'] },
  pscp: { separate: ['-pw'] },
  psftp: { separate: ['-pw'] },
  x11vnc: { separate: ['-passwd', '-viewpasswd'] },
  ttyd: { pair: ['-c', '--credential'] },
  gotty: { pair: ['-c', '--credential'] },
  wetty: { separate: ['--ssh-pass'] },
  chisel: { pair: ['--auth'] },
  rdesktop: { separate: ['-p'], attached: ['-p'] },
  xfreerdp: { attached: ['/p:', '/gp:', '/pth:'] },
  'transmission-daemon': { separate: ['-v'], attached: ['-v'] },
  'transmission-remote': { pair: ['-n', '--auth'] },
  frpc: { separate: ['-t'] },
  frps: { separate: ['-t'] },
  openssl: { separate: ['-passin', '-passout', '-pass', '-k', '-K', '-psk', '-passwd'] },
  ngrok: { separate: ['authtoken', 'add-authtoken'] },
  vault: { separate: ['login'] },
  'gitlab-runner': { separate: ['-r', '-t'] },
  iodine: { separate: ['-P'], attached: ['-P'] },
  iodined: { separate: ['-P'], attached: ['-P'] },
  kcpserver: { separate: ['-key', '--key'] },
  microsocks: { separate: ['-P'], attached: ['-P'] },
  hydra: { separate: ['-p'] },
  medusa: { separate: ['-p'] },
  tailscale: { separate: ['--authkey', '--auth-key'] },
  teleport: { separate: ['--token'] },
};

/** Options of a program by its base name; null: none known. */
export function secretOptions(program: string): SecretOptions | null {
  const name = program.toLowerCase();
  return Object.hasOwn(TABLE, name) ? (TABLE[name] ?? null) : null;
}
