import type { ModelVersion } from '../../contracts/model-version.ts';
import { type Outcome, done, refused } from '../../contracts/outcome.ts';

/** Whether a version's stage lets it be rolled out; the refusal names what is missing and where to get it. */
export const rolloutAllowed = ({ model, version, stage }: Pick<ModelVersion, 'model' | 'version' | 'stage'>): Outcome<null> => {
  if (stage === 'approved') return done(null);
  const where: Partial<Record<ModelVersion['stage'], string>> = {
    candidate: 'its clinical review has not been opened yet: see GET /v1/reviews',
    'in-review': 'a clinician signs it with POST /v1/reviews/{reviewId}/decisions; GET /v1/reviews names the review',
    rejected: 'a clinician rejected it; train a new version with POST /v1/runs',
    'rolled-back': 'it was taken back; train a new version with POST /v1/runs',
  };
  return refused(409, 'Version not approved', `${model}@${version} is ${stage}, allowed: approved; ${where[stage] ?? 'see GET /v1/models/{model}/history'}`);
};

/** Only one rollout at a time holds a model's deployment. */
export const noOtherRollout = (model: string, rolloutId: string | undefined): Outcome<null> =>
  rolloutId === undefined ? done(null) : refused(409, 'Rollout under way', `${model} is held by ${rolloutId}: wait until GET /v1/rollouts/${rolloutId} has ended`);
