import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { step } from '../../adapters/step.ts';
import { moveUpload } from '../../adapters/upload-store.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'ingest:RecordOutcome';

/** Ends an upload that was not admitted. A fault never overrides how another execution of the same event ended it. */
export const handler = step(Input, async ({ uploadId, outcome, detail, report }) => {
  const upload = await moveUpload(env.LAKE_TABLE, uploadId, { status: outcome, detail, ...(report ? { report } : {}) });
  if (upload && upload.status !== outcome) return { outcome: upload.status, uploadId };
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: outcome === 'faulted' ? 'fault' : 'refused', data: { uploadId, outcome, detail } },
    `${STATE}:${uploadId}:${outcome}`,
  );
  return { outcome, uploadId };
});
