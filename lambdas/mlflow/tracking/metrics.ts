import type { Operations } from '../../adapters/mlflow-api.ts';
import { sampleCourses } from '../../adapters/tracking/metric-sample.ts';
import { readCourse } from '../../adapters/tracking/metric-store.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { roomFor } from '../../domain/mlflow/answer-room.ts';
import { number } from '../../domain/mlflow/answers.ts';
import { invalid } from '../../domain/mlflow/refusals.ts';
import { type Point, decode, encode, spread } from '../../domain/tracking/metric-series.ts';
import { pageSize, positionIn, tokenOf } from '../../domain/tracking/search/page.ts';

type Operation = 'getMetricHistory' | 'getMetricHistoryBulk' | 'getMetricHistoryBulkInterval';

/** Points of an answer at most (MLflow's own limit). */
const MOST = 25_000;
const MOST_RUNS = 100;
const MOST_SAMPLED = 2500;
/** The longest that a point and a run's id can be as text. */
const LONGEST: Point = { value: -Number.MAX_VALUE, timestamp: Number.MAX_SAFE_INTEGER, step: Number.MIN_SAFE_INTEGER };
const RUN_ID = '0'.repeat(32);
const SEE = ' See the API docs for more information about request parameters.';

const answer = (key: string, { value, timestamp, step }: Point, runId?: string) => ({ key, value: number(value), timestamp, step, ...(runId ? { run_id: runId } : {}) });

/** A history's token names the last point of the page before: points that arrive meanwhile shift nothing. */
const lastOfPage = (token: string | undefined): Outcome<Point | undefined> =>
  token ? positionIn(token, ({ after }) => (typeof after === 'string' && /^\d+,-?\d+,\S+$/.test(after) ? decode(after) : undefined)) : done(undefined);

export const metricOperations = ({ TRACKING_TABLE: table }: { TRACKING_TABLE: string }): Operations<Operation> => ({
  getMetricHistory: async ({ project, fields }) => {
    const after = lastOfPage(fields.page_token);
    if (!after.ok) return after;
    const size = pageSize(fields.max_results, { least: 1, most: Number.MAX_SAFE_INTEGER, unset: MOST });
    if (!size.ok) return size;
    const { points, more } = await readCourse(table, project.project, fields.run_id, fields.metric_key, {
      after: after.value,
      limit: Math.min(size.value, MOST, roomFor(answer(fields.metric_key, LONGEST))),
    });
    return done({
      ...(points.length > 0 ? { metrics: points.map((point) => answer(fields.metric_key, point)) } : {}),
      ...(more ? { next_page_token: tokenOf({ after: encode(points.at(-1)!) }) } : {}),
    });
  },

  getMetricHistoryBulk: async ({ project, fields }) => {
    const { run_id: runIds, metric_key: key } = fields;
    if (runIds.length === 0) return invalid('GetMetricHistoryBulk request must specify at least one run_id.');
    if (runIds.length > MOST_RUNS) return invalid(`GetMetricHistoryBulk request cannot specify more than ${MOST_RUNS} run_ids. Received ${runIds.length} run_ids.`);
    if (key === undefined) return invalid('GetMetricHistoryBulk request must specify a metric_key.');
    const most = Math.min(fields.max_results ?? MOST, MOST, roomFor(answer(key, LONGEST, RUN_ID)));
    const metrics: object[] = [];
    for (const runId of [...new Set(runIds)].sort()) {
      if (metrics.length >= most) break;
      const { points } = await readCourse(table, project.project, runId, key, { limit: most - metrics.length });
      for (const point of points) metrics.push(answer(key, point, runId));
    }
    return done({ metrics });
  },

  getMetricHistoryBulkInterval: async ({ project, fields }) => {
    const { run_ids: runIds, metric_key: key, start_step: start, end_step: end, max_results: most = MOST_SAMPLED } = fields;
    if (runIds.length > MOST_RUNS) return invalid(`GetMetricHistoryBulkInterval request must specify at most ${MOST_RUNS} run_ids. Received ${runIds.length} run_ids.${SEE}`);
    if (most < 1 || most > MOST_SAMPLED) return invalid(`max_results must be between 1 and ${MOST_SAMPLED}.${SEE}`);
    if ((start === undefined) !== (end === undefined)) return invalid('If either start step or end step are specified, both must be specified.');
    if (start !== undefined && start > end!) return invalid(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
    const samples = await sampleCourses(table, project.project, runIds, key, { most, mostOfRun: MOST, bounds: start === undefined ? undefined : { start, end: end! } });
    const share = Math.floor(roomFor(answer(key, LONGEST, RUN_ID)) / runIds.length);
    const metrics = samples.flatMap((points, index) => spread(points, share).map((point) => answer(key, point, runIds[index])));
    return done(metrics.length > 0 ? { metrics } : {});
  },
});
