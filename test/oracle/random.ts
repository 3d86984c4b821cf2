/** Random numbers that a seed reproduces (mulberry32). */
export interface Random {
  /** 0 to below `end`. */
  readonly below: (end: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  /** True in `percent` of the calls. */
  readonly chance: (percent: number) => boolean;
  readonly some: <T>(items: readonly T[], least: number, most: number) => readonly T[];
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (end: number): number => Math.floor(next() * end);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  const some = <T>(items: readonly T[], least: number, most: number): readonly T[] => {
    const left = [...items];
    const count = Math.min(left.length, least + below(most - least + 1));
    return Array.from({ length: count }, () => left.splice(below(left.length), 1)).flat();
  };
  return { below, pick, chance: (percent) => below(100) < percent, some };
}
