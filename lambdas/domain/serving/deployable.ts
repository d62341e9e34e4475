import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Deployment, Rollout } from '../../contracts/rollout.ts';
import { type Outcome, done, refused } from '../../contracts/outcome.ts';

/** Whether a version's stage lets it be rolled out; the refusal names what is missing and where to get it. */
export const rolloutAllowed = ({ model, version, stage, deprecation }: Pick<ModelVersion, 'model' | 'version' | 'stage' | 'deprecation'>): Outcome<null> => {
  if (deprecation)
    return refused(
      409,
      'Version deprecated',
      `${model}@${version} was deprecated by ${deprecation.by}: ${deprecation.reason}${deprecation.replacedBy ? `; use ${model}@${deprecation.replacedBy}` : ''}`,
    );
  if (stage === 'approved') return done(null);
  const where: Partial<Record<ModelVersion['stage'], string>> = {
    candidate: 'its clinical review has not been opened yet: see GET /v1/reviews',
    'in-review': 'a clinician signs it with POST /v1/reviews/{reviewId}/decisions; GET /v1/reviews names the review',
    rejected: 'a clinician rejected it; train a new version with POST /v1/runs',
    'rolled-back': 'it was taken back; train a new version with POST /v1/runs',
  };
  return refused(409, 'Version not approved', `${model}@${version} is ${stage}, allowed: approved; ${where[stage] ?? 'see GET /v1/models/{model}/history'}`);
};

/** Only one rollout at a time holds a model's deployment; a rollout never waits for another one. */
export const noOtherRollout = (model: string, deployment: Deployment | null): Outcome<null> =>
  deployment?.rollout ? refused(409, 'Rollout under way', `${model} is held by ${deployment.rollout}: wait until GET /v1/rollouts/${deployment.rollout} has ended`) : done(null);

/** Whether a rollout may take hold of the deployment as it stands now; null: it may. */
export const holdProblem = ({ rolloutId, model, previous }: Rollout, deployment: Deployment | null): string | null => {
  if (deployment?.rollout === rolloutId) return null;
  const free = noOtherRollout(model, deployment);
  if (!free.ok) return free.problem.detail;
  const production = deployment?.production ?? null;
  return production === previous ? null : `production of ${model} is version ${production ?? 'none'}, and was ${previous ?? 'none'} when the rollout was asked for: ask again`;
};
