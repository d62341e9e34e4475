import { keys } from '../../config/catalog/stores.ts';
import type { ModelVersion } from '../contracts/model-version.ts';
import type { Review } from '../contracts/review.ts';
import { calibration, predictedVsObserved, subgroupForest } from '../domain/review/charts.ts';
import { dossier } from '../domain/review/dossier.ts';
import { Evaluation } from '../domain/review/evaluation.ts';
import { requireModel } from '../domain/training/models.ts';
import { chartSvg } from './charts.ts';
import { getVerified, putObject } from './objects.ts';
import { requireRun } from './run-store.ts';

/** Draws the dossier and keeps it with the review. */
export const storeDossier = async (review: Review, version: ModelVersion, where: { REGISTRY_TABLE: string; ARTIFACTS_BUCKET: string }): Promise<void> => {
  const file = version.evaluation.files.find(({ path }) => path === 'evaluation.json');
  if (!file) throw new Error(`${version.model}@${version.version} has no evaluation.json`);
  const evaluation = Evaluation.parse(JSON.parse((await getVerified(file)).toString('utf8')));
  const { predictedVsObserved: points } = evaluation.plots;
  const figures = {
    predictedVsObserved: points.length > 0 ? await chartSvg(predictedVsObserved(points)) : null,
    calibration: evaluation.calibration.length > 0 ? await chartSvg(calibration(evaluation.calibration)) : null,
    subgroups: evaluation.subgroups.length > 0 ? await chartSvg(subgroupForest(evaluation.subgroups)) : null,
  };
  const run = await requireRun(where.REGISTRY_TABLE, review.runId);
  await putObject({ bucket: where.ARTIFACTS_BUCKET, key: keys.dossier(review.reviewId) }, dossier(review, version, requireModel(version.model), run, evaluation, figures), 'text/html; charset=utf-8');
};
