/** A seeded stream of random draws: sfc32 (C. Doty-Humphrey, PractRand), the same on every machine. */
export type Random = {
  /** uniform in [0, 1) */
  uniform: () => number;
  normal: (mean: number, sd: number) => number;
  chance: (probability: number) => boolean;
  integer: (low: number, high: number) => number;
  /** one of the items, by the given weights or all alike */
  pick: <T>(items: readonly T[], weights?: readonly number[]) => T;
};

export const randomOf = (seed: number): Random => {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let warmUp = 0; warmUp < 16; warmUp++) next();
  const uniform = next;
  return {
    uniform,
    // Box–Muller
    normal: (mean, sd) => mean + sd * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    chance: (probability) => uniform() < probability,
    integer: (low, high) => low + Math.floor(uniform() * (high - low + 1)),
    pick: (items, weights = items.map(() => 1)) => {
      let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
      for (const [index, item] of items.entries()) {
        left -= weights[index]!;
        if (left < 0) return item;
      }
      return items.at(-1)!;
    },
  };
};
