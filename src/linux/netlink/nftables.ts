import { concatenated, eachAttribute, stringBytes, u32At } from './attributes.js';
import type { DumpEnd, NetlinkSocket } from './socket.js';

/** linux/netfilter/nfnetlink.h, nf_tables.h: subsystem 10, messages in the lower byte. */
const SUBSYSTEM_NFTABLES = 10 << 8;
const GET_TABLE = SUBSYSTEM_NFTABLES | 1;
const GET_GENERATION = SUBSYSTEM_NFTABLES | 16;
const TABLE_NAME = 1;
const TABLE_FLAGS = 2;
/** NFT_TABLE_F_…, by bit. */
const FLAGS: readonly string[] = ['dormant', 'owner', 'persist'];
const GENERATION_ID = 1;
/** `struct nfgenmsg`: family, version, resource id. Family 0 asks for all. */
const GENMSG = new Uint8Array(4);

const FAMILIES: Readonly<Record<number, string>> = {
  1: 'inet',
  2: 'ip',
  3: 'arp',
  5: 'netdev',
  7: 'bridge',
  10: 'ip6',
};

/** A table of nf_tables, whoever made it. */
export interface NftTable {
  /** nft's word: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`. */
  readonly family: string;
  /** Its bytes as the kernel has them. */
  readonly name: Uint8Array;
  /** nft's words: `dormant` (its chains hang nowhere), `owner`, `persist`. */
  readonly flags: readonly string[];
}

/** Tables of the socket's namespace, without their contents: a fraction of a millisecond. Needs CAP_NET_ADMIN there. */
export function dumpTables(socket: NetlinkSocket): { readonly tables: readonly NftTable[]; readonly end: DumpEnd } {
  let tables: NftTable[] = [];
  const end = socket.dump(
    GET_TABLE,
    GENMSG,
    (view, at, last) => {
      const family = FAMILIES[view.getUint8(at)] ?? `family ${view.getUint8(at)}`;
      let name: Uint8Array | null = null;
      let flags: readonly string[] = [];
      eachAttribute(view, at + GENMSG.length, last, (type, from, to) => {
        if (type === TABLE_NAME) name = concatenated(stringBytes(view, from, to));
        else if (type === TABLE_FLAGS) flags = FLAGS.filter((_, bit) => (view.getUint32(from) & (1 << bit)) !== 0);
      });
      if (name !== null) tables.push({ family, name, flags });
    },
    () => {
      tables = [];
    },
  );
  return { tables, end };
}

/** Number that changes with each commit to the ruleset of the namespace; null: not told. */
export function rulesetGeneration(socket: NetlinkSocket): number | null {
  let generation: number | null = null;
  socket.ask(GET_GENERATION, GENMSG, (view, at, last) => {
    eachAttribute(view, at + GENMSG.length, last, (type, from) => {
      if (type === GENERATION_ID) generation = u32At(view, from);
    });
  });
  return generation;
}
