import { auditQueue } from '../../adapters/audit-queue.ts';
import { serveMlflow } from '../../adapters/mlflow-api.ts';
import { listModels, listVersionViews } from '../../adapters/registered-model-store.ts';
import { getExperiment } from '../../adapters/tracking/experiment-store.ts';
import { getRun } from '../../adapters/tracking/run-store.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { experimentAnswer, runAnswer } from '../../domain/mlflow/answers.ts';
import { Missing, type Readers, answerQuery } from '../../domain/mlflow/graphql.ts';
import { versionAnswer } from '../../domain/mlflow/registry-answers.ts';
import { experimentIdOf, experimentMissing } from '../../domain/tracking/experiments.ts';
import { checkRunId } from '../../domain/tracking/names.ts';
import { runMissing, standingOf } from '../../domain/tracking/runs.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const { TRACKING_TABLE: table } = env;

const needed = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Missing(outcome.problem.detail);
  return outcome.value;
};

const readersOf = (project: string): Readers => ({
  experiment: async (experimentId) => {
    const id = needed(experimentIdOf(experimentId));
    return experimentAnswer((await getExperiment(table, project, id)) ?? needed<never>(experimentMissing(id)));
  },
  run: async (runId) => {
    needed(checkRunId(runId));
    const run = (await getRun(table, project, runId)) ?? needed<never>(runMissing(runId));
    const experiment = await getExperiment(table, project, run.experimentId);
    return {
      ...runAnswer(standingOf(run, experiment)),
      experiment: experiment && experimentAnswer(experiment),
      modelVersions: async () => {
        const models = await listModels(env.REGISTRY_TABLE, project);
        const views = (await Promise.all(models.map((model) => listVersionViews(env.REGISTRY_TABLE, project, model)))).flat();
        return views.filter((view) => view.runId === runId).map(versionAnswer);
      },
    };
  },
});

/** MLflow's web interface asks for an experiment or a run with what belongs to it, by GraphQL. */
export const handler = serveMlflow(
  {
    askGraphql: async ({ project, fields, given }) =>
      done(await answerQuery({ query: fields.query, operationName: fields.operationName, variables: given['variables'] }, readersOf(project.project))),
  },
  { table, onFirstUse: env.PROJECTS_ON_FIRST_USE },
  auditQueue(env.AUDIT_QUEUE_URL),
);
