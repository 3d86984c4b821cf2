import type { InetdEntry } from '../../model/software.js';
import { PortNames } from './inetd.js';
import type { Root } from './root.js';

const CONF_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 500;
const DEPTH_MAX = 8;
const ENTRIES_MAX = 2_000;

/** A `service` or `defaults` block of xinetd.conf(5). */
interface Block {
  readonly name: string;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly file: string;
  readonly line: number;
}

/** Keys whose values are sets, so that `+=` and `-=` mean something. */
function assign(values: Map<string, readonly string[]>, key: string, operator: string, words: readonly string[]): void {
  const before = values.get(key) ?? [];
  if (operator === '+=') values.set(key, [...before, ...words]);
  else if (operator === '-=')
    values.set(
      key,
      before.filter((word) => !words.includes(word)),
    );
  else values.set(key, words);
}

class Reader {
  readonly blocks: Block[] = [];
  readonly #root: Root;
  readonly #seen = new Set<string>();

  constructor(root: Root) {
    this.#root = root;
  }

  read(file: string, depth: number): void {
    if (depth > DEPTH_MAX || this.#seen.size >= FILES_MAX || this.#seen.has(file)) return;
    this.#seen.add(file);
    const text = this.#root.readText(file, CONF_BYTES_MAX);
    if (text.ok) this.#parse(text.value, file, depth);
  }

  #parse(text: string, file: string, depth: number): void {
    let open: { name: string; values: Map<string, readonly string[]>; line: number } | null = null;
    for (const [index, raw] of text.split('\n').entries()) {
      const line = raw.trim();
      if (line === '' || line.startsWith('#')) continue;
      const include = /^(includedir|include)\s+(\S+)/.exec(line);
      const header = /^(?:service\s+(\S+?)|(defaults))\s*\{?$/.exec(line);
      if (line.startsWith('}') && open !== null) {
        this.blocks.push({ ...open, file });
        open = null;
      } else if (open === null && include !== null) this.#include(include[1] === 'includedir', include[2] ?? '', depth);
      else if (header !== null) open = { name: header[1] ?? '', values: new Map(), line: index + 1 };
      else if (open !== null) {
        const [, key = '', operator = '=', value = ''] = /^(\w+)\s*(\+=|-=|=)\s*(.*)$/.exec(line) ?? [];
        if (key !== '') assign(open.values, key, operator, value.split(/\s+/).filter(Boolean));
      }
    }
  }

  /** Names with a dot, and those that end in a tilde, are left out (xinetd.conf(5), includedir). */
  #include(folder: boolean, path: string, depth: number): void {
    if (!folder) this.read(path, depth + 1);
    else
      for (const name of this.#root.list(path))
        if (!name.includes('.') && !name.endsWith('~')) this.read(`${path}/${name}`, depth + 1);
  }
}

const one = (block: Block, key: string): string | null => block.values.get(key)?.[0] ?? null;

function redirectOf(block: Block): InetdEntry['redirect'] {
  const [address, port] = block.values.get('redirect') ?? [];
  return address === undefined || !/^\d{1,5}$/.test(port ?? '') ? null : { address, port: Number(port) };
}

function entryOf(
  block: Block,
  defaults: ReadonlyMap<string, readonly string[]>,
  ports: PortNames,
  pid: number,
): InetdEntry {
  const id = one(block, 'id') ?? block.name;
  const types = block.values.get('type') ?? [];
  const protocol = one(block, 'protocol') ?? (one(block, 'socket_type') === 'dgram' ? 'udp' : 'tcp');
  const enabled = defaults.get('enabled');
  const off =
    /^(?:yes|true|on|1)$/i.test(one(block, 'disable') ?? '') ||
    (defaults.get('disabled') ?? []).includes(id) ||
    (enabled !== undefined && !enabled.includes(id));
  const server = one(block, 'server') ?? '';
  const args = block.values.get('server_args') ?? [];
  const named = (block.values.get('flags') ?? []).includes('NAMEINARGS');
  return {
    kind: 'xinetd',
    service: block.name,
    protocol,
    address: one(block, 'bind') ?? one(block, 'interface') ?? defaults.get('bind')?.[0] ?? null,
    port: types.includes('RPC') ? null : ports.portOf(one(block, 'port') ?? block.name, protocol.replace(/6$/, '')),
    user: one(block, 'user'),
    program: types.includes('INTERNAL') && server === '' ? 'internal' : server,
    args: named ? args : [server.slice(server.lastIndexOf('/') + 1), ...args],
    disabled: off,
    internal: types.includes('INTERNAL'),
    onlyFrom: block.values.get('only_from') ?? defaults.get('only_from') ?? [],
    redirect: redirectOf(block),
    pid,
    file: block.file,
    line: block.line,
  };
}

/** Entries of xinetd's configuration: the file its arguments name (`-f FILE`), else /etc/xinetd.conf. */
export function readXinetd(
  root: Root,
  args: readonly string[],
  cwd: string | null,
  pid: number,
): readonly InetdEntry[] {
  const at = args.indexOf('-f');
  const told = at < 0 ? '/etc/xinetd.conf' : (args[at + 1] ?? '');
  const reader = new Reader(root);
  reader.read(told.startsWith('/') ? told : `${cwd ?? ''}/${told}`, 0);
  const defaults = reader.blocks.findLast((block) => block.name === '')?.values ?? new Map<string, readonly string[]>();
  const ports = new PortNames(root);
  return reader.blocks
    .filter((block) => block.name !== '')
    .slice(0, ENTRIES_MAX)
    .map((block) => entryOf(block, defaults, ports, pid));
}
