import type { EvaluationDataset, EvaluationRecord } from '../../contracts/evaluation-dataset.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { checkRoom, datasetMissing } from '../../domain/tracking/evaluation-datasets.ts';
import { type Change, type Cursor, type GivenRecord, changesBy, datasetAfter, recordOf, userOf } from '../../domain/tracking/evaluation-records.ts';
import { members, updateExpression } from '../update-expression.ts';
import { evaluationDatasetAt, recordAt, recordPlaceAt, recordSk, recordsOf } from './addresses.ts';
import { batchGet, slices } from './batches.ts';
import { getEvaluationDataset } from './evaluation-dataset-store.ts';
import { pages } from './pages.ts';
import { MOST_BYTES, MOST_ITEMS, transact } from './transactions.ts';

const ATTEMPTS = 20;
/** Lambda answers with 6 MB at most, bytes; less what else a record's answer names. */
const PAGE = 5_000_000;
const OVERHEAD = 500;

type Place = { sk: string; createdAt: number };

const placesOf = async (table: string, project: string, datasetId: string, recordIds: readonly string[]): Promise<Place[]> =>
  (await batchGet(
    table,
    [...new Set(recordIds)].map((recordId) => recordPlaceAt(project, datasetId, recordId)),
  )) as Place[];

const standingRecords = async (table: string, project: string, datasetId: string, recordIds: readonly string[]): Promise<Map<string, EvaluationRecord>> => {
  const places = await placesOf(table, project, datasetId, recordIds);
  const items = await batchGet(
    table,
    places.map(({ sk, createdAt }) => recordAt(project, datasetId, createdAt, sk)),
  );
  return new Map(items.map((item) => recordOf(item['record'] as string)).map((record) => [record.recordId, record]));
};

/** The dataset's item with its next state, only while nobody else has changed its records. */
const advanced = (table: string, project: string, before: EvaluationDataset, after: EvaluationDataset) => {
  const { digest, updatedAt, updatedBy, schema, records, revision } = after;
  return {
    Update: {
      TableName: table,
      Key: evaluationDatasetAt(project, before.datasetId),
      ConditionExpression: '#seen = :seen',
      ...updateExpression(members({ digest, updatedAt, updatedBy, schema, records, revision }), { names: { '#seen': 'revision' }, values: { ':seen': before.revision } }),
    },
  };
};

const writes = (table: string, project: string, datasetId: string, { record, text, isNew }: Change) => [
  { Put: { TableName: table, Item: { ...recordAt(project, datasetId, record.createdAt, record.recordId), record: text } } },
  ...(isNew ? [{ Put: { TableName: table, Item: { ...recordPlaceAt(project, datasetId, record.recordId), createdAt: record.createdAt } } }] : []),
];

/** Changes that fit into a transaction each; one that changes nothing but the dataset where there are none. */
const transactionsOf = (changes: readonly Change[]): Change[][] => {
  const batches: Change[][] = [[]];
  let items = 1;
  let bytes = 0;
  for (const change of changes) {
    const size = Buffer.byteLength(change.text);
    const count = change.isNew ? 2 : 1;
    if (items + count > MOST_ITEMS || bytes + size > MOST_BYTES) {
      batches.push([]);
      items = 1;
      bytes = 0;
    }
    batches.at(-1)!.push(change);
    items += count;
    bytes += size;
  }
  return batches;
};

const pause = (attempt: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * Math.min(attempt, 10)));

type Step = { after: EvaluationDataset; items: NonNullable<Parameters<typeof transact>[0]> };

/** Takes the dataset from one state to the next, a transaction a batch. Stops where somebody else has changed its records meanwhile. */
const inTurn = async <B>(
  table: string,
  project: string,
  dataset: EvaluationDataset,
  batches: readonly B[],
  stepOf: (before: EvaluationDataset, batch: B) => Step,
): Promise<{ after: EvaluationDataset; written: B[] }> => {
  let before = dataset;
  const written: B[] = [];
  for (const batch of batches) {
    const { after, items } = stepOf(before, batch);
    if (!(await transact([advanced(table, project, before, after), ...items]))) break;
    written.push(batch);
    before = after;
  }
  return { after: before, written };
};

