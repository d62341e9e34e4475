import { ulid } from 'ulid';
import { auditChain, serve } from '../../adapters/api.ts';
import { deploymentProblem } from '../../adapters/deployment-key.ts';
import { getDeployment, getRoutingKey, listDeployments } from '../../adapters/deployment-store.ts';
import { startMachine } from '../../adapters/machines.ts';
import { getVersion, listStageChanges, requireVersion } from '../../adapters/model-version-store.ts';
import { createOutcome, getOutcome, getPrediction, listAnswersOf } from '../../adapters/prediction-store.ts';
import { signatureOf } from '../../adapters/review-store.ts';
import { createRollout, getRollout } from '../../adapters/rollout-store.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import type { Rollout } from '../../contracts/rollout.ts';
import { noOtherRollout, rolloutAllowed } from '../../domain/serving/deployable.ts';
import { subjectHash } from '../../domain/serving/routing.ts';
import { dayOf, routingDuring, servedVersion, versionsIn } from '../../domain/serving/served.ts';
import { contradicts, outcomeRecord, repeatedIds } from '../../domain/serving/outcomes.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createRollout: async ({ params, body, caller, audit }) => {
      const version = await getVersion(env.REGISTRY_TABLE, params.model, body.version);
      if (!version) return notFound('model version', modelVersionId(params.model, body.version));
      const allowed = rolloutAllowed(version);
      if (!allowed.ok) return allowed;
      const deployment = await getDeployment(env.REGISTRY_TABLE, params.model);
      const free = noOtherRollout(params.model, deployment);
      if (!free.ok) return free;
      const problem = await deploymentProblem(env, version);
      if (problem) return refused(403, 'Signature does not verify', problem);
      const now = new Date();
      const rollout: Rollout = {
        rolloutId: `rol_${ulid(now.getTime())}`,
        model: params.model,
        version: body.version,
        previous: deployment?.production ?? null,
        status: 'running',
        stages: [],
        createdAt: now.toISOString(),
        createdBy: caller.username,
      };
      await createRollout(env.REGISTRY_TABLE, rollout);
      await startMachine(env.ROLLOUT_MACHINE_ARN, rollout.rolloutId, { rolloutId: rollout.rolloutId });
      Object.assign(audit, { rolloutId: rollout.rolloutId, version: body.version, previous: rollout.previous });
      return done(rollout);
    },

    getRollout: async ({ params }) => {
      const rollout = await getRollout(env.REGISTRY_TABLE, params.rolloutId);
      return rollout ? done(rollout) : notFound('rollout', params.rolloutId);
    },

    getDeployment: async ({ params }) => {
      const deployment = await getDeployment(env.REGISTRY_TABLE, params.model);
      return deployment ? done(deployment) : refused(404, 'Not found', `nothing has been deployed of model ${params.model}`);
    },

    findServed: async ({ params: { model }, body: { subjectKey, date }, audit }) => {
      const revisions = await listDeployments(env.REGISTRY_TABLE, model);
      const key = await getRoutingKey(env.REGISTRY_TABLE, model);
      if (revisions.length === 0 || !key) return refused(404, 'Not found', `nothing has been deployed of model ${model}`);
      const { from, to } = dayOf(date);
      const now = new Date().toISOString();
      if (from > now)
        return refused(400, 'Invalid request', `date: ${date} is yet to come, allowed: ${now.slice(0, 10)} or earlier`, [
          { field: 'date', value: date, allowed: `${now.slice(0, 10)} or earlier` },
        ]);
      const answers = await listAnswersOf(env.MONITORING_TABLE, model, subjectHash(key, subjectKey), from, to);
      const routing = routingDuring(revisions, key, subjectKey, from, now < to ? now : to);
      const history = await listStageChanges(env.REGISTRY_TABLE, model);
      const versions = await Promise.all(
        versionsIn(answers, routing).map(async (version) =>
          servedVersion(await requireVersion(env.REGISTRY_TABLE, model, version), await signatureOf(env.REGISTRY_TABLE, model, version), history, to),
        ),
      );
      Object.assign(audit, { date, answers: answers.length, versions: versions.map(({ modelVersion }) => modelVersion) });
      return done({ model, date, answers, routing, versions });
    },

    createOutcomes: async ({ params, body, caller, audit }) => {
      const repeated = repeatedIds(body.outcomes);
      if (repeated.length > 0)
        return refused(
          400,
          'Invalid request',
          `outcomes: ${repeated[0]} is named more than once, allowed: once`,
          repeated.map((value) => ({ field: 'outcomes', value, allowed: 'each predictionId once' })),
        );
      const found = await Promise.all(
        body.outcomes.map(async (given) => ({
          given,
          prediction: await getPrediction(env.MONITORING_TABLE, given.predictionId),
          recorded: await getOutcome(env.MONITORING_TABLE, given.predictionId),
        })),
      );
      const conflicts = found.flatMap(({ given, recorded }, index) =>
        recorded && contradicts(given, recorded)
          ? [{ field: `outcomes.${index}`, allowed: `${given.predictionId} has an outcome of ${recorded.weeklyDoseMg} mg/week on record, which is never overwritten` }]
          : [],
      );
      if (conflicts.length > 0) return refused(409, 'Outcome already recorded', conflicts[0]!.allowed, conflicts);
      const now = new Date().toISOString();
      let recorded = 0;
      const unknown: string[] = [];
      for (const { given, prediction } of found) {
        if (!prediction || prediction.model !== params.model) unknown.push(given.predictionId);
        else if (await createOutcome(env.MONITORING_TABLE, outcomeRecord(given, prediction, now, caller.username))) recorded++;
      }
      const counts = { recorded, alreadyRecorded: body.outcomes.length - unknown.length - recorded, unknown };
      Object.assign(audit, { recorded, alreadyRecorded: counts.alreadyRecorded, unknown: unknown.length });
      return done(counts);
    },
  },
  auditChain(env.AUDIT_TABLE),
);
