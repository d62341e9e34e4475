import { BatchGetCommand, BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { dynamo } from '../clients.ts';

type Item = Record<string, unknown>;
const GET = 100;
const WRITE = 25;
const ATTEMPTS = 8;

export const slices = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const pause = (attempt: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * 50 * 2 ** attempt));

/** The items there are of those asked for, in no order. Inconsistently, at half the price, only what never changes once it is found. */
export const batchGet = async (table: string, keys: readonly { pk: string; sk: string }[], ConsistentRead = true): Promise<Item[]> => {
  const found = await Promise.all(
    slices(keys, GET).map(async (slice) => {
      const items: Item[] = [];
      let wanted: Item[] = slice;
      for (let attempt = 0; wanted.length > 0; attempt++) {
        if (attempt === ATTEMPTS) throw new Error(`${wanted.length} items were not read in ${ATTEMPTS} attempts`);
        if (attempt > 0) await pause(attempt);
        const { Responses, UnprocessedKeys } = await dynamo().send(new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead } } }));
        items.push(...(Responses?.[table] ?? []));
        wanted = UnprocessedKeys?.[table]?.Keys ?? [];
      }
      return items;
    }),
  );
  return found.flat();
};

type Write = { PutRequest: { Item: Item } } | { DeleteRequest: { Key: Item } };

/** Puts items without a condition: for those whose key is their content, and those where the last write holds. */
export const batchPut = (table: string, items: readonly Item[]): Promise<void> =>
  batchWrite(
    table,
    items.map((Item) => ({ PutRequest: { Item } })),
  );

export const batchDelete = (table: string, keys: readonly { pk: string; sk: string }[]): Promise<void> =>
  batchWrite(
    table,
    keys.map((Key) => ({ DeleteRequest: { Key } })),
  );

const batchWrite = async (table: string, writes: readonly Write[]): Promise<void> => {
  await Promise.all(
    slices(writes, WRITE).map(async (slice) => {
      let wanted = slice;
      for (let attempt = 0; wanted.length > 0; attempt++) {
        if (attempt === ATTEMPTS) throw new Error(`${wanted.length} items were not written in ${ATTEMPTS} attempts`);
        if (attempt > 0) await pause(attempt);
        const { UnprocessedItems } = await dynamo().send(new BatchWriteCommand({ RequestItems: { [table]: wanted } }));
        wanted = (UnprocessedItems?.[table] ?? []) as typeof wanted;
      }
    }),
  );
};
