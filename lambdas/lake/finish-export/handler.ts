import { keys } from '../../../config/catalog/stores.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { openExport } from '../../adapters/bulk-export-connection.ts';
import { landingSink, pieceKey } from '../../adapters/bulk-export-sink.ts';
import { moveExport } from '../../adapters/export-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { completeSet, copyParts } from '../../adapters/landing-parts.ts';
import { sizeOf } from '../../adapters/objects.ts';
import { withScratch } from '../../adapters/scratch.ts';
import { step } from '../../adapters/step.ts';
import { putUpload } from '../../adapters/upload-store.ts';
import type { Export, ExportReport } from '../../contracts/export.ts';
import { type FileDigest, MOST_FILES } from '../../contracts/upload.ts';
import { type Collected, collect } from '../../domain/lake/bulk-export/collect.ts';
import type { Connection } from '../../domain/lake/bulk-export/exchange.ts';
import { type ProgressStore, removeStep } from '../../domain/lake/bulk-export/steps.ts';
import { arrivalOf } from '../../domain/lake/file-set.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'export:FinishExport';

type Opened = { document: Export; connection: Connection; store: ProgressStore };
type End = { status: 'handed-over' | 'empty' | 'refused' | 'faulted'; uploadId?: string; transactionTime?: string; report?: ExportReport; detail?: string };

/** Hands the files over as one upload, or records why there is none; then lets the server delete its files. */
export const handler = step(Input, async ({ exportId, ended }) => {
  if (ended.outcome === 'downloaded' && ended.downloads.some(({ outcome }) => outcome === 'expired') && !refusalIn(ended.downloads)) return { outcome: 'expired' };
  const opened = await openExport(env, exportId);
  const end = ended.outcome === 'downloaded' ? await handOver(opened, refusalIn(ended.downloads)) : await giveUp(opened, ended);
  if (end.uploadId) await addEdges(env.LINEAGE_TABLE, [{ from: exportId, to: end.uploadId, relation: 'exported' }], opened.document.createdAt);
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: RESULTS[end.status], data: auditOf(opened.document, end) },
    `${STATE}:${exportId}:${end.status}`,
  );
  await moveExport(env.LAKE_TABLE, exportId, end);
  return { outcome: end.status };
});

const RESULTS = { 'handed-over': 'success', empty: 'success', refused: 'refused', faulted: 'fault' } as const;

const refusalIn = (downloads: readonly { outcome: string; detail?: string | undefined }[]): string | undefined => downloads.find(({ outcome }) => outcome === 'refused')?.detail;

const handOver = async ({ document, connection, store }: Opened, refusal: string | undefined): Promise<End> => {
  if (refusal !== undefined) return giveUp({ document, connection, store }, { outcome: 'refused', detail: refusal });
  const { exportId } = document;
  // nothing is written to the sink: it needs no folder
  const { pieces, transactionTime, report } = await withScratch((folder) => collect(store, landingSink(env.LANDING_BUCKET, exportId, folder), connection.limits));
  const parts = pieces.filter(({ bytes }) => bytes > 0);
  if (parts.length > MOST_FILES) {
    return giveUp(
      { document, connection, store },
      { outcome: 'refused', detail: `the export makes ${parts.length} parts, allowed are ${MOST_FILES}: export fewer types, or a group` },
    );
  }
  const uploadId = parts.length > 0 ? await uploadOf(document, parts) : undefined;
  return { status: uploadId ? 'handed-over' : 'empty', ...(uploadId ? { uploadId } : {}), transactionTime, report: { ...report, removed: await removeStep(connection, store) } };
};

/** The parts, then the upload's document, then the list whose arrival starts the ingest: run again, it starts once. */
const uploadOf = async ({ exportId, source, use, createdBy, createdAt }: Export, parts: Collected['pieces']): Promise<string> => {
  const uploadId = exportId.replace(/^exp_/, 'upl_');
  const files: FileDigest[] = parts.map(({ bytes, sha256 }) => ({ bytes, sha256, extension: 'ndjson' }));
  if ((await sizeOf({ bucket: env.LANDING_BUCKET, key: keys.upload(uploadId) })) !== null) return uploadId;
  await copyParts(
    env.LANDING_BUCKET,
    uploadId,
    parts.map(({ name }) => pieceKey(exportId, name)),
  );
  await putUpload(env.LAKE_TABLE, { uploadId, source, use, files, ...arrivalOf({ files }), status: 'awaiting-file', createdAt, createdBy });
  await completeSet(env.LANDING_BUCKET, uploadId, files);
  return uploadId;
};

const giveUp = async ({ connection, store }: Opened, ended: { outcome: 'refused'; detail: string } | { outcome: 'faulted'; execution: string }): Promise<End> => {
  await removeStep(connection, store);
  return ended.outcome === 'refused'
    ? { status: 'refused', detail: ended.detail }
    : { status: 'faulted', detail: `the export stopped by a fault on our side; its execution is ${ended.execution}` };
};

const auditOf = ({ exportId, source, use, level, credentials }: Export, { report, ...end }: End): Record<string, unknown> => ({
  exportId,
  source,
  use,
  level,
  ...(credentials ? { credentials } : {}),
  ...end,
  ...(report ? { files: report.files, bytes: report.bytes, mismatches: report.mismatches.length, removed: report.removed } : {}),
});
