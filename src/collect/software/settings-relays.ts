import { BLANK, iniValues, keyValues, type Statement, statements, walk } from './settings-syntax.js';

/** A fact with the line that says it. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  /** 0: no line says it; it is what the program does without one. */
  readonly line: number;
}

const portIn = (text: string): number | null => {
  const digits = /(?:^|:)(\d{1,5})$/.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
};

/** Value of a directive among the statements of one block; looked up once for each block. */
class Blocks {
  readonly #values = new Map<readonly Statement[], ReadonlyMap<string, string>>();

  valueOf(siblings: readonly Statement[], directive: string): string | undefined {
    let values = this.#values.get(siblings);
    if (values === undefined) {
      values = new Map(siblings.map(({ words }) => [words[0] ?? '', words[1] ?? '']));
      this.#values.set(siblings, values);
    }
    return values.get(directive);
  }
}

/** The first server of each `upstream` of nginx. */
function upstreams(list: readonly Statement[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { statement } of walk(list)) {
    const [word, name = ''] = statement.words;
    const server = word === 'upstream' ? statement.block?.find(({ words }) => words[0] === 'server') : undefined;
    if (server !== undefined) found.set(name, server.words[1] ?? '');
  }
  return found;
}

/** `stream { server { listen 23; proxy_pass 127.0.0.1:2323; } }`, and which ports of http are TLS. */
export function nginx(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  const blocks = new Blocks();
  const list = statements(text);
  const groups = upstreams(list);
  for (const { statement, parents, siblings } of walk(list)) {
    const [name, where = '', ...more] = statement.words;
    const port = name === 'listen' ? portIn(where) : null;
    if (port === null) continue;
    const { line } = statement;
    const transport = more.includes('udp') || more.includes('quic') ? 'udp' : 'tcp';
    const pass = blocks.valueOf(siblings, 'proxy_pass');
    if (parents.includes('stream')) {
      if (more.includes('ssl')) facts.push({ name: `tls.${transport}.${port}`, value: 'yes', line });
      const target = (groups.get(pass ?? '') ?? pass)?.replace(/^unix:/, '');
      // A variable is chosen for each connection: where it leads is not told.
      if (target === undefined || !/^\/|:\d+$/.test(target))
        facts.push({ name: `listen.${transport}.${port}`, value: 'tcp-relay', line });
      else facts.push({ name: `relay.${transport}.${port}`, value: target, line });
    } else if (parents.includes('mail'))
      facts.push({ name: `listen.${transport}.${port}`, value: blocks.valueOf(siblings, 'protocol') ?? 'smtp', line });
    else if (parents.includes('http') || parents.length === 1) {
      const value = more.includes('quic') ? 'http3' : more.includes('ssl') ? 'https' : 'http';
      facts.push({ name: `listen.${transport}.${port}`, value, line });
    }
  }
  return facts;
}

/** A section of haproxy.cfg. */
interface Section {
  readonly kind: string;
  readonly name: string;
  readonly binds: { readonly port: number; readonly line: number }[];
  mode: string | null;
  backend: string | null;
  server: string | null;
  stats: boolean;
}

/** Ports that one `bind` may open, at most. */
const BIND_PORTS_MAX = 256;

/** `*:80,*:8000-8010` */
function portsIn(bind: string): readonly number[] {
  const ports: number[] = [];
  for (const place of bind.split(',')) {
    const [, from, to = from] = /(?:^|:)(\d{1,5})(?:-(\d{1,5}))?$/.exec(place) ?? [];
    for (let port = Number(from); port <= Number(to) && ports.length < BIND_PORTS_MAX; port++) ports.push(port);
  }
  return ports;
}

