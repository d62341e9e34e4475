import { ulid } from 'ulid';
import { keys } from '../../../config/catalog/stores.ts';
import { auditChain, serve } from '../../adapters/api.ts';
import { progressBelow } from '../../adapters/job-progress.ts';
import { startMachine } from '../../adapters/machines.ts';
import { getVersion } from '../../adapters/model-version-store.ts';
import { getVerifiedJson } from '../../adapters/objects.ts';
import { createTrial, getTrial } from '../../adapters/trial-store.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import type { Trial } from '../../contracts/trial.ts';
import { trialCharts } from '../../domain/trials/charts.ts';
import { DESIGN_NAMES, findDesign } from '../../domain/trials/designs.ts';
import { trialPage } from '../../domain/trials/page.ts';
import { TrialResult } from '../../domain/trials/result.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createTrial: async ({ body, caller, audit }) => {
      if (!findDesign(body.design)) {
        const allowed = `one of ${DESIGN_NAMES.join(', ')}`;
        return refused(400, 'Unknown design', `design: "${body.design}" is not ${allowed}`, [{ field: 'design', value: body.design, allowed }]);
      }
      const version = await getVersion(env.REGISTRY_TABLE, body.model, body.version);
      if (!version) return notFound('model version', modelVersionId(body.model, body.version));
      const now = new Date();
      const trial: Trial = {
        ...body,
        trialId: `trl_${ulid(now.getTime())}`,
        datasetId: version.datasetId,
        status: 'running',
        createdAt: now.toISOString(),
        createdBy: caller.username,
      };
      await createTrial(env.REGISTRY_TABLE, trial);
      await startMachine(env.SIMULATE_MACHINE_ARN, trial.trialId, { trialId: trial.trialId });
      Object.assign(audit, { trialId: trial.trialId, modelVersion: modelVersionId(body.model, body.version), design: body.design, seed: body.seed });
      return done(trial);
    },

    getTrial: async ({ params }) => {
      const trial = await getTrial(env.REGISTRY_TABLE, params.trialId);
      if (!trial) return notFound('trial', params.trialId);
      if (trial.status === 'completed') return done({ ...trial, progress: 1, result: await readResult(trial) });
      const progress = trial.status === 'running' ? await progressBelow(env.ARTIFACTS_BUCKET, keys.trial(trial.trialId)) : null;
      return done({ ...trial, ...(progress === null ? {} : { progress }) });
    },

    getTrialPage: async ({ params }) => {
      const trial = await getTrial(env.REGISTRY_TABLE, params.trialId);
      if (!trial) return notFound('trial', params.trialId);
      if (trial.status !== 'completed')
        return refused(
          409,
          'No result yet',
          `trial ${trial.trialId} is ${trial.status}${trial.detail ? `: ${trial.detail}` : ''}; GET /v1/trials/${trial.trialId} shows its progress`,
        );
      const result = TrialResult.parse(await readResult(trial));
      // most of what this function would hold, and few ask for a page
      const { chartSvg } = await import('../../adapters/charts.ts');
      const figures = await Promise.all(trialCharts(result).map(async ({ caption, specification }) => ({ caption, svg: await chartSvg(specification) })));
      return done(trialPage(trial, result, figures));
    },
  },
  auditChain(env.AUDIT_TABLE),
);

/** result.json of the simulate job, the very bytes that were recorded. */
const readResult = async ({ trialId, artifacts }: Trial): Promise<unknown> => {
  const file = artifacts?.files.find(({ path }) => path === 'result.json');
  if (!file) throw new Error(`${trialId} is completed without a result.json`);
  return await getVerifiedJson(file);
};
