import { EQUALS, iniValues, keyValues, type Line } from './settings-syntax.js';

/** A fact with the line that says it. */
export interface PortFact {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** Last number of `5060`, `127.0.0.1:5060`, `[::1]:5060`, `0.0.0.0@5060`; null: none, or 0. */
export function portIn(text: string): number | null {
  const port = Number(/(?:^|[:@\]])(\d{1,5})$/.exec(text.trim())?.[1] ?? 0);
  return port > 0 && port <= 65_535 ? port : null;
}

const TRANSPORTS = { t: ['tcp'], u: ['udp'], b: ['tcp', 'udp'] } as const;

/** `listen.…` facts of a port; none where there is no port. */
export const facts = (
  port: number | null,
  service: string,
  line: number,
  transports: 't' | 'u' | 'b',
): readonly PortFact[] =>
  port === null
    ? []
    : TRANSPORTS[transports].map((transport) => ({ name: `listen.${transport}.${port}`, value: service, line }));

export const equals = (text: string): readonly Line[] => keyValues(text, EQUALS);
export const colons = (text: string): readonly Line[] => keyValues(text, /\s*:\s+|\s*:$/);

/** Keys of rabbitmq.conf that end in a name or number of the listener. */
const RABBITMQ: readonly (readonly [key: RegExp, service: string])[] = [
  [/^listeners\.tcp\./, 'amqp'],
  [/^listeners\.ssl\./, 'amqps'],
  [/^management\.(?:tcp|ssl|listener)\.port$/, 'rabbitmq-management'],
  [/^mqtt\.listeners\.tcp\./, 'mqtt'],
  [/^mqtt\.listeners\.ssl\./, 'mqtts'],
  [/^stomp\.listeners\.(?:tcp|ssl)\./, 'stomp'],
  [/^web_(?:stomp|mqtt)\.tcp\.port$/, 'http'],
  [/^prometheus\.tcp\.port$/, 'metrics'],
  [/^distribution\.listener\.port_range\./, 'erlang-distribution'],
];

export const rabbitmq = (text: string): readonly PortFact[] =>
  equals(text).flatMap(({ key, value, line }) => {
    const [, service] = RABBITMQ.find(([pattern]) => pattern.test(key)) ?? [];
    return service === undefined ? [] : facts(portIn(value), service, line, 't');
  });

/**
 * Ports that a program is told in its environment. A node of RabbitMQ has that of Erlang's distribution 20000 above its own, unless told another
 * one (rabbitmq-env).
 */
export function environmentPorts(program: string, environment: Readonly<Record<string, string>>): readonly PortFact[] {
  if (program === 'etcd') return etcdEnvironment(environment);
  if (!program.startsWith('beam')) return [];
  const node = portIn(environment['RABBITMQ_NODE_PORT'] ?? '');
  const distribution = portIn(environment['RABBITMQ_DIST_PORT'] ?? '') ?? (node === null ? null : node + 20_000);
  return [...facts(node, 'amqp', 0, 't'), ...facts(distribution, 'erlang-distribution', 0, 't')];
}

/** Addresses of etcd's flags, the same in its file and in its environment: several, joined by commas. */
const ETCD: Readonly<Record<string, string>> = {
  'listen-client-urls': 'etcd',
  'listen-peer-urls': 'etcd-peer',
  'listen-metrics-urls': 'metrics',
};

const etcdUrls = (key: string, value: string, line: number): readonly PortFact[] =>
  value.split(',').flatMap((url) => {
    const service = ETCD[key];
    return service === undefined ? [] : facts(portIn(url.replace(/["'/\s]+$/, '')), service, line, 't');
  });

export const etcd = (text: string): readonly PortFact[] =>
  colons(text).flatMap((one) => etcdUrls(one.key, one.value, one.line));

/** Variables whose names are etcd's flags in capitals. */
const etcdEnvironment = (environment: Readonly<Record<string, string>>): readonly PortFact[] =>
  Object.keys(ETCD).flatMap((key) =>
    etcdUrls(key, environment[`ETCD_${key.toUpperCase().replaceAll('-', '_')}`] ?? '', 0),
  );

/** Sections of influxdb.conf with a `bind-address`. */
const INFLUX: Readonly<Record<string, readonly [service: string, transports: 't' | 'u' | 'b']>> = {
  '': ['influxdb-rpc', 't'],
  http: ['influxdb', 't'],
  '[graphite]': ['graphite', 'b'],
  '[collectd]': ['collectd', 'u'],
};

export const influx = (text: string): readonly PortFact[] =>
  iniValues(text).flatMap(({ key, value, line }) => {
    const wanted = key.endsWith('.bind-address') ? INFLUX[key.slice(0, -'.bind-address'.length)] : undefined;
    return wanted === undefined ? [] : facts(portIn(value), wanted[0], line, wanted[1]);
  });

/** `admin ADDRESS` of a Caddyfile's first block, or `"admin": {"listen": "ADDRESS"}` of its JSON. */
export function caddy(text: string): readonly PortFact[] {
  const found = /^[ \t]*admin[ \t]+(\S{1,200})|"admin"\s*:\s*\{[^{}]{0,1000}?"listen"\s*:\s*"([^"]{1,200})"/m.exec(
    text,
  );
  if (found === null) return [];
  return facts(portIn(found[1] ?? found[2] ?? ''), 'caddy-admin', text.slice(0, found.index).split('\n').length, 't');
}

/** server.xml of Tomcat: its connectors, and the port at which a word shuts it down. What comments hold does not count. */
export function tomcat(text: string): readonly PortFact[] {
  const bare = text.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ''));
  const found: PortFact[] = [];
  for (const tag of bare.matchAll(/<(Server|Connector)\b([^>]{0,4000})>/g)) {
    const [, kind = '', attributes = ''] = tag;
    const line = bare.slice(0, tag.index).split('\n').length;
    const port = portIn(/\bport\s*=\s*["'](\d{1,5})["']/.exec(attributes)?.[1] ?? '');
    const isAjp = /\bprotocol\s*=\s*["'][^"']*ajp/i.test(attributes);
    const service = isAjp ? 'ajp' : /\bSSLEnabled\s*=\s*["']true["']/i.test(attributes) ? 'https' : 'http';
    found.push(...facts(port, kind === 'Server' ? 'tomcat-shutdown' : service, line, 't'));
  }
  return found;
}

/** zoo.cfg: the port for clients, the one of the commands over HTTP, and those between servers (`server.1=host:2888:3888`). */
export const zookeeper = (text: string): readonly PortFact[] =>
  equals(text).flatMap(({ key, value, line }) => {
    if (key === 'clientport' || key === 'secureclientport') return facts(portIn(value), 'zookeeper', line, 't');
    if (key === 'admin.serverport') return facts(portIn(value), 'http', line, 't');
    if (!key.startsWith('server.')) return [];
    const [peers = '', clients = ''] = value.split(';');
    return [
      ...[...peers.matchAll(/:(\d{1,5})(?=[:|;]|$)/g)].flatMap(([, port]) =>
        facts(portIn(port ?? ''), 'zookeeper-quorum', line, 't'),
      ),
      ...facts(portIn(clients), 'zookeeper', line, 't'),
    ];
  });