function haproxySections(text: string): readonly Section[] {
  const sections: Section[] = [];
  for (const { key, value, line } of keyValues(text, BLANK)) {
    const words = value.split(/\s+/);
    if (/^(?:global|defaults|frontend|backend|listen|resolvers|peers|userlist)$/.test(key))
      sections.push({
        kind: key,
        name: words[0] ?? '',
        binds: [],
        mode: null,
        backend: null,
        server: null,
        stats: false,
      });
    const section = sections.at(-1);
    if (section === undefined) continue;
    if (key === 'bind') for (const port of portsIn(words[0] ?? '')) section.binds.push({ port, line });
    else if (key === 'mode') section.mode = words[0] ?? null;
    else if (key === 'default_backend' || key === 'use_backend') section.backend ??= words[0] ?? null;
    else if (key === 'server') section.server ??= words[1] ?? null;
    else if (key === 'stats') section.stats = true;
  }
  return sections;
}

/** Ports whose mode is tcp pass on to the backend's first server; the others speak HTTP. */
export function haproxy(text: string): readonly Fact[] {
  const sections = haproxySections(text);
  const standing = sections.findLast((section) => section.kind === 'defaults')?.mode ?? 'tcp';
  const backends = new Map(sections.filter(({ kind }) => kind === 'backend').map((one) => [one.name, one]));
  const facts: Fact[] = [];
  for (const section of sections) {
    const backend = backends.get(section.backend ?? '');
    const server = section.server ?? backend?.server ?? null;
    for (const { port, line } of section.binds) {
      if ((section.mode ?? standing) !== 'tcp') facts.push({ name: `listen.tcp.${port}`, value: 'http', line });
      else if (server !== null) facts.push({ name: `relay.tcp.${port}`, value: server, line });
    }
  }
  return facts;
}

/** `[service]`, `accept = 992`, `connect = 23`: TLS outside, and what stands behind. */
export function stunnel(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  const bySection = new Map<
    string,
    { accept?: { port: number; line: number }; connect?: string; client?: boolean; exec?: string; execArgs?: string }
  >();
  for (const { key, value, line } of iniValues(text)) {
    const dot = key.lastIndexOf('.');
    const name = key.slice(0, dot);
    const section = bySection.get(name) ?? {};
    const port = portIn(value);
    if (key.endsWith('.accept') && port !== null) section.accept = { port, line };
    if (key.endsWith('.connect')) section.connect = value;
    if (key.endsWith('.exec')) section.exec = value;
    if (key.endsWith('.execargs')) section.execArgs = value;
    if (key.endsWith('.client')) section.client = /^yes$/i.test(value);
    bySection.set(name, section);
  }
  for (const { accept, connect, client = bySection.get('')?.client ?? false, exec, execArgs } of bySection.values()) {
    if (accept !== undefined && exec !== undefined && connect === undefined) {
      // The first of execArgs is the name that the program is called by.
      const command = [exec, ...(execArgs ?? '').split(/\s+/).slice(1)].join(' ');
      facts.push({ name: `exec.tcp.${accept.port}`, value: command, line: accept.line });
      facts.push({ name: `tls.tcp.${accept.port}`, value: 'yes', line: accept.line });
    }
    if (accept === undefined || connect === undefined) continue;
    facts.push({ name: `relay.tcp.${accept.port}`, value: connect, line: accept.line });
    if (!client) facts.push({ name: `tls.tcp.${accept.port}`, value: 'yes', line: accept.line });
  }
  return facts;
}

/** `BINDADDRESS BINDPORT CONNECTADDRESS CONNECTPORT`, ports with `/udp` perhaps. */
export function rinetd(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const [, port, transport = 'tcp', address, to] =
      /^\s*[\w.:*-]+\s+(\d{1,5})(?:\/(tcp|udp))?\s+([\w.:-]+)\s+(\d{1,5})/.exec(raw) ?? [];
    if (port !== undefined)
      facts.push({
        name: `relay.${transport}.${port}`,
        value: address?.includes(':') === true ? `[${address}]:${to}` : `${address}:${to}`,
        line: index + 1,
      });
  }
  return facts;
}
