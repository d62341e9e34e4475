import { ROLLOUT_STAGES, type RolloutStageName } from '../../../config/catalog/rollout.ts';
import type { Deployment, Rollout, RolloutStage } from '../../contracts/rollout.ts';

export type Routing = Pick<Deployment, 'production' | 'canary' | 'shadow'>;

/**
 * Who answers in a stage. The version is evaluated for everybody from the first stage on, so that even a share of 5 % is judged on all
 * requests; at 100 % the former version is evaluated beside it.
 */
export const routingOf = (stage: RolloutStageName, { version, previous }: Pick<Rollout, 'version' | 'previous'>): Routing => {
  if (stage === 'shadow') return { production: previous, canary: null, shadow: version };
  if (stage === 'production') return { production: version, canary: null, shadow: previous };
  return { production: previous, canary: { version, share: shareOf(stage) }, shadow: version };
};

/** Who answers before a rollout, and again when it has been taken back; and once it has ended well. */
export const routingAtEnd = ({ version }: Pick<Rollout, 'version'>): Routing => ({ production: version, canary: null, shadow: null });
export const routingBefore = ({ previous }: Pick<Rollout, 'previous'>): Routing => ({ production: previous, canary: null, shadow: null });

export const shareOf = (stage: RolloutStageName): number => ROLLOUT_STAGES.find(({ name }) => name === stage)!.share;

/** The stage that a model version is in while the rollout is in this one. */
export const versionStageOf = (stage: RolloutStageName): 'shadow' | 'canary' | 'production' => (stage === 'shadow' || stage === 'production' ? stage : 'canary');

/** The next revision, or null where the deployment already says so. */
export const nextRevision = (current: Deployment | null, model: string, routing: Routing, rollout: string | null, at: string): Deployment | null => {
  const next: Deployment = { model, revision: current ? current.revision + 1 : 0, ...routing, ...(rollout ? { rollout } : {}), updatedAt: at };
  return current && sameRouting(current, next) ? null : next;
};

const sameRouting = (a: Deployment, b: Deployment): boolean =>
  a.production === b.production && a.shadow === b.shadow && a.rollout === b.rollout && a.canary?.version === b.canary?.version && a.canary?.share === b.canary?.share;

/** The stages with this one begun; it begins once. */
export const startedStage = (stages: readonly RolloutStage[], name: RolloutStageName, startedAt: string): RolloutStage[] =>
  stages.some((stage) => stage.name === name) ? [...stages] : [...stages, { name, share: shareOf(name), startedAt, outcome: 'running', bakes: 0, signals: [] }];

/** The stages with what was judged of this one; it ends with any outcome but `running`. */
export const judgedStage = (stages: readonly RolloutStage[], name: RolloutStageName, judged: Pick<RolloutStage, 'outcome' | 'signals' | 'bakes'>, at: string): RolloutStage[] =>
  stages.map((stage) => (stage.name === name ? { ...stage, ...judged, ...(judged.outcome === 'running' ? {} : { endedAt: at }) } : stage));
