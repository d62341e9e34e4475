import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Metric } from '../../contracts/tracking.ts';
import { type Point, type Series, append, course, decode, encode, unpack } from '../../domain/tracking/metric-series.ts';
import { dynamo } from '../clients.ts';
import { getDocument } from '../documents.ts';
import { chunksOf, metricAt } from './addresses.ts';
import { batchGet, batchPut, slices } from './batches.ts';
import { pages } from './pages.ts';

type Item = { latest: string; tail: string[]; chunks: number; points: number; revision: number };

const seriesOf = (item: Item): Series => ({ ...item, latest: decode(item.latest) });
const itemOf = ({ latest, tail, chunks, points, revision }: Series): Item => ({ latest: encode(latest), tail, chunks, points, revision });

const ATTEMPTS = 30;
/** Items of one transaction at most. */
const TOGETHER = 100;

const unlessChanged = (table: string, project: string, runId: string, key: string, before: Series | undefined, after: Series) => ({
  TableName: table,
  Item: { ...metricAt(project, runId, key), ...itemOf(after) },
  ...(before ? { ConditionExpression: 'revision = :seen', ExpressionAttributeValues: { ':seen': before.revision } } : { ConditionExpression: 'attribute_not_exists(pk)' }),
});

const conflicts = (error: unknown): boolean => error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException;

/**
 * Appends to the courses of a run's metrics. Chunks are written first, under their content's hash; then each metric's item, only if
 * nobody has changed it meanwhile. A writer that died half-way, or came second, reads again: no point is lost, none counts twice.
 */
export const appendMetrics = async (table: string, project: string, runId: string, metrics: readonly Metric[]): Promise<void> => {
  const byKey = Map.groupBy(metrics, ({ key }) => key);
  await Promise.all(slices([...byKey], TOGETHER).map((slice) => appendTogether(table, project, runId, new Map(slice))));
};

const appendTogether = async (table: string, project: string, runId: string, wanted: Map<string, readonly Point[]>): Promise<void> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 15 * Math.min(attempt, 10)));
    const standing = await batchGet(
      table,
      [...wanted.keys()].map((key) => metricAt(project, runId, key)),
    );
    const known = new Map(standing.map((item) => [(item['sk'] as string).slice('METRIC#'.length), seriesOf(item as unknown as Item)]));
    const changes = [...wanted].map(([key, points]) => ({ key, before: known.get(key), ...append(known.get(key), points) }));
    await batchPut(
      table,
      changes.flatMap(({ key, chunks }) => chunks.map(({ name, body }) => ({ pk: chunksOf(project, runId, key), sk: name, body }))),
    );
    const puts = changes.map(({ key, before, series }) => unlessChanged(table, project, runId, key, before, series));
    try {
      if (puts.length === 1) await dynamo().send(new PutCommand(puts[0]!));
      else await dynamo().send(new TransactWriteCommand({ TransactItems: puts.map((Put) => ({ Put })) }));
      return;
    } catch (error) {
      if (!conflicts(error)) throw error;
    }
  }
  throw new Error(`metrics of run ${runId} were changed ${ATTEMPTS} times while one call waited`);
};

/** The whole course of a metric, in the order of its time; empty where nothing was logged under that key. */
export const readCourse = async (table: string, project: string, runId: string, key: string): Promise<Point[]> => {
  const item = await getDocument<Item>(table, metricAt(project, runId, key));
  if (!item) return [];
  const chunks: Point[][] = [];
  if (item.chunks > 0) for await (const items of pages(table, chunksOf(project, runId, key))) chunks.push(...items.map(({ body }) => unpack(body as Uint8Array)));
  return course(item.tail, chunks);
};
