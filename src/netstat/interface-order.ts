/** A name as net-tools sorts it: letters, the number at their end, the alias after a colon. */
interface Parts {
  readonly stem: string;
  readonly number: number;
  readonly whole: string;
  /** -1: none. */
  readonly alias: number;
}

function partsOf(name: string): Parts {
  const [, whole = name, alias] = /^(.*):(\d+)$/.exec(name) ?? [];
  const [, stem = whole, digits = ''] = /^(.*?)(\d*)$/.exec(whole) ?? [];
  return { stem, number: Number(digits), whole, alias: alias === undefined ? -1 : Number(alias) };
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Order of interfaces: eth2 before eth10, eth0 before its alias eth0:1. Where one stem starts with the other, the shorter comes first. */
export function byInterfaceName(one: string, other: string): number {
  const a = partsOf(one);
  const b = partsOf(other);
  const shared = Math.min(a.stem.length, b.stem.length);
  return (
    compare(a.stem.slice(0, shared), b.stem.slice(0, shared)) ||
    a.stem.length - b.stem.length ||
    a.number - b.number ||
    compare(a.whole, b.whole) ||
    a.alias - b.alias
  );
}
