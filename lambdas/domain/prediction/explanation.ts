/** One feature, or several minor ones together, that the patient and the reference patient may differ in. */
export type Player = { features: readonly string[]; columns: readonly number[] };

/** 2^10 coalitions are one ONNX batch of a few milliseconds. */
export const MAXIMUM_PLAYERS = 10;

/**
 * The features whose columns differ between patient and reference, in the order of `features` (each column's feature). A feature that does
 * not differ has the Shapley value zero and need not play. Beyond `limit` the last ones play as one.
 */
export const playersOf = (features: readonly string[], patient: ArrayLike<number>, reference: ArrayLike<number>, limit = MAXIMUM_PLAYERS): Player[] => {
  const columnsOf = Map.groupBy(features.keys(), (column) => features[column]!);
  const differing = [...columnsOf]
    .filter(([, columns]) => columns.some((column) => patient[column] !== reference[column]))
    .map(([feature, columns]) => ({ features: [feature], columns }));
  if (differing.length <= limit) return differing;
  const minor = differing.slice(limit - 1);
  return [...differing.slice(0, limit - 1), { features: minor.flatMap((player) => player.features), columns: minor.flatMap((player) => player.columns) }];
};

/** Every coalition's patient, row-major [2^k, width]: players whose bit is set have the patient's columns, the others the reference's. */
export const coalitionRows = (players: readonly Player[], patient: ArrayLike<number>, reference: ArrayLike<number>): Float32Array => {
  const width = reference.length;
  const rows = new Float32Array(2 ** players.length * width);
  for (let coalition = 0; coalition < 2 ** players.length; coalition++) {
    rows.set(reference, coalition * width);
    players.forEach(({ columns }, player) => {
      if (coalition & (1 << player)) for (const column of columns) rows[coalition * width + column] = patient[column]!;
    });
  }
  return rows;
};

/**
 * Exact Shapley values of k players from the values of all 2^k coalitions (index = bit set); they sum to the last value less the first.
 * Shapley 1953, Contributions to the Theory of Games II, 307-17: the mean, over all orders, of what a player adds.
 */
export const shapleyValues = (players: number, value: ArrayLike<number>): number[] => {
  if (value.length !== 2 ** players) throw new RangeError(`${players} players have ${2 ** players} coalitions, not ${value.length}`);
  const weight = weightsBySize(players);
  return Array.from({ length: players }, (_, player) => {
    let sum = 0;
    for (let coalition = 0; coalition < value.length; coalition++) {
      if (coalition & (1 << player)) continue;
      sum += weight[bits(coalition)]! * (value[coalition | (1 << player)]! - value[coalition]!);
    }
    return sum;
  });
};

/** |S|! (k − |S| − 1)! / k!, by the size of S. */
const weightsBySize = (players: number): number[] => {
  const weights: number[] = [];
  for (let size = 0; size < players; size++) weights.push(size === 0 ? 1 / players : (weights[size - 1]! * size) / (players - size));
  return weights;
};

const bits = (set: number): number => {
  let count = 0;
  for (let rest = set; rest; rest &= rest - 1) count++;
  return count;
};
