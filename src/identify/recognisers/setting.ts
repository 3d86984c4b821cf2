import { baseName, scriptOf } from '../../lib/interpreters.js';
import { serviceNamed } from '../../lib/services.js';
import type { Process } from '../../model/process.js';
import type { Service } from '../../model/service.js';
import type { ServiceSetting } from '../../model/software.js';
import type { Recogniser } from '../claim.js';
import { namedPorts } from '../options.js';

/** A fact with where it stands. */
interface Told {
  readonly name: string;
  readonly value: string;
  readonly where: string;
  /** True: the file does not say it. */
  readonly byDefault: boolean;
}

/** What a command line says by itself: option, or its absence, of programs that take their settings there. */
const ARGUMENTS: readonly {
  readonly programs: readonly string[];
  readonly read: (args: readonly string[]) => Readonly<Record<string, string>>;
}[] = [
  {
    programs: ['Xorg', 'Xvfb', 'Xephyr', 'Xnest', 'X', 'Xtigervnc', 'Xtightvnc', 'Xvnc', 'Xwayland'],
    read: (args) => ({ 'x11.access-control': args.includes('-ac') ? 'off' : 'on' }),
  },
  {
    programs: ['Xvnc', 'Xtigervnc', 'Xtightvnc', 'x0vncserver', 'X0tigervnc', 'x11vnc', 'vino-server', 'wayvnc'],
    read: (args) => {
      const types =
        args.find((word) => /^-{1,2}SecurityTypes=/i.test(word))?.split('=')[1] ??
        args[args.findIndex((word) => /^-{1,2}SecurityTypes$/i.test(word)) + 1];
      const isNone =
        /(?:^|,)(?:TLS|X509)?None(?:,|$)/i.test(
          args.some((word) => /^-{1,2}SecurityTypes/i.test(word)) ? (types ?? '') : '',
        ) || args.includes('-nopw');
      return { 'vnc.password': isNone ? 'none' : 'asked' };
    },
  },
  {
    programs: ['memcached'],
    read: (args) => ({
      'memcached.sasl': args.some(
        (word) => /^(?:-S|--enable-sasl|-[a-zA-Z]*S)$/.test(word) || word.startsWith('--auth-file') || word === '-Y',
      )
        ? 'on'
        : 'off',
    }),
  },
  {
    programs: ['mongod'],
    read: (args) =>
      args.includes('--auth')
        ? { 'mongodb.authorization': 'enabled' }
        : args.includes('--noauth')
          ? { 'mongodb.authorization': 'disabled' }
          : {},
  },
  {
    programs: ['etcd'],
    read: (args) => ({
      'etcd.client-cert-auth': args.some((word) => /^--client-cert-auth(?:=true)?$/.test(word)) ? 'true' : 'false',
    }),
  },
  {
    programs: ['dockerd'],
    read: (args) => ({ 'docker.tlsverify': args.some((word) => /^--tlsverify(?:=true)?$/.test(word)) ? 'yes' : 'no' }),
  },
  {
    programs: ['tftpd', 'in.tftpd'],
    read: (args) => ({
      'tftp.create': args.some((word) => word === '--create' || /^-[a-z]*c/.test(word)) ? 'yes' : 'no',
    }),
  },
  {
    programs: ['mysqld', 'mariadbd'],
    read: (args) => (args.includes('--skip-grant-tables') ? { 'mysql.skip-grant-tables': 'yes' } : {}),
  },
  {
    programs: ['kubelet'],
    read: (args) => (args.includes('--anonymous-auth=true') ? { 'kubelet.anonymous': 'true' } : {}),
  },
];

