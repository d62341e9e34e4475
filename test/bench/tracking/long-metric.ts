import { chunksOf, metricAt } from '../../../lambdas/adapters/tracking/addresses.ts';
import { batchPut, slices } from '../../../lambdas/adapters/tracking/batches.ts';
import { type Point, type Series, append, encode } from '../../../lambdas/domain/tracking/metric-series.ts';

/** A loss curve, a point a second. */
const pointAt = (step: number): Point => ({ timestamp: 1_760_000_000_000 + step * 1000, step, value: 2 * Math.exp(-step / 200_000) + 0.05 * Math.sin(step * 12.9898) });

/**
 * A metric's course as it stands after so many points were logged, so many at a time: the same items, without the calls in between.
 * One by one, 257 make a chunk.
 */
export const writeMetric = async (table: string, project: string, runId: string, key: string, points: number, together: number): Promise<void> => {
  let series: Series | undefined;
  let waiting: { pk: string; sk: string; body: Uint8Array }[] = [];
  const write = async () => {
    for (const slice of slices(waiting, 500)) await batchPut(table, slice);
    waiting = [];
  };
  for (let from = 0; from < points; from += together) {
    const appended = append(
      series,
      Array.from({ length: Math.min(together, points - from) }, (_, index) => pointAt(from + index)),
    );
    series = appended.series;
    waiting.push(...appended.chunks.map(({ name, body }) => ({ pk: chunksOf(project, runId, key), sk: name, body })));
    if (waiting.length >= 500) await write();
  }
  await write();
  const { latest, ...rest } = series!;
  await batchPut(table, [{ ...metricAt(project, runId, key), ...rest, latest: encode(latest) }]);
};
