import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** One value of a metric's course. */
export type Point = { timestamp: number; step: number; value: number };

/**
 * A metric of a run: its latest value and the last points of its course. Points gather in `tail`, packed; when there are many they become
 * chunks, items of their own, so that a long course is few items and one point costs one small write. `reach` is the longest time between
 * a chunk's first and last point, milliseconds: how far before a moment a chunk may begin that holds points after it.
 */
export type Series = { latest: Point; tail: Uint8Array; chunks: number; points: number; reach: number; revision: number };
/** Between which times and steps a chunk's points lie. */
export type Extent = { first: number; last: number; leastStep: number; mostStep: number };
export type Chunk = { name: string; body: Uint8Array; extent: Extent };

/** points in a tail at most: packed they take 2 to 3 KB, and each point writes them anew */
const TAIL = 256;
/** points in a chunk at most: 24 bytes each before they are packed, so that one stays below DynamoDB's 400 KB */
const CHUNK = 5000;
/** A chunk that spans less is never cut, milliseconds. */
const HOUR = 3_600_000;

export const encode = ({ timestamp, step, value }: Point): string => `${timestamp},${step},${value}`;
export const decode = (text: string): Point => {
  const [timestamp, step, value] = text.split(',') as [string, string, string];
  return { timestamp: Number(timestamp), step: Number(step), value: Number(value) };
};

/** NaN stands for 0 among values, as MLflow's stores sort it; of those two NaN comes last. */
const byValue = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : (a || 0) - (b || 0) || (Number.isNaN(a) ? 1 : -1);
  return a < b ? -1 : a > b ? 1 : 0;
};
export const byTime = (a: Point, b: Point): number => a.timestamp - b.timestamp || a.step - b.step || byValue(a.value, b.value);
export const byStep = (a: Point, b: Point): number => a.step - b.step || a.timestamp - b.timestamp || byValue(a.value, b.value);

const extentOf = (points: readonly Point[]): Extent => {
  const extent = { first: points[0]!.timestamp, last: points.at(-1)!.timestamp, leastStep: Infinity, mostStep: -Infinity };
  for (const { step } of points) {
    extent.leastStep = Math.min(extent.leastStep, step);
    extent.mostStep = Math.max(extent.mostStep, step);
  }
  return extent;
};

const DIGITS = 20;
/** A moment in a chunk's name. */
export const instant = (timestamp: number): string => String(timestamp).padStart(DIGITS, '0');
/** A step in the order of text, negative ones before the others. */
const ordinal = (step: number): string => (step < 0 ? `-${String(Number.MAX_SAFE_INTEGER + step).padStart(DIGITS, '0')}` : `0${String(step).padStart(DIGITS, '0')}`);

/** Names are in the order of their chunks' first points and end with the content's hash, so that writing a chunk again changes nothing. */
const nameOf = (points: readonly Point[], { first, last, leastStep, mostStep }: Extent, body: Uint8Array): string =>
  [instant(first), ordinal(points[0]!.step), last, leastStep, mostStep, createHash('sha256').update(body).digest('hex').slice(0, 32)].join('#');
export const extentIn = (name: string): Extent => {
  const [first, , last, leastStep, mostStep] = name.split('#').map(Number) as [number, number, number, number, number];
  return { first, last, leastStep, mostStep };
};

/** A column as differences, which pack to almost nothing where it grows evenly; as it is where a difference is not exact. */
const differences = (column: Float64Array): Float64Array => {
  const made = column.map((number, index) => number - (column[index - 1] ?? 0));
  return made.every(Number.isSafeInteger) ? Float64Array.of(1, ...made) : Float64Array.of(0, ...column);
};
const restored = (coded: Float64Array): Float64Array => {
  const column = coded.slice(1);
  if (coded[0] === 1) for (let index = 1; index < column.length; index++) column[index]! += column[index - 1]!;
  return column;
};

/** Times, steps, values, little-endian. */
const pack = (points: readonly Point[]): Uint8Array => {
  const columns = [
    differences(Float64Array.from(points, ({ timestamp }) => timestamp)),
    differences(Float64Array.from(points, ({ step }) => step)),
    Float64Array.from(points, ({ value }) => value),
  ];
  return deflateRawSync(Buffer.concat(columns.map((column) => new Uint8Array(column.buffer))));
};
const columnsOf = (body: Uint8Array): { timestamps: () => Float64Array; steps: () => Float64Array; values: Float64Array } => {
  const bytes = inflateRawSync(body);
  const columns = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const size = (columns.length - 2) / 3 + 1;
  return { timestamps: () => restored(columns.slice(0, size)), steps: () => restored(columns.slice(size, size * 2)), values: columns.subarray(size * 2) };
};
export const unpack = (body: Uint8Array): Point[] => {
  const columns = columnsOf(body);
  const [timestamps, steps] = [columns.timestamps(), columns.steps()];
  return Array.from(columns.values, (value, index) => ({ timestamp: timestamps[index]!, step: steps[index]!, value }));
};
/** The steps in a chunk, without its points being made. */
export const stepsIn = (body: Uint8Array): Float64Array => columnsOf(body).steps();