/** What certain facts mean for a stranger who connects: first that fits. */
const AUTHENTICATION: readonly {
  readonly fact: string;
  readonly value: RegExp;
  readonly means: 'none' | 'required' | null;
  /** It speaks of a listener on loopback only, or of one that is bound wider; absent: of any. */
  readonly bind?: 'loopback' | 'wider';
}[] = [
  { fact: 'redis.requirepass', value: /^set$/, means: 'required' },
  { fact: 'redis.default-user', value: /^restricted$/, means: 'required' },
  // A file of its own says who is let in.
  { fact: 'redis.aclfile', value: /./, means: null },
  { fact: 'redis.protected-mode', value: /^no$/, means: 'none' },
  { fact: 'ftp.anonymous', value: /^yes$/, means: 'none' },
  { fact: 'ftp.anonymous', value: /^no$/, means: 'required' },
  { fact: 'mqtt.allow-anonymous', value: /^yes$/, means: 'none' },
  { fact: 'mqtt.allow-anonymous', value: /^no$/, means: 'required' },
  { fact: 'mongodb.authorization', value: /^enabled$/, means: 'required' },
  { fact: 'mongodb.authorization', value: /^disabled$/, means: 'none' },
  { fact: 'memcached.sasl', value: /^on$/, means: 'required' },
  { fact: 'memcached.sasl', value: /^off$/, means: 'none' },
  { fact: 'x11.access-control', value: /^off$/, means: 'none' },
  { fact: 'transmission.password', value: /^none$/, means: 'none' },
  { fact: 'transmission.password', value: /^asked$/, means: 'required' },
  { fact: 'vnc.password', value: /^none$/, means: 'none' },
  { fact: 'etcd.client-cert-auth', value: /^true$/, means: 'required' },
  { fact: 'docker.tlsverify', value: /^no$/, means: 'none' },
  { fact: 'docker.tlsverify', value: /^yes$/, means: 'required' },
  { fact: 'elasticsearch.security', value: /^true$/, means: 'required' },
  { fact: 'elasticsearch.security', value: /^false$/, means: 'none' },
  { fact: 'mysql.skip-grant-tables', value: /^(?:yes|1|true|on)$/i, means: 'none' },
  { fact: 'kubelet.anonymous', value: /^true$/, means: 'none' },
  { fact: 'postgresql.trust-remote', value: /^host/, means: 'none', bind: 'wider' },
  { fact: 'postgresql.login-remote', value: /^host/, means: 'required', bind: 'wider' },
  { fact: 'postgresql.trust-local', value: /^host/, means: 'none', bind: 'loopback' },
  { fact: 'postgresql.login-local', value: /^host/, means: 'required', bind: 'loopback' },
  { fact: 'rsync.open-modules', value: /^none$/, means: 'required' },
  { fact: 'rsync.open-modules', value: /./, means: 'none' },
  { fact: 'ssh.permit-empty-passwords', value: /^no$/, means: 'required' },
];

const fromArguments = (process: Process): readonly Told[] => [...portsToldTo(process), ...optionsToldTo(process)];

/** Ports that options name, each with the service that the program answers there. */
function portsToldTo(process: Process): readonly Told[] {
  if (process.exe === null) return [];
  const script = scriptOf(process.exe, process.args, process.name);
  const program = script === null ? baseName(process.exe) : script.name;
  const args = script === null ? process.args : [program, ...script.rest];
  return namedPorts(program, args).map(({ transport, port, service, option }) => ({
    name: `listen.${transport}.${port}`,
    value: service,
    where: `${commandLine(process.pid)} (${option})`,
    byDefault: false,
  }));
}

const optionsToldTo = (process: Process): readonly Told[] =>
  ARGUMENTS.filter(({ programs }) => process.exe !== null && programs.includes(baseName(process.exe))).flatMap(
    ({ read }) =>
      Object.entries(read(process.args)).map(([name, value]) => ({
        name,
        value,
        where: commandLine(process.pid),
        byDefault: false,
      })),
  );

const commandLine = (pid: number | string): string => `the command line of process ${pid}`;

/** File and line; a command line stands in no file. */
function place({ file, line }: ServiceSetting): string {
  const pid = /^\/proc\/(\d+)\/cmdline$/.exec(file)?.[1];
  return pid !== undefined ? commandLine(pid) : line === 0 ? file : `${file}:${line}`;
}

/** Facts that say what a port is (`listen.tcp.443`) or where it leads (`relay.…`) concern that port only. */
const aboutPorts = (name: string): boolean => /^(?:listen|relay|tls|exec)\./.test(name);

function authenticationOf(told: ReadonlyMap<string, string>, address: string | null): Service['authentication'] {
  const own = address === '::1' || address?.startsWith('127.') === true ? 'loopback' : 'wider';
  for (const { fact, value, means, bind = own } of AUTHENTICATION)
    if (bind === own && value.test(told.get(fact) ?? '')) return means;
  return null;
}

/** Configurations and command lines: what the port is, and whom it lets in. */
export const bySetting: Recogniser = (subject, facts) => {
  if (subject.group.protocol === 'packet' || subject.group.protocol === 'raw') return null;
  const settings = facts.settingsOf(subject.processes);
  const told: Told[] = [
    ...settings.map((setting) => ({
      name: setting.name,
      value: setting.value,
      where: place(setting),
      byDefault: setting.line === 0,
    })),
    ...subject.processes.flatMap(fromArguments),
  ];
  if (told.length === 0) return null;
  const own = `listen.${subject.group.protocol}.${subject.group.port}`;
  const values = new Map<string, string>();
  const evidence: string[] = [];
  for (const { name, value, where, byDefault } of told) {
    if ((aboutPorts(name) && name !== own) || values.has(name)) continue;
    values.set(name, value);
    evidence.push(
      name === own
        ? `${where} ${byDefault ? 'does not say otherwise, so' : 'says that'} ${subject.group.protocol} port ${subject.group.port} is ${value}`
        : byDefault
          ? `${where} does not set ${name}: it is ${value} by default`
          : `${where} says ${name} = ${value}`,
    );
  }
  if (values.size === 0) return null;
  return {
    by: 'setting',
    service: serviceNamed(values.get(own) ?? '')?.name ?? null,
    confidence: 'certain',
    evidence,
    authentication: subject.group.protocol === 'unix' ? null : authenticationOf(values, subject.group.address),
    facts: Object.fromEntries(values),
  };
};
