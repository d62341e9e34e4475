import type { Operations } from '../../adapters/mlflow-api.ts';
import { readCourse } from '../../adapters/tracking/metric-store.ts';
import { done } from '../../contracts/outcome.ts';
import { number } from '../../domain/mlflow/answers.ts';
import { invalid } from '../../domain/mlflow/refusals.ts';
import { type Point, sampledSteps } from '../../domain/tracking/metric-series.ts';
import { offsetOf, pageOf, pageSize } from '../../domain/tracking/search/page.ts';

type Operation = 'getMetricHistory' | 'getMetricHistoryBulk' | 'getMetricHistoryBulkInterval';

/** Points of an answer at most (MLflow's own limit). */
const MOST = 25_000;
const MOST_RUNS = 100;
const MOST_SAMPLED = 2500;
const SEE = ' See the API docs for more information about request parameters.';

const answer = (key: string, { value, timestamp, step }: Point, runId?: string) => ({ key, value: number(value), timestamp, step, ...(runId ? { run_id: runId } : {}) });

export const metricOperations = ({ TRACKING_TABLE: table }: { TRACKING_TABLE: string }): Operations<Operation> => ({
  getMetricHistory: async ({ project, fields }) => {
    const offset = offsetOf(fields.page_token);
    if (!offset.ok) return offset;
    const size = pageSize(fields.max_results, { least: 1, most: Number.MAX_SAFE_INTEGER, unset: MOST });
    if (!size.ok) return size;
    const points = await readCourse(table, project.project, fields.run_id, fields.metric_key);
    const { items, next } = pageOf(points, offset.value, Math.min(size.value, MOST));
    return done({ ...(items.length > 0 ? { metrics: items.map((point) => answer(fields.metric_key, point)) } : {}), next_page_token: next });
  },

  getMetricHistoryBulk: async ({ project, fields }) => {
    const { run_id: runIds, metric_key: key } = fields;
    if (runIds.length === 0) return invalid('GetMetricHistoryBulk request must specify at least one run_id.');
    if (runIds.length > MOST_RUNS) return invalid(`GetMetricHistoryBulk request cannot specify more than ${MOST_RUNS} run_ids. Received ${runIds.length} run_ids.`);
    if (key === undefined) return invalid('GetMetricHistoryBulk request must specify a metric_key.');
    const most = Math.min(fields.max_results ?? MOST, MOST);
    const metrics: object[] = [];
    for (const runId of [...new Set(runIds)].sort()) {
      if (metrics.length >= most) break;
      const points = await readCourse(table, project.project, runId, key);
      for (const point of points.slice(0, most - metrics.length)) metrics.push(answer(key, point, runId));
    }
    return done({ metrics });
  },

  getMetricHistoryBulkInterval: async ({ project, fields }) => {
    const { run_ids: runIds, metric_key: key, start_step: start, end_step: end, max_results: most = MOST_SAMPLED } = fields;
    if (runIds.length > MOST_RUNS) return invalid(`GetMetricHistoryBulkInterval request must specify at most ${MOST_RUNS} run_ids. Received ${runIds.length} run_ids.${SEE}`);
    if (most < 1 || most > MOST_SAMPLED) return invalid(`max_results must be between 1 and ${MOST_SAMPLED}.${SEE}`);
    if ((start === undefined) !== (end === undefined)) return invalid('If either start step or end step are specified, both must be specified.');
    if (start !== undefined && start > end!) return invalid(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
    const courses = await Promise.all(runIds.map((runId) => readCourse(table, project.project, runId, key)));
    const steps = sampledSteps(courses, most, start === undefined ? undefined : { start, end: end! });
    const metrics = courses.flatMap((points, index) =>
      points
        .filter(({ step }) => steps.has(step))
        .sort((a, b) => a.step - b.step || a.timestamp - b.timestamp || a.value - b.value)
        .slice(0, MOST)
        .map((point) => answer(key, point, runIds[index])),
    );
    return done(metrics.length > 0 ? { metrics } : {});
  },
});
