import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { putUnsentRecords } from '../../adapters/metrics.ts';
import { noteTracking } from '../../adapters/run-store.ts';
import { step } from '../../adapters/step.ts';
import { relayReport } from '../../adapters/tracking-records.ts';
import { lacking, trackingOf } from '../../domain/training/relay.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'develop:Relay';

/** What came of the relay: kept with the run, counted where an alarm stands on it. */
export const handler = step(Input, async ({ runId, after, fault }) => {
  const tracking = trackingOf(await relayReport(env.ARTIFACTS_BUCKET, runId), fault);
  const unsent = lacking(tracking);
  await noteTracking(env.REGISTRY_TABLE, runId, tracking);
  await putUnsentRecords(unsent);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: unsent === 0 ? 'success' : 'fault', data: { runId, unsent } },
    `${STATE}:${runId}:${after}`,
  );
  return { unsent };
});
