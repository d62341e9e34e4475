import { type Bounds, type Point, byStep, byTime, extentIn, sampledSteps, stepsIn, unpack } from '../../domain/tracking/metric-series.ts';
import { chunksOf } from './addresses.ts';
import { batchGet, slices } from './batches.ts';
import { getSeries } from './metric-store.ts';
import { pages } from './pages.ts';

/** Courses read at a time. */
const TOGETHER = 8;
/** Packed chunks kept between the survey and the sampling; what is beyond is read again, bytes. */
const KEPT = 100_000_000;
/** Chunks unpacked between two answers of the store. */
const AT_ONCE = 50;

type Chunk = { sk: string; body?: Uint8Array };
type Course = { pk: string; tail: Point[]; chunks: Chunk[]; extremes: number[] };
type Wanted = { most: number; mostOfRun: number; bounds: Bounds | undefined };

/**
 * Some points of each course, by step, chosen over all of them: the steps are surveyed first, then the points at the chosen ones are
 * taken. Chunks stay packed in between, so that a million points need no more room than their chunks.
 */
export const sampleCourses = async (table: string, project: string, runIds: readonly string[], key: string, { most, mostOfRun, bounds }: Wanted): Promise<Point[][]> => {
  const steps: ArrayLike<number>[] = [];
  const room = { bytes: KEPT };
  const courses: Course[] = [];
  for (const slice of slices(runIds, TOGETHER)) courses.push(...(await Promise.all(slice.map((runId) => survey(table, project, runId, key, bounds, steps, room)))));
  const extremes = courses.flatMap((course) => course.extremes);
  const chosen = sampledSteps(steps, extremes, most, bounds);
  const sorted = Float64Array.from(chosen).sort();
  const samples: Point[][] = [];
  for (const course of courses) samples.push(await sample(table, course, chosen, sorted, mostOfRun));
  return samples;
};

const meets = (bounds: Bounds | undefined, leastStep: number, mostStep: number): boolean => !bounds || (mostStep >= bounds.start && leastStep <= bounds.end);

const survey = async (
  table: string,
  project: string,
  runId: string,
  key: string,
  bounds: Bounds | undefined,
  steps: ArrayLike<number>[],
  room: { bytes: number },
): Promise<Course> => {
  const pk = chunksOf(project, runId, key);
  const item = await getSeries(table, project, runId, key);
  if (!item) return { pk, tail: [], chunks: [], extremes: [] };
  const tail = unpack(item.tail);
  const chunks: Chunk[] = [];
  let [least, most] = [Infinity, -Infinity];
  for (const { step } of tail) {
    least = Math.min(least, step);
    most = Math.max(most, step);
  }
  steps.push(tail.map(({ step }) => step));
  if (item.chunks > 0) {
    for await (const items of pages(table, pk)) {
      for (const { sk, body } of items as { sk: string; body: Uint8Array }[]) {
        const { leastStep, mostStep } = extentIn(sk);
        least = Math.min(least, leastStep);
        most = Math.max(most, mostStep);
        if (!meets(bounds, leastStep, mostStep)) continue;
        steps.push(stepsIn(body));
        room.bytes -= body.length;
        chunks.push(room.bytes > 0 ? { sk, body } : { sk });
      }
    }
  }
  return { pk, tail, chunks, extremes: least <= most ? [least, most] : [] };
};

/** Whether a chosen step lies in a range. */
const hasBetween = (sorted: Float64Array, least: number, most: number): boolean => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low]! <= most;
};

const sample = async (table: string, { pk, tail, chunks }: Course, chosen: ReadonlySet<number>, sorted: Float64Array, most: number): Promise<Point[]> => {
  let points = tail.filter(({ step }) => chosen.has(step));
  const least = (): void => {
    points = points.sort(byStep).filter((point, index) => index === 0 || byTime(point, points[index - 1]!) !== 0);
    points = points.slice(0, most);
  };
  const wanted = chunks.filter(({ sk }) => hasBetween(sorted, extentIn(sk).leastStep, extentIn(sk).mostStep));
  for (const slice of slices(wanted, AT_ONCE)) {
    const again = await batchGet(
      table,
      slice.filter(({ body }) => !body).map(({ sk }) => ({ pk, sk })),
    );
    for (const body of [...slice.flatMap((chunk) => chunk.body ?? []), ...again.map((item) => item['body'] as Uint8Array)]) {
      for (const point of unpack(body)) if (chosen.has(point.step)) points.push(point);
      if (points.length > most * 2) least();
    }
  }
  least();
  return points;
};
