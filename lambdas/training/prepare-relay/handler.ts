import { requireRun } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { recordsOf, relayReport } from '../../adapters/tracking-records.ts';
import { relayJobOf } from '../../domain/training/job.ts';
import { isWaiting } from '../../domain/training/relay.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Whether jobs recorded what the tracker does not have yet, and the Job that sends it. */
export const handler = step(Input, async ({ runId, after }) => {
  const run = await requireRun(env.REGISTRY_TABLE, runId);
  if (!isWaiting(await recordsOf(env.ARTIFACTS_BUCKET, runId), await relayReport(env.ARTIFACTS_BUCKET, runId))) return { outcome: 'nothing' };
  return { outcome: 'waiting', job: relayJobOf(run, after, env.ARTIFACTS_BUCKET, env.TRACKER_URL) };
});
