import type { Rollout } from '../contracts/rollout.ts';
import { nextRevision, type Routing } from '../domain/serving/stages.ts';
import { getDeployment, putDeployment } from './deployment-store.ts';

/**
 * Makes the deployment say so, as its next revision; where it says so already nothing is written. Only the rollout that holds the
 * deployment may change it: another one's hold is a fault.
 */
export const deploy = async (table: string, { rolloutId, model }: Rollout, routing: Routing, hold: 'keep' | 'release'): Promise<void> => {
  const current = await getDeployment(table, model);
  if (current?.rollout && current.rollout !== rolloutId) throw new Error(`the deployment of ${model} is held by ${current.rollout}`);
  const next = nextRevision(current, model, routing, hold === 'keep' ? rolloutId : null, new Date().toISOString());
  if (next && !(await putDeployment(table, next))) throw new Error(`the deployment of ${model} moved on from revision ${current?.revision ?? 'none'}`);
};