/**
 * Inserts records, and merges those whose inputs the dataset has already. A writer that comes second reads again what it has not yet
 * written; doing it twice inserts nothing twice.
 */
export const upsertRecords = async (table: string, project: string, datasetId: string, given: readonly GivenRecord[]): Promise<Outcome<{ inserted: number; updated: number }>> => {
  const user = userOf(given);
  let inserted = 0;
  let pending = given;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await pause(attempt);
    const dataset = await getEvaluationDataset(table, project, datasetId);
    if (!dataset) return datasetMissing(datasetId);
    const now = Date.now();
    const ids = pending.map(({ recordId }) => recordId);
    const changes = changesBy(pending, await standingRecords(table, project, datasetId, ids), now);
    if (!changes.ok) return changes;
    const room = checkRoom(dataset.tags, datasetAfter(dataset, changes.value, user, now).schema);
    if (!room.ok) return room;
    const batches = transactionsOf(changes.value);
    const { after, written } = await inTurn(table, project, dataset, batches, (before, batch) => ({
      after: datasetAfter(before, batch, user, now),
      items: batch.flatMap((change) => writes(table, project, datasetId, change)),
    }));
    inserted += after.records - dataset.records;
    if (written.length === batches.length) return done({ inserted, updated: given.length - inserted });
    const ready = new Set(written.flat().map(({ record }) => record.recordId));
    pending = pending.filter(({ recordId }) => !ready.has(recordId));
  }
  throw new Error(`records of dataset ${datasetId} were changed ${ATTEMPTS} times while one call waited`);
};

/** How many there were of those to be deleted. */
export const deleteRecords = async (table: string, project: string, datasetId: string, recordIds: readonly string[]): Promise<Outcome<number>> => {
  let deleted = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await pause(attempt);
    const dataset = await getEvaluationDataset(table, project, datasetId);
    if (!dataset) return datasetMissing(datasetId);
    const batches = slices(await placesOf(table, project, datasetId, recordIds), (MOST_ITEMS - 1) >> 1);
    const { after, written } = await inTurn(table, project, dataset, batches, (before, batch) => ({
      after: { ...before, records: before.records - batch.length, revision: before.revision + 1 },
      items: batch
        .flatMap(({ sk, createdAt }) => [recordAt(project, datasetId, createdAt, sk), recordPlaceAt(project, datasetId, sk)])
        .map((Key) => ({ Delete: { TableName: table, Key } })),
    }));
    deleted += dataset.records - after.records;
    if (written.length === batches.length) return done(deleted);
  }
  throw new Error(`records of dataset ${datasetId} were changed ${ATTEMPTS} times while one call waited`);
};

/** The answer holds records as JSON in a text of JSON, and is itself a text of what the function answers with. */
const transferred = (text: string): number => Buffer.byteLength(JSON.stringify(JSON.stringify(text))) + OVERHEAD;

/** Records after the cursor, as many as were asked for or as an answer holds. */
export const pageOfRecords = async (
  table: string,
  project: string,
  datasetId: string,
  after: Cursor | undefined,
  size: number,
): Promise<{ records: EvaluationRecord[]; next?: Cursor }> => {
  const last = after && recordSk(after.createdAt, after.recordId);
  const records: EvaluationRecord[] = [];
  let bytes = 0;
  for await (const items of pages(table, recordsOf(project, datasetId), { from: last ?? '0', limit: Math.min(size + 2, 1000) })) {
    for (const { sk, record } of items as { sk: string; record: string }[]) {
      if (sk === last) continue;
      bytes += transferred(record);
      const end = records.at(-1);
      if (end && (records.length === size || bytes > PAGE)) return { records, next: { createdAt: end.createdAt, recordId: end.recordId } };
      records.push(recordOf(record));
    }
  }
  return { records };
};
