import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { keys } from '../../../config/catalog/stores.ts';
import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { log } from '../../adapters/log.ts';
import { putObject } from '../../adapters/objects.ts';
import { auditedCalls, markAudited, putPredictions } from '../../adapters/prediction-store.ts';
import { PredictionCall } from '../../contracts/prediction.ts';
import { auditedBatch, batchId, logFiles, predictionEdges } from '../../domain/prediction/batch.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

/**
 * Records a batch of calls: the log file, the records, their lineage, one audit event. Every write is keyed by what it holds, so that a
 * batch delivered twice leaves the same; a message that is no call goes to the dead-letter queue alone.
 */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const calls: PredictionCall[] = [];
  const unreadable: string[] = [];
  for (const { messageId, body } of event.Records) {
    const call = readCall(body);
    if (call) calls.push(call);
    else unreadable.push(messageId);
  }
  if (calls.length > 0) await record(calls);
  log.info('predictions', { calls: calls.length, unreadable: unreadable.length });
  return { batchItemFailures: unreadable.map((itemIdentifier) => ({ itemIdentifier })) };
};

const readCall = (body: string): PredictionCall | null => {
  try {
    return PredictionCall.parse(JSON.parse(body));
  } catch {
    return null;
  }
};

const record = async (calls: PredictionCall[]): Promise<void> => {
  const records = calls.flatMap((call) => call.records);
  const batch = batchId(calls.map(({ requestId }) => requestId));
  for (const { model, date, ndjson } of logFiles(records)) {
    await putObject({ bucket: env.ARTIFACTS_BUCKET, key: keys.predictionLog(model, date, batch) }, ndjson, 'application/x-ndjson');
  }
  await putPredictions(
    env.MONITORING_TABLE,
    records,
    calls.flatMap((call) => call.faults),
  );
  await addEdges(env.LINEAGE_TABLE, predictionEdges(records));
  await audit(calls);
};

/** A call that another batch has put on the chain is not put there again. */
const audit = async (calls: PredictionCall[]): Promise<void> => {
  const known = await auditedCalls(
    env.MONITORING_TABLE,
    calls.map(({ requestId }) => requestId),
  );
  const fresh = [...new Map(calls.filter(({ requestId }) => !known.has(requestId)).map((call) => [call.requestId, call])).values()];
  if (fresh.length === 0) return;
  const requestIds = fresh.map(({ requestId }) => requestId);
  const batch = batchId(requestIds);
  const what = 'prediction:record-predictions';
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(what), what, result: 'success', data: auditedBatch(batch, fresh) }, `${what}:${batch}`);
  await markAudited(env.MONITORING_TABLE, requestIds);
};
