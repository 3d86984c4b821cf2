import type { Network } from '../../model/network.js';
import type { Host } from '../host.js';
import type { NetFilePath } from '../sockets/net-file.js';

const TRIE_BYTES_MAX = 16 * 1024 * 1024;
const LOCAL_TABLE = 255;

/** Whether routes of table local cover what other tables may route too: single addresses do not. */
const coversMore = ({ routes }: Network): boolean =>
  routes.some(
    ({ family, table, destination }) =>
      family === 'ipv4' && table === LOCAL_TABLE && !destination.endsWith('/32') && destination !== '127.0.0.0/8',
  );

/**
 * Whether tables local and main are one: /proc/net/fib_trie then shows the same under both names. Netlink does not tell, and a rule that
 * was added and deleted leaves them apart. Asked only where it can matter.
 */
export function readLocalTable(host: Host, netFile: NetFilePath, network: Network): Pick<Network, 'localTable'> {
  if (!coversMore(network)) return {};
  const path = netFile('fib_trie');
  const trie = path === null ? null : host.sync.readText(path, TRIE_BYTES_MAX);
  if (trie?.ok !== true) return {};
  const [, main, local] = /^Main:\n([\s\S]*?)^Local:\n([\s\S]*?)(?:^\S|$(?![\s\S]))/m.exec(trie.value) ?? [];
  if (main === undefined || local === undefined) return {};
  return { localTable: main === local ? 'shared' : 'own' };
}
