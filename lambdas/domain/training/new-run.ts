import { type Outcome, done, refused } from '../../contracts/outcome.ts';
import type { Run, RunRequest } from '../../contracts/run.ts';
import { MODEL_NAMES, modelDefinition } from './models.ts';

/** A run that starts: the request checked against the model's definition, with every hyperparameter's value. */
export const newRun = (request: RunRequest, facts: { runId: string; now: Date; createdBy: string; retrainingId?: string }): Outcome<Run> => {
  const model = modelDefinition(request.model);
  if (!model)
    return refused(400, 'Unknown model', `no model ${request.model}: known are ${MODEL_NAMES.join(', ')}`, [
      { field: 'model', value: request.model, allowed: MODEL_NAMES.join(', ') },
    ]);
  const contexts = model.contexts.map(({ name }) => name).join(', ');
  if (!model.contexts.some(({ name }) => name === request.contextOfUse)) {
    return refused(400, 'Unknown context of use', `no context of use ${request.contextOfUse}: known are ${contexts}`, [
      { field: 'contextOfUse', value: request.contextOfUse, allowed: contexts },
    ]);
  }
  const known = Object.keys(model.hyperparameters);
  const unknown = Object.keys(request.hyperparameters).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    return refused(
      400,
      'Unknown hyperparameter',
      `${unknown.join(', ')}: known are ${known.join(', ')}`,
      unknown.map((name) => ({ field: `hyperparameters.${name}`, allowed: known.join(', ') })),
    );
  }
  return done({
    ...request,
    runId: facts.runId,
    status: 'running',
    step: 'Started',
    createdAt: facts.now.toISOString(),
    createdBy: facts.createdBy,
    ...(facts.retrainingId ? { retrainingId: facts.retrainingId } : {}),
  });
};
