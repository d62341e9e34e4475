import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import type { RunHead, TrackedRun } from '../../contracts/tracking.ts';
import { dynamo } from '../clients.ts';
import { indexAt } from './addresses.ts';

/**
 * The index of an experiment's runs: rows over blocks. A row holds one whole run, packed; rows are spread over a few partitions. Every
 * writer gives the row of its run a new revision after its write; a row answers only while it was built of its newest revision, otherwise
 * the run itself is read and the row built again. Rows that have settled move into blocks (`compact`); a later write makes a row again,
 * and a row always stands above what a block holds of its run. `gone`: the run was removed for good, and no block shows it any more.
 */
export type IndexRow = { sk: string; revision: string; built?: string; packed?: Uint8Array; gone?: true };
export type Listed = { row: IndexRow; run: TrackedRun };
/** `gone`: rows of removed runs. */
export type Rows = { listed: Listed[]; gone: IndexRow[] };

/** Unique for ever: a row that was deleted and made again is never taken for its forerunner. */
export const newRevision = ulid;

/** A run that packs to more is read from its own partition at each search, bytes. */
const LARGEST = 300_000;
/** JSON has no NaN and no infinities: metrics are packed as text. */
export const packRun = (run: TrackedRun, built: string): { built: string; packed?: Uint8Array } => {
  const text = JSON.stringify(run, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? { $number: String(value) } : value));
  const packed = deflateRawSync(text, { level: 3 });
  return packed.length > LARGEST ? { built } : { built, packed };
};
export const unpackRun = (packed: Uint8Array): TrackedRun => {
  const text = inflateRawSync(packed).toString('utf8');
  if (!text.includes('"$number"')) return JSON.parse(text) as TrackedRun;
  return JSON.parse(text, (_, value: unknown) =>
    value !== null && typeof value === 'object' && '$number' in value ? Number((value as { $number: string }).$number) : value,
  ) as TrackedRun;
};

/**
 * After every write to a run, and before its caller is answered. What the row held is behind the run from then on and goes: DynamoDB
 * counts an update by its item's size, and a run is written to more often than searched for.
 */
export const touch = async (table: string, project: string, { experimentId, runId }: Pick<RunHead, 'experimentId' | 'runId'>): Promise<void> => {
  await dynamo().send(
    new UpdateCommand({
      TableName: table,
      Key: indexAt(project, experimentId, runId),
      UpdateExpression: 'SET revision = :new REMOVE built, packed',
      ExpressionAttributeValues: { ':new': newRevision() },
    }),
  );
};

/** A removed run is found no more; its row goes once no block holds the run. */
export const markGone = async (table: string, project: string, { experimentId, runId }: Pick<RunHead, 'experimentId' | 'runId'>): Promise<void> => {
  await dynamo().send(
    new UpdateCommand({
      TableName: table,
      Key: indexAt(project, experimentId, runId),
      UpdateExpression: 'SET revision = :new, gone = :gone REMOVE built, packed',
      ExpressionAttributeValues: { ':new': newRevision(), ':gone': true },
    }),
  );
};
