import { BatchGetCommand, BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { OutcomeRecord, PredictionFault, PredictionRecord } from '../contracts/prediction.ts';
import type { ServedAnswer } from '../contracts/served.ts';
import { dynamo } from './clients.ts';
import { createDocument, getDocument, listDocuments, queryDocuments } from './documents.ts';

const ANSWER = 'ANSWER';
const OUTCOME = 'OUTCOME';
const DAY_MS = 86_400_000;

const pk = (predictionId: string) => `PREDICTION#${predictionId}`;
const dateOf = (at: string) => at.slice(0, 10);
const listed = (list: string, at: string, predictionId: string) => ({ gsi1pk: `${list}#${dateOf(at)}`, gsi1sk: `${at}#${predictionId}` });
const answers = (model: string) => `PREDICTIONS#${model}`;
const shadows = (model: string) => `SHADOW-PREDICTIONS#${model}`;
const faults = (model: string) => `PREDICTION-FAULTS#${model}`;
const outcomes = (model: string) => `OUTCOMES#${model}`;

const recordItem = (record: PredictionRecord) =>
  record.role === 'shadow'
    ? { pk: pk(record.predictionId), sk: `SHADOW#${record.version}`, ...listed(shadows(record.model), record.at, record.predictionId), ...record }
    : { pk: pk(record.predictionId), sk: ANSWER, ...listed(answers(record.model), record.at, record.predictionId), ...record };

const faultItem = (fault: PredictionFault) => ({
  pk: pk(fault.predictionId),
  sk: `FAULT#${fault.version}`,
  ...listed(faults(fault.model), fault.at, fault.predictionId),
  ...fault,
});

/** A patient's answers of a model by time, so that what served whom is one query. */
const ofSubject = (model: string, subjectHash: string) => `SUBJECT#${model}#${subjectHash}`;
const answerItem = ({ predictionId, at, model, subjectHash, version, role, weeklyDoseMg, lowerMgPerWeek, upperMgPerWeek, username }: PredictionRecord) => ({
  pk: ofSubject(model, subjectHash),
  sk: `${at}#${predictionId}`,
  ...{ predictionId, at, version, role, weeklyDoseMg, lowerMgPerWeek, upperMgPerWeek, username },
});

/** Answers that one subject got in [from, to], oldest first. */
export const listAnswersOf = (table: string, model: string, subjectHash: string, from: string, to: string): Promise<ServedAnswer[]> =>
  queryDocuments(table, ofSubject(model, subjectHash), '', { from, to: `${to}#\uffff` });

/** Writes records and faults. Their keys are made of what they hold: the same twice is one. */
export const putPredictions = (table: string, records: readonly PredictionRecord[], failed: readonly PredictionFault[]): Promise<void> =>
  writeAll(table, [...records.map(recordItem), ...records.filter(({ role }) => role !== 'shadow').map(answerItem), ...failed.map(faultItem)]);

export const getPrediction = (table: string, predictionId: string): Promise<PredictionRecord | null> => getDocument(table, { pk: pk(predictionId), sk: ANSWER });

/** Answered predictions (production and canary) made in [from, to], in order of time; with `limit` the newest. Times are ISO 8601. */
export const listPredictions = (table: string, model: string, from: string, to: string, limit?: number): Promise<PredictionRecord[]> =>
  window(table, answers(model), from, to, limit);

/** What shadow versions would have answered in [from, to]. */
export const listShadowPredictions = (table: string, model: string, from: string, to: string, limit?: number): Promise<PredictionRecord[]> =>
  window(table, shadows(model), from, to, limit);

export const listPredictionFaults = (table: string, model: string, from: string, to: string, limit?: number): Promise<PredictionFault[]> =>
  window(table, faults(model), from, to, limit);

/** Outcomes of the predictions made in [from, to]. */
export const listOutcomes = (table: string, model: string, from: string, to: string, limit?: number): Promise<OutcomeRecord[]> => window(table, outcomes(model), from, to, limit);

export const getOutcome = (table: string, predictionId: string): Promise<OutcomeRecord | null> => getDocument(table, { pk: pk(predictionId), sk: OUTCOME });

/** Answers false where an outcome of that prediction stands already; that one stays. */
export const createOutcome = (table: string, outcome: OutcomeRecord): Promise<boolean> =>
  createDocument(table, { pk: pk(outcome.predictionId), sk: OUTCOME }, outcome, listed(outcomes(outcome.model), outcome.predictedAt, outcome.predictionId));

const markerKey = (requestId: string) => ({ pk: `AUDITED-CALL#${requestId}`, sk: 'MARKER' });

/** Which of these API calls are on the audit chain already. */
export const auditedCalls = async (table: string, requestIds: readonly string[]): Promise<Set<string>> => {
  const found = new Set<string>();
  const asked = [...new Set(requestIds)];
  for (let start = 0; start < asked.length; start += 100) {
    let Keys: Record<string, unknown>[] = asked.slice(start, start + 100).map(markerKey);
    while (Keys.length > 0) {
      const { Responses, UnprocessedKeys } = await dynamo().send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }));
      for (const item of Responses?.[table] ?? []) found.add(item['requestId'] as string);
      Keys = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return found;
};

export const markAudited = (table: string, requestIds: readonly string[]): Promise<void> =>
  writeAll(
    table,
    requestIds.map((requestId) => ({ ...markerKey(requestId), requestId })),
  );

/** One list per day and model; a window is read day by day, newest first while there is a limit. */
const window = async <T>(table: string, list: string, from: string, to: string, limit = Number.POSITIVE_INFINITY): Promise<T[]> => {
  const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()];
  const found: T[] = [];
  for (let day = Date.parse(dateOf(last)); day >= Date.parse(dateOf(first)) && found.length < limit; day -= DAY_MS) {
    const date = new Date(day).toISOString().slice(0, 10);
    found.push(...(await listDocuments<T>(table, `${list}#${date}`, { from: first, to: `${last}#\uffff`, newestFirst: true, limit: limit - found.length })));
  }
  return found.reverse();
};

/** One key twice in a request is refused by DynamoDB: the last one stands. */
const writeAll = async (table: string, items: readonly ({ pk: string; sk: string } & Record<string, unknown>)[]): Promise<void> => {
  const distinct = [...new Map(items.map((item) => [`${item.pk} ${item.sk}`, item])).values()];
  for (let start = 0; start < distinct.length; start += 25) {
    let pending: Record<string, unknown>[] = distinct.slice(start, start + 25);
    while (pending.length > 0) {
      const { UnprocessedItems } = await dynamo().send(new BatchWriteCommand({ RequestItems: { [table]: pending.map((Item) => ({ PutRequest: { Item } })) } }));
      pending = (UnprocessedItems?.[table] ?? []).map((request) => request.PutRequest!.Item!);
    }
  }
};
