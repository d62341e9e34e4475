import { modelVersionId } from '../contracts/ids.ts';
import type { Stage } from '../contracts/model-version.ts';
import type { Rollout } from '../contracts/rollout.ts';
import { nextRevision, type Routing } from '../domain/serving/stages.ts';
import { getDeployment, makeRoutingKey, putDeployment } from './deployment-store.ts';
import { changeStage, requireVersion } from './model-version-store.ts';

/**
 * Makes the deployment say so, as its next revision; where it says so already nothing is written. Only the rollout that holds the
 * deployment may change it: another one's hold is a fault.
 */
export const deploy = async (table: string, { rolloutId, model }: Rollout, routing: Routing, hold: 'keep' | 'release'): Promise<void> => {
  const current = await getDeployment(table, model);
  if (current?.rollout && current.rollout !== rolloutId) throw new Error(`the deployment of ${model} is held by ${current.rollout}`);
  await makeRoutingKey(table, model);
  const next = nextRevision(current, model, routing, hold === 'keep' ? rolloutId : null, new Date().toISOString());
  if (next && !(await putDeployment(table, next))) throw new Error(`the deployment of ${model} moved on from revision ${current?.revision ?? 'none'}`);
};

/** Where a version may come from, by where it goes. */
const FROM = {
  shadow: ['approved'],
  canary: ['shadow'],
  production: ['canary', 'superseded'],
  superseded: ['production'],
  'rolled-back': ['shadow', 'canary', 'production'],
} as const satisfies Partial<Record<Stage, readonly Stage[]>>;

/** Moves a version to a stage of the rollout and answers the one it came from; in that stage already it stays: null. From any other stage than it may come from is a fault. */
export const moveVersion = async (table: string, move: { model: string; version: number; to: keyof typeof FROM; by: string; reason: string }): Promise<Stage | null> => {
  const { stage: from } = await requireVersion(table, move.model, move.version);
  if (from === move.to) return null;
  if (!(FROM[move.to] as readonly Stage[]).includes(from) || !(await changeStage(table, { ...move, from }))) {
    throw new Error(`${modelVersionId(move.model, move.version)} is ${from}: it cannot become ${move.to}`);
  }
  return from;
};
