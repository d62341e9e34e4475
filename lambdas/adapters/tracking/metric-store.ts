import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Metric } from '../../contracts/tracking.ts';
import { type Point, type Series, append, byTime, decode, encode, extentIn, inOrder, instant, unpack } from '../../domain/tracking/metric-series.ts';
import { dynamo } from '../clients.ts';
import { getDocument } from '../documents.ts';
import { chunksOf, metricAt } from './addresses.ts';
import { batchGet, batchPut, slices } from './batches.ts';
import { pages } from './pages.ts';

/** A metric's item as it is stored. */
export type MetricItem = { latest: string; tail: Uint8Array; chunks: number; points: number; reach: number; revision: number };
type Item = MetricItem;

const seriesOf = (item: Item): Series => ({ ...item, latest: decode(item.latest) });
const itemOf = ({ latest, ...rest }: Series): Item => ({ latest: encode(latest), ...rest });

const ATTEMPTS = 30;
/** Up to so many metrics are written each by itself, which costs half; more in one request. */
const ALONE = 12;
/** Items of one transaction at most. */
const TOGETHER = 100;

const unlessChanged = (table: string, project: string, runId: string, key: string, before: Series | undefined, after: Series) => ({
  TableName: table,
  Item: { ...metricAt(project, runId, key), ...itemOf(after) },
  ...(before ? { ConditionExpression: 'revision = :seen', ExpressionAttributeValues: { ':seen': before.revision } } : { ConditionExpression: 'attribute_not_exists(pk)' }),
});

type NamedPut = { key: string; put: ReturnType<typeof unlessChanged> };
/** Answers the keys that another writer has changed meanwhile. */
const putEach = async (puts: readonly NamedPut[]): Promise<string[]> => {
  const changed: string[] = [];
  await Promise.all(
    puts.map(async ({ key, put }) => {
      try {
        await dynamo().send(new PutCommand(put));
      } catch (error) {
        if (!conflicts(error)) throw error;
        changed.push(key);
      }
    }),
  );
  return changed;
};
const putTogether = async (puts: readonly NamedPut[]): Promise<string[]> => {
  try {
    await dynamo().send(new TransactWriteCommand({ TransactItems: puts.map(({ put }) => ({ Put: put })) }));
    return [];
  } catch (error) {
    if (!conflicts(error)) throw error;
    return puts.map(({ key }) => key);
  }
};

const conflicts = (error: unknown): boolean => error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException;

/**
 * Appends to the courses of a run's metrics. Chunks are written first, under their content's hash; then each metric's item, only if
 * nobody has changed it meanwhile. A writer that died half-way, or came second, reads again: no point is lost, none counts twice.
 * `standing`: the metrics' items where the caller has just read them.
 */
export const appendMetrics = async (table: string, project: string, runId: string, metrics: readonly Metric[], standing?: ReadonlyMap<string, MetricItem>): Promise<void> => {
  const byKey = Map.groupBy(metrics, ({ key }) => key);
  await Promise.all(slices([...byKey], TOGETHER).map((slice) => appendTogether(table, project, runId, new Map(slice), standing)));
};

const readItems = async (table: string, project: string, runId: string, keys: readonly string[]): Promise<Map<string, Item>> => {
  const found = await batchGet(
    table,
    keys.map((key) => metricAt(project, runId, key)),
  );
  return new Map(found.map((item) => [(item['sk'] as string).slice('METRIC#'.length), item as unknown as Item]));
};

const appendTogether = async (
  table: string,
  project: string,
  runId: string,
  wanted: Map<string, readonly Point[]>,
  standing: ReadonlyMap<string, MetricItem> | undefined,
): Promise<void> => {
  let left = [...wanted.keys()];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 15 * Math.min(attempt, 10)));
    const items = attempt === 0 && standing ? standing : await readItems(table, project, runId, left);
    const known = new Map(left.flatMap((key) => (items.has(key) ? [[key, seriesOf(items.get(key)!)]] : [])));
    const changes = left.map((key) => ({ key, before: known.get(key), ...append(known.get(key), wanted.get(key)!) }));
    await batchPut(
      table,
      changes.flatMap(({ key, chunks }) => chunks.map(({ name, body }) => ({ pk: chunksOf(project, runId, key), sk: name, body }))),
    );
    const puts = changes.map(({ key, before, series }) => ({ key, put: unlessChanged(table, project, runId, key, before, series) }));
    const behind = await (puts.length <= ALONE ? putEach(puts) : putTogether(puts));
    if (behind.length === 0) return;
    left = behind;
  }
  throw new Error(`metrics of run ${runId} were changed ${ATTEMPTS} times while one call waited`);
};

export const getSeries = (table: string, project: string, runId: string, key: string): Promise<Item | null> => getDocument<Item>(table, metricAt(project, runId, key));

type Part = { after?: Point | undefined; limit: number };

/** The next points of a metric's course in the order of its time, and whether more follow; chunks that end before are not read. */
export const readCourse = async (table: string, project: string, runId: string, key: string, { after, limit }: Part): Promise<{ points: Point[]; more: boolean }> => {
  const item = await getSeries(table, project, runId, key);
  if (!item) return { points: [], more: false };
  const points: Point[] = [];
  for await (const piece of inOrder(piecesOf(table, chunksOf(project, runId, key), item, { after, limit }))) {
    for (const point of piece) if (!after || byTime(point, after) > 0) points.push(point);
    if (points.length > limit) break;
  }
  return { points: points.slice(0, limit), more: points.length > limit };
};

/** Chunks and the tail in the order of their first points. */
async function* piecesOf(table: string, pk: string, item: Item, { after, limit }: Part): AsyncGenerator<Point[]> {
  let tail = unpack(item.tail).sort(byTime);
  if (item.chunks > 0) {
    const reading = {
      ...(after ? { from: instant(Math.max(0, after.timestamp - item.reach)) } : {}),
      limit: Math.ceil((limit * item.chunks) / item.points) + 2,
    };
    for await (const items of pages(table, pk, reading)) {
      for (const { sk, body } of items) {
        if (after && extentIn(sk as string).last < after.timestamp) continue;
        const chunk = unpack(body as Uint8Array);
        if (tail.length > 0 && byTime(tail[0]!, chunk[0]!) < 0) {
          yield tail;
          tail = [];
        }
        yield chunk;
      }
    }
  }
  yield tail;
}
