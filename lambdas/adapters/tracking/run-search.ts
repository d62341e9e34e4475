import type { Experiment, TrackedRun } from '../../contracts/tracking.ts';
import { type View, isIn } from '../../domain/tracking/experiments.ts';
import { firstOf } from '../../domain/tracking/search/order.ts';
import { type Hit, type RunQuestion, directionsOf, hitsIn, lifecyclesOf } from '../../domain/tracking/search/runs.ts';
import { slices } from './batches.ts';
import { BlockGone } from './run-blocks.ts';
import { type Searched, listRuns } from './run-listing.ts';

/** `fits`: whether one more run still fits into the page. */
type Wanted = { view: View; offset: number; size: number; fits: (run: TrackedRun) => boolean };
type Found = Hit & { again: Searched['again']; experiment: Experiment };
const ATTEMPTS = 3;
/** Whole runs made at a time: a page may name many more than fit. */
const MADE_TOGETHER = 1000;

/** A page of the runs that answer a question, and whether more follow. A run of a deleted experiment is deleted with it. */
export const searchRuns = (
  table: string,
  project: string,
  experiments: readonly Experiment[],
  question: RunQuestion,
  wanted: Wanted,
): Promise<{ runs: TrackedRun[]; more: boolean }> => {
  return againIfGone(() => search(table, project, experiments, question, wanted));
};

/** Runs of an experiment that had data logged as input, deleted ones too. */
export const runsWithDatasets = (table: string, project: string, experimentId: string): Promise<TrackedRun[]> =>
  againIfGone(async () => {
    const runs: TrackedRun[] = [];
    for await (const { source, admits } of listRuns(table, project, experimentId)) {
      for (let at = 0; at < source.size; at++) if (admits(at) && source.datasets(at).length > 0) runs.push(source.run(at));
    }
    return runs;
  });

const againIfGone = async <T>(read: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof BlockGone) || attempt === ATTEMPTS) throw error;
    }
  }
};

const search = async (
  table: string,
  project: string,
  experiments: readonly Experiment[],
  question: RunQuestion,
  { view, offset, size, fits }: Wanted,
): Promise<{ runs: TrackedRun[]; more: boolean }> => {
  const first = firstOf<Found>(offset + size + 1, directionsOf(question));
  for (const experiment of experiments) {
    for await (const searched of listRuns(table, project, experiment.experimentId)) {
      const lifecycleAt = lifecyclesOf(searched.source);
      const admits = (at: number) => isIn(view, experiment.lifecycle === 'deleted' ? 'deleted' : lifecycleAt(at)) && searched.admits(at);
      for (const hit of hitsIn(searched.source, question, admits)) first.add({ ...hit, again: searched.again, experiment });
    }
  }
  const found = first.taken();
  const page = found.slice(offset, offset + size);
  const runs: TrackedRun[] = [];
  for (const slice of slices(page, MADE_TOGETHER)) {
    const made = await wholeRunsOf(slice);
    const beyond = made.findIndex((run) => !fits(run));
    runs.push(...(beyond < 0 ? made : made.slice(0, beyond)));
    if (beyond >= 0) break;
  }
  return { runs, more: found.length > offset + runs.length };
};

/** Each source once, however many of its runs are on the page. */
const wholeRunsOf = async (page: readonly Found[]): Promise<TrackedRun[]> => {
  const runs = new Map<Found, TrackedRun>();
  for (const [again, hits] of Map.groupBy(page, (hit) => hit.again)) {
    const source = await again();
    for (const hit of hits) runs.set(hit, { ...source.run(hit.at), ...(hit.experiment.lifecycle === 'deleted' ? { lifecycle: 'deleted' } : {}) });
  }
  return page.map((hit) => runs.get(hit)!);
};
