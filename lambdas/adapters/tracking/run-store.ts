import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DatasetInput, RunHead, Tags, TrackedRun } from '../../contracts/tracking.ts';
import { decode } from '../../domain/tracking/metric-series.ts';
import { dynamo } from '../clients.ts';
import { getDocument } from '../documents.ts';
import { members, updateExpression } from '../update-expression.ts';
import { datasetAt, headAt, indexAt, metricAt, modelInputAt, modelOutputAt, paramAt, runOf, tagAt } from './addresses.ts';
import { batchGet, batchPut } from './batches.ts';
import { type DatasetItem, datasetInputOf, datasetItems } from './dataset-input-items.ts';
import type { MetricItem } from './metric-store.ts';
import { pages } from './pages.ts';
import { newRevision, packRun, touch } from './run-index.ts';

/** A run's first tags are one transaction with it, up to this many; more are written before it. */
const TOGETHER = 90;

/** The head goes last: a run that is found is whole. */
export const createRun = async (table: string, project: string, head: RunHead, tags: Tags): Promise<void> => {
  const items = Object.entries(tags).map(([key, value]) => ({ ...tagAt(project, head.runId, key), value }));
  await batchPut(table, items.slice(TOGETHER));
  const revision = newRevision();
  const run: TrackedRun = { ...head, params: {}, tags, metrics: {}, datasets: [], modelInputs: [], modelOutputs: [] };
  await dynamo().send(
    new TransactWriteCommand({
      TransactItems: [
        { Put: { TableName: table, Item: { ...headAt(project, head.runId), head }, ConditionExpression: 'attribute_not_exists(pk)' } },
        { Put: { TableName: table, Item: { ...indexAt(project, head.experimentId, head.runId), revision, ...packRun(run, revision) } } },
        ...items.slice(0, TOGETHER).map((Item) => ({ Put: { TableName: table, Item } })),
      ],
    }),
  );
};

/** A run that is being removed is found no more. */
const unlessRemoved = (head: RunHead | null | undefined): RunHead | null => (head && head.removedAt === undefined ? head : null);

export const getHead = async (table: string, project: string, runId: string): Promise<RunHead | null> =>
  unlessRemoved((await getDocument<{ head: RunHead }>(table, headAt(project, runId)))?.head);

/** What a writer must know of a run, in one reading: its head, and the parameters and metrics that it is about to write. */
export type Standing = { head: RunHead | null; params: Map<string, string>; metrics: Map<string, MetricItem> };
export const getStanding = async (table: string, project: string, runId: string, keys: { params: readonly string[]; metrics: readonly string[] }): Promise<Standing> => {
  const found = await batchGet(table, [
    headAt(project, runId),
    ...keys.params.map((key) => paramAt(project, runId, key)),
    ...[...new Set(keys.metrics)].map((key) => metricAt(project, runId, key)),
  ]);
  const standing: Standing = { head: null, params: new Map(), metrics: new Map() };
  for (const item of found) {
    const sk = item['sk'] as string;
    if (sk === 'HEAD') standing.head = unlessRemoved(item['head'] as RunHead);
    else if (sk.startsWith('PARAM#')) standing.params.set(sk.slice('PARAM#'.length), item['value'] as string);
    else standing.metrics.set(sk.slice('METRIC#'.length), item as unknown as MetricItem);
  }
  return standing;
};

/** A run with everything but the courses of its metrics, from its one partition. */
export const getRun = async (table: string, project: string, runId: string): Promise<TrackedRun | null> => {
  let head: RunHead | null = null;
  const run: Omit<TrackedRun, keyof RunHead> = { params: {}, tags: {}, metrics: {}, datasets: [], modelInputs: [], modelOutputs: [] };
  const projection = {
    ProjectionExpression: '#sk, #head, #value, latest, document, tags, parts, body',
    ExpressionAttributeNames: { '#sk': 'sk', '#head': 'head', '#value': 'value' },
  };
  const datasets: DatasetItem[] = [];
  const parts = new Map<string, Uint8Array>();
  for await (const items of pages(table, runOf(project, runId), projection)) {
    for (const item of items) {
      const sk = item['sk'] as string;
      const kind = sk.split('#', 1)[0]!;
      const key = sk.slice(kind.length + 1);
      if (kind === 'HEAD') head = unlessRemoved(item['head'] as RunHead);
      else if (kind === 'PARAM') run.params[key] = item['value'] as string;
      else if (kind === 'TAG') run.tags[key] = item['value'] as string;
      else if (kind === 'METRIC') run.metrics[key] = { key, ...decode(item['latest'] as string) };
      else if (kind === 'DATASET') datasets.push(item as unknown as DatasetItem);
      else if (kind === 'DATASET-PART') parts.set(key, item['body'] as Uint8Array);
      else if (kind === 'MODEL-INPUT') run.modelInputs.push(key);
      else if (kind === 'MODEL-OUTPUT') run.modelOutputs.push({ modelId: key.slice(21), step: Number(key.slice(0, 20)) });
    }
  }
  run.datasets = datasets.map((item) => datasetInputOf(item, parts));
  return head && { ...(head as RunHead), ...run };
};

