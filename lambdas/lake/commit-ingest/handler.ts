import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { commitIngest } from '../../adapters/ingest-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { getVerifiedJson } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { moveUpload } from '../../adapters/upload-store.ts';
import { Staging } from '../../contracts/upload.ts';
import { withCounts } from '../../domain/lake/ingest-report.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'ingest:CommitIngest';

/** Makes the curated objects an ingest and the upload admitted. Lineage and audit come first, so that no admitted upload lacks them. */
export const handler = step(Input, async ({ uploadId, ingestId, source, mapVersion, use, file, judged, curated }) => {
  const ingest = await commitIngest(env.LAKE_TABLE, {
    ingestId,
    uploadId,
    source,
    mapVersion,
    use,
    fileSha256: file.sha256,
    deidentification: env.DEIDENTIFICATION,
    objects: curated.flatMap(({ objects }) => objects),
    quarantine: Staging.parse(await getVerifiedJson(judged.staging)).quarantine,
    report: withCounts(
      judged.report,
      curated.map(({ counts }) => counts),
    ),
    committedAt: new Date().toISOString(),
  });
  const { read, admitted, quarantinedRows } = ingest.report;
  const data = {
    uploadId,
    ingestId,
    source,
    mapVersion,
    use,
    fileSha256: ingest.fileSha256,
    deidentification: ingest.deidentification,
    read,
    admitted,
    quarantinedRows,
    objects: ingest.objects.length,
  };
  await addEdges(env.LINEAGE_TABLE, [{ from: uploadId, to: ingestId, relation: 'ingested' }], ingest.committedAt);
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'success', data }, `${STATE}:${ingestId}`);
  await moveUpload(env.LAKE_TABLE, uploadId, { status: 'admitted', report: ingest.report, detail: undefined });
  return { outcome: 'admitted', uploadId, ingestId };
});
