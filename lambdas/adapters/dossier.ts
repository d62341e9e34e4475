import { keys } from '../../config/catalog/stores.ts';
import { modelVersionId } from '../contracts/ids.ts';
import type { ModelVersion } from '../contracts/model-version.ts';
import type { ObjectVersion } from '../contracts/object.ts';
import { calibrationByDecile, coverage, predictedVsObserved, subgroupForest } from '../domain/review/charts.ts';
import { type DossierFacts, dossier } from '../domain/review/dossier.ts';
import { Evaluation, PredictedVsObserved } from '../domain/review/evaluation.ts';
import type { Figures } from '../domain/review/evidence-sections.ts';
import { chartSvg } from './charts.ts';
import { getVerifiedJson, putObject } from './objects.ts';

/** Draws the dossier and keeps it with its review; answers exactly which object it became. */
export const storeDossier = async (artifactsBucket: string, facts: Omit<DossierFacts, 'evaluation' | 'figures'>): Promise<ObjectVersion> => {
  const { version, review } = facts;
  const evaluation = Evaluation.parse(await evaluationFile(version, 'evaluation.json'));
  const figures = await drawFigures(version, evaluation);
  return putObject({ bucket: artifactsBucket, key: keys.dossier(review.reviewId) }, dossier({ ...facts, evaluation, figures }), 'text/html; charset=utf-8');
};

const drawFigures = async (version: ModelVersion, { calibration, subgroups, plots }: Evaluation): Promise<Figures> => {
  const series = plots['predicted_vs_observed'];
  return {
    predictedVsObserved: series ? await chartSvg(predictedVsObserved(PredictedVsObserved.parse(await evaluationFile(version, series)))) : null,
    coverage: calibration ? await chartSvg(coverage(calibration)) : null,
    calibrationByDecile: calibration ? await chartSvg(calibrationByDecile(calibration)) : null,
    subgroups: subgroups.length > 0 ? await chartSvg(subgroupForest(subgroups)) : null,
  };
};

const evaluationFile = async (version: ModelVersion, path: string): Promise<unknown> => {
  const file = version.evaluation.files.find((each) => each.path === path);
  if (!file) throw new Error(`the evaluation of ${modelVersionId(version.model, version.version)} holds no ${path}`);
  return await getVerifiedJson(file);
};
