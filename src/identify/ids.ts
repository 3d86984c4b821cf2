import type { Protocol } from '../model/socket.js';

/** What an id is made of: nothing that changes from run to run. */
export interface Bind {
  readonly protocol: Protocol;
  readonly address: string | null;
  readonly port: number | null;
  readonly device: string | null;
  readonly ipProtocol: string | null;
  readonly etherType: string | null;
}

const LINK_LOCAL = /^fe[89ab][0-9a-f]:/i;

/** `0.0.0.0`, `[::]`, `[fe80::1%eth0]`; `*` where a capture did not show it. */
function host(bind: Bind): string {
  const { address, device } = bind;
  if (address === null) return '*';
  if (!address.includes(':')) return address;
  return LINK_LOCAL.test(address) && device !== null ? `[${address}%${device}]` : `[${address}]`;
}

/** `%eth0`, unless the scope of a link-local address has said it already. */
function boundDevice(bind: Bind): string {
  if (bind.device === null) return '';
  return bind.address !== null && LINK_LOCAL.test(bind.address) ? '' : `%${bind.device}`;
}

/** `tcp/0.0.0.0:80%eth0`: an id (DESIGN, Protocols) without its namespace. */
export function bindId(bind: Bind): string {
  switch (bind.protocol) {
    case 'unix':
      return `unix/${bind.address ?? '?'}`;
    case 'vsock':
      return `vsock/${bind.address ?? 'any'}:${bind.port ?? '?'}`;
    case 'packet':
      return `packet/${bind.device ?? 'any'}:${bind.etherType ?? 'all'}`;
    case 'raw':
      return `raw/${host(bind)}:${bind.ipProtocol ?? '?'}${boundDevice(bind)}`;
    default:
      return `${bind.protocol}/${host(bind)}:${bind.port ?? '?'}${boundDevice(bind)}`;
  }
}

/** Makes ids unique in the order given: the second of two equal ones becomes `…#2`. */
export function uniqueIds(ids: readonly string[]): readonly string[] {
  const taken = new Set<string>(ids);
  const seen = new Map<string, number>();
  return ids.map((id) => {
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    if (count === 1) return id;
    let number = count;
    while (taken.has(`${id}#${number}`)) number++;
    taken.add(`${id}#${number}`);
    return `${id}#${number}`;
  });
}