/** Changes members of a run's head, only while it stands in that lifecycle; false otherwise. */
export const updateHead = async (table: string, project: string, head: RunHead, changes: Partial<RunHead>, lifecycle: RunHead['lifecycle']): Promise<boolean> => {
  try {
    await dynamo().send(
      new UpdateCommand({
        TableName: table,
        Key: headAt(project, head.runId),
        ConditionExpression: '#h.#stands = :stands AND attribute_not_exists(#h.removedAt)',
        ...updateExpression(members(changes, 'head'), { names: { '#h': 'head', '#stands': 'lifecycle' }, values: { ':stands': lifecycle } }),
      }),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
  await touch(table, project, head);
  return true;
};

/** What a run's parameters hold already, of those keys. */
export const getParams = async (table: string, project: string, runId: string, keys: readonly string[]): Promise<Map<string, string>> => {
  const found = await batchGet(
    table,
    keys.map((key) => paramAt(project, runId, key)),
  );
  return new Map(found.map((item) => [(item['sk'] as string).slice('PARAM#'.length), item['value'] as string]));
};

/** Puts new parameters, all or none. False: another writer was faster with one of them. */
export const putParams = async (table: string, project: string, runId: string, params: Record<string, string>): Promise<boolean> => {
  const items = Object.entries(params);
  if (items.length === 0) return true;
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: items.map(([key, value]) => ({
          Put: {
            TableName: table,
            Item: { ...paramAt(project, runId, key), value },
            ConditionExpression: 'attribute_not_exists(pk) OR #v = :v',
            ExpressionAttributeNames: { '#v': 'value' },
            ExpressionAttributeValues: { ':v': value },
          },
        })),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException) return false;
    throw error;
  }
};

export const putTags = (table: string, project: string, runId: string, tags: Tags): Promise<void> =>
  batchPut(
    table,
    Object.entries(tags).map(([key, value]) => ({ ...tagAt(project, runId, key), value })),
  );

/** False where the run has no such tag. */
export const deleteTag = async (table: string, project: string, runId: string, key: string): Promise<boolean> => {
  try {
    await dynamo().send(new DeleteCommand({ TableName: table, Key: tagAt(project, runId, key), ConditionExpression: 'attribute_exists(pk)' }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

export const getTag = async (table: string, project: string, runId: string, key: string): Promise<string | null> =>
  (await getDocument<{ value: string }>(table, tagAt(project, runId, key)))?.value ?? null;

/** A dataset is the same input however often it is logged: the first time's tags stay. */
export const putInputs = async (table: string, project: string, runId: string, datasets: readonly DatasetInput[], modelIds: readonly string[]): Promise<void> => {
  const known = new Set(
    (
      await batchGet(
        table,
        datasets.map(({ dataset }) => datasetAt(project, runId, dataset.name, dataset.digest)),
      )
    ).map((item) => item['sk']),
  );
  const inputs = datasets.map((input) => datasetItems(project, runId, input)).filter(({ item }) => !known.has(item.sk));
  // an item that is found has all its parts
  await batchPut(
    table,
    inputs.flatMap(({ parts }) => parts),
  );
  await batchPut(table, [...inputs.map(({ item }) => item), ...modelIds.map((modelId) => modelInputAt(project, runId, modelId))]);
};

export const putOutputs = (table: string, project: string, runId: string, outputs: TrackedRun['modelOutputs']): Promise<void> =>
  batchPut(
    table,
    outputs.map(({ modelId, step }) => modelOutputAt(project, runId, modelId, step)),
  );
