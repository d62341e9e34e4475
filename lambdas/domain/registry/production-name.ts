import { type Outcome, done } from '../../contracts/outcome.ts';
import type { Project } from '../../contracts/project.ts';
import type { VersionView } from '../../contracts/registered-model.ts';
import { refuse } from '../mlflow/refusals.ts';

/**
 * Whether a version may be called Production or champion. In a project that asks for a signature only the review and the rollout make
 * a version Production; what they made so may be called champion.
 */
export const mayBeCalled = (what: string, project: Project, view: VersionView): Outcome<null> => {
  if (project.production === 'open' && !view.clinical) return done(null);
  if (view.clinical === 'production') return done(null);
  const id = `${view.name}@${view.version}`;
  const missing = view.clinical
    ? `it is ${view.clinical}: a clinician's signature (POST /v1/reviews/{reviewId}/decisions) and a rollout (POST /v1/models/${view.name}/rollouts) make it Production`
    : 'it has no clinical signature: train and gate it as a run of this installation (POST /v1/runs), have a clinician sign its review (POST /v1/reviews/{reviewId}/decisions), then roll it out';
  return refuse('PERMISSION_DENIED', `${id} can't be ${what} in project ${project.project}; ${missing}`);
};

/** The stage of a version that has its own life here follows from review and rollout; a client can't move it. */
export const mayBeMoved = (view: VersionView): Outcome<null> =>
  view.clinical
    ? refuse(
        'PERMISSION_DENIED',
        `${view.name}@${view.version} is ${view.clinical}; its stage follows from its review (POST /v1/reviews/{reviewId}/decisions) and rollout (POST /v1/models/${view.name}/rollouts)`,
      )
    : done(null);

/** A version that has its own life here is evidence: it stays. */
export const mayBeDeleted = (view: VersionView): Outcome<null> =>
  view.clinical
    ? refuse('PERMISSION_DENIED', `${view.name}@${view.version} is ${view.clinical} and is kept as evidence; versions of this installation's own runs can't be deleted`)
    : done(null);
