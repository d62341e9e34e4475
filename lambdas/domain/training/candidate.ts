import type { Dataset } from '../../contracts/dataset.ts';
import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Run } from '../../contracts/run.ts';
import { digestOf } from '../canonical-json.ts';
import type { ModelDefinition } from './models.ts';

/** What the registry keeps of a run that passed its gates. `trained` is the container's model.json. */
export const candidateOf = (run: Run, dataset: Dataset, model: ModelDefinition, trained: Record<string, unknown>, at: string): Omit<ModelVersion, 'version'> => {
  const { training, evaluation, gates, gatesEvidence, features } = run;
  if (!training || !evaluation || !gates || !gatesEvidence || !features) throw new Error(`${run.runId} has not been trained, evaluated and gated`);
  const contextOfUse = model.contexts.find(({ name }) => name === run.contextOfUse)!;
  return {
    model: run.model,
    stage: 'candidate',
    createdAt: at,
    createdBy: run.createdBy,
    runId: run.runId,
    datasetId: run.datasetId,
    datasetManifest: dataset.manifest,
    contextOfUse,
    artifacts: training,
    evaluation,
    gates,
    gatesEvidence,
    digests: {
      model: training.digest,
      data: dataset.contentSha256,
      gates: gatesEvidence.sha256,
      contextOfUse: digestOf(contextOfUse),
      code: String((trained['code'] as { digest?: string } | undefined)?.digest ?? trained['code'] ?? 'unknown'),
      environment: digestOf(trained['versions'] ?? trained['environment'] ?? null),
      featureView: features.viewDigest,
    },
  };
};
