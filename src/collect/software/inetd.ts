import { portsNamed } from '../../lib/services.js';
import type { InetdEntry } from '../../model/software.js';
import type { Root } from './root.js';

const CONF_BYTES_MAX = 1024 * 1024;
/** Entries of one super server. */
const ENTRIES_MAX = 2_000;
const SERVICES_BYTES_MAX = 4 * 1024 * 1024;

/** Ports by `name/protocol`, from the root's own services file. */
export class PortNames {
  readonly #root: Root;
  #ports: ReadonlyMap<string, number> | null = null;

  constructor(root: Root) {
    this.#root = root;
  }

  #read(): ReadonlyMap<string, number> {
    const ports = new Map<string, number>();
    const text = this.#root.readText('/etc/services', SERVICES_BYTES_MAX);
    for (const line of text.ok ? text.value.split('\n') : []) {
      const [name, number, ...aliases] = (line.split('#')[0] ?? '').trim().split(/\s+/);
      const [, port, protocol] = /^(\d+)\/(\w+)$/.exec(number ?? '') ?? [];
      if (port === undefined) continue;
      for (const word of [name, ...aliases])
        if (!ports.has(`${word}/${protocol}`)) ports.set(`${word}/${protocol}`, Number(port));
    }
    return ports;
  }

  /** Number or name; null: neither file nor list knows it. */
  portOf(text: string, protocol: string): number | null {
    if (/^\d{1,5}$/.test(text)) return Number(text);
    this.#ports ??= this.#read();
    return this.#ports.get(`${text}/${protocol}`) ?? portsNamed(text, protocol)[0] ?? null;
  }
}

/** `127.0.0.1:telnet`, `[::1]:23`, `telnet`: an address may stand before the service (inetd.conf(5)). */
function placeOf(text: string): { readonly address: string | null; readonly service: string } {
  const [, bracketed, plain, service] = /^(?:\[([^\]]*)\]:|([^:]*):)?(.*)$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? null;
  return { address: address === null || address === '' || address === '*' ? null : address, service: service ?? '' };
}

/** Reads one inetd.conf; `pid` is the super server's that was started with it. */
export function parseInetdConf(
  text: string,
  file: string,
  kind: string,
  ports: PortNames,
  pid: number | null,
): readonly InetdEntry[] {
  const entries: InetdEntry[] = [];
  let standing: string | null = null;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || entries.length >= ENTRIES_MAX) continue;
    const words = line.split(/\s+/);
    if (words.length === 1 && line.endsWith(':')) {
      standing = placeOf(line).address;
      continue;
    }
    const [name = '', , protocol = '', , user = '', program = '', ...args] = words;
    if (program === '') continue;
    const { address, service } = placeOf(name);
    const transport = protocol.replace(/^rpc\//, '').replace(/(?:4|6|46)$/, '');
    entries.push({
      kind,
      service,
      protocol,
      address: address ?? standing,
      port: protocol.startsWith('rpc/') || service.startsWith('tcpmux/') ? null : ports.portOf(service, transport),
      user: user === '' ? null : user,
      program,
      args,
      disabled: false,
      internal: program === 'internal',
      onlyFrom: [],
      redirect: null,
      pid,
      file,
      line: index + 1,
    });
  }
  return entries;
}

/** Files an inetd reads: those its arguments name, else /etc/inetd.conf and /etc/inetd.d. */
export function readInetd(
  root: Root,
  kind: string,
  args: readonly string[],
  cwd: string | null,
  pid: number,
): readonly InetdEntry[] {
  const told = args
    .slice(1)
    .filter(
      (word, index, words) =>
        word !== '' && !word.startsWith('-') && !/^-(?:[RqalCcsgp]|-rate)$/.test(words[index - 1] ?? ''),
    );
  const absolute = (path: string): string => (path.startsWith('/') ? path : `${cwd ?? ''}/${path}`);
  const paths = told.length > 0 ? told.map(absolute) : ['/etc/inetd.conf', '/etc/inetd.d'];
  const ports = new PortNames(root);
  const entries: InetdEntry[] = [];
  for (const path of paths) {
    const text = root.readText(path, CONF_BYTES_MAX);
    if (text.ok) entries.push(...parseInetdConf(text.value, path, kind, ports, pid));
    else
      for (const name of root.list(path)) {
        const part = root.readText(`${path}/${name}`, CONF_BYTES_MAX);
        if (part.ok && entries.length < ENTRIES_MAX)
          entries.push(...parseInetdConf(part.value, `${path}/${name}`, kind, ports, pid));
      }
  }
  return entries;
}
