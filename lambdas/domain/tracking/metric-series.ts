import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** One value of a metric's course. */
export type Point = { timestamp: number; step: number; value: number };

/**
 * A metric of a run: its latest value and the last points of its course. Points gather in `tail`; when there are many they become a
 * chunk, an item of its own, so that a long course is few items and one point costs one small write.
 */
export type Series = { latest: Point; tail: string[]; chunks: number; points: number; revision: number };
/** Points in the order of their time, packed; `name` begins with its first time and ends with its content's hash, so that writing it again changes nothing. */
export type Chunk = { name: string; body: Uint8Array };

const TAIL = 64;
/** points in a chunk at most, so that one stays far below DynamoDB's 400 KB */
const CHUNK = 5000;

export const encode = ({ timestamp, step, value }: Point): string => `${timestamp},${step},${value}`;
export const decode = (text: string): Point => {
  const [timestamp, step, value] = text.split(',') as [string, string, string];
  return { timestamp: Number(timestamp), step: Number(step), value: Number(value) };
};

/** NaN stands for 0 among values, as MLflow's stores sort it. */
const comparable = (value: number): number => (Number.isNaN(value) ? 0 : value);
export const byTime = (a: Point, b: Point): number => a.timestamp - b.timestamp || a.step - b.step || comparable(a.value) - comparable(b.value);
const later = (a: Point, b: Point): boolean => (a.step - b.step || a.timestamp - b.timestamp || comparable(a.value) - comparable(b.value)) > 0;

const pack = (points: string[]): Chunk => {
  const ordered = points.map(decode).sort(byTime).map(encode).join('\n');
  const first = String(decode(ordered.slice(0, ordered.indexOf('\n') < 0 ? undefined : ordered.indexOf('\n'))).timestamp);
  return { name: `${first.padStart(20, '0')}#${createHash('sha256').update(ordered).digest('hex').slice(0, 32)}`, body: deflateRawSync(ordered) };
};
export const unpack = (body: Uint8Array): Point[] => inflateRawSync(body).toString('utf8').split('\n').map(decode);

/** Appends points to a metric: what its item is then, and the chunks to be written before it. */
export const append = (series: Series | undefined, points: readonly Point[]): { series: Series; chunks: Chunk[] } => {
  const added = [...new Set(points.map(encode))];
  const latest = points.reduce((best, point) => (best && !later(point, best) ? best : point), series?.latest)!;
  const known = new Set(series?.tail);
  const gathered = [...(series?.tail ?? []), ...added.filter((text) => !known.has(text))];
  const full = gathered.length > TAIL;
  const chunks: Chunk[] = [];
  if (full) for (let start = 0; start < gathered.length; start += CHUNK) chunks.push(pack(gathered.slice(start, start + CHUNK)));
  return {
    series: {
      latest,
      tail: full ? [] : gathered,
      chunks: (series?.chunks ?? 0) + chunks.length,
      points: (series?.points ?? 0) + gathered.length - known.size,
      revision: (series?.revision ?? 0) + 1,
    },
    chunks,
  };
};

/** The whole course in the order of its time, each point once. */
export const course = (tail: readonly string[], chunks: readonly Point[][]): Point[] => {
  const all = [...chunks.flat(), ...tail.map(decode)].sort(byTime);
  return all.filter((point, index) => index === 0 || encode(point) !== encode(all[index - 1]!));
};

/**
 * The steps that stand for a long course: evenly spaced ones between the bounds, with each run's first and last (as MLflow's
 * get-history-bulk-interval samples them).
 */
export const sampledSteps = (courses: readonly Point[][], most: number, bounds: { start: number; end: number } | undefined): Set<number> => {
  const steps = [...new Set(courses.flatMap((points) => points.map(({ step }) => step)))].sort((a, b) => a - b);
  const { start, end } = bounds ?? { start: 0, end: steps.at(-1) ?? 0 };
  const extremes = courses.flatMap((points) => {
    const own = points.map(({ step }) => step);
    return own.length === 0 ? [] : [own.reduce((a, b) => Math.min(a, b)), own.reduce((a, b) => Math.max(a, b))];
  });
  const within = steps.filter((step) => step >= start && step <= end);
  const sampled = within.length <= most ? within : Array.from({ length: most }, (_, index) => within[Math.floor((index * within.length) / most)]!);
  const last = within.at(-1);
  return new Set([...sampled, ...(last === undefined ? [] : [last]), ...extremes.filter((step) => step >= start && step <= end)]);
};
