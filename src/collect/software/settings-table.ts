import { BLANK, BLANK_OR_EQUALS, EQUALS, iniValues, keyValues, type Line, yamlValues } from './settings-syntax.js';

/** What one key of a configuration tells. */
export interface Wanted {
  /** Key in lower case. */
  readonly key: string;
  /** Name of the fact. */
  readonly fact: string;
  /** `secret`: only whether it is set; `flag`: yes or no; `text`: as it stands. */
  readonly kind: 'secret' | 'flag' | 'text';
  /** Value that the program takes where the file says nothing; null: then nothing is said. */
  readonly otherwise: string | null;
}

/** How one program's configuration is found and read. */
export interface Configuration {
  /** Base names of the executable. */
  readonly programs: RegExp;
  readonly service: string;
  /** Options after which the file stands; `*` the first argument that is no option. */
  readonly options: readonly string[];
  /** Places where it stands by default, the first that exists. */
  readonly places: readonly string[];
  /** Key of the port, so that a default place is not taken for another instance's file; null: not told there. */
  readonly port: string | null;
  /** Port where the file names none. */
  readonly usual: number;
  readonly parse: (text: string) => readonly Line[];
  /** The first of several lines with one key counts, else the last. */
  readonly first?: boolean;
  readonly wanted: readonly Wanted[];
}

const words = (text: string): readonly Line[] => keyValues(text, BLANK);
const equals = (text: string): readonly Line[] => keyValues(text, EQUALS);
const either = (text: string): readonly Line[] => keyValues(text, BLANK_OR_EQUALS);

/** sshd_config up to its first Match: what follows holds for some users only. */
const sshd = (text: string): readonly Line[] => {
  const lines = either(text);
  const match = lines.findIndex((line) => line.key === 'match');
  return match < 0 ? lines : lines.slice(0, match);
};

const secret = (key: string, fact: string, otherwise: string | null = 'unset'): Wanted => ({
  key,
  fact,
  kind: 'secret',
  otherwise,
});
const flag = (key: string, fact: string, otherwise: string | null): Wanted => ({ key, fact, kind: 'flag', otherwise });
const text = (key: string, fact: string, otherwise: string | null = null): Wanted => ({
  key,
  fact,
  kind: 'text',
  otherwise,
});

/** Configurations whose facts stand in lines with a key. Defaults are those of the programs' manual pages. */
export const CONFIGURATIONS: readonly Configuration[] = [
  {
    programs: /^(?:redis|valkey|keydb)-server$/,
    service: 'redis',
    options: ['*'],
    places: ['/etc/redis/redis.conf', '/etc/redis.conf', '/etc/valkey/valkey.conf'],
    port: 'port',
    usual: 6379,
    parse: words,
    wanted: [
      secret('requirepass', 'redis.requirepass'),
      flag('protected-mode', 'redis.protected-mode', 'yes'),
      text('bind', 'redis.bind'),
      text('aclfile', 'redis.aclfile'),
    ],
  },
  {
    programs: /^vsftpd$/,
    service: 'ftp',
    options: ['*'],
    places: ['/etc/vsftpd.conf', '/etc/vsftpd/vsftpd.conf'],
    port: 'listen_port',
    usual: 21,
    parse: equals,
    wanted: [
      flag('anonymous_enable', 'ftp.anonymous', 'yes'),
      flag('write_enable', 'ftp.write', 'no'),
      flag('anon_upload_enable', 'ftp.anonymous-upload', 'no'),
      flag('ssl_enable', 'ftp.tls', 'no'),
    ],
  },
  {
    programs: /^(?:sshd|sshd-session)$/,
    service: 'ssh',
    options: ['-f'],
    places: ['/etc/ssh/sshd_config'],
    port: 'port',
    usual: 22,
    parse: sshd,
    first: true,
    wanted: [
      text('permitrootlogin', 'ssh.permit-root-login', 'prohibit-password'),
      flag('passwordauthentication', 'ssh.password-authentication', 'yes'),
      flag('permitemptypasswords', 'ssh.permit-empty-passwords', 'no'),
      text('gatewayports', 'ssh.gateway-ports', 'no'),
    ],
  },
  {
    programs: /^mosquitto$/,
    service: 'mqtt',
    options: ['-c', '--config-file'],
    places: [],
    port: null,
    usual: 1883,
    parse: words,
    wanted: [flag('allow_anonymous', 'mqtt.allow-anonymous', 'no'), secret('password_file', 'mqtt.password-file')],
  },
  {
    programs: /^mongod$/,
    service: 'mongodb',
    options: ['-f', '--config'],
    places: ['/etc/mongod.conf', '/etc/mongodb.conf'],
    port: 'net.port',
    usual: 27017,
    parse: yamlValues,
    wanted: [text('security.authorization', 'mongodb.authorization', 'disabled')],
  },
  {
    programs: /^smbd$/,
    service: 'smb',
    options: ['-s', '--configfile'],
    places: ['/etc/samba/smb.conf'],
    port: null,
    usual: 445,
    parse: iniValues,
    wanted: [
      text('global.server min protocol', 'smb.min-protocol', 'SMB2_02'),
      text('global.map to guest', 'smb.map-to-guest', 'Never'),
    ],
  },
  {
    programs: /^(?:mysqld|mariadbd)$/,
    service: 'mysql',
    options: ['--defaults-file'],
    places: ['/etc/mysql/my.cnf', '/etc/my.cnf'],
    port: null,
    usual: 3306,
    parse: iniValues,
    wanted: [text('mysqld.skip-grant-tables', 'mysql.skip-grant-tables', null)],
  },
  {
    programs: /^org\.(?:elasticsearch|opensearch)\.bootstrap\.\w+$/,
    service: 'elasticsearch',
    options: [],
    places: ['/etc/elasticsearch/elasticsearch.yml'],
    port: 'http.port',
    usual: 9200,
    parse: yamlValues,
    wanted: [text('xpack.security.enabled', 'elasticsearch.security', null)],
  },
  {
    programs: /^etcd$/,
    service: 'etcd',
    options: ['--config-file'],
    places: [],
    port: null,
    usual: 2379,
    parse: yamlValues,
    wanted: [text('client-transport-security.client-cert-auth', 'etcd.client-cert-auth', 'false')],
  },
  {
    programs: /^kubelet$/,
    service: 'kubelet',
    options: ['--config'],
    places: ['/var/lib/kubelet/config.yaml'],
    port: 'port',
    usual: 10250,
    parse: yamlValues,
    wanted: [
      text('authentication.anonymous.enabled', 'kubelet.anonymous', 'false'),
      text('authorization.mode', 'kubelet.authorization', 'Webhook'),
      text('readonlyport', 'kubelet.read-only-port', '0'),
    ],
  },
];
