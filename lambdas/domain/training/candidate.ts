import * as z from 'zod';
import type { Dataset } from '../../contracts/dataset.ts';
import { Sha256 } from '../../contracts/ids.ts';
import type { ModelVersion } from '../../contracts/model-version.ts';
import { ImageReference, type Run } from '../../contracts/run.ts';
import { digestOf } from '../canonical-json.ts';
import type { ModelDefinition } from './models.ts';

/** What a version's digests take from the container's model.json (containers/README.md). */
export const Provenance = z.object({
  code: z.object({ digest: Sha256 }),
  environment: z.object({ digest: Sha256 }),
  /** null: nobody told the job which image it runs in. */
  image: z.object({ reference: ImageReference }).nullable(),
});
export type Provenance = z.infer<typeof Provenance>;

/** What the registry keeps of a run that passed its gates. */
export const candidateOf = (run: Run, dataset: Dataset, model: ModelDefinition, trained: Provenance, at: string): Omit<ModelVersion, 'version'> => {
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
      code: trained.code.digest,
      environment: trained.environment.digest,
      ...(trained.image ? { container: trained.image.reference } : {}),
      featureView: features.viewDigest,
    },
  };
};
