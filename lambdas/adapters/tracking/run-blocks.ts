import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import { type RunBlock, unpackBlock } from '../../domain/tracking/run-block.ts';
import { dynamo } from '../clients.ts';
import { getDocument } from '../documents.ts';
import { blockAt, manifestAt } from './addresses.ts';
import { batchGet, batchPut, slices } from './batches.ts';

/** A block never changes: its id stands for its content. */
export type BlockRef = { id: string; runs: number; bytes: number };
/** Which blocks hold an experiment's settled runs, each run in one of them. `retired` were replaced last and go with the next change. */
export type Manifest = { blocks: BlockRef[]; retired: string[]; revision: number };

/** A block was replaced and deleted between the reading of the manifest and its own. */
export class BlockGone extends Error {}

/** Blocks read at a time, and in one request: together at most 16 MB. */
const AT_ONCE = 32;
const IN_REQUEST = 8;
/** Unpacked blocks that the process keeps, bytes; their columns take about as much memory. */
const KEPT = 200_000_000;

export const getManifest = async (table: string, project: string, experimentId: string): Promise<Manifest> =>
  (await getDocument<Manifest>(table, manifestAt(project, experimentId))) ?? { blocks: [], retired: [], revision: 0 };

/** False: another writer has replaced it meanwhile. */
export const putManifest = async (table: string, project: string, experimentId: string, manifest: Manifest): Promise<boolean> => {
  try {
    await dynamo().send(
      new PutCommand({
        TableName: table,
        Item: { ...manifestAt(project, experimentId), ...manifest },
        ConditionExpression: manifest.revision === 1 ? 'attribute_not_exists(pk)' : 'revision = :before',
        ...(manifest.revision === 1 ? {} : { ExpressionAttributeValues: { ':before': manifest.revision - 1 } }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

export const putBlocks = async (table: string, project: string, blocks: readonly { runs: number; body: Uint8Array }[]): Promise<BlockRef[]> => {
  const named = blocks.map((block) => ({ ...block, id: ulid() }));
  for (const slice of slices(named, IN_REQUEST)) {
    await batchPut(
      table,
      slice.map(({ id, body }) => ({ ...blockAt(project, id), body })),
    );
  }
  return named.map(({ id, runs, body }) => ({ id, runs, bytes: body.length }));
};

export const deleteBlocks = async (table: string, project: string, ids: readonly string[]): Promise<void> => {
  for (const slice of slices(ids, AT_ONCE)) await Promise.all(slice.map((id) => dynamo().send(new DeleteCommand({ TableName: table, Key: blockAt(project, id) }))));
};

/** What this process has unpacked, the least recently used first. */
const cache = new Map<string, RunBlock>();
let cached = 0;
const keep = (key: string, block: RunBlock): void => {
  if (!cache.delete(key)) cached += block.bytes;
  cache.set(key, block);
  for (const [oldest, { bytes }] of cache) {
    if (cached <= KEPT || oldest === key) return;
    cache.delete(oldest);
    cached -= bytes;
  }
};

/** By key. A block never changes: only one that was written just now has to be asked for consistently. */
const getBodies = async (table: string, project: string, refs: readonly BlockRef[]): Promise<Map<unknown, Uint8Array>> => {
  const keys = refs.map(({ id }) => blockAt(project, id));
  const found = (await Promise.all(slices(keys, IN_REQUEST).map((some) => batchGet(table, some, false)))).flat();
  const known = new Set(found.map(({ pk }) => pk));
  const young = await batchGet(
    table,
    keys.filter(({ pk }) => !known.has(pk)),
  );
  return new Map([...found, ...young].map(({ pk, body }) => [pk, body as Uint8Array]));
};

/** The blocks in the order of their references, a few at a time. */
export async function* readBlocks(table: string, project: string, refs: readonly BlockRef[]): AsyncGenerator<{ ref: BlockRef; block: RunBlock }> {
  const keyOf = (id: string) => `${table} ${blockAt(project, id).pk}`;
  for (const slice of slices(refs, AT_ONCE)) {
    const unknown = slice.filter(({ id }) => !cache.has(keyOf(id)));
    const bodies = await getBodies(table, project, unknown);
    for (const ref of slice) {
      const body = bodies.get(blockAt(project, ref.id).pk);
      const block = cache.get(keyOf(ref.id)) ?? (body && unpackBlock(body));
      if (!block) throw new BlockGone(`block ${ref.id} of the index is gone`);
      keep(keyOf(ref.id), block);
      yield { ref, block };
    }
  }
}

export const readBlock = async (table: string, project: string, ref: BlockRef): Promise<RunBlock> => {
  for await (const { block } of readBlocks(table, project, [ref])) return block;
  throw new BlockGone(`block ${ref.id} of the index is gone`);
};
