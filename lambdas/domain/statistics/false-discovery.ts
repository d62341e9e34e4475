/** Benjamini–Hochberg adjusted p-values, in the order given (scipy.stats.false_discovery_control, method "bh"). */
export const benjaminiHochberg = (ps: readonly number[]): number[] => {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  const adjusted = new Array<number>(ps.length);
  let smallest = 1;
  order.forEach(({ p, index }, position) => {
    const rank = ps.length - position;
    smallest = Math.min(smallest, (p * ps.length) / rank);
    adjusted[index] = smallest;
  });
  return adjusted;
};