/** Cut where more than half of a long time is one gap: a chunk that spanned a pause would lengthen every seek. */
const withoutGaps = (points: readonly Point[]): (readonly Point[])[] => {
  const span = points.at(-1)!.timestamp - points[0]!.timestamp;
  if (span <= HOUR) return [points];
  const cut = points.findIndex(({ timestamp }, index) => index > 0 && timestamp - points[index - 1]!.timestamp > span / 2);
  return cut < 0 ? [points] : [...withoutGaps(points.slice(0, cut)), ...withoutGaps(points.slice(cut))];
};

const chunksOf = (gathered: readonly Point[]): Chunk[] => {
  const points = gathered.toSorted(byTime);
  const pieces = Array.from({ length: Math.ceil(points.length / CHUNK) }, (_, index) => points.slice(index * CHUNK, (index + 1) * CHUNK));
  return pieces.flatMap(withoutGaps).map((piece) => {
    const [extent, body] = [extentOf(piece), pack(piece)];
    return { name: nameOf(piece, extent, body), body, extent };
  });
};

/** Appends points to a metric: what its item is then, and the chunks to be written before it. */
export const append = (series: Series | undefined, points: readonly Point[]): { series: Series; chunks: Chunk[] } => {
  const standing = series ? unpack(series.tail) : [];
  const latest = points.reduce((best, point) => (best && byStep(point, best) <= 0 ? best : point), series?.latest)!;
  const known = new Set(standing.map(encode));
  const added = [...new Map(points.map((point) => [encode(point), point])).entries()].flatMap(([text, { timestamp, step, value }]) =>
    known.has(text) ? [] : [{ timestamp, step, value }],
  );
  const gathered = [...standing, ...added];
  const full = gathered.length > TAIL;
  const chunks = full ? chunksOf(gathered) : [];
  return {
    series: {
      latest,
      tail: pack(full ? [] : gathered),
      chunks: (series?.chunks ?? 0) + chunks.length,
      points: (series?.points ?? 0) + added.length,
      reach: chunks.reduce((most, { extent }) => Math.max(most, extent.last - extent.first), series?.reach ?? 0),
      revision: (series?.revision ?? 0) + 1,
    },
    chunks,
  };
};

/**
 * A course in the order of its time, each point once, from pieces that come in the order of their first points: what no later piece can
 * precede is given at once, so that only pieces that overlap are held together.
 */
export async function* inOrder(pieces: AsyncIterable<readonly Point[]>): AsyncGenerator<Point[]> {
  let held: readonly Point[] = [];
  let last: Point | undefined;
  const once = (points: readonly Point[]): Point[] =>
    points.filter((point) => {
      const repeated = last !== undefined && byTime(last, point) === 0;
      last = point;
      return !repeated;
    });
  for await (const piece of pieces) {
    const [next] = piece;
    if (!next) continue;
    const beyond = held.findIndex(({ timestamp, step }) => timestamp > next.timestamp || (timestamp === next.timestamp && step >= next.step));
    const safe = beyond < 0 ? held.length : beyond;
    if (safe > 0) yield once(held.slice(0, safe));
    held = safe === held.length ? piece : [...held.slice(safe), ...piece].sort(byTime);
  }
  yield once(held);
}

export type Bounds = { start: number; end: number };

/** In ascending order; a million steps need no more room than twice their own. */
const distinctIn = (lists: readonly ArrayLike<number>[]): Float64Array => {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let size = 0;
  for (const list of lists) {
    all.set(list, size);
    size += list.length;
  }
  all.sort();
  let kept = 0;
  for (let index = 0; index < size; index++) if (index === 0 || all[index] !== all[kept - 1]) all[kept++] = all[index]!;
  return all.subarray(0, kept);
};

/**
 * The steps that stand for long courses: evenly spaced ones between the bounds, with each course's first and last (as MLflow's
 * get-history-bulk-interval samples them).
 */
export const sampledSteps = (steps: readonly ArrayLike<number>[], extremes: readonly number[], most: number, bounds: Bounds | undefined): Set<number> => {
  const distinct = distinctIn(steps);
  const { start, end } = bounds ?? { start: 0, end: distinct.at(-1) ?? 0 };
  const within = distinct.filter((step) => step >= start && step <= end);
  const sampled = within.length <= most ? within : Array.from({ length: most }, (_, index) => within[Math.floor((index * within.length) / most)]!);
  const last = within.at(-1);
  return new Set([...sampled, ...(last === undefined ? [] : [last]), ...extremes.filter((step) => step >= start && step <= end)]);
};

/** So many of a course's points at most, evenly spread, the first and the last among them. */
export const spread = <T>(points: readonly T[], most: number): readonly T[] => {
  if (points.length <= most) return points;
  return most < 2 ? points.slice(0, most) : Array.from({ length: most }, (_, index) => points[Math.floor((index * (points.length - 1)) / (most - 1))]!);
};
